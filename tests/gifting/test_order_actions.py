"""What a giver does on their order's page: see how far each gift is, send it again, correct an
address, call it off."""

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import func, select, update

from gifting import ledger
from gifting.links import gift_url
from gifting.models import Gift, GiftCard, GiftContact
from gifting.wishes import Recipient
from storefront.errors import Conflict
from storefront.models import Job, Refund
from storefront.services.letters import send_receipt
from storefront.services.order_requests import PlacedOrder
from storefront.services.refund_news import fail
from tests.contents import nothing_changes
from tests.factories import PASSWORD, World
from tests.fakes import Bench
from tests.gifting.factories import BEN, CLEO, Given, cards_of, code_of, gifts_of, sell_gift
from tests.gifting.letters import change_gift, with_letters
from tests.gifting.tills import a_till, take
from tests.storefront.web.answers import PERSON

on_sqlite = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)

FORM = {**PERSON, "Sec-Fetch-Site": "same-origin"}
JSON = {"Accept": "application/json"}


def gifts(bench: Bench, placed: PlacedOrder) -> list[Gift]:
    with bench.database.reads() as session:
        return gifts_of(session, placed)


def act(bench: Bench, placed: PlacedOrder, what: str, *, nth: int = 0, **given: Any) -> Any:
    """Do something with the nth gift of an order, as a person does unless `headers` say else."""
    gift = gifts(bench, placed)[nth].public_id
    headers = given.pop("headers", FORM)
    token = given.pop("token", placed.token)
    address = f"/orders/{placed.public_id}/gifts/{gift}/{what}?t={token}&in=page"
    return bench.client().post(address, data=given or None, headers=headers)


def page(bench: Bench, placed: PlacedOrder) -> str:
    return bench.client().get(f"/orders/{placed.public_id}?t={placed.token}", headers=PERSON).text


def balances(bench: Bench, placed: PlacedOrder) -> list[int]:
    with bench.database.reads() as session:
        return [card.balance_minor for card in cards_of(session, placed)]


def refunds(bench: Bench) -> list[int]:
    with bench.database.reads() as session:
        return list(session.scalars(select(Refund.amount_minor)))


def spend(bench: Bench, world: World, placed: PlacedOrder, minor: int) -> None:
    with bench.database.reads() as session:
        card = cards_of(session, placed)[0]
    given = Given(code_of(bench, card), card.gift_id, card.id, card.public_id, order="")
    take(bench, a_till(world), given, minor)


def count_jobs(bench: Bench, name: str) -> int:
    with bench.database.reads() as session:
        return session.scalar(select(func.count()).where(Job.name == name)) or 0


def test_calling_one_gift_off_gives_back_exactly_its_money(bench: Bench, world: World) -> None:
    placed = sell_gift(bench, world, recipients=(BEN, CLEO))
    answer = act(bench, placed, "cancellation", nth=0)

    assert 303 == answer.status_code
    assert [0, 5000] == balances(bench, placed)
    assert [5000] == refunds(bench)
    assert [True, False] == [gift.cancelled_at is not None for gift in gifts(bench, placed)]


def test_all_gifts_are_called_off_one_after_the_other(bench: Bench, world: World) -> None:
    placed = sell_gift(bench, world, recipients=(BEN, CLEO), variant=world.variant.public_id)
    answers = [act(bench, placed, "cancellation", nth=nth).status_code for nth in (1, 0)]

    assert [303, 303] == answers
    assert [0, 0] == balances(bench, placed)
    assert [450, 450] == refunds(bench)


def test_a_gift_of_which_something_is_spent_cannot_be_called_off(
    bench: Bench, world: World
) -> None:
    placed = sell_gift(bench, world, recipients=(BEN, CLEO))
    spend(bench, world, placed, 100)
    with nothing_changes(bench.database):
        refused = act(bench, placed, "cancellation", headers=JSON)

    assert (409, "gift_is_spent") == (refused.status_code, refused.json["code"])


def test_a_gift_is_called_off_once(bench: Bench, world: World) -> None:
    placed = sell_gift(bench, world, recipients=(BEN, CLEO))
    act(bench, placed, "cancellation")
    with nothing_changes(bench.database):
        again = act(bench, placed, "cancellation", headers=JSON)

    assert (409, "gift_over") == (again.status_code, again.json["code"])


