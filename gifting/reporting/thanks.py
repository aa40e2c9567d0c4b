"""What a thank-you brought: sales that grew from its link. Their credit is shared by who said it
and who gave; it never adds to that of a post, where the same sale counts once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gifting.opening import THANKS
from gifting.reporting.origins import grown_from
from storefront.domain.money import Money
from storefront.values import frozen

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gifting.models import Gift

WHOLE = 100


@frozen
class ThanksCredit:
    """The net money of so many orders, and each one's part of it."""

    orders: int
    sold: Money
    recipient: Money
    giver: Money


def credit_of_thanks(session: Session, gift: Gift, *, percent: int) -> ThanksCredit | None:
    """Return what the thanks for a gift brought, None where that is nothing; of it, `percent` is
    the recipient's, who said them, and the rest the giver's."""
    found = grown_from(session, gift.merchant_id, [gift.id], kinds=(THANKS,))
    if not found:
        return None
    sold = Money(sum(minor for _, minor in found), gift.currency)
    recipient, giver = sold.allocate([percent, WHOLE - percent])
    return ThanksCredit(len(found), sold, recipient, giver)
