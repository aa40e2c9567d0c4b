"""Offers and orders: what is taken off, refused, held, used and given back."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from storefront.domain.offers import Benefit, Kind, Scope
from storefront.errors import Conflict, Ended, Invalid, StorefrontError
from storefront.models import (
    LineItem,
    Offer,
    OfferCode,
    OfferUse,
    Order,
    OrderDiscount,
    OrderRefusal,
    Payment,
    Refund,
    Variant,
)
from storefront.services import catalog, offer_life, own_holds, refunds
from storefront.services.offering import Entered
from storefront.services.order_requests import Buyer, PlacedOrder
from storefront.services.payments import apply_snapshot
from storefront.services.refunds import Wish
from storefront.services.visitors import Visitor
from storefront.worker import run_due
from tests.contents import nothing_changes
from tests.factories import World, an_order, place, running_offer, world_on
from tests.fakes import Bench

TICK = timedelta(microseconds=1)


def by(name: str) -> Buyer:
    return Buyer(email=f"{name}@buyer.test", name=name)


def counts(bench: Bench, offer: Offer) -> tuple[int, int, int]:
    """Return how often an offer is held and used, and what that takes off."""
    with bench.database.reads() as session:
        row = session.get_one(Offer, offer.id)
        return row.held, row.used, row.spent_minor


def only(bench: Bench, table: type[Any]) -> Any:
    with bench.database.reads() as session:
        return session.scalars(select(table)).one()


def pay(bench: Bench, placed: PlacedOrder, *, charged_at: datetime | None = None) -> None:
    """Let the gateway tell that an order is paid, and when that was."""
    reference = placed.payment_reference
    snapshot = replace(
        bench.gateway.snapshots[reference],
        state="succeeded",
        charged_at=charged_at or bench.clock.now(),
    )
    bench.gateway.snapshots[reference] = snapshot
    with bench.database.begin() as session:
        payment_id = session.scalars(
            select(Payment.id).where(Payment.gateway_reference == reference)
        ).one()
        apply_snapshot(
            session, payment_id, snapshot, kinds=bench.ports.kinds, now=bench.clock.now()
        )


def refused(bench: Bench, world: World, **changes: Any) -> StorefrontError:
    """Place an order that must be refused, and return why; nothing may have changed."""
    asked = list(bench.gateway.calls)
    with nothing_changes(bench.database), pytest.raises(StorefrontError) as refusal:
        place(bench, world, **changes)
    assert asked == bench.gateway.calls
    return refusal.value


def test_an_order_pays_the_offers_price_and_keeps_what_each_offer_took_off(
    bench: Bench, world: World
) -> None:
    offer = running_offer(bench, world)

    placed = place(bench, world, quantity=2)

    assert 720 == placed.amount.minor
    order, line, taken = only(bench, Order), only(bench, LineItem), only(bench, OrderDiscount)
    assert (900, 180, 720) == (order.goods_minor, order.discount_minor, order.total_minor)
    assert (450, 180, 720) == (line.unit_minor, line.discount_minor, line.total_minor)
    assert ("Spring", None, 180) == (taken.name, taken.code, taken.amount_minor)
    assert (1, 0, 180) == counts(bench, offer)


def test_a_use_is_held_with_the_order_and_taken_by_its_payment(bench: Bench, world: World) -> None:
    offer = running_offer(bench, world, quota=5)

    placed = place(bench, world, quantity=3)
    pay(bench, placed)

    assert (0, 1, 270) == counts(bench, offer)


def test_an_order_without_effect_of_an_offer_uses_none(bench: Bench, world: World) -> None:
    offer = running_offer(bench, world, benefit=Benefit.FIXED_PRICE, value_minor=450)

    placed = place(bench, world)

    assert 450 == placed.amount.minor
    assert (0, 0, 0) == counts(bench, offer)


def test_a_seen_offer_that_has_not_started_is_refused(bench: Bench, world: World) -> None:
    offer = running_offer(bench, world, starts="2026-03-14T18:00")

    error = refused(bench, world, entered=Entered(seen=(offer.public_id,)))

    assert (Conflict, "offer_not_started") == (type(error), error.code)


def test_a_seen_offer_that_ended_this_moment_is_refused_and_nothing_is_charged(
    bench: Bench, world: World
) -> None:
    offer = running_offer(bench, world, ends="2026-03-14T18:00")
    assert offer.ends_at is not None
    bench.clock.moment = offer.ends_at

    error = refused(bench, world, entered=Entered(seen=(offer.public_id,)))

    assert (Ended, "offer_ended") == (type(error), error.code)
    assert [] == bench.gateway.calls


def test_an_order_placed_the_moment_before_the_end_has_the_price(
    bench: Bench, world: World
) -> None:
    offer = running_offer(bench, world, ends="2026-03-14T18:00")
    assert offer.ends_at is not None
    bench.clock.moment = offer.ends_at - TICK

    assert 360 == place(bench, world).amount.minor


def test_without_having_seen_it_an_ended_offer_simply_does_not_count(
    bench: Bench, world: World
) -> None:
    running_offer(bench, world, ends="2026-03-14T18:00")
    bench.clock.pass_time(days=1)

    assert 450 == place(bench, world).amount.minor


def test_a_paused_offer_is_refused_where_it_was_seen(bench: Bench, world: World) -> None:
    offer = running_offer(bench, world)
    with bench.database.begin() as session:
        offer_life.pause(session, session.get_one(Offer, offer.id), now=bench.clock.now())

    assert "offer_paused" == refused(bench, world, entered=Entered(seen=(offer.public_id,))).code


def test_a_gone_offer_is_refused_where_it_was_seen(bench: Bench, world: World) -> None:
    offer = running_offer(bench, world, quota=1)
    place(bench, world, buyer=by("first"))
    seen = Entered(seen=(offer.public_id,))

    error = refused(bench, world, buyer=by("second"), entered=seen)

    assert (Conflict, "offer_gone") == (type(error), error.code)
    assert 450 == place(bench, world, buyer=by("second")).amount.minor


def test_each_buyer_has_so_many_uses_however_they_write_their_address(
    bench: Bench, world: World
) -> None:
    offer = running_offer(bench, world, per_buyer_limit=2)
    for address in ("ada@buyer.test", "ADA@buyer.test"):
        place(bench, world, buyer=Buyer(email=address, name="Ada"))
    seen = Entered(seen=(offer.public_id,))

    error = refused(bench, world, buyer=Buyer(email="Ada@Buyer.test", name="Ada"), entered=seen)

    assert (Conflict, "limit_reached") == (type(error), error.code)
    assert 360 == place(bench, world, buyer=by("grace")).amount.minor


def test_an_offer_for_first_orders_is_for_one_of_them(bench: Bench, world: World) -> None:
    running_offer(bench, world, is_first_order_only=True)

    assert 360 == place(bench, world).amount.minor
    assert 450 == place(bench, world).amount.minor


def test_somebody_who_has_bought_before_has_no_first_order(bench: Bench, world: World) -> None:
    pay(bench, place(bench, world))
    offer = running_offer(bench, world, is_first_order_only=True)

    error = refused(bench, world, entered=Entered(seen=(offer.public_id,)))

    assert "offer_first_order_only" == error.code


def test_a_code_brings_its_offer_and_is_kept_as_it_is_written(bench: Bench, world: World) -> None:
    running_offer(bench, world, kind=Kind.CODE, code="Spring-20")

    assert 450 == place(bench, world).amount.minor
    placed = place(bench, world, codes=("spring 20",))

    assert 360 == placed.amount.minor
    assert "Spring-20" == only(bench, OrderDiscount).code


@pytest.mark.parametrize(("code", "reason"), [("nothing", "code_unknown"), ("!", "code_unknown")])
def test_an_unknown_code_that_must_count_is_refused(
    bench: Bench, world: World, code: str, reason: str
) -> None:
    error = refused(bench, world, codes=(code,))

    assert (Invalid, reason, "codes") == (type(error), error.code, error.field)


def test_a_code_that_only_came_along_is_noted_on_the_order_and_refuses_nothing(
    bench: Bench, world: World
) -> None:
    running_offer(
        bench, world, kind=Kind.CODE, code="BIG", scope=Scope.ORDER, min_spend_minor=10_000
    )

    placed = place(bench, world, entered=Entered(codes=("big", "unknown")))

    assert 450 == placed.amount.minor
    refusal = only(bench, OrderRefusal)
    assert ("Spring", "BIG", "offer_min_spend") == (refusal.name, refusal.code, refusal.reason)


def test_a_code_that_is_good_once_is_good_once(bench: Bench, world: World) -> None:
    offer = running_offer(bench, world, kind=Kind.CODE, code="ANY")
    with bench.database.begin() as session:
        session.execute(update(OfferCode).where(OfferCode.offer_id == offer.id).values(max_uses=1))
    pay(bench, place(bench, world, codes=("any",)))

    error = refused(bench, world, buyer=by("second"), codes=("any",))

    assert "offer_gone" == error.code
    assert 1 == only(bench, OfferCode).used


def test_an_offer_takes_off_no_more_than_its_budget_and_then_turns_consumed(
    bench: Bench, world: World
) -> None:
    offer = running_offer(bench, world, budget_minor=150)

    amounts = [place(bench, world, buyer=by(name)).amount.minor for name in ("a", "b", "c")]

    assert [360, 390, 450] == amounts
    assert (2, 0, 150) == counts(bench, offer)


def test_what_an_expired_order_held_is_free_for_the_next_at_once(
    bench: Bench, world: World
) -> None:
    """No job has run: the next buyer's order itself finds what has ended."""
    offer = running_offer(bench, world, quota=1)
    place(bench, world, buyer=by("first"))
    bench.clock.pass_time(minutes=10)

    placed = place(bench, world, buyer=by("second"), entered=Entered(seen=(offer.public_id,)))

    assert 360 == placed.amount.minor
    assert (1, 0, 90) == counts(bench, offer)


