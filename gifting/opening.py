"""What a recipient does with a gift: see its code, say thank you, and look where it came from. Each
is a social act whose parents lead back to the post that sold the gift."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from gifting import emails
from gifting.delivery import find_giver
from gifting.models import Gift, GiftContact
from gifting.presents import present_of
from storefront import links
from storefront.errors import Conflict
from storefront.models import Interaction, Share
from storefront.services import interactions, jobs
from storefront.services.order_tokens import order_token

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from gifting.presents import Present
    from storefront.ports import Ports, Signer

OPEN, THANKS = "gift_open", "thanks"
SURFACE = "gift"


def open_gift(session: Session, gift: Gift, present: Present, *, now: datetime) -> None:
    """Note that the recipient has been shown the code; the first time is an interaction.

    What cannot be used is shown too, and not opened.
    """
    if not present.is_usable:
        return
    is_first = session.scalar(
        update(Gift)
        .where(Gift.id == gift.id, Gift.opened_at.is_(None))
        .values(opened_at=now)
        .returning(Gift.id)
        .execution_options(synchronize_session=False)
    )
    if is_first is None:
        return
    act_id = _record(
        session, gift, present, kind=OPEN, parent_id=gift.origin_interaction_id, now=now
    )
    session.execute(
        update(Gift)
        .where(Gift.id == gift.id)
        .values(opened_interaction_id=act_id)
        .execution_options(synchronize_session=False)
    )


def thank(
    session: Session, gift: Gift, present: Present, *, words: str, sign: Signer, now: datetime
) -> None:
    """Thank the giver, once: they get a mail, and the recipient a link to share.

    Raises `Conflict` gift_not_opened before the gift was.
    """
    if gift.opened_at is None:
        raise Conflict("gift_not_opened")
    is_first = session.scalar(
        update(Gift)
        .where(Gift.id == gift.id, Gift.thanked_at.is_(None))
        .values(thanked_at=now)
        .returning(Gift.id)
        .execution_options(synchronize_session=False)
    )
    if is_first is None:
        return
    session.execute(
        update(GiftContact)
        .where(GiftContact.gift_id == gift.id)
        .values(thanks=words)
        .execution_options(synchronize_session=False)
    )
    act_id = _record(
        session, gift, present, kind=THANKS, parent_id=gift.opened_interaction_id, now=now
    )
    arrival = gift.origin_interaction_id
    interactions.make_share(session, present.placement, act_id, arrival=arrival, sign=sign, now=now)
    jobs.add(
        session,
        "send_gift_thanks",
        {"gift_id": gift.id},
        merchant_id=gift.merchant_id,
        now=now,
        unique_key=str(gift.id),
    )


def _record(
    session: Session,
    gift: Gift,
    present: Present,
    *,
    kind: str,
    parent_id: int | None,
    now: datetime,
) -> int:
    act_id, _ = interactions.record_act(
        session,
        merchant_id=gift.merchant_id,
        placement_id=present.placement.id,
        kind=kind,
        visitor=gift.visitor,
        parent_id=parent_id,
        surface=SURFACE,
        now=now,
    )
    return act_id


def find_thanks_link(session: Session, gift: Gift, ports: Ports) -> str | None:
    """Return the link that the recipient got for their thanks, None before it."""
    name = session.scalar(
        select(Share.public_id)
        .join(Interaction, Interaction.id == Share.interaction_id)
        .where(
            Interaction.merchant_id == gift.merchant_id,
            Interaction.visitor == gift.visitor,
            Interaction.kind == THANKS,
        )
    )
    if name is None:
        return None
    return links.share_link(ports.settings, interactions.share_token(ports.sign, name))


def send_gift_thanks(ports: Ports, gift_id: int) -> None:
    """Tell the giver that the recipient says thank you, unless either of them is erased."""
    with ports.reads() as session:
        gift = session.get_one(Gift, gift_id)
        present = present_of(session, gift, ports, now=ports.clock.now())
        giver = find_giver(session, gift)
    if present is None or giver is None or not present.recipient:
        return
    address, locale, order = giver
    token = order_token(ports, gift.merchant_id, order)
    message = emails.write_to_giver(
        ports,
        present,
        "gift_thanks",
        to=(address, locale),
        about="1",
        order_url=links.order_page(ports.settings, order, token),
    )
    ports.mailer.send(message)