def test_of_calling_off_and_spending_in_one_moment_one_wins(bench: Bench, world: World) -> None:
    friends = tuple(Recipient(f"F{number}", f"f{number}@friends.test") for number in range(6))
    placed = sell_gift(bench, world, recipients=friends)
    with bench.database.reads() as session:
        given = [
            Given(code_of(bench, card), card.gift_id, card.id, card.public_id, placed.public_id)
            for card in cards_of(session, placed)
        ]

    def call_off(nth: int) -> bool:
        return bool(act(bench, placed, "cancellation", nth=nth).status_code == 303)

    def spend_some(nth: int) -> bool:
        try:
            take(bench, a_till(world), given[nth], 700, key=f"the-key-of-round-{nth:08}")
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        outcomes = [
            [each.result() for each in (pool.submit(call_off, nth), pool.submit(spend_some, nth))]
            for nth in range(len(friends))
        ]

    assert [1] * len(friends) == [sum(outcome) for outcome in outcomes]
    assert [0 if off else 4300 for off, _ in outcomes] == balances(bench, placed)
    assert [5000 for off, _ in outcomes if off] == refunds(bench)


def test_what_is_taken_first_stops_the_calling_off(bench: Bench, world: World) -> None:
    """Both have looked at the unspent card; what takes from it is not committed yet."""
    placed = sell_gift(bench, world, recipients=(BEN, CLEO))
    with ThreadPoolExecutor(1) as pool:
        with bench.database.begin() as session:
            card = cards_of(session, placed)[0]
            assert ledger.enter(session, card.id, "adjust", -100, now=bench.clock.now())
            late = pool.submit(act, bench, placed, "cancellation", headers=JSON)
            with suppress(TimeoutError):
                late.result(timeout=0.5)
        refused = late.result(timeout=30)

    assert (409, "gift_is_spent") == (refused.status_code, refused.json["code"])
    assert [4900, 5000] == balances(bench, placed)
    assert [] == refunds(bench)


@on_sqlite
def test_the_page_says_how_far_each_gift_is(bench: Bench, world: World) -> None:
    placed = sell_gift(bench, world, recipients=(BEN, CLEO))
    first, second = gifts(bench, placed)
    now = bench.clock.now()
    change_gift(bench, first.id, opened_at=now, thanked_at=now, thanks="You shouldn't have!")
    change_gift(bench, second.id, undeliverable_at=now)
    shown = page(bench, placed)

    assert "You shouldn&#39;t have!" in shown
    assert "The address cleo@friends.test takes no mail." in shown
    assert "Correct the address" in shown


@on_sqlite
def test_a_blocked_gift_is_on_hold_and_nothing_can_be_done_with_it(
    bench: Bench, world: World
) -> None:
    placed = sell_gift(bench, world)
    with bench.database.begin() as session:
        session.execute(
            update(GiftCard).values(blocked_at=bench.clock.now(), block_reason="suspicion")
        )
    shown = page(bench, placed)

    assert "On hold" in shown
    assert "/gifts/gft_" not in shown


@on_sqlite
def test_an_order_that_went_back_lists_its_gifts_with_their_state(
    bench: Bench, world: World
) -> None:
    placed = sell_gift(bench, world, recipients=(BEN, CLEO))
    for nth in (0, 1):
        act(bench, placed, "cancellation", nth=nth)
    shown = page(bench, placed)

    assert "Your money is on its way back" in shown
    assert 2 == shown.count("Called off")
    assert "/gift-designs/" in shown


@on_sqlite
def test_a_value_shows_neither_shipping_nor_a_tax_that_it_does_not_bear(
    bench: Bench, world: World
) -> None:
    shown = page(bench, sell_gift(bench, world))

    assert "Shipping" not in shown
    assert "Pick-up" not in shown
    assert " 0%" not in shown


@on_sqlite
def test_no_code_is_on_the_givers_page_nor_in_the_receipt(bench: Bench, world: World) -> None:
    """E09: the receipt lists the gifts, and tells no code."""
    placed = sell_gift(bench, world, recipients=(BEN, CLEO), words="A secret wish")
    with bench.database.reads() as session:
        codes = [code_of(bench, card) for card in cards_of(session, placed)]
        order_id = gifts_of(session, placed)[0].order_id
    with_letters(bench)
    send_receipt(bench.ports, order_id)
    mail = bench.mailbox.sent[-1]
    texts = [page(bench, placed), mail.text, mail.html]

    assert "For Ben: Gift card, $50.00" in mail.text
    assert "Shipping" not in mail.text + mail.html
    assert not any(
        code in text.replace(" ", "") or code[-4:] in text for code in codes for text in texts
    )


@on_sqlite
def test_a_gift_by_link_shows_the_link_to_its_giver_alone(bench: Bench, world: World) -> None:
    placed = sell_gift(bench, world, way="link")
    (gift,) = gifts(bench, placed)
    url = gift_url(bench.ports.settings, bench.ports.sign, gift)

    assert f'value="{url}"' in page(bench, placed)
    assert "Ready to be sent by you" in page(bench, placed)


@on_sqlite
def test_a_gift_that_was_sent_is_sent_again(bench: Bench, world: World) -> None:
    placed = sell_gift(bench, world)
    change_gift(bench, gifts(bench, placed)[0].id, delivered_at=bench.clock.now())
    answer = act(bench, placed, "resend")

    assert 303 == answer.status_code
    assert 1 == count_jobs(bench, "resend_gift")
    assert "We have sent it once more." in page(bench, placed)