def test_an_order_that_ends_unpaid_gives_its_use_and_its_code_back(
    bench: Bench, world: World
) -> None:
    offer = running_offer(bench, world, kind=Kind.CODE, code="ANY", per_buyer_limit=1)
    place(bench, world, codes=("any",))
    bench.clock.pass_time(minutes=10)

    run_due(bench.ports)

    assert (0, 0, 0) == counts(bench, offer)
    assert 0 == only(bench, OfferCode).held
    assert 360 == place(bench, world, codes=("any",)).amount.minor


def test_a_payment_that_the_gateway_refuses_gives_the_use_back(bench: Bench, world: World) -> None:
    offer = running_offer(bench, world, per_buyer_limit=1)
    bench.gateway.fault = Invalid("payment_refused")
    with pytest.raises(Invalid):
        place(bench, world)
    bench.gateway.fault = None

    assert (0, 0, 0) == counts(bench, offer)
    assert 360 == place(bench, world).amount.minor


def test_a_held_order_is_paid_at_its_price_after_the_offer_has_ended(
    bench: Bench, world: World
) -> None:
    offer = running_offer(bench, world, ends="2026-03-14T05:30")
    placed = place(bench, world)
    bench.clock.pass_time(minutes=9, seconds=59)

    pay(bench, placed)

    assert only(bench, Order).paid_at is not None
    assert (0, 1, 90) == counts(bench, offer)


