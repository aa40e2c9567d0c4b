"""Place an order: hold the stock, write everything down, then ask the gateway for a payment."""

from __future__ import annotations

from dataclasses import field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import String, and_, bindparam, cast, func, select, update

from storefront.db.hot import table_of
from storefront.db.ids import public_id
from storefront.db.together import THE_ID, FromId, insert_family, run_both
from storefront.domain.orders import HoldTerms, OrderStatus, hold_end, status
from storefront.errors import Conflict, Declined, Invalid, NotFound, StorefrontError, TryAgain
from storefront.kinds import GOODS, Asking, Wished, kind_named
from storefront.models import Job, LineItem, Order, OrderContact, OrderEvent, Payment
from storefront.ports import OpenRequest
from storefront.services import (
    attribution,
    card_testing,
    idempotency,
    jobs,
    offer_uses,
    order_discounts,
    order_lines,
    sales,
    stock,
)
from storefront.services.history import line, note
from storefront.services.idempotency import RequestKey, Turn
from storefront.services.offering import Entered, Occasion, offer_lines
from storefront.services.placements import get_placement
from storefront.services.quotes import Destination, price_lines
from storefront.services.shelf import list_stores
from storefront.services.taxes import Place
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from storefront.db.together import Group
    from storefront.domain.attribution import Touch
    from storefront.domain.money import Money
    from storefront.kinds import LineKind
    from storefront.ports import Ports, Signer
    from storefront.services.offering import Offered
    from storefront.services.views import CartLineView, PlacementView, QuoteView, StoreView
    from storefront.services.visitors import Visitor

ROUTE = "POST /orders"
ANYONE = "anyone"
ORDER_PURPOSE = "order"
FIRST = 1
"""The attempt that an order is placed with."""
BUYER_PURPOSE = "buyer"

_payment = table_of(Payment)
OPENED = (
    update(_payment)
    .where(
        _payment.c.merchant_id == bindparam("of_merchant"),
        _payment.c.public_id == bindparam("payment"),
    )
    .values(
        gateway_reference=bindparam("reference"),
        client_secret=bindparam("secret"),
        opened_at=bindparam("now"),
    )
)
ID_AS_TEXT = FromId(str, lambda row_id: cast(row_id, String))
ID_AS_PAYLOAD = FromId(
    lambda row_id: {"order_id": row_id},
    lambda row_id: func.json_build_object("order_id", row_id),
)


@frozen
class Buyer:
    """Who pays and how to reach them. `address` is empty for a pick-up."""

    email: str
    name: str
    phone: str = ""
    note: str = ""
    address: Mapping[str, str] | None = None


@frozen
class PlaceOrder:
    """What a buyer asks for. `lines` are (variant public id, quantity). `seen_total` is what the
    buyer was told that it costs, in minor units; None where nobody told them. `codes` must count,
    and so must the offers that were seen; codes that are only `entered` need not. `asked` is a
    kind of line with its wish, in place of `lines`."""

    placement: str
    lines: tuple[tuple[str, int], ...]
    visitor: Visitor
    buyer: Buyer
    fulfilment: str
    store: str | None
    locale: str
    request_key: str
    body_hash: str
    seen_total: int | None = None
    codes: tuple[str, ...] = ()
    entered: Entered = field(default_factory=Entered)
    asked: tuple[str, object] | None = None


@frozen
class PlacedOrder:
    """An order that waits for its payment. `token` makes its page the buyer's; the payment's
    reference and secret are the gateway's, and empty where there is nothing to pay."""

    public_id: str
    token: str
    payment_reference: str
    client_secret: str
    amount: Money
    expires_at: datetime
    is_replay: bool = False


@frozen
class _Draft:
    """An order written down, for which the gateway is still to be asked; without a payment where
    there is nothing to pay."""

    order_id: int
    public_id: str
    payment_public_id: str
    account: str
    amount: Money
    held_until: datetime
    turn: Turn


def order_token(ports: Ports, merchant_id: int, order_public_id: str) -> str:
    """Return the token that opens this order's page, and no other's."""
    return ports.sign.seal(ORDER_PURPOSE, [merchant_id, order_public_id])