@on_sqlite
def test_a_gift_that_is_not_due_yet_is_not_sent_early(bench: Bench, world: World) -> None:
    placed = sell_gift(bench, world, at="2027-02-01T09:00", zone="Asia/Tokyo")
    with nothing_changes(bench.database):
        refused = act(bench, placed, "resend", headers=JSON)

    assert (409, "gift_not_sent") == (refused.status_code, refused.json["code"])
    assert (
        "It goes out on Monday, February 1, 2027 at 9:00\N{NARROW NO-BREAK SPACE}AM in Tokyo."
        in page(bench, placed)
    )


@on_sqlite
def test_a_corrected_address_gets_the_gift_and_the_old_link_dies(
    bench: Bench, world: World
) -> None:
    placed = sell_gift(bench, world)
    before = gift_url(bench.ports.settings, bench.ports.sign, gifts(bench, placed)[0])
    answer = act(bench, placed, "address", email="ben@elsewhere.test")
    (gift,) = gifts(bench, placed)
    with bench.database.reads() as session:
        email = session.scalars(select(GiftContact.email)).one()

    assert (303, "ben@elsewhere.test") == (answer.status_code, email)
    assert before != gift_url(bench.ports.settings, bench.ports.sign, gift)


@on_sqlite
def test_a_wrong_correction_comes_back_to_its_field(bench: Bench, world: World) -> None:
    placed = sell_gift(bench, world)
    with nothing_changes(bench.database):
        again = act(bench, placed, "address", email="ben at home")

    assert 422 == again.status_code
    assert 'value="ben at home"' in again.text
    assert f'id="email-{gifts(bench, placed)[0].public_id}-error"' in again.text


@on_sqlite
def test_an_opened_gift_keeps_its_address(bench: Bench, world: World) -> None:
    placed = sell_gift(bench, world)
    change_gift(bench, gifts(bench, placed)[0].id, opened_at=bench.clock.now())
    with nothing_changes(bench.database):
        refused = act(bench, placed, "address", email="ben@elsewhere.test", headers=FORM)

    assert 409 == refused.status_code
    assert "Correct the address" not in page(bench, placed)


@on_sqlite
@pytest.mark.parametrize("what", ["resend", "address", "cancellation"])
def test_without_the_orders_token_there_is_nothing(bench: Bench, world: World, what: str) -> None:
    placed, other = sell_gift(bench, world), sell_gift(bench, world)
    with nothing_changes(bench.database):
        answer = act(bench, placed, what, token=other.token, email="eve@other.test")

    assert 404 == answer.status_code


@on_sqlite
def test_a_gift_of_another_order_is_not_reached(bench: Bench, world: World) -> None:
    placed, other = sell_gift(bench, world), sell_gift(bench, world)
    gift = gifts(bench, other)[0].public_id
    with nothing_changes(bench.database):
        answer = bench.client().post(
            f"/orders/{placed.public_id}/gifts/{gift}/cancellation?t={placed.token}", headers=FORM
        )

    assert 404 == answer.status_code


@on_sqlite
def test_money_that_cannot_be_sent_brings_the_card_back(bench: Bench, world: World) -> None:
    placed = sell_gift(bench, world, recipients=(BEN, CLEO))
    act(bench, placed, "cancellation")
    with bench.database.begin() as session:
        refund_id = session.scalars(select(Refund.id)).one()
        fail(session, refund_id, "expired_card", kinds=bench.ports.kinds, now=bench.clock.now())

    assert [5000, 5000] == balances(bench, placed)
    assert [None, None] == [gift.cancelled_at for gift in gifts(bench, placed)]


@on_sqlite
def test_members_read_that_an_order_is_a_gift(bench: Bench, world: World) -> None:
    placed = sell_gift(bench, world)
    client = bench.client()
    client.post("/console/sign-in", data={"email": world.owner_email, "password": PASSWORD})
    sheet = client.get(f"/console/orders/{placed.public_id}", headers=PERSON)
    table = client.get("/console/orders.csv", headers={"Accept": "*/*"})

    assert 200 == sheet.status_code
    assert "It reaches its recipients by mail or by a link" in sheet.text
    assert "Shipping" not in sheet.text
    assert ",Gift," in table.text


@on_sqlite
def test_the_link_in_a_receipt_breaks_where_a_phone_ends(bench: Bench, world: World) -> None:
    placed = sell_gift(bench, world, way="link", recipients=(Recipient("Ben"),))
    with bench.database.reads() as session:
        order_id = gifts_of(session, placed)[0].order_id
    with_letters(bench)
    send_receipt(bench.ports, order_id)
    shown = bench.mailbox.sent[-1].html

    assert [True] == ["break-all" in tag for tag in re.findall(r"<a [^>]*>(?=http)", shown)]