def test_money_of_the_moment_at_which_the_hold_ended_goes_back_once_the_offer_is_over(
    bench: Bench, world: World
) -> None:
    """Not one second longer: nobody has even freed the hold yet."""
    offer = running_offer(bench, world, ends="2026-03-14T05:30")
    placed = place(bench, world)
    bench.clock.moment = placed.expires_at

    pay(bench, placed)

    assert only(bench, Order).paid_at is None
    assert 360 == only(bench, Refund).amount_minor
    assert (0, 0, 0) == counts(bench, offer)
    assert 0 == world_stock(bench, world).held


def world_stock(bench: Bench, world: World) -> Variant:
    with bench.database.reads() as session:
        return session.get_one(Variant, world.variant.id)


def test_a_charge_in_time_that_is_told_late_keeps_its_price(bench: Bench, world: World) -> None:
    """Even when the hold was let go meanwhile and the offer is over, while there is one left."""
    offer = running_offer(bench, world, ends="2026-03-14T05:30", quota=1, per_buyer_limit=1)
    placed = place(bench, world)
    in_time = placed.expires_at - TICK
    bench.clock.pass_time(minutes=30)
    bench.gateway.calls.clear()
    run_due(bench.ports)

    pay(bench, placed, charged_at=in_time)

    assert only(bench, Order).paid_at is not None
    assert (0, 1, 90) == counts(bench, offer)
    assert 1 == only(bench, OfferUse).slot


def test_late_money_takes_the_use_again_while_the_offer_runs(bench: Bench, world: World) -> None:
    offer = running_offer(bench, world, quota=1, per_buyer_limit=1)
    placed = place(bench, world)
    bench.clock.pass_time(minutes=30)
    run_due(bench.ports)

    pay(bench, placed)

    assert only(bench, Order).paid_at is not None
    assert (0, 1, 90) == counts(bench, offer)


def test_late_money_goes_back_when_somebody_else_has_the_last_use(
    bench: Bench, world: World
) -> None:
    offer = running_offer(bench, world, quota=1)
    late = place(bench, world, buyer=by("late"))
    bench.clock.pass_time(minutes=30)
    run_due(bench.ports)
    pay(bench, place(bench, world, buyer=by("quick")))

    pay(bench, late)

    assert (0, 1, 90) == counts(bench, offer)
    assert 360 == only(bench, Refund).amount_minor
    assert (1, 0) == (world_stock(bench, world).sold, world_stock(bench, world).held)


