"""Signals for hosts, sent after commit with the storefront's name as sender and public ids as
data. The shop itself never listens to them: what must happen is a job, not a signal."""

from __future__ import annotations

import logging
from typing import Any, Protocol

from blinker import Namespace

log = logging.getLogger("storefront.signals")

_namespace = Namespace()
order_paid = _namespace.signal("storefront-order-paid")
refund_made = _namespace.signal("storefront-refund-made")
dispute_opened = _namespace.signal("storefront-dispute-opened")
offer_started = _namespace.signal("storefront-offer-started")
offer_ended = _namespace.signal("storefront-offer-ended")
gift_issued = _namespace.signal("storefront-gift-issued")
gift_redeemed = _namespace.signal("storefront-gift-redeemed")

_BY_NAME = {
    "order_paid": order_paid,
    "refund_made": refund_made,
    "dispute_opened": dispute_opened,
    "offer_started": offer_started,
    "offer_ended": offer_ended,
    "gift_issued": gift_issued,
    "gift_redeemed": gift_redeemed,
}
_PENDING = "storefront_signals"
SENDER = "storefront"


class Noting(Protocol):
    """A session, or what stands for one: it keeps notes."""

    @property
    def info(self) -> dict[Any, Any]:
        """Whatever is noted."""


def announce(session: Noting, name: str, **data: str) -> None:
    """Promise to send the signal `name` once this session's transaction has committed."""
    session.info.setdefault(_PENDING, []).append((name, data))


def send_pending(session: Noting) -> None:
    """Send what was announced in a transaction that has just committed.

    It has happened, whatever a host's listener does: a fault there is logged and goes no further.
    """
    for name, data in session.info.pop(_PENDING, []):
        for listener in _BY_NAME[name].receivers_for(SENDER):
            try:
                listener(SENDER, **data)
            except Exception:
                log.exception("a listener of %s has failed", name)
