"""What the gateway says, applied: a message is recorded once and moves an order once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, exists, select

from storefront.db.hot import insert_rows, read, read_one, table_of
from storefront.db.upsert import insert_if_new
from storefront.domain.payments import RefundNews, Step, step_for_event, step_for_state
from storefront.models import Merchant, OfferUse, Payment, PaymentEvent, PaymentPayload
from storefront.services import alarms, card_testing, disputes, refund_news
from storefront.services.payment_steps import facts_of, take_step
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.db.hot import AnyRow
    from storefront.domain.payments import GatewayEvent, Snapshot
    from storefront.kinds import LineKind
    from storefront.ports import News

_payment, _merchant, _use = map(table_of, (Payment, Merchant, OfferUse))
PAYMENTS = select(
    _payment.c.id,
    _payment.c.merchant_id,
    _payment.c.order_id,
    _payment.c.public_id,
    _payment.c.amount_minor,
    _payment.c.currency,
    _payment.c.account,
    _payment.c.gateway_reference,
    _payment.c.succeeded_at,
    _payment.c.cancelled_at,
    _merchant.c.public_id.label("merchant_public_id"),
    # They are written with the order, before its payment can be heard of, and stay.
    exists().where(_use.c.order_id == _payment.c.order_id).label("has_uses"),
).join(_merchant, _merchant.c.id == _payment.c.merchant_id)
BY_ID = PAYMENTS.where(_payment.c.id == bindparam("payment_id"))
BY_REFERENCE = PAYMENTS.where(
    _payment.c.account == bindparam("account"),
    _payment.c.gateway_reference == bindparam("reference"),
)
BY_NAMES = PAYMENTS.where(
    _merchant.c.public_id == bindparam("merchant_public_id"),
    _payment.c.public_id == bindparam("payment_public_id"),
)


@frozen
class Applied:
    """What came of a message."""

    step: Step
    is_duplicate: bool = False


def apply_event(
    session: Session,
    event: GatewayEvent,
    body: str,
    *,
    kinds: Iterable[LineKind],
    now: datetime,
) -> Applied:
    """Record a verified message and do what it asks, all in the caller's transaction.

    A message about nothing of ours is stored and ignored, and so is one that names a payment of
    another account than its own. Recording comes first: its unique key stops a second copy, even
    one that is being handled at this very moment.
    """
    named = _find_payment(session, event)
    payment = named if named and named.account == event.account else None
    step = step_for_event(facts_of(payment), event) if payment else Step.IGNORE
    event_id = insert_if_new(
        session,
        PaymentEvent,
        merchant_id=payment.merchant_id if payment else None,
        payment_id=payment.id if payment else None,
        account=event.account,
        gateway_event_id=event.id,
        type=event.type,
        step=step.value,
        created_at=event.created_at,
        received_at=now,
    )
    if event_id is None:
        return Applied(step, is_duplicate=True)
    payload = {
        "merchant_id": payment.merchant_id if payment else None,
        "payment_event_id": event_id,
        "body": body,
    }
    insert_rows(session, PaymentPayload, [payload])
    if payment and event.snapshot:
        take_step(session, payment, step, snapshot=event.snapshot, kinds=kinds, now=now)
        if step is Step.FAIL_ATTEMPT:
            card_testing.count_failed_payment(session, payment.order_id, now=now)
    elif payment and (news := event.refund or event.dispute):
        _take_news(session, payment, news, kinds=kinds, now=now)
    elif named:
        owner = _owner_of(session, event.account)
        alarms.raise_alarm(session, owner, "foreign_payment", now=now)
    return Applied(step)


def apply_snapshot(
    session: Session,
    payment_id: int,
    snapshot: Snapshot,
    *,
    kinds: Iterable[LineKind],
    now: datetime,
) -> Step:
    """Do what the gateway's own answer asks, as if it had sent a message."""
    (payment,) = read(session, BY_ID, payment_id=payment_id)
    step = step_for_state(facts_of(payment), snapshot)
    take_step(session, payment, step, snapshot=snapshot, kinds=kinds, now=now)
    return step


def take_news(
    session: Session,
    account: str,
    news: News,
    *,
    kinds: Iterable[LineKind],
    now: datetime,
) -> None:
    """Do what the gateway's own list or answer says of a refund or a dispute at one account, as if
    it had sent a message. Nothing happens where it is about no payment of ours."""
    payment = _find_referred(session, account, news.payment)
    if payment is not None:
        _take_news(session, payment, news, kinds=kinds, now=now)


def _take_news(
    session: Session,
    row: AnyRow,
    news: News,
    *,
    kinds: Iterable[LineKind],
    now: datetime,
) -> None:
    payment = session.get_one(Payment, row.id)
    if isinstance(news, RefundNews):
        refund_news.take_news(session, payment, news, kinds=kinds, now=now)
    else:
        disputes.take_news(session, payment, news, kinds=kinds, now=now)


def _find_payment(session: Session, event: GatewayEvent) -> AnyRow | None:
    if event.snapshot is not None:
        known = _find_referred(session, event.account, event.snapshot.reference)
        return known or _find_named(session, event.snapshot)
    news = event.refund or event.dispute
    if news is not None:
        return _find_referred(session, event.account, news.payment)
    return None


def _find_referred(session: Session, account: str, reference: str) -> AnyRow | None:
    """Find our payment by the gateway's name for it, which is good at one account only."""
    return read_one(session, BY_REFERENCE, account=account, reference=reference)


def _find_named(session: Session, snapshot: Snapshot) -> AnyRow | None:
    """Find our payment by the ids that ride in the gateway's metadata."""
    if snapshot.payment_public_id is None:
        return None
    return read_one(
        session,
        BY_NAMES,
        merchant_public_id=snapshot.merchant_public_id,
        payment_public_id=snapshot.payment_public_id,
    )


def _owner_of(session: Session, account: str) -> int:
    """Return the one merchant whose account this is, else the installation."""
    owners = session.scalars(select(Merchant.id).where(Merchant.stripe_account == account)).all()
    return owners[0] if account and len(owners) == 1 else alarms.INSTALLATION
