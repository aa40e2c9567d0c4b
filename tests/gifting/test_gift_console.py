"""Gifts in the console: found, looked at, acted upon; never with more of a code than its end."""

from typing import Any

import pytest
from sqlalchemy import select, update

from gifting.domain import Status, status
from gifting.models import Gift, GiftCard
from gifting.reporting.gifts import every_gift
from gifting.reporting.search import GiftSearch
from gifting.terms import gift_terms
from storefront.models import Action, Job, Refund
from tests.contents import nothing_changes
from tests.factories import World, world_on
from tests.fakes import BASE_URL, Bench
from tests.gifting.factories import BEN, CLEO, Given, place_gift, sell_gift
from tests.gifting.letters import change_gift
from tests.gifting.test_audit import given_of
from tests.gifting.test_gift_figures import CARL, gift_through_a_share, open_and_thank
from tests.gifting.tills import a_till, take
from tests.storefront.sales import open_link, sell
from tests.storefront.web.console.conftest import sign_in

ORIGIN = {"Origin": BASE_URL}


@pytest.fixture
def owner(bench: Bench, world: World) -> Any:
    return sign_in(bench, world.owner_email)


@pytest.fixture
def given(bench: Bench, world: World) -> Given:
    return given_of(bench, sell_gift(bench, world))


def name_of(bench: Bench, given: Given) -> str:
    with bench.database.reads() as session:
        return session.get_one(Gift, given.gift_id).public_id


def card_of(bench: Bench, given: Given) -> GiftCard:
    with bench.database.reads() as session:
        return session.get_one(GiftCard, given.card_id)


def test_the_page_says_that_a_gift_is_for_one_person_alone(
    bench: Bench, world: World, owner: Any
) -> None:
    given, free = (
        given_of(bench, sell_gift(bench, world, is_bound=each)) for each in (True, False)
    )

    shown = [owner.get(f"/console/gifts/{name_of(bench, each)}").text for each in (given, free)]

    assert [True, False] == ["For this person alone" in text for text in shown]


def post(owner: Any, path: str, **form: str) -> Any:
    return owner.post(f"/console/gifts{path}", data=form, headers=ORIGIN)


@pytest.mark.parametrize("sought", ["Ben", "ben@friends.test", "Ada", "#1001", "1001", "{last}"])
def test_a_gift_is_found_by_its_people_its_order_and_the_end_of_its_code(
    bench: Bench, owner: Any, given: Given, sought: str
) -> None:
    words = sought.format(last=given.code[-4:].lower())
    found = owner.get("/console/gifts", query_string={"q": words}).text
    missed = owner.get("/console/gifts", query_string={"q": "nobody"}).text

    assert name_of(bench, given) in found
    assert name_of(bench, given) not in missed


def test_no_page_shows_more_of_a_code_than_its_last_four(
    bench: Bench, owner: Any, given: Given
) -> None:
    name = name_of(bench, given)
    for path in ("", f"/{name}", "/list.csv", "/figures"):
        page = owner.get(f"/console/gifts{path}").text
        plain = page.replace(" ", "").replace("-", "")
        assert given.code not in plain
        assert given.code[:8] not in plain


FACTS: list[tuple[dict[str, Any], Status]] = [
    ({}, Status.ACTIVE),
    ({"balance_minor": 1}, Status.PARTLY_REDEEMED),
    ({"balance_minor": 0}, Status.REDEEMED),
    ({"blocked": True}, Status.BLOCKED),
    ({"voided": True}, Status.VOID),
    ({"expired": True}, Status.EXPIRED),
]


@pytest.mark.parametrize(("facts", "expected"), FACTS)
def test_the_list_says_of_each_card_what_the_rules_say(
    bench: Bench, world: World, facts: dict[str, Any], expected: Status
) -> None:
    sell_gift(bench, world)
    now = bench.clock.now()
    columns = {
        "balance_minor": facts.get("balance_minor", 5000),
        "blocked_at": now if facts.get("blocked") else None,
        "voided_at": now if facts.get("voided") else None,
        "expires_on": now.date().replace(year=2025) if facts.get("expired") else None,
    }
    with bench.database.begin() as session:
        session.execute(update(GiftCard).values(**columns))
        session.flush()
        [row] = every_gift(session, world.merchant.id, GiftSearch(status=expected), now=now)
        by_rule = status(session.scalars(select(GiftCard)).one().terms, now)
        assert (expected, expected) == (row.status, by_rule)
        session.rollback()


