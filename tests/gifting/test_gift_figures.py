"""What gifts brought and what is owed on them, each exactly once: N01, N02, N04, E21, E50."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from gifting import opening
from gifting.models import Gift, GiftEntry
from gifting.presents import present_of
from gifting.reporting.liability import Movement, movements, owed_now
from gifting.reporting.line import follow
from gifting.reporting.origins import OriginRow, by_origin
from gifting.reporting.thanks import ThanksCredit, credit_of_thanks
from gifting.reversal import Reverse, reverse
from storefront.app import build_app
from storefront.domain.money import Money
from storefront.models import Order, Placement
from storefront.services.order_requests import PlacedOrder
from storefront.services.visitors import Visitor
from tests.factories import World, add_person
from tests.fakes import Bench
from tests.gifting.factories import a_gift, a_wish, sell_gift
from tests.gifting.test_audit import given_of, senior
from tests.gifting.tills import a_till, take
from tests.storefront.sales import ANA, BEN, act, open_link, sell
from tests.storefront.web.console.conftest import sign_in

CARL = Visitor("carl" + "0" * 22, "verified")


def origins(bench: Bench, world: World) -> tuple[OriginRow, ...]:
    now = bench.clock.now()
    with bench.database.reads() as session:
        return by_origin(
            session,
            world.merchant.id,
            since=now - timedelta(days=30),
            until=now + timedelta(days=1),
            currency="USD",
            is_live=False,
        )


def moved_since(bench: Bench, world: World, start: datetime) -> tuple[Movement, ...]:
    now = bench.clock.now()
    with bench.database.reads() as session:
        return movements(
            session,
            world.merchant.id,
            since=start,
            until=now + timedelta(seconds=1),
            is_live=False,
            now=now,
        )


def gift_through_a_share(bench: Bench, world: World) -> PlacedOrder:
    """Let Ana share the post, and Ben open her link, click and buy a gift."""
    shared = act(bench, world, "share", ANA)
    assert shared.share_token is not None
    bench.clock.pass_time(hours=2)
    ben = open_link(bench, shared.share_token, BEN)
    act(bench, world, "click", ben, assurance="signed")
    return sell(
        bench, world, visitor=ben, lines=(), fulfilment="gift", store=None, asked=("gift", a_wish())
    )


def open_and_thank(bench: Bench, placed: PlacedOrder) -> str:
    """Let the recipient look at the code and say thank you; return the thanks' share."""
    given = given_of(bench, placed)
    ports = bench.ports
    with bench.database.begin() as session:
        gift = session.get_one(Gift, given.gift_id)
        present = present_of(session, gift, ports, now=bench.clock.now())
        assert present is not None
        opening.open_gift(session, gift, present, now=bench.clock.now())
    bench.clock.pass_time(minutes=3)
    with bench.database.begin() as session:
        gift = session.get_one(Gift, given.gift_id)
        present = present_of(session, gift, ports, now=bench.clock.now())
        assert present is not None
        opening.thank(
            session, gift, present, words="So kind!", sign=ports.sign, now=bench.clock.now()
        )
    with bench.database.reads() as session:
        gift = session.get_one(Gift, given.gift_id)
        link = opening.find_thanks_link(session, gift, ports)
    assert link is not None
    return link.rpartition("/")[2]


def test_a_story_of_six_hops_is_counted_once_each_and_sums_to_the_ledger(
    bench: Bench, world: World
) -> None:
    placed = gift_through_a_share(bench, world)
    thanks = open_and_thank(bench, placed)
    take(bench, a_till(world), given_of(bench, placed), 2000, basket_minor=2940)
    friend = open_link(bench, thanks, CARL)
    sell(bench, world, visitor=friend)
    sell(bench, world)

    [row] = origins(bench, world)

    money = [row.paid, row.redeemed, row.on_top, row.follow_on, row.brought]
    assert [Money(minor, "USD") for minor in (5000, 2000, 940, 450, 6390)] == money
    assert (world.placement.name, 1, 1) == (row.name, row.gifts, row.orders)
    with bench.database.reads() as session:
        entered = session.scalars(
            select(func.sum(GiftEntry.amount_minor)).where(GiftEntry.kind == "redeem")
        ).one()
        sold = session.scalars(select(func.sum(Order.total_minor))).one()
    assert -entered == row.redeemed.minor
    assert sold == row.paid.minor + row.follow_on.minor + 450


@pytest.mark.parametrize(
    ("percent", "parts"), [(50, (225, 225)), (70, (315, 135)), (33, (149, 301))]
)
def test_what_a_thank_you_sells_is_credited_to_both_who_said_it_and_who_gave(
    bench: Bench, world: World, percent: int, parts: tuple[int, int]
) -> None:
    """N04: second-generation credit, with the split that is set; the post still counts it once."""
    placed = gift_through_a_share(bench, world)
    friend = open_link(bench, open_and_thank(bench, placed), CARL)
    assert thanks_credit(bench, placed, percent) is None
    sell(bench, world, visitor=friend)
    sell(bench, world)

    credit = thanks_credit(bench, placed, percent)

    assert credit is not None
    assert (1, 450, *parts) == (
        credit.orders,
        credit.sold.minor,
        credit.recipient.minor,
        credit.giver.minor,
    )
    assert [450] == [row.follow_on.minor for row in origins(bench, world)]


def thanks_credit(bench: Bench, placed: PlacedOrder, percent: int) -> ThanksCredit | None:
    with bench.database.reads() as session:
        gift = session.get_one(Gift, given_of(bench, placed).gift_id)
        return credit_of_thanks(session, gift, percent=percent)