def place_order(
    ports: Ports, command: PlaceOrder, *, placement: PlacementView | None = None
) -> PlacedOrder:
    """Place an order and open its payment; the same request key never makes two. Who has just
    looked the placement up hands it over.

    Raises `NotFound` for a placement that is not in use, `Invalid` for input that cannot be
    used, `Conflict` sold_out / all_held / price_changed / in_progress, `Conflict` or `Ended` with
    its own reason for an offer that does not count any more, `TooMany` after many failed
    payments, and `TryAgain` when the gateway does not answer: the hold is kept, and the same key
    goes on where this try ended.
    """
    now = ports.clock.now()
    name = public_id("ord")
    with ports.reads() as session:
        placement = placement or get_placement(session, command.placement)
        key = _request_key(placement, command)
        request = _look(session, ports, placement, command=command, key=key, now=now)
    with ports.sessions.begin() as session:
        turn = idempotency.take_turn(session, key, now=now, subject=name)
        if turn.answer is not None:
            return _replay(ports, session, placement, turn=turn)
        draft = _resume(session, placement, turn, now=now)
        if draft is None:
            request = request or _prepare(session, ports, placement, command=command, now=now)
            draft = _write_down(session, ports, request, turn=turn, name=name)
        if not draft.payment_public_id:
            return _settle_free(session, ports, placement, draft=draft)
    return _open_payment(ports, placement, draft)


@frozen
class _Request:
    placement: PlacementView
    lines: Sequence[CartLineView]
    offered: Offered
    quote: QuoteView
    store: StoreView | None
    command: PlaceOrder
    kind: LineKind
    buyer_key: str
    path: Sequence[Touch]
    now: datetime


def _look(
    session: Session,
    ports: Ports,
    placement: PlacementView,
    *,
    command: PlaceOrder,
    key: RequestKey,
    now: datetime,
) -> _Request | None:
    """Prepare an order, or refuse it at the price of a read; None where the key is in use.

    Who asks again under their key is answered as before, though nothing may be left by now,
    perhaps because they hold it. The key is looked for last: it is written together with the hold.
    """
    try:
        return _prepare(session, ports, placement, command=command, now=now)
    except StorefrontError:
        if not idempotency.is_known(session, key):
            raise
        return None


def _prepare(
    session: Session,
    ports: Ports,
    placement: PlacementView,
    *,
    command: PlaceOrder,
    now: datetime,
) -> _Request:
    """Look up what is ordered and what it costs; refuse what can be seen to be gone."""
    visitor, email = command.visitor, command.buyer.email
    key = buyer_key(ports.sign, email)
    kind, lines = _find_lines(session, ports, placement, command=command, key=key, now=now)
    scarce = [line for line in lines if order_lines.is_scarce(line)]
    stock.refuse_what_is_gone(session, order_lines.held_of(scarce), now=now)
    store = _find_store(session, placement, command)
    offered = _offer(session, placement, lines, command=command, key=key, now=now)
    quote = price_lines(
        session,
        placement.merchant,
        lines,
        destination=destination_of(command),
        discounts=offered.discounts,
    )
    merchant_id = placement.merchant.id
    card_testing.refuse_many_failures(
        session, merchant_id, visitor=visitor.key, email=email, now=now
    )
    path = attribution.find_path(
        session, merchant_id, visitor, now=now, lookback=ports.settings.lookback
    )
    return _Request(placement, lines, offered, quote, store, command, kind, key, path, now)


def buyer_key(sign: Signer, email: str) -> str:
    """Return the key by which a buyer's orders are known: a digest of their address, whatever the
    case of its letters."""
    return sign.digest(BUYER_PURPOSE, email.strip().lower())


def _offer(
    session: Session,
    placement: PlacementView,
    lines: Sequence[CartLineView],
    *,
    command: PlaceOrder,
    key: str,
    now: datetime,
) -> Offered:
    codes = (*command.entered.codes, *command.codes)
    entered, visitor = replace(command.entered, codes=codes), command.visitor
    known = visitor.key if visitor.is_known else None
    occasion = Occasion(now, placement.id, entered, key, visitor=known)
    return offer_lines(session, placement.merchant.id, lines, occasion=occasion)


def destination_of(command: PlaceOrder) -> Destination:
    """Return how and where an order reaches its buyer."""
    address = command.buyer.address or {}
    place = Place(address.get("country", ""), address.get("region", ""))
    return Destination(command.fulfilment, place)


def _request_key(placement: PlacementView, command: PlaceOrder) -> RequestKey:
    return RequestKey(placement.merchant.id, ANYONE, ROUTE, command.request_key, command.body_hash)


def _find_lines(
    session: Session,
    ports: Ports,
    placement: PlacementView,
    *,
    command: PlaceOrder,
    key: str,
    now: datetime,
) -> tuple[LineKind, Sequence[CartLineView]]:
    """Return what is ordered, and what kind of thing it is: an order holds one kind."""
    if command.asked is None:
        return GOODS, order_lines.goods_lines(session, placement, dict(command.lines))
    name, wish = command.asked
    kind = kind_named(name, ports.kinds)
    asked = kind.ask(session, wish, Asking(placement.merchant.id, key, now))
    return kind, [order_lines.asked_line(session, placement, asked)]


def _find_store(
    session: Session, placement: PlacementView, command: PlaceOrder
) -> StoreView | None:
    if command.fulfilment != "pickup":
        return None
    for store in list_stores(session, placement.merchant.id):
        if store.public_id == command.store:
            return store
    raise Invalid("unknown_store", field="store")


