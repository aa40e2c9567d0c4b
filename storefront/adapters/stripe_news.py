"""Refunds and disputes as Stripe tells of them: read from its objects, fetched one by one, and
listed. What they mean to us is in `domain/payments.py`; payments are in `stripe_gateway.py`."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from storefront.adapters.stripe_amounts import from_gateway
from storefront.domain.payments import DisputeNews, RefundNews
from storefront.ports import NewsPage

if TYPE_CHECKING:
    from collections.abc import Mapping

    import stripe

    from storefront.ports import News, NewsKind

log = logging.getLogger("storefront.gateway")

LONGEST_TEXT = 80
PAGE = 100
NEWEST = 500
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError)
"""What reading raises where Stripe's object is not shaped as it was when this was written."""


def text_of(value: object) -> str:
    """Return a name or code of Stripe's; raise `TypeError` for what no column of ours can hold."""
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or not value.isprintable():
        raise TypeError
    return value


def maybe_text_of(value: object) -> str | None:
    """Return the same, or None where Stripe says nothing."""
    return None if value is None else text_of(value)


def read_refund(refund: Mapping[str, Any]) -> RefundNews:
    """Read a Refund, made by us or in the provider's dashboard."""
    metadata = refund.get("metadata") or {}
    return RefundNews(
        reference=text_of(refund["id"]),
        state=text_of(refund["status"]),
        amount=from_gateway(refund["amount"], refund["currency"]),
        payment=text_of(refund["payment_intent"]),
        failure=maybe_text_of(refund.get("failure_reason")),
        refund_public_id=maybe_text_of(metadata.get("refund")),
    )


def read_dispute(dispute: Mapping[str, Any]) -> DisputeNews:
    """Read a Dispute; one that wants no answer has no due date."""
    due_by = (dispute.get("evidence_details") or {}).get("due_by")
    return DisputeNews(
        reference=text_of(dispute["id"]),
        state=text_of(dispute["status"]),
        amount=from_gateway(dispute["amount"], dispute["currency"]),
        payment=text_of(dispute["payment_intent"]),
        reason=text_of(dispute["reason"]),
        due_at=None if due_by is None else datetime.fromtimestamp(due_by, UTC),
    )


def fetch(client: stripe.StripeClient, kind: NewsKind, reference: str, *, options: Any) -> News:
    """Retrieve a Refund or a Dispute; raises what the SDK and the readers raise."""
    if kind == "refund":
        return read_refund(client.v1.refunds.retrieve(reference, None, options).to_dict())
    return read_dispute(client.v1.disputes.retrieve(reference, None, options).to_dict())


def page(
    client: stripe.StripeClient, kind: NewsKind, after: str | None, *, options: Any
) -> NewsPage:
    """List what was made next after an object of this kind, oldest first; without one, the newest
    five hundred. Raises what the SDK raises."""
    if after is None:
        # An account may have years of them, and most of those are none of ours.
        newest = _list(client, kind, {}, options=options).auto_paging_iter()
        found, has_more = list(islice(newest, NEWEST)), False
    else:
        listed = _list(client, kind, {"ending_before": after}, options=options)
        found, has_more = listed.data, bool(listed.has_more)
    objects = [each.to_dict() for each in reversed(found)]
    read = [_maybe_news(kind, each) for each in objects]
    return NewsPage(
        news=tuple(each for each in read if each is not None),
        last=text_of(objects[-1]["id"]) if objects else after,
        has_more=has_more,
    )


def _list(
    client: stripe.StripeClient, kind: NewsKind, where: Mapping[str, str], *, options: Any
) -> Any:
    params: Any = {"limit": PAGE, **where}
    service = client.v1.refunds if kind == "refund" else client.v1.disputes
    return service.list(params, options)


def _maybe_news(kind: NewsKind, about: Mapping[str, Any]) -> News | None:
    """Read one of a list; one that is of no PaymentIntent, or cannot be read, stops no other."""
    if not about.get("payment_intent"):
        return None
    try:
        return read_refund(about) if kind == "refund" else read_dispute(about)
    except UNREADABLE:
        log.exception("a %s in the gateway's list cannot be read", kind)
        return None