def test_what_a_recipient_buys_by_the_gift_itself_is_no_fruit_of_thanks(
    bench: Bench, world: World
) -> None:
    placed = gift_through_a_share(bench, world)
    open_and_thank(bench, placed)
    with bench.database.reads() as session:
        gift = session.get_one(Gift, given_of(bench, placed).gift_id)
    sell(bench, world, visitor=Visitor(gift.visitor, "verified", gift.opened_interaction_id))

    assert thanks_credit(bench, placed, 50) is None


def test_the_line_of_the_order_goes_on_to_the_thanks(bench: Bench, world: World) -> None:
    placed = gift_through_a_share(bench, world)
    open_and_thank(bench, placed)
    bench.clock.pass_time(minutes=3)
    take(bench, a_till(world), given_of(bench, placed), 2000, basket_minor=2940)

    with build_app(bench.ports).test_request_context(), bench.database.reads() as session:
        order = session.scalars(select(Order)).one()
        after = follow(session, order)

    assert [("gift_open", ""), ("redeem", "Main Street · $9.40 spent on top"), ("thanks", "")] == [
        (each.kind, each.note) for each in after
    ]


def test_a_redemption_undone_brought_nothing(bench: Bench, world: World) -> None:
    placed = sell_gift(bench, world)
    taken = take(bench, a_till(world), given_of(bench, placed), 2000, basket_minor=2940)
    reverse(bench.ports, senior(bench, world), Reverse(taken.public_id, "undo"))

    [row] = origins(bench, world)

    assert ("", 0, 0) == (row.name, row.redeemed.minor, row.on_top.minor)


def test_what_is_owed_is_the_sum_of_the_entries(bench: Bench, world: World) -> None:
    first = sell_gift(bench, world)
    start = bench.clock.now() + timedelta(seconds=1)
    bench.clock.pass_time(days=2)
    sell_gift(bench, world, amount_minor=2000)
    take(bench, a_till(world), given_of(bench, first), 1250)
    now = bench.clock.now()
    with bench.database.reads() as session:
        [owed] = owed_now(session, world.merchant.id, is_live=False, now=now)
        [moved] = moved_since(bench, world, start)

    assert (5750, 2) == (owed.balance.minor, owed.cards)
    assert (5000, 2000, -1250, 5750) == tuple(
        each.minor for each in (moved.first, moved.issued, moved.redeemed, moved.last)
    )


def test_cards_of_test_money_count_nowhere_in_live_mode(bench: Bench, world: World) -> None:
    sell_gift(bench, world)
    now = bench.clock.now()
    with bench.database.reads() as session:
        owed = owed_now(session, world.merchant.id, is_live=True, now=now)
        moved = movements(
            session,
            world.merchant.id,
            since=now,
            until=now + timedelta(days=1),
            is_live=True,
            now=now,
        )

    assert ((), ()) == (owed, moved)


def test_what_ran_out_in_a_period_is_named_beside_what_is_outstanding(
    bench: Bench, world: World
) -> None:
    start = bench.clock.now()
    a_gift(bench, world, face_minor=3000, expires_on=start.date())
    a_gift(bench, world, face_minor=1000, expires_on=(start + timedelta(days=9)).date())
    bench.clock.pass_time(days=1)

    [until_today] = moved_since(bench, world, start)
    [from_tomorrow] = moved_since(bench, world, start + timedelta(days=1))

    assert (2, 4000, 3000, 3000) == (
        until_today.cards,
        until_today.last.minor,
        until_today.expired_last.minor,
        until_today.expired.minor,
    )
    assert (3000, 0) == (from_tomorrow.expired_last.minor, from_tomorrow.expired.minor)


def sheet(client: Any, query: str) -> list[dict[str, str]]:
    text = client.get(f"/console/gifts/figures.csv?{query}").text.removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_sheets_are_the_page_s_tables_and_run_nothing(bench: Bench, world: World) -> None:
    with bench.database.begin() as session:
        session.execute(update(Placement).values(name="=1+1"))
    placed = gift_through_a_share(bench, world)
    take(bench, a_till(world), given_of(bench, placed), 2000, basket_minor=2940)
    owner = sign_in(bench, world.owner_email)

    [moved] = sheet(owner, "period=today")
    [brought] = sheet(owner, "period=today&table=brought")

    assert ("USD", "50.00", "-20.00", "30.00", "1") == (
        moved["Currency"],
        moved["Issued"],
        moved["Redeemed, less what was undone"],
        moved["Outstanding at last"],
        moved["Cards issued"],
    )
    assert ("'=1+1", "50.00", "20.00", "9.40", "59.40") == (
        brought["Placement"],
        brought["Paid for them"],
        brought["Redeemed"],
        brought["Spent on top"],
        brought["Money in all"],
    )


def test_days_of_ones_own_bound_the_figures(bench: Bench, world: World) -> None:
    sell_gift(bench, world)  # on the fourteenth in New York
    owner = sign_in(bench, world.owner_email)

    there = owner.get("/console/gifts/figures?since=2026-03-14&until=2026-03-14").text
    before = owner.get("/console/gifts/figures?since=2026-03-12&until=2026-03-13").text
    never = owner.get("/console/gifts/figures?since=2026-03-14&until=2026-03-13")

    assert ("one card" in there, "one card" in before.partition("moved")[2]) == (True, False)
    assert 422 == never.status_code


def test_who_sees_reports_only_finds_the_figures_by_the_navigation(
    bench: Bench, world: World
) -> None:
    email = "reader@gelato.test"
    with bench.database.begin() as session:
        add_person(
            session,
            world.merchant,
            email=email,
            name="Rita Reader",
            role="reports",
            now=bench.clock.now(),
        )
    page = sign_in(bench, email).get("/console/report").text
    places = page.partition("<nav")[2].partition("</nav>")[0]

    assert 'href="/console/gifts/figures"' in places
    assert 'href="/console/gifts"' not in places