def _write_down(
    session: Session, ports: Ports, request: _Request, *, turn: Turn, name: str
) -> _Draft:
    """Write the order with everything that belongs to it; hot rows are touched last."""
    merchant, now, command = request.placement.merchant, request.now, request.command
    order_discounts.refuse_lost(request.offered, codes=command.codes, seen=command.entered.seen)
    amounts = request.quote.sums
    if command.seen_total not in (None, amounts.total.minor):
        raise Conflict("price_changed", field="seen_total")
    terms = HoldTerms(ports.settings.hold_time, ports.settings.hold_longest)
    held_until = hold_end(now, now, terms)
    payment = public_id("pay") if amounts.total.minor else ""
    if not turn.is_new:
        idempotency.name_subject(session, turn, name)
    order_id = insert_family(
        session,
        Order,
        _belongings(request, payment=payment, held_until=held_until),
        merchant_id=merchant.id,
        public_id=name,
        placement_id=request.placement.id,
        store_id=request.store.id if request.store else None,
        visitor=command.visitor.key,
        buyer_key=request.buyer_key,
        fulfilment=command.fulfilment,
        locale=command.locale,
        currency=merchant.currency,
        goods_minor=amounts.goods.minor,
        discount_minor=amounts.discount.minor,
        shipping_minor=amounts.shipping.minor,
        shipping_name=request.quote.shipping_name,
        shipping_tax_minor=amounts.shipping_tax.minor,
        tax_minor=amounts.tax.minor,
        tax_name=request.quote.tax_name,
        is_tax_included=amounts.is_tax_included,
        total_minor=amounts.total.minor,
        placed_at=now,
        held_until=held_until,
    )
    if command.asked is not None:
        for each in order_lines.read_lines(session, order_id):
            request.kind.on_placed(session, each, Wished(command.asked[1], now))
    order_discounts.write(
        session, merchant.id, order_id, offered=request.offered, currency=merchant.currency
    )
    uses = order_discounts.uses(request.offered)
    offer_uses.write(
        session, merchant.id, order_id, buyer_key=request.buyer_key, uses=uses, now=now
    )
    stock.hold(session, order_lines.held_of(request.lines), now=now)
    offer_uses.hold(session, uses, now=now)
    return _Draft(order_id, name, payment, merchant.stripe_account, amounts.total, held_until, turn)


def _belongings(request: _Request, *, payment: str, held_until: datetime) -> list[Group]:
    """Return the rows that an order is written down with: its lines, whom to reach, what is to be
    asked of the gateway (nothing where there is nothing to pay), what led here, that it was placed,
    and the promise to end it."""
    merchant, now, command = request.placement.merchant, request.now, request.command
    expiry = jobs.promise(
        "expire_order",
        ID_AS_PAYLOAD,
        merchant_id=merchant.id,
        now=now,
        run_at=held_until,
        unique_key=ID_AS_TEXT,
    )
    lines = order_lines.rows_of(
        merchant.id, lines=request.lines, sums=request.quote.sums, kind=request.kind
    )
    return [
        (LineItem, lines),
        (OrderContact, [_contact(merchant.id, command.buyer)]),
        (Payment, [_asked_payment(request, payment)] if payment else []),
        *attribution.frozen(
            merchant.id, THE_ID, path=request.path, evidence=command.visitor.evidence
        ),
        (OrderEvent, [line(merchant.id, THE_ID, kind="placed", now=now)]),
        (Job, [expiry]),
    ]


def _contact(merchant_id: int, buyer: Buyer) -> dict[str, object]:
    return {
        "merchant_id": merchant_id,
        "order_id": THE_ID,
        "email": buyer.email,
        "name": buyer.name,
        "phone": buyer.phone,
        "address": dict(buyer.address or {}),
        "note": buyer.note,
    }


def _asked_payment(request: _Request, name: str) -> dict[str, object]:
    merchant = request.placement.merchant
    return {
        "merchant_id": merchant.id,
        "order_id": THE_ID,
        "public_id": name,
        "attempt": FIRST,
        "amount_minor": request.quote.sums.total.minor,
        "currency": merchant.currency,
        "account": merchant.stripe_account,
        "created_at": request.now,
    }


def _settle_free(
    session: Session, ports: Ports, placement: PlacementView, *, draft: _Draft
) -> PlacedOrder:
    """Sell at once what costs nothing, in the transaction that writes it down."""
    sales.settle_free(session, draft.order_id, kinds=ports.kinds, now=ports.clock.now())
    idempotency.keep_answer(session, draft.turn, status=201, answer=_kept(draft))
    token = order_token(ports, placement.merchant.id, draft.public_id)
    return PlacedOrder(draft.public_id, token, "", "", draft.amount, draft.held_until)


