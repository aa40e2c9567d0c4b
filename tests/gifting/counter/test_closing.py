"""The close of a store's day: taken, undone, differences; by clerk."""

from datetime import date

import pytest

from storefront.services import merchants
from tests.factories import World
from tests.fakes import Bench
from tests.gifting.counter.factories import Counter, a_clerk, a_counter
from tests.gifting.counter.test_screen import redeem, undo
from tests.gifting.factories import a_gift

TODAY = date(2026, 3, 14)


@pytest.fixture
def counter(bench: Bench, world: World) -> Counter:
    return a_counter(bench, world)


def test_a_day_adds_up_what_each_clerk_has_taken_and_undone(
    bench: Bench, world: World, counter: Counter
) -> None:
    redeem(counter, a_gift(bench, world), how="part", amount="5")
    slip = redeem(counter, a_gift(bench, world), how="part", amount="7.50")
    undo(counter, slip.request.path.rpartition("/")[2])
    counter.begin(a_clerk(bench, world, name="Anna"))
    redeem(counter, a_gift(bench, world))

    page = counter.get(f"/day?on={TODAY}").text

    rows = [line for line in page.splitlines() if 'scope="row"' in line]
    assert ["Anna", "Cleo", "Everybody"] == [
        next(name for name in ("Anna", "Cleo", "Everybody") if name in row) for row in rows
    ]
    assert "$12.50" in rows[1]
    assert "$7.50" in rows[1]
    assert "$32.50" in rows[2]
    assert "$25.00" in rows[2]
    assert "no difference" in page


@pytest.mark.parametrize(
    ("counted", "said"),
    [
        ("20", "exactly what was redeemed"),
        ("22.5", "$2.50 more"),
        ("18", "$2.00 less"),
        ("x", "counted-error"),
    ],
)
def test_what_a_person_counted_is_compared(
    bench: Bench, world: World, counter: Counter, counted: str, said: str
) -> None:
    redeem(counter, a_gift(bench, world))

    page = counter.get(f"/day?on={TODAY}&counted={counted}")

    assert 200 == page.status_code
    assert said in page.text


def test_a_day_is_the_stores_own_from_midnight_to_midnight(
    bench: Bench, world: World, counter: Counter
) -> None:
    # 03:59 UTC on the 15th is 23:59 on the 14th in New York.
    bench.clock.moment = bench.clock.moment.replace(day=15, hour=3, minute=59)
    counter.begin()
    redeem(counter, a_gift(bench, world), how="part", amount="5")
    bench.clock.pass_time(minutes=1)
    redeem(counter, a_gift(bench, world), how="part", amount="6")

    pages = [counter.get(f"/day?on=2026-03-{day}").text for day in (14, 15)]

    assert [True, False] == ["$5.00" in page for page in pages]
    assert [False, True] == ["$6.00" in page for page in pages]


def test_a_day_without_redemptions_says_so(counter: Counter) -> None:
    assert "Nothing was redeemed here on this day." in counter.get("/day?on=2026-01-01").text


@pytest.mark.parametrize("on", ["", "yesterday", "2026-13-40", "9999-12-31", "0001-01-01"])
def test_a_day_that_makes_no_sense_is_today(counter: Counter, on: str) -> None:
    assert "March 14, 2026" in counter.get(f"/day?on={on}").text


def test_another_store_closes_a_day_of_its_own(
    bench: Bench, world: World, counter: Counter
) -> None:
    redeem(counter, a_gift(bench, world))
    with bench.database.begin() as session:
        world.store = merchants.add_store(
            session, world.merchant.id, name="Pier", address="2 Pier", hours="", position=1
        )
    other = a_counter(bench, world, name="Till 2", clerk="Carl")

    assert "Nothing was redeemed here on this day." in other.get(f"/day?on={TODAY}").text
