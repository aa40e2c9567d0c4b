"""The card that somebody presents: typed as a code, or scanned as the link of its gift. Both are
bearer secrets; what is neither costs whoever tries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from gifting import codes, guessing, links
from gifting.models import GiftCard
from storefront.errors import Conflict, Invalid, NotFound

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gifting.tills import Till
    from storefront.ports import Ports, Signer


def find_card(ports: Ports, till: Till, typed: str) -> int:
    """Return the key of the card that was typed or scanned at a till.

    Raises `Invalid` code_mistyped or not_our_code, `NotFound` code_not_found, the same for an
    unknown card and another merchant's, `Conflict` code_pending, and `TooMany`.
    """
    token = codes.link_token(typed)
    code = read_code(till, typed) if token is None else ""
    with ports.reads() as session:
        guessing.check(session, till, ports=ports)
        found = (
            _by_code(session, till, code, sign=ports.sign)
            if token is None
            else _by_link(session, till, token, sign=ports.sign)
        )
    if found is not None:
        return found
    guessing.count_guess(ports, till)
    if token is not None:
        raise Invalid("not_our_code", field="code", host=codes.host_in(typed))
    raise NotFound("code_not_found", field="code")


def read_code(till: Till, typed: str) -> str:
    """Return the code that was typed at a till; raise `Invalid` code_mistyped."""
    try:
        return codes.normalise(typed)
    except Invalid:
        guessing.note_mistyped(till)
        raise


def _by_code(session: Session, till: Till, code: str, *, sign: Signer) -> int | None:
    return session.scalar(
        select(GiftCard.id).where(
            GiftCard.merchant_id == till.merchant_id,
            GiftCard.code_digest == codes.digest_of(sign, code),
        )
    )


def _by_link(session: Session, till: Till, token: str, *, sign: Signer) -> int | None:
    try:
        gift = links.read_gift_token(session, sign, token)
    except NotFound:
        return None
    if gift.merchant_id != till.merchant_id:
        return None
    card_id = session.scalar(select(GiftCard.id).where(GiftCard.gift_id == gift.id))
    if card_id is None:
        raise Conflict("code_pending", field="code")
    return card_id