def _resume(
    session: Session, placement: PlacementView, turn: Turn, *, now: datetime
) -> _Draft | None:
    """Find the order that an earlier try under this key has written down.

    Raises `Conflict` hold_over when its time has passed meanwhile.
    """
    if turn.subject is None:
        return None
    order, payment = session.execute(
        select(Order, Payment)
        .join(Payment, Payment.order_id == Order.id)
        .where(
            Order.merchant_id == placement.merchant.id,
            Order.public_id == turn.subject,
            Payment.attempt == FIRST,
        )
    ).one()
    if status(order.facts, now) is not OrderStatus.AWAITING_PAYMENT:
        raise Conflict("hold_over")
    return _Draft(
        order.id,
        order.public_id,
        payment.public_id,
        payment.account,
        order.total,
        order.held_until,
        turn,
    )


def _open_payment(ports: Ports, placement: PlacementView, draft: _Draft) -> PlacedOrder:
    """Ask the gateway with no transaction open, then write down what it said."""
    merchant = placement.merchant
    request = OpenRequest(
        amount=draft.amount,
        account=draft.account,
        key=draft.payment_public_id,
        description=f"{merchant.name} {draft.public_id}",
        metadata={
            "merchant": merchant.public_id,
            "order": draft.public_id,
            "payment": draft.payment_public_id,
        },
    )
    try:
        opened = ports.payments.open(request)
    except TryAgain:
        with ports.sessions.begin() as session:
            idempotency.end_turn(session, draft.turn, now=ports.clock.now())
        raise
    except (Invalid, Declined):
        _abandon(ports, merchant.id, draft)
        raise
    placed = PlacedOrder(
        draft.public_id,
        order_token(ports, merchant.id, draft.public_id),
        opened.reference,
        opened.client_secret,
        draft.amount,
        draft.held_until,
    )
    now = ports.clock.now()
    with ports.sessions.begin() as session:
        run_both(
            session,
            OPENED,
            idempotency.KEEP,
            of_merchant=merchant.id,
            payment=draft.payment_public_id,
            reference=opened.reference,
            secret=opened.client_secret,
            now=now,
            **idempotency.kept(draft.turn, status=201, answer=_kept(draft)),
        )
    return placed


def _kept(draft: _Draft) -> dict[str, str]:
    """Return what is needed to answer a repeat as the first request was answered."""
    return {"order": draft.public_id, "expires_at": draft.held_until.isoformat()}


def _abandon(ports: Ports, merchant_id: int, draft: _Draft) -> None:
    """Give everything back: the gateway will never take this payment."""
    now = ports.clock.now()
    with ports.sessions.begin() as session:
        stock.lock(session, draft.order_id)
        stock.release(session, draft.order_id, now=now)
        session.execute(update(Order).where(Order.id == draft.order_id).values(cancelled_at=now))
        note(
            session,
            merchant_id,
            draft.order_id,
            kind="cancelled",
            now=now,
            detail="gateway_refused",
        )
        idempotency.name_subject(session, draft.turn, None)
        idempotency.end_turn(session, draft.turn, now=now)


def _replay(ports: Ports, session: Session, placement: PlacementView, *, turn: Turn) -> PlacedOrder:
    """Say again what was said first, to the letter: the end of the hold too, whatever has become
    of it. How things stand now is told by the order itself."""
    answer = turn.answer or {}
    order, reference, secret = session.execute(
        select(Order, Payment.gateway_reference, Payment.client_secret)
        .outerjoin(Payment, and_(Payment.order_id == Order.id, Payment.attempt == FIRST))
        .where(Order.merchant_id == placement.merchant.id, Order.public_id == turn.subject)
    ).one()
    return PlacedOrder(
        order.public_id,
        order_token(ports, placement.merchant.id, order.public_id),
        reference or "",
        secret or "",
        order.total,
        datetime.fromisoformat(answer["expires_at"]),
        is_replay=True,
    )


def extend_hold(
    session: Session, merchant_id: int, order_public_id: str, *, terms: HoldTerms, now: datetime
) -> datetime:
    """Extend the hold of an order whose buyer is still there; return when it ends now.

    Raises `NotFound`, or `Conflict` hold_over when it has ended already.
    """
    order = session.scalars(
        select(Order).where(Order.merchant_id == merchant_id, Order.public_id == order_public_id)
    ).first()
    if order is None:
        raise NotFound
    if status(order.facts, now) is not OrderStatus.AWAITING_PAYMENT:
        raise Conflict("hold_over")
    end = max(order.held_until, hold_end(order.placed_at, now, terms))
    extended = session.execute(
        update(Order)
        .where(Order.id == order.id, Order.held_until > now, Order.paid_at.is_(None))
        .values(held_until=end)
        .returning(Order.id)
        .execution_options(synchronize_session=False)
    ).first()
    if extended is None:
        raise Conflict("hold_over")
    return end
