"""Gifts that somebody has lost: sent once more to the address that they went to. Whoever asks
learns nothing about the address, and nobody's mailbox is filled."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, or_, select

from gifting import delivery
from gifting.models import Gift, GiftCard, GiftContact
from gifting.presents import OWN
from storefront.errors import Conflict
from storefront.models import OrderContact
from storefront.services import attempts
from storefront.services.attempts import Limit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.errors import TooMany
    from storefront.ports import Signer

MOST_FOUND = 10
PER_CALLER = Limit("gift_lost", most=10, within=timedelta(hours=1))
PER_ADDRESS = Limit("gift_lost_address", most=3, within=timedelta(days=1))


def send_lost(
    session: Session, email: str, *, caller: str, sign: Signer, now: datetime
) -> TooMany | None:
    """Promise to send what is left of the gifts of this address; return why a caller who asks too
    often is refused. What becomes of an address is never told."""
    asked = attempts.count_failure(session, [attempts.subject(sign, PER_CALLER, caller)], now=now)
    if asked.refusal is not None:
        return asked.refusal
    named = attempts.subject(sign, PER_ADDRESS, email.lower())
    if attempts.count_failure(session, [named], now=now).refusal is None:
        for gift in _find(session, email):
            try:
                delivery.resend(session, gift, now=now)
            except Conflict:
                continue
    return None


def _find(session: Session, email: str) -> Sequence[Gift]:
    """Return the newest gifts that went to this address and hold something. Telephones begin what
    is typed with a capital, so its case is none of ours."""
    address = func.lower(email)
    return session.scalars(
        select(Gift)
        .join(GiftCard, GiftCard.gift_id == Gift.id)
        .join(GiftContact, GiftContact.gift_id == Gift.id)
        .outerjoin(OrderContact, OrderContact.order_id == Gift.order_id)
        .where(
            or_(
                func.lower(GiftContact.email) == address,
                and_(
                    Gift.way == OWN,
                    GiftContact.email == "",
                    func.lower(OrderContact.email) == address,
                ),
            ),
            Gift.delivered_at.is_not(None),
            Gift.cancelled_at.is_(None),
            GiftCard.voided_at.is_(None),
            GiftCard.balance_minor > 0,
        )
        .order_by(Gift.id.desc())
        .limit(MOST_FOUND)
    ).all()
