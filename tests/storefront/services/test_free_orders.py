"""An order that costs nothing is sold at once: no gateway is asked, and no money is booked."""

from typing import Any

import pytest
from sqlalchemy import func, select

from storefront.domain.orders import OrderStatus, status
from storefront.errors import Conflict, Invalid
from storefront.models import (
    CreditEntry,
    Job,
    LedgerEntry,
    LineItem,
    Member,
    Offer,
    Order,
    Payment,
    Variant,
)
from storefront.services.cancelling import cancel_for_buyer
from storefront.services.checkout import place_order
from storefront.services.fulfilment import Handling, pick_up
from storefront.worker import run_due
from tests.contents import nothing_changes
from tests.factories import World, an_order, order_json, place, running_offer, world_on
from tests.fakes import Bench

WHOLE = {"name": "On the house", "rate_ppm": 1_000_000, "quota": 2}


@pytest.fixture
def offer(bench: Bench, world: World) -> Offer:
    """Let the world's product cost nothing, twice."""
    return running_offer(bench, world, **WHOLE)


def counted(bench: Bench, table: Any) -> int:
    with bench.database.reads() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def only(bench: Bench, table: Any) -> Any:
    with bench.database.reads() as session:
        return session.scalars(select(table)).one()


def test_a_free_order_is_paid_at_once_without_the_gateway(
    bench: Bench, world: World, offer: Offer
) -> None:
    placed = place(bench, world)

    order, variant = only(bench, Order), only(bench, Variant)
    assert ("", "", 0) == (placed.payment_reference, placed.client_secret, placed.amount.minor)
    assert (450, 450, 0, 1001) == (
        order.goods_minor, order.discount_minor, order.total_minor, order.number,
    )  # fmt: skip
    assert OrderStatus.PAID is status(order.facts, bench.clock.now())
    assert (0, 1) == (variant.held, variant.sold)
    assert {} == bench.gateway.opened
    assert [0, 0] == [counted(bench, Payment), counted(bench, LedgerEntry)]
    with bench.database.reads() as session:
        taken = session.get_one(Offer, offer.id)
        earned = session.scalar(select(func.sum(CreditEntry.amount_minor)))
    assert (0, 1, 0) == (taken.held, taken.used, earned or 0)


@pytest.mark.usefixtures("offer")
def test_a_free_order_has_its_receipt(bench: Bench, world: World) -> None:
    place(bench, world)

    while run_due(bench.ports):
        pass

    assert ["receipt (en)"] == [message.subject for message in bench.mailbox.sent]
    with bench.database.reads() as session:
        assert [] == session.scalars(select(Job.last_fault).where(Job.last_fault != "")).all()


@pytest.mark.usefixtures("offer")
def test_the_same_key_takes_a_free_thing_once(bench: Bench, world: World) -> None:
    command = an_order(world)

    first, again = place_order(bench.ports, command), place_order(bench.ports, command)

    assert (first.public_id, "", True) == (again.public_id, again.client_secret, again.is_replay)
    assert 1 == counted(bench, Order)


@pytest.mark.usefixtures("offer")
def test_no_more_is_given_away_than_the_offer_holds(bench: Bench, world: World) -> None:
    for _ in range(2):
        place(bench, world)

    with nothing_changes(bench.database), pytest.raises(Conflict) as refused:
        place(bench, world, seen_total=0)

    assert "price_changed" == refused.value.code


def test_a_cancelled_free_order_gives_back_its_things_and_its_use(
    bench: Bench, world: World, offer: Offer
) -> None:
    placed = place(bench, world, quantity=2)

    with bench.database.begin() as session:
        cancel_for_buyer(
            session,
            world.merchant.id,
            placed.public_id,
            kinds=bench.ports.kinds,
            now=bench.clock.now(),
        )

    with bench.database.reads() as session:
        assert 0 == session.get_one(Offer, offer.id).used
    assert (0, 2) == (only(bench, Variant).sold, only(bench, LineItem).restocked_quantity)
    assert only(bench, Order).cancelled_at is not None


@pytest.mark.usefixtures("offer")
def test_a_free_order_is_handed_over_like_any_other(bench: Bench, world: World) -> None:
    placed = place(bench, world)

    with bench.database.begin() as session:
        member_id = session.scalars(select(Member.id)).one()
        pick_up(
            session, Handling(world.merchant.id, placed.public_id, member_id),
            now=bench.clock.now(),
        )  # fmt: skip

    assert only(bench, Order).picked_up_at is not None


def test_what_has_no_price_is_free_too_and_a_page_leads_on(bench: Bench) -> None:
    world, client = world_on(bench, price_minor=0), bench.client()

    told = client.post("/orders", json=order_json(world), headers={"Idempotency-Key": "k" * 24})
    shown = client.get(f"{told.json['url']}?t={told.json['token']}")

    assert (201, 0, False) == (
        told.status_code, told.json["amount_minor"], told.json["needs_payment"],
    )  # fmt: skip
    assert (200, True) == (shown.status_code, "Order #1001" in shown.text)


def test_what_is_too_little_for_a_card_is_refused_and_nothing_is_held(
    bench: Bench, world: World
) -> None:
    bench.gateway.fault = Invalid("amount_out_of_range", field="amount")

    with pytest.raises(Invalid) as refused:
        place(bench, world)

    assert "amount_out_of_range" == refused.value.code
    assert (0, 0) == (only(bench, Variant).held, only(bench, Variant).sold)