def test_late_money_goes_back_when_the_buyer_has_used_the_offer_otherwise(
    bench: Bench, world: World
) -> None:
    offer = running_offer(bench, world, per_buyer_limit=1)
    late = place(bench, world)
    bench.clock.pass_time(minutes=30)
    run_due(bench.ports)
    pay(bench, place(bench, world))

    pay(bench, late)

    assert (0, 1, 90) == counts(bench, offer)
    assert 360 == only(bench, Refund).amount_minor


def refund(bench: Bench, world: World, placed: PlacedOrder, wish: Wish) -> Refund:
    with bench.database.begin() as session:
        return refunds.refund_order(
            session,
            world.merchant.id,
            placed.public_id,
            wish=wish,
            kinds=bench.ports.kinds,
            now=bench.clock.now(),
        )


@pytest.mark.parametrize(("returns_use", "used"), [(True, 0), (False, 1)])
def test_a_whole_refund_gives_the_use_back_or_keeps_it_as_the_merchant_wants(
    bench: Bench, world: World, returns_use: bool, used: int
) -> None:
    offer = running_offer(bench, world, per_buyer_limit=1, quota=1, returns_use=returns_use)
    placed = place(bench, world)
    pay(bench, placed)

    refund(bench, world, placed, Wish())

    assert (0, used, 90 * used) == counts(bench, offer)
    assert (450 if used else 360) == place(bench, world).amount.minor


def test_a_part_that_goes_back_keeps_the_use(bench: Bench, world: World) -> None:
    offer = running_offer(bench, world)
    placed = place(bench, world, quantity=2)
    pay(bench, placed)

    refund(bench, world, placed, Wish(lines={0: 1}))

    assert (0, 1, 180) == counts(bench, offer)


def test_a_refund_long_after_keeps_the_use(bench: Bench, world: World) -> None:
    offer = running_offer(bench, world)
    placed = place(bench, world)
    pay(bench, placed)
    bench.clock.pass_time(days=90)

    refund(bench, world, placed, Wish())

    assert (0, 1, 90) == counts(bench, offer)


def test_a_refund_that_fails_takes_the_use_again(bench: Bench, world: World) -> None:
    offer = running_offer(bench, world, per_buyer_limit=1)
    placed = place(bench, world)
    pay(bench, placed)
    bench.gateway.fault = Invalid("payment_refused")
    refund(bench, world, placed, Wish())
    assert (0, 0, 0) == counts(bench, offer)

    run_due(bench.ports)

    assert (0, 1, 90) == counts(bench, offer)
    assert 1 == only(bench, OfferUse).slot


def again(bench: Bench, world: World, **changes: Any) -> PlacedOrder:
    return own_holds.place_order(bench.ports, an_order(world, **changes))


def test_a_visitor_is_not_in_their_own_way(bench: Bench, world: World) -> None:
    """They go back after a declined card and order again: the earlier order ends."""
    offer = running_offer(bench, world, quota=1, per_buyer_limit=1)
    seen, me = Entered(seen=(offer.public_id,)), Visitor("v" * 26, "verified")
    first = again(bench, world, visitor=me, entered=seen)

    second = again(bench, world, visitor=me, entered=seen)

    assert first.public_id != second.public_id
    assert 360 == second.amount.minor
    assert (1, 0, 90) == counts(bench, offer)
    assert "canceled" == bench.gateway.snapshots[first.payment_reference].state


def test_a_code_that_nobody_else_has_is_not_used_up_by_the_visitors_own_open_order(
    bench: Bench, world: World
) -> None:
    """The code is merely in the cart, so nothing would be refused: it must count all the same."""
    offer = running_offer(bench, world, kind=Kind.CODE, code="ONCE", code_uses=1)
    entered, me = Entered(codes=("once",)), Visitor("v" * 26, "verified")
    first = again(bench, world, visitor=me, entered=entered)
    stranger = again(bench, world, buyer=by("eve"), entered=entered)

    second = again(bench, world, visitor=me, entered=entered)

    assert [360, 450, 360] == [each.amount.minor for each in (first, stranger, second)]
    assert (1, 0, 90) == counts(bench, offer)
    assert "canceled" == bench.gateway.snapshots[first.payment_reference].state


