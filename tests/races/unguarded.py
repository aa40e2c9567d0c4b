"""A naive twin of the shop: the same addresses and tables, but it reads, thinks and then writes.

The races must show its faults, or they would prove nothing about the real one. It lies beside
the tests so that no switch in the shop can turn a guard off."""

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Flask, jsonify, request
from sqlalchemy import Engine, create_engine, event, func, inspect, make_url, select, text
from sqlalchemy.orm import Session

from gifting import codes
from gifting.models import GiftCard, Redemption, Reversal
from storefront.adapters.signer import SecretSigner
from storefront.adapters.stripe_gateway import StripeGateway
from storefront.db.engine import sqlite_module
from storefront.db.ids import public_id
from storefront.models import (
    IdempotentRequest,
    Interaction,
    Job,
    Merchant,
    Offer,
    OfferUse,
    Order,
    OrderEvent,
    Payment,
    PaymentEvent,
    Placement,
    Product,
    Refund,
    Store,
    Variant,
)
from storefront.ports import OpenRequest
from storefront.settings import PREFIX, read_settings

APPLICATION = "tests.races.unguarded:create_app"
THINKING_SECONDS = 0.02
"""Between a read and the write that relies on it: long enough to be overtaken every time."""

LAST_GUARDS = (IdempotentRequest, PaymentEvent, Order, Reversal)


def create_app() -> Flask:
    """Return the twin; settings come from the environment, as for the shop."""
    settings = read_settings({k: v for k, v in os.environ.items() if k.startswith(PREFIX)})
    engine = _naive_engine(settings.database_url)
    gateway = StripeGateway(
        settings.stripe_api_key,
        webhook_secrets=settings.stripe_webhook_secrets,
        api_url=settings.stripe_api_url,
    )
    app = Flask("unguarded")
    app.register_error_handler(Exception, _fault)
    app.add_url_rule("/healthz", view_func=lambda: "well")

    @app.post("/orders")
    def create_order() -> Any:
        with Session(engine, expire_on_commit=False) as session, session.begin():
            answer = _place(session, request.get_json(), request.headers["Idempotency-Key"])
        if isinstance(answer, Payment):
            answer = _open(engine, gateway, answer)
        return jsonify(answer), answer.get("status", 201)

    @app.post("/webhooks/stripe")
    def stripe() -> Any:
        signature = request.headers["Stripe-Signature"]
        told = gateway.read_event(request.get_data(), signature)
        with Session(engine) as session, session.begin():
            return jsonify(_apply(session, told))

    @app.post("/api/v1/orders/<order>/refunds")
    def create_refund(order: str) -> Any:
        with Session(engine) as session, session.begin():
            return _give_back(session, order, request.get_json()["amount_minor"])

    @app.post("/console/sign-in")
    def sign_in() -> Any:
        return "", 303

    @app.post("/console/orders/<order>/<any('pick-up', cancellation):step>")
    def end_order(order: str, step: str) -> Any:
        with Session(engine) as session, session.begin():
            return _end(session, order, step)

    @app.post("/console/products/<product>/variants/<variant>/stock")
    def lose_one(product: str, variant: str) -> Any:
        with Session(engine) as session, session.begin():
            return _lose_one(session, product, variant)

    @app.post("/interactions")
    def create_interaction() -> Any:
        with Session(engine) as session, session.begin():
            return jsonify(_record(session, request.get_json())), 201

    _add_tills(app, engine, SecretSigner(settings.secret_key, settings.pepper))
    return app


def _add_tills(app: Flask, engine: Engine, sign: SecretSigner) -> None:
    @app.post("/api/v1/redemptions")
    def create_redemption() -> Any:
        with Session(engine) as session, session.begin():
            return _redeem(session, sign, request.get_json())

    @app.post("/api/v1/redemptions/<name>/reversal")
    def create_reversal(name: str) -> Any:
        with Session(engine) as session, session.begin():
            return _reverse(session, name)


def drop_last_guards(engine: Engine) -> None:
    """Take away the unique keys that naive tables would not have either."""
    with engine.begin() as connection:
        for table in LAST_GUARDS:
            for key in inspect(connection).get_unique_constraints(table.__tablename__):
                connection.execute(
                    text(f'ALTER TABLE {table.__tablename__} DROP CONSTRAINT "{key["name"]}"')
                )