def test_a_gift_whose_order_is_not_paid_is_listed_as_such(
    bench: Bench, world: World, owner: Any
) -> None:
    place_gift(bench, world)

    page = owner.get("/console/gifts").text

    assert 'Not paid yet <span class="filter__count">1</span>' in page
    assert "Ben" in page


def test_the_order_of_gifts_is_listed_as_such_and_not_to_be_handed_over(
    bench: Bench, world: World, owner: Any
) -> None:
    sell_gift(bench, world, recipients=(BEN, CLEO))

    page = owner.get("/console/orders").text

    assert "2 gifts" in page
    assert "Choose order #" not in page


def test_the_spreadsheet_has_exactly_what_the_list_is_narrowed_to(
    bench: Bench, world: World, owner: Any
) -> None:
    placed = sell_gift(bench, world, recipients=(BEN, CLEO), sender="=1+1")
    take(bench, a_till(world), given_of(bench, placed), 5000)
    lines = owner.get("/console/gifts/list.csv?status=redeemed").text.strip().splitlines()

    assert 2 == len(lines)
    assert "'=1+1" in lines[1]
    assert "Ben" in lines[1]


def test_blocking_and_unblocking_is_written_down_with_its_reason(
    bench: Bench, owner: Any, given: Given
) -> None:
    name = name_of(bench, given)
    assert 303 == post(owner, f"/{name}/block", reason="reported_lost").status_code
    assert "reported_lost" == card_of(bench, given).block_reason
    assert 303 == post(owner, f"/{name}/block", again="1", reason="found").status_code
    page = owner.get(f"/console/gifts/{name}").text

    assert card_of(bench, given).blocked_at is None
    assert "Reported lost" in page
    assert "Olive Owner" in page


def test_an_adjustment_counts_once_for_each_form(bench: Bench, owner: Any, given: Given) -> None:
    form = {"direction": "down", "amount": "12.50", "reason": "correction", "key": "k" * 24}
    answers = [post(owner, f"/{name_of(bench, given)}/adjustments", **form) for _ in range(2)]

    assert [303, 303] == [answer.status_code for answer in answers]
    assert 3750 == card_of(bench, given).balance_minor


def test_nothing_is_taken_off_that_is_not_there(bench: Bench, owner: Any, given: Given) -> None:
    form = {"direction": "down", "amount": "50.01", "reason": "correction", "key": "k" * 24}
    with nothing_changes(bench.database):
        answer = post(owner, f"/{name_of(bench, given)}/adjustments", **form)

    assert 409 == answer.status_code


def test_a_reason_that_is_not_on_the_list_is_none(bench: Bench, owner: Any, given: Given) -> None:
    with nothing_changes(bench.database):
        answer = post(owner, f"/{name_of(bench, given)}/voiding", reason="because")

    assert 422 == answer.status_code


def test_a_void_card_is_worth_nothing_and_says_why(bench: Bench, owner: Any, given: Given) -> None:
    name = name_of(bench, given)
    post(owner, f"/{name}/voiding", reason="fraud")

    assert (0, "fraud") == (card_of(bench, given).balance_minor, card_of(bench, given).void_reason)
    assert "Void for good" in owner.get(f"/console/gifts/{name}").text


def test_a_gift_is_sent_once_more_and_that_is_written_down(
    bench: Bench, owner: Any, given: Given
) -> None:
    name = name_of(bench, given)
    post(owner, f"/{name}/mails")
    with bench.database.reads() as session:
        resent = session.get_one(Gift, given.gift_id).resent
        done = session.scalars(select(Action.action)).all()

    assert (1, ["gift_resent"]) == (resent, list(done))


def test_a_members_correction_sends_the_gift_elsewhere_and_is_written_down(
    bench: Bench, owner: Any, given: Given
) -> None:
    name = name_of(bench, given)
    assert "Correct the address" in owner.get(f"/console/gifts/{name}").text
    post(owner, f"/{name}/address", email="ben@right.test")
    with bench.database.reads() as session:
        number = session.get_one(Gift, given.gift_id).link_number
        done = session.scalars(select(Action.action)).all()
        promised = session.scalars(select(Job).where(Job.name == "deliver_gift")).all()

    assert (2, ["gift_address_corrected"]) == (number, list(done))
    assert 2 == promised[-1].payload["link_number"]
    assert "ben@right.test" in owner.get(f"/console/gifts/{name}").text


