"""What gifts keep about a person, as giver or recipient, and how it goes. Cards and their ledgers
name nobody: they stay, and so does what is left on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Select, delete, func, select, update

from gifting import holders
from gifting.models import Gift, GiftContact
from storefront.models import OrderContact

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session


def know(session: Session, merchant_id: int, email: str) -> Sequence[dict[str, object]]:
    """Return what is kept of each gift that a person gave or was given; no codes."""
    rows = session.execute(
        select(Gift, GiftContact)
        .join(GiftContact, GiftContact.gift_id == Gift.id)
        .where(
            GiftContact.merchant_id == merchant_id,
            GiftContact.gift_id.in_(
                _given_to(merchant_id, email).union(_given_by(merchant_id, email))
            ),
        )
        .order_by(Gift.id.desc())
    ).all()
    return [_known(gift, contact, email) for gift, contact in rows]


def _known(gift: Gift, contact: GiftContact, email: str) -> dict[str, object]:
    return {
        "gift": gift.public_id,
        "as": "recipient" if contact.email.lower() == email else "giver",
        "placed_at": gift.placed_at.isoformat(),
        "title": gift.title,
        "face_minor": gift.face_minor,
        "currency": gift.currency,
        "from": contact.sender,
        "to": contact.recipient,
        "email": contact.email,
        "words": contact.words,
        "thanks": contact.thanks,
    }


def erase(session: Session, merchant_id: int, email: str, *, now: datetime) -> int:
    """Erase a person from the gifts that they gave and were given; return from how many.

    Who was given something keeps their own name on it when the giver goes, and not the giver's
    words. A gift that is not delivered yet stays undelivered when its recipient goes, and one that
    was for them alone is blocked.
    """
    given_to, given_by = _given_to(merchant_id, email), _given_by(merchant_id, email)
    holders.leave(session, given_to=given_to, given_by=given_by, now=now)
    received = _run(
        session,
        delete(GiftContact).where(GiftContact.gift_id.in_(given_to)).returning(GiftContact.id),
    )
    given = _run(
        session,
        update(GiftContact)
        .where(GiftContact.gift_id.in_(given_by))
        .values(sender="", words="", thanks="")
        .returning(GiftContact.id),
    )
    return received + given


def _run(session: Session, statement: object) -> int:
    return len(
        session.execute(
            statement.execution_options(synchronize_session=False)  # type: ignore[attr-defined]
        ).all()
    )


def _given_to(merchant_id: int, email: str) -> Select[int]:
    return select(GiftContact.gift_id).where(
        GiftContact.merchant_id == merchant_id, func.lower(GiftContact.email) == email
    )


def _given_by(merchant_id: int, email: str) -> Select[int]:
    return (
        select(Gift.id)
        .join(OrderContact, OrderContact.order_id == Gift.order_id)
        .where(OrderContact.merchant_id == merchant_id, func.lower(OrderContact.email) == email)
    )