def _naive_engine(url: str) -> Engine:
    """Open the database as one does without thinking: on SQLite with a deferred BEGIN."""
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url)
    engine = create_engine(url, module=sqlite_module())

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def _place(session: Session, body: Mapping[str, Any], key: str) -> Payment | dict[str, Any]:
    """Look whether the key is known, then whether there is stock; then write."""
    seen = session.scalars(select(IdempotentRequest).filter_by(request_key=key)).first()
    if seen is not None:
        return dict(seen.answer or {})
    wanted = body["lines"][0]["variant"]
    variant = session.scalars(select(Variant).filter_by(public_id=wanted)).one()
    if variant.stock is not None and variant.held + variant.sold >= variant.stock:
        return {"code": "all_held", "status": 409}
    offer = _offer(session, body)
    if offer is not None and (refusal := _why_not(session, offer, body)):
        return {"code": refusal, "status": 409}
    time.sleep(THINKING_SECONDS)
    variant.held += 1
    payment = _write_down(session, variant, body, key=key)
    if offer is not None:
        offer.held += 1
        session.add(_use(offer, payment, body))
    return payment


def _offer(session: Session, body: Mapping[str, Any]) -> Offer | None:
    seen = body.get("seen_offers")
    return session.scalars(select(Offer).filter_by(public_id=seen[0])).one() if seen else None


def _why_not(session: Session, offer: Offer, body: Mapping[str, Any]) -> str | None:
    """Look at the counter, and count what this buyer has."""
    if offer.quota is not None and offer.held + offer.used >= offer.quota:
        return "offer_gone"
    uses = select(func.count()).select_from(OfferUse)
    own = session.scalar(uses.filter_by(offer_id=offer.id, buyer_key=body["email"])) or 0
    limit = offer.per_buyer_limit
    return "limit_reached" if limit is not None and own >= limit else None


def _use(offer: Offer, payment: Payment, body: Mapping[str, Any]) -> OfferUse:
    return OfferUse(
        merchant_id=offer.merchant_id,
        order_id=payment.order_id,
        offer_id=offer.id,
        buyer_key=body["email"],
        amount_minor=1,
        held_at=payment.created_at,
    )


def _write_down(
    session: Session, variant: Variant, body: Mapping[str, Any], *, key: str
) -> Payment:
    now = datetime.now(UTC)
    placement = session.scalars(select(Placement).filter_by(public_id=body["placement"])).one()
    order = Order(
        merchant_id=variant.merchant_id,
        public_id=public_id("ord"),
        placement_id=placement.id,
        visitor="naive",
        fulfilment="pickup",
        locale="en",
        currency=variant.currency,
        goods_minor=variant.price_minor,
        shipping_minor=0,
        total_minor=variant.price_minor,
        placed_at=now,
        held_until=now,
    )
    session.add(order)
    session.flush()
    payment = Payment(
        merchant_id=order.merchant_id,
        order_id=order.id,
        public_id=public_id("pay"),
        attempt=1,
        amount_minor=order.total_minor,
        currency=order.currency,
        account="",
        created_at=now,
    )
    answer = {"public_id": order.public_id}
    session.add_all([payment, _known(order, key, answer, now=now)])
    return payment


def _known(order: Order, key: str, answer: dict[str, Any], *, now: datetime) -> IdempotentRequest:
    return IdempotentRequest(
        merchant_id=order.merchant_id,
        caller="anyone",
        route="POST /orders",
        request_key=key,
        body_hash="",
        created_at=now,
        leased_until=now,
        status=201,
        answer=answer,
    )


def _open(engine: Engine, gateway: StripeGateway, payment: Payment) -> dict[str, Any]:
    with Session(engine) as session, session.begin():
        payment = session.merge(payment)
        order = session.get_one(Order, payment.order_id)
        merchant = session.get_one(Merchant, payment.merchant_id)
        metadata = {"payment": payment.public_id, "merchant": merchant.public_id}
        opened = gateway.open(
            OpenRequest(payment.amount, "", payment.public_id, "naive", metadata=metadata)
        )
        payment.gateway_reference = opened.reference
        return {"public_id": order.public_id, "payment_reference": opened.reference}


def _apply(session: Session, told: Any) -> dict[str, Any]:
    """Look whether the event is known; then do what it asks."""
    if session.scalars(select(PaymentEvent).filter_by(gateway_event_id=told.id)).first():
        return {"received": True, "duplicate": True}
    payment = session.scalars(
        select(Payment).filter_by(public_id=told.snapshot.payment_public_id)
    ).one()
    order, merchant = session.get_one(Order, payment.order_id), payment.merchant_id
    number = session.get_one(Merchant, merchant).next_order_number
    time.sleep(THINKING_SECONDS)
    now = datetime.now(UTC)
    session.get_one(Merchant, merchant).next_order_number = number + 1
    order.paid_at, order.number = now, number
    session.add_all(
        [
            PaymentEvent(
                merchant_id=merchant,
                payment_id=payment.id,
                account="",
                gateway_event_id=told.id,
                type=told.type,
                step="succeed",
                created_at=now,
                received_at=now,
            ),
            OrderEvent(
                merchant_id=merchant, order_id=order.id, kind="paid", detail="", occurred_at=now
            ),
            Job(
                merchant_id=merchant,
                name="send_receipt",
                unique_key=public_id("job"),
                payload={"order_id": order.id},
                created_at=now,
                run_at=now,
                attempts=0,
            ),
        ]
    )
    return {"received": True}