@pytest.mark.parametrize(
    ("opened", "email", "status"), [(False, "ben@", 422), (True, "ben@right.test", 409)]
)
def test_an_address_that_cannot_be_corrected_stays(
    bench: Bench, owner: Any, given: Given, *, opened: bool, email: str, status: int
) -> None:
    if opened:
        change_gift(bench, given.gift_id, opened_at=bench.clock.now())
    with nothing_changes(bench.database):
        answer = post(owner, f"/{name_of(bench, given)}/address", email=email)

    assert status == answer.status_code


def test_a_gifts_page_says_what_its_thanks_brought(bench: Bench, world: World, owner: Any) -> None:
    placed = gift_through_a_share(bench, world)
    friend = open_link(bench, open_and_thank(bench, placed), CARL)
    sell(bench, world, visitor=friend)

    page = owner.get(f"/console/gifts/{name_of(bench, given_of(bench, placed))}").text

    assert "Credited to Ben, who said thank you" in page
    assert "Credited to Ada, who gave" in page
    assert 2 == page.count("$2.25")


def test_the_refund_page_says_how_much_is_spent_and_what_can_go_back(
    bench: Bench, world: World, owner: Any, given: Given
) -> None:
    take(bench, a_till(world), given, 2000)
    page = owner.get(f"/console/orders/{given.order}/refunds").text

    assert "$20.00 of $50.00 is gone" in page
    assert "Give back $30.00" in page


@pytest.mark.parametrize(("sure", "refunds"), [({}, 0), ({"sure": "1"}, 1)])
def test_money_for_a_used_gift_goes_back_only_to_who_says_so_twice(
    bench: Bench, world: World, owner: Any, given: Given, sure: dict[str, str], refunds: int
) -> None:
    take(bench, a_till(world), given, 2000)
    form = {"way": "all", "forced": "1", "key": "k" * 24, **sure}
    owner.post(f"/console/orders/{given.order}/refunds", data=form, headers=ORIGIN)
    with bench.database.reads() as session:
        made = session.scalars(select(Refund)).all()

    assert refunds == len(made)


TERMS = {
    "is_on": "1", "least": "10", "most": "200", "presets": "20 50 100", "validity": "ever",
    "where": "all", "unopened": "5",
}  # fmt: skip


def test_terms_count_from_now_on(bench: Bench, world: World, owner: Any) -> None:
    form = {**TERMS, "validity": "months", "months": "60", "where": "some"}
    form[f"store-{world.store.public_id}"] = "1"
    assert 303 == post(owner, "/terms", **form).status_code
    with bench.database.reads() as session:
        terms = gift_terms(session, world.merchant.id)

    assert (1000, 20000, 60) == (terms.least.minor, terms.most.minor, terms.months_valid)
    assert ((world.store.id,), 5, None) == (
        terms.stores,
        terms.remind_unopened_days,
        terms.remind_expiry_days,
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"validity": "months", "months": "59"}, "60"),
        ({"validity": "months", "months": ""}, "five years"),
        ({"most": "5"}, "below the smallest"),
        ({"presets": "5 20"}, "between the smallest and the largest"),
        ({"presets": ""}, "Name between one and"),
        ({"where": "some"}, "at least one store"),
    ],
)
def test_terms_that_cannot_be_are_refused_beside_their_field(
    bench: Bench, owner: Any, changes: dict[str, str], words: str
) -> None:
    with nothing_changes(bench.database):
        answer = post(owner, "/terms", **{**TERMS, **changes})

    assert 422 == answer.status_code
    assert words in answer.text


def test_the_home_page_says_what_is_outstanding(bench: Bench, world: World, owner: Any) -> None:
    sell_gift(bench, world)
    page = owner.get("/console/").text

    assert "Outstanding on gift cards" in page
    assert "$50.00" in page


def test_another_merchants_gift_is_not_found(bench: Bench, given: Given) -> None:
    stranger = sign_in(bench, world_on(bench, slug="florist").owner_email)

    assert 404 == stranger.get(f"/console/gifts/{name_of(bench, given)}").status_code