def test_a_visitors_own_open_order_does_not_make_a_budget_smaller(
    bench: Bench, world: World
) -> None:
    offer = running_offer(bench, world, budget_minor=100)
    me = Visitor("v" * 26, "verified")
    first = again(bench, world, visitor=me)

    second = again(bench, world, visitor=me)

    assert [360, 360] == [first.amount.minor, second.amount.minor]
    assert (1, 0, 90) == counts(bench, offer)


def test_a_visitors_open_order_for_something_else_stays(bench: Bench, world: World) -> None:
    """Somebody else holds the last one; what the visitor holds of another thing is not in the
    way."""
    with bench.database.begin() as session:
        other = catalog.add_variant(
            session,
            world.merchant,
            world.product,
            name="Cone",
            sku="cone",
            price_minor=300,
            stock=1,
        ).public_id
    me = Visitor("v" * 26, "verified")
    mine = again(bench, world, visitor=me)
    again(bench, world, buyer=by("eve"), lines=((other, 1),))

    with nothing_changes(bench.database), pytest.raises(Conflict, match="all_held"):
        again(bench, world, visitor=me, lines=((other, 1),))

    assert "canceled" != bench.gateway.snapshots[mine.payment_reference].state


def test_a_stranger_does_not_end_somebodys_order_by_typing_their_address(
    bench: Bench, world: World
) -> None:
    offer = running_offer(bench, world, per_buyer_limit=1)
    seen = Entered(seen=(offer.public_id,))
    again(bench, world, visitor=Visitor("v" * 26, "verified"), entered=seen)

    for visitor in (Visitor("w" * 26, "verified"), Visitor("v" * 26, "unverified")):
        with nothing_changes(bench.database), pytest.raises(Conflict, match="limit_reached"):
            again(bench, world, visitor=visitor, entered=seen)


def test_a_buyers_expired_order_is_not_in_their_way_even_before_the_worker_comes(
    bench: Bench, world: World
) -> None:
    offer = running_offer(bench, world, per_buyer_limit=1)
    seen = Entered(seen=(offer.public_id,))
    again(bench, world, entered=seen)
    bench.clock.pass_time(minutes=10)

    assert 360 == again(bench, world, entered=seen).amount.minor


def test_money_that_was_faster_than_the_second_order_stays(bench: Bench, world: World) -> None:
    offer = running_offer(bench, world, quota=1)
    seen, me = Entered(seen=(offer.public_id,)), Visitor("v" * 26, "verified")
    first = again(bench, world, visitor=me, entered=seen)
    snapshot = bench.gateway.snapshots[first.payment_reference]
    bench.gateway.snapshots[first.payment_reference] = replace(
        snapshot, state="succeeded", charged_at=bench.clock.now()
    )

    with pytest.raises(Conflict, match="offer_gone"):
        again(bench, world, visitor=me, entered=seen)

    assert only(bench, Order).paid_at is not None
    assert (0, 1, 90) == counts(bench, offer)


def test_an_answer_is_replayed_after_its_offer_has_ended(bench: Bench, world: World) -> None:
    offer = running_offer(bench, world, ends="2026-03-14T05:30")
    command = an_order(world, entered=Entered(seen=(offer.public_id,)))
    first = own_holds.place_order(bench.ports, command)
    bench.clock.pass_time(minutes=5)

    second = own_holds.place_order(bench.ports, command)

    assert (first.public_id, True) == (second.public_id, second.is_replay)


def test_two_offers_on_one_order_are_two_uses(bench: Bench, world: World) -> None:
    goods = running_offer(bench, world)
    order = running_offer(bench, world, kind=Kind.CODE, code="TEN", scope=Scope.ORDER)

    placed = place(bench, world, codes=("ten",))

    assert 450 - 90 - 72 == placed.amount.minor
    assert [(1, 0, 90), (1, 0, 72)] == [counts(bench, each) for each in (goods, order)]


def test_an_offer_for_another_post_or_merchant_does_not_count(bench: Bench, world: World) -> None:
    other = world_on(bench, slug="other")
    running_offer(bench, other, kind=Kind.CODE, code="THEIRS")
    running_offer(bench, other)

    assert 450 == place(bench, world).amount.minor
    assert "code_unknown" == refused(bench, world, codes=("THEIRS",)).code


def test_things_that_are_not_promotable_get_nothing(bench: Bench, world: World) -> None:
    offer = running_offer(bench, world)
    with bench.database.begin() as session:
        product = session.merge(world.product)
        product.is_promotable = False

    error = refused(bench, world, entered=Entered(seen=(offer.public_id,)))

    assert "offer_nothing_chosen" == error.code
