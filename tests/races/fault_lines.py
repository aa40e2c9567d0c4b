"""What faults and books need: the sandbox's levers, and both sides' books in one form."""

import json
import time
from collections import Counter
from typing import Any
from urllib.request import Request as Call
from urllib.request import urlopen

from sqlalchemy import func, select

from storefront.adapters.stripe_gateway import RETRY_AFTER_SECONDS
from storefront.models import Dispute, Order, Payment, Refund
from tests.races.clients import ask
from tests.races.market import Market, wait_until
from tests.races.servers import Shop

Books = dict[tuple[str, str], dict[str, int]]
POLL_INTERVALS = 2
ENOUGH_TO_MEET_EVERY_WORKER = 20


def switch(shop: Shop, **faults: Any) -> None:
    """Switch these faults on at the gateway, and all others off."""
    _call(shop, "/sandbox/faults", faults)


def flush(shop: Shop) -> int:
    """Deliver what has been delayed, as long as it becomes less; return how many messages still
    have not arrived."""
    pending = _flush(shop)
    while pending and (left := _flush(shop)) < pending:
        pending = left
    return pending


def _flush(shop: Shop) -> int:
    pending: int = _call(shop, "/sandbox/deliveries/flush?wait=10", {})["pending"]
    return pending


def fail_refund(shop: Shop, reference: str) -> None:
    """Let the buyer's bank send a refund back."""
    _call(shop, f"/sandbox/refunds/{reference}/fail", {})


def dispute(shop: Shop, placed: dict[str, Any]) -> str:
    """Let a buyer's bank dispute the payment of an order; return the dispute's reference."""
    opened = _call(shop, "/sandbox/disputes", {"payment_intent": placed["payment_reference"]})
    reference: str = opened["id"]
    return reference


def decide(shop: Shop, reference: str, verdict: str) -> None:
    """Let the bank decide a dispute: "won" or "lost"."""
    _call(shop, f"/sandbox/disputes/{reference}/end", {"verdict": verdict})


def tally(shop: Shop) -> Counter[str]:
    """Count what has gone wrong at the gateway, by kind."""
    return Counter(_call(shop, "/sandbox/faults")["tally"])


def gateway_books(shop: Shop) -> Books:
    """Return what the gateway says it took, gave back and had to hand over to banks, per account
    and currency."""
    return {
        (row["account"], row["currency"].upper()): {
            "charged": row["charged"],
            "charges": row["charges"],
            "refunded": row["refunded"],
            "disputed": row["disputed"],
        }
        for row in _call(shop, "/sandbox/books")["data"]
    }


def shop_books(shop: Shop) -> Books:
    """Return the same out of the shop's own rows."""
    books: Books = {}
    with shop.database.reads() as session:
        taken = session.execute(
            select(
                Payment.account,
                Payment.currency,
                func.sum(Payment.amount_minor),
                func.count(Payment.id),
            )
            .where(Payment.succeeded_at.is_not(None))
            .group_by(Payment.account, Payment.currency)
        )
        for account, currency, charged, charges in taken:
            books[account, currency] = {
                "charged": int(charged),
                "charges": charges,
                "refunded": 0,
                "disputed": 0,
            }
        given = session.execute(
            select(Payment.account, Refund.currency, func.sum(Refund.amount_minor))
            .join(Payment, Payment.id == Refund.payment_id)
            .where(Refund.sent_at.is_not(None), Refund.failed_at.is_(None))
            .group_by(Payment.account, Refund.currency)
        )
        for account, currency, refunded in given:
            books[account, currency]["refunded"] = int(refunded)
        withdrawn = session.execute(
            select(Payment.account, Dispute.currency, func.sum(Dispute.amount_minor))
            .join(Payment, Payment.id == Dispute.payment_id)
            .where(Dispute.withdrawn_at.is_not(None), Dispute.won_at.is_(None))
            .group_by(Payment.account, Dispute.currency)
        )
        for account, currency, disputed in withdrawn:
            books[account, currency]["disputed"] = int(disputed)
    return books


def let_the_line_recover(market: Market) -> None:
    """Wait until every web worker asks the gateway again: after a silence each pauses a little.

    Whoever asks first after the pause finds the gateway well, and opens the line for the others.
    """
    time.sleep(RETRY_AFTER_SECONDS)
    variant = market.add_variant(stock=None)
    answers = [ask(market.order(variant)) for _ in range(ENOUGH_TO_MEET_EVERY_WORKER)]
    assert {answer.status for answer in answers} == {201}


def let_pollers_look(market: Market, *, orders: int) -> None:
    """Walk two poll intervals on, and wait until the worker has found every payment."""
    shop = market.shop
    shop.pass_time((POLL_INTERVALS * shop.settings.reconcile_after).total_seconds())
    shop.start_worker()  # a worker begins with a sweep
    wait_until(lambda: paid(market) == orders, f"{orders} orders are paid")


def paid(market: Market) -> int:
    """Count the merchant's paid orders."""
    with market.shop.database.reads() as session:
        own = select(func.count(Order.id)).where(
            Order.merchant_id == market.world.merchant.id, Order.paid_at.is_not(None)
        )
        return session.scalar(own) or 0


def _call(shop: Shop, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {} if body is None else {"Content-Type": "application/json"}
    call = Call(f"{shop.sandbox.url}{path}", data, headers)  # noqa: S310 - our own address
    with urlopen(call, timeout=30) as answer:  # noqa: S310 - as above
        return json.load(answer)
