"""What offers took off an order, written down line by line; which that were entered or seen did
not count, and why; and the refusal of an order that relies on one of those."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from storefront.db.hot import insert_rows, read, table_of
from storefront.domain.offers import Reason, normalise_code
from storefront.errors import Conflict
from storefront.models import LineItem, OrderDiscount, OrderRefusal
from storefront.services.offer_counters import Use
from storefront.services.offer_uses import refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from storefront.services.offering import Offered

_line = table_of(LineItem)
LINES = (
    select(_line.c.id)
    .where(
        _line.c.merchant_id == bindparam("merchant_id"),
        _line.c.order_id == bindparam("order_id"),
    )
    .order_by(_line.c.position)
)


def refuse_lost(offered: Offered, *, codes: Iterable[str], seen: Iterable[str]) -> None:
    """Raise the reason of the first code or seen offer that does not count for this order.

    What the buyer was shown and what they pay are one and the same, or nothing is ordered.
    """
    by_code = {each.code: each.reason for each in offered.outcome.rejected if each.code}
    for code in sorted(normalise_code(code) for code in codes):
        if code in by_code or code not in offered.known.shown:
            raise refusal(by_code.get(code, Reason.CODE_UNKNOWN), field="codes")
    applied = {each.offer_id for each in offered.outcome.applied}
    by_offer = {each.offer_id: each.reason for each in offered.outcome.rejected}
    for public_id in sorted(seen):
        terms = offered.known.by_public_id(public_id)
        if terms is None or (terms.id not in applied and terms.id not in by_offer):
            raise Conflict("price_changed", field="seen_offers")
        if terms.id not in applied:
            raise refusal(by_offer[terms.id], field="seen_offers")


def uses(offered: Offered) -> list[Use]:
    """Return the uses of offers that an order with these lines would make."""
    limits = {terms.id: terms.per_buyer_limit for terms in offered.known.terms}
    return [
        Use(
            each.offer_id,
            sum(amount.minor for amount in each.amounts),
            offered.known.code_ids.get(each.code) if each.code else None,
            limits[each.offer_id],
        )
        for each in offered.outcome.applied
    ]


def write(
    session: Session, merchant_id: int, order_id: int, *, offered: Offered, currency: str
) -> None:
    """Write down what each offer takes off each line of an order, and what did not count."""
    _write_discounts(session, merchant_id, order_id, offered=offered, currency=currency)
    refused = [
        {
            "merchant_id": merchant_id,
            "order_id": order_id,
            "offer_id": each.offer_id,
            "name": offered.known.names[each.offer_id].name,
            "code": offered.code_of(each),
            "reason": each.reason.value,
        }
        for each in offered.outcome.rejected
        if each.code is not None and each.offer_id is not None
    ]
    insert_rows(session, OrderRefusal, refused)


def _write_discounts(
    session: Session, merchant_id: int, order_id: int, *, offered: Offered, currency: str
) -> None:
    if not offered.outcome.applied:
        return
    lines = read(session, LINES, merchant_id=merchant_id, order_id=order_id)
    insert_rows(
        session,
        OrderDiscount,
        [
            {
                "merchant_id": merchant_id,
                "order_id": order_id,
                "line_item_id": line.id,
                "offer_id": each.offer_id,
                "name": offered.known.names[each.offer_id].name,
                "code": offered.code_of(each),
                "currency": currency,
                "amount_minor": amount.minor,
            }
            for each in offered.outcome.applied
            for line, amount in zip(lines, each.amounts, strict=True)
            if amount.minor
        ],
    )