def _give_back(session: Session, order: str, minor: int) -> Any:
    """Look how much has gone back, then give back some more."""
    payment = session.scalars(select(Payment).join(Order).where(Order.public_id == order)).one()
    given = select(func.coalesce(func.sum(Refund.amount_minor), 0)).filter_by(payment_id=payment.id)
    if session.execute(given).scalar_one() + minor > payment.amount_minor:
        return jsonify(code="refund_too_large"), 409
    time.sleep(THINKING_SECONDS)
    refund = Refund(
        merchant_id=payment.merchant_id,
        payment_id=payment.id,
        public_id=public_id("ref"),
        amount_minor=minor,
        currency=payment.currency,
        reason="requested",
        intended_at=datetime.now(UTC),
    )
    session.add(refund)
    return jsonify(public_id=refund.public_id), 201


def _end(session: Session, name: str, step: str) -> Any:
    """Look whether an order is over, then end it in one of the two ways."""
    order = session.scalars(select(Order).filter_by(public_id=name)).one()
    if order.picked_up_at or order.cancelled_at:
        return jsonify(code="order_over"), 409
    time.sleep(THINKING_SECONDS)
    now = datetime.now(UTC)
    if step == "cancellation":
        order.cancelled_at = now
    else:
        order.picked_up_at = now
    return "", 303


def _lose_one(session: Session, product: str, name: str) -> Any:
    """Look how many there are, then write down one fewer."""
    of_product = select(Product.id).filter_by(public_id=product).scalar_subquery()
    variant = session.scalars(
        select(Variant).where(Variant.public_id == name, Variant.product_id == of_product)
    ).one()
    stock = variant.stock or 0
    if variant.held + variant.sold >= stock:
        return jsonify(code="count_below_open"), 409
    time.sleep(THINKING_SECONDS)
    variant.stock = stock - 1
    return "", 303


def _redeem(session: Session, sign: SecretSigner, body: Mapping[str, Any]) -> Any:
    """Look what is on the card, then write down what is left."""
    digest = codes.digest_of(sign, body["code"])
    card = session.scalars(select(GiftCard).filter_by(code_digest=digest)).one()
    amount = body["amount_minor"]
    if card.balance_minor < amount:
        return jsonify(code="insufficient_balance"), 409
    time.sleep(THINKING_SECONDS)
    card.balance_minor -= amount
    redemption = Redemption(
        merchant_id=card.merchant_id,
        public_id=public_id("rdm"),
        card_id=card.id,
        store_id=session.scalars(select(Store.id).filter_by(merchant_id=card.merchant_id)).one(),
        caller="anyone",
        request_key=request.headers["Idempotency-Key"],
        body_hash="",
        currency=card.currency,
        amount_minor=amount,
        balance_after_minor=card.balance_minor,
        occurred_at=datetime.now(UTC),
    )
    session.add(redemption)
    return jsonify(public_id=redemption.public_id), 201


def _reverse(session: Session, name: str) -> Any:
    """Look whether it was undone, then undo it."""
    redemption = session.scalars(select(Redemption).filter_by(public_id=name)).one()
    if session.scalars(select(Reversal).filter_by(redemption_id=redemption.id)).first():
        return jsonify(code="already_reversed"), 409
    time.sleep(THINKING_SECONDS)
    session.get_one(GiftCard, redemption.card_id).balance_minor += redemption.amount_minor
    session.add(
        Reversal(
            merchant_id=redemption.merchant_id,
            redemption_id=redemption.id,
            caller="anyone",
            reason="mistake",
            occurred_at=datetime.now(UTC),
        )
    )
    return jsonify(redemption=name), 201


def _record(session: Session, body: Mapping[str, Any]) -> dict[str, Any]:
    """Look how many there are, then add one."""
    placement = session.scalars(select(Placement).filter_by(public_id=body["placement"])).one()
    number = session.scalar(select(func.count()).select_from(Interaction))
    now = datetime.now(UTC)
    session.add(
        Interaction(
            merchant_id=placement.merchant_id,
            public_id=public_id("int"),
            placement_id=placement.id,
            kind=body["kind"],
            assurance="bare",
            surface="frame",
            is_direct=False,
            occurred_at=now,
            recorded_at=now,
        )
    )
    return {"number": number}


def _fault(fault: Exception) -> Any:
    code = "locked" if "database is locked" in str(fault) else type(fault).__name__
    return jsonify(code=code), 500
