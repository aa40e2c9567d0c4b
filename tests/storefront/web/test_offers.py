"""Offers over HTTP: what the card says, codes and links in a cart, and each refusal by its name
(bad inputs 13 to 16). Nothing is charged by any of them."""

import re
import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import func, select

from storefront.domain.offers import Kind, Scope
from storefront.models import Offer, Order
from storefront.services import offer_life
from tests.factories import World, order_json, place, running_offer, send_event
from tests.fakes import Bench


def order(bench: Bench, world: World, **changes: Any) -> Any:
    headers = {"Idempotency-Key": secrets.token_urlsafe(24)}
    return bench.client().post("/orders", json=order_json(world, **changes), headers=headers)


def card(bench: Bench, world: World, **query: str) -> str:
    answer = bench.client().get(f"/p/{world.placement.public_id}", query_string=query)
    assert answer.status_code == 200
    return " ".join(answer.text.split())


def orders(bench: Bench) -> int:
    with bench.database.reads() as session:
        return session.scalar(select(func.count()).select_from(Order)) or 0


def refused(bench: Bench, world: World, **changes: Any) -> tuple[int, str, str]:
    """Order what must be refused; return the status, the code and the sentence."""
    before, asked = orders(bench), list(bench.gateway.calls)
    answer = order(bench, world, **changes)
    assert (before, asked) == (orders(bench), bench.gateway.calls)
    return answer.status_code, answer.json["code"], answer.json["detail"]


def test_13_an_offer_that_has_not_started(bench: Bench, world: World) -> None:
    offer = running_offer(bench, world, starts="2026-03-14T18:00")

    status, code, sentence = refused(bench, world, seen_offers=[offer.public_id])

    assert (409, "offer_not_started") == (status, code)
    assert "not started yet" in sentence


def test_14_an_offer_that_ended_a_millisecond_ago(bench: Bench, world: World) -> None:
    offer = running_offer(bench, world, ends="2026-03-14T18:00")
    assert offer.ends_at is not None
    bench.clock.moment = offer.ends_at + timedelta(milliseconds=1)

    status, code, sentence = refused(bench, world, seen_offers=[offer.public_id])

    assert (410, "offer_ended") == (status, code)
    assert "Nothing was charged" in sentence


def test_15_an_offer_of_which_nothing_is_left(bench: Bench, world: World) -> None:
    offer = running_offer(bench, world, quota=1)
    place(bench, world)

    status, code, _ = refused(
        bench, world, email="second@buyer.test", seen_offers=[offer.public_id]
    )

    assert (409, "offer_gone") == (status, code)


def test_16_a_personal_limit_that_is_reached(bench: Bench, world: World) -> None:
    offer = running_offer(bench, world, per_buyer_limit=1)
    place(bench, world)

    status, code, _ = refused(bench, world, seen_offers=[offer.public_id])

    assert (409, "limit_reached") == (status, code)


def test_a_paused_offer_and_an_unknown_code_have_sentences_of_their_own(
    bench: Bench, world: World
) -> None:
    offer = running_offer(bench, world)
    with bench.database.begin() as session:
        offer_life.pause(session, session.get_one(Offer, offer.id), now=bench.clock.now())

    assert (409, "offer_paused") == refused(bench, world, seen_offers=[offer.public_id])[:2]
    assert (422, "code_unknown") == refused(bench, world, codes=["nothing"])[:2]


def test_another_total_than_the_one_that_was_seen_orders_nothing(
    bench: Bench, world: World
) -> None:
    running_offer(bench, world)

    assert (409, "price_changed") == refused(bench, world, seen_total=450)[:2]
    assert 201 == order(bench, world, seen_total=360).status_code


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("codes", "x" * 61),
        ("codes", ["a"] * 6),
        ("codes", [1]),
        ("codes", {"a": 1}),
        ("seen_offers", ["x" * 61]),
        ("seen_offers", ["ofr"] * 21),
    ],
)
def test_lists_that_cannot_be_used_are_named(
    bench: Bench, world: World, field: str, value: Any
) -> None:
    answer = order(bench, world, **{field: value})

    assert (422, field) == (answer.status_code, answer.json["field"])


def test_a_price_is_quoted_with_its_offers_and_what_does_not_count(
    bench: Bench, world: World
) -> None:
    offer = running_offer(bench, world)
    body = {
        "placement": world.placement.public_id,
        "lines": [{"variant": world.variant.public_id, "quantity": 1}],
        "codes": ["nothing"],
    }

    told = bench.client().post("/quotes", json=body).json

    assert (360, 90) == (told["amount_minor"], told["discount_minor"])
    assert [(offer.public_id, 90)] == [
        (each["public_id"], each["discount_minor"]) for each in told["offers"]
    ]
    assert [("NOTHING", "code_unknown")] == [
        (each["code"], each["reason"]) for each in told["refused"]
    ]


def test_the_card_shows_both_prices_what_is_left_and_the_time(bench: Bench, world: World) -> None:
    running_offer(bench, world, ends="2026-03-14T18:00", quota=8)
    place(bench, world)
    bench.clock.pass_time(milliseconds=250)

    page = card(bench, world)

    assert "$3.60" in page
    assert re.search(r'<s class="was__price"[^>]*>\$4\.50</s>', page)
    assert "7 of 8 left" in page
    assert "Lowest price of the 30 days before: $4.50" in page
    end = bench.clock.now().replace(hour=22, minute=0, second=0, microsecond=0)
    left = int((end - bench.clock.now()).total_seconds() * 1000)
    assert f'data-ms="{left}"' in page


@pytest.mark.parametrize(
    ("changes", "words", "price"),
    [
        ({"starts": "2026-03-15"}, "Starts in", "$4.50"),
        ({"starts": "2026-06-15"}, None, "$4.50"),
        ({"has_link": True}, None, "$4.50"),
        ({"scope": Scope.ORDER}, None, "$4.50"),
    ],
)
def test_an_offer_that_is_not_on_is_announced_a_week_before(
    bench: Bench, world: World, changes: dict[str, Any], words: str | None, price: str
) -> None:
    running_offer(bench, world, **changes)

    page = card(bench, world)

    assert ("Spring" in page) is (words is not None)
    assert words is None or words in page
    assert price in page


def test_an_offer_that_is_over_or_gone_says_so_with_the_usual_price(
    bench: Bench, world: World
) -> None:
    running_offer(bench, world, quota=1, ends="2026-03-14T18:00")
    place(bench, world)

    gone = card(bench, world)
    bench.clock.pass_time(hours=13)
    over = card(bench, world)
    bench.clock.pass_time(days=2)

    assert "taken right now" in gone
    assert "This offer has ended" in over
    assert "$3.60" not in gone + over
    assert "Spring" not in card(bench, world)


def cart_of(answer: Any) -> str:
    return parse_qs(urlsplit(answer.headers["Location"]).query)["c"][0]


def enter(bench: Bench, world: World, token: str, code: str, **changes: str) -> str:
    form = {
        "surface": "page", "placement": world.placement.public_id, "c": token, "code": code,
        "action": "enter", **changes,
    }  # fmt: skip
    answer = bench.client().post("/carts/codes", data=form)
    assert answer.status_code == 303
    return cart_of(answer)


def filled(bench: Bench, world: World, token: str = "") -> str:
    form = {
        "surface": "page", "placement": world.placement.public_id, "c": token,
        "variant": world.variant.public_id, "quantity": "1", "action": "add",
    }  # fmt: skip
    return cart_of(bench.client().post("/carts", data=form))


def cart_page(bench: Bench, world: World, token: str) -> str:
    answer = bench.client().get(f"/p/{world.placement.public_id}/cart", query_string={"c": token})
    return " ".join(answer.text.split())


def test_a_code_stays_in_the_cart_while_things_are_added_and_can_be_taken_out(
    bench: Bench, world: World
) -> None:
    running_offer(bench, world, kind=Kind.CODE, code="Spring-20", scope=Scope.ORDER)
    token = enter(bench, world, filled(bench, world), "spring 20")
    token = filled(bench, world, token)

    page = cart_page(bench, world, token)
    without = cart_page(bench, world, enter(bench, world, token, "SPRING20", action="remove"))

    assert "Spring-20" in page
    assert "$1.80" in page
    assert "Spring-20" not in without
    assert "$9.00" in without


def test_a_code_that_does_not_count_is_a_warning_and_the_order_goes_on(
    bench: Bench, world: World
) -> None:
    running_offer(bench, world, kind=Kind.CODE, code="BIG", min_spend_minor=1000)
    token = enter(bench, world, enter(bench, world, filled(bench, world), "big"), "what")

    page = cart_page(bench, world, token)
    body = {name: value for name, value in order_json(world).items() if name != "lines"}
    answer = bench.client().post(
        "/orders", json={**body, "c": token}, headers={"Idempotency-Key": secrets.token_urlsafe(24)}
    )

    assert "$5.50 more, and it counts" in page
    assert "is no code that we know" in page
    assert (201, 450) == (answer.status_code, answer.json["amount_minor"])


def test_a_link_brings_its_offer_without_typing(bench: Bench, world: World) -> None:
    offer = running_offer(bench, world, has_link=True)
    assert "$3.60" not in card(bench, world)

    answer = bench.client().get(f"/p/{world.placement.public_id}/offers/{offer.link}")
    page = card(bench, world, c=cart_of(answer))

    assert (303, "no-store") == (answer.status_code, answer.headers["Cache-Control"])
    assert "$3.60" in page
    assert "$0.90" in cart_page(bench, world, filled(bench, world, cart_of(answer)))


def test_an_offer_bound_to_a_placement_counts_there(bench: Bench, world: World) -> None:
    running_offer(bench, world, placement=world.placement.public_id)

    assert "$3.60" in card(bench, world)


def test_the_checkout_sends_along_what_was_seen_and_shows_the_reason_when_it_is_over(
    bench: Bench, world: World
) -> None:
    offer = running_offer(bench, world, ends="2026-03-14T18:00")
    token = filled(bench, world)
    address = f"/p/{world.placement.public_id}/checkout"
    page = bench.client().get(address, query_string={"c": token}).text
    assert f'name="seen_offers" value="{offer.public_id}"' in page
    bench.clock.pass_time(hours=13)

    form = {
        **{name: value for name, value in order_json(world).items() if name != "lines"},
        "c": token, "in": "page", "seen_total": "360", "seen_offers": offer.public_id,
        "request_key": secrets.token_urlsafe(24),
    }  # fmt: skip
    answer = bench.client().post("/orders", data=form, headers={"Accept": "text/html"})

    assert 410 == answer.status_code
    assert "This offer has ended. Nothing was charged." in answer.text
    assert 'name="seen_offers" value=""' in answer.text
    assert 'name="seen_total" value="450"' in answer.text
    assert 0 == orders(bench)


def test_two_codes_that_stand_alone_are_the_better_one_whichever_came_first(
    bench: Bench, world: World
) -> None:
    for code, rate in (("TEN", 100_000), ("TWENTY", 200_000)):
        running_offer(
            bench, world, name=code.title(), kind=Kind.CODE, code=code, rate_ppm=rate,
            is_exclusive=True,
        )  # fmt: skip
    carts = [
        enter(bench, world, enter(bench, world, filled(bench, world), one), other)
        for one, other in (("ten", "twenty"), ("twenty", "ten"))
    ]

    pages = [without_tokens(cart_page(bench, world, each)) for each in carts]
    placed = [order_of(bench, world, each) for each in carts]

    assert pages[0] == pages[1]
    assert "does not go with the other offers" in pages[0]
    assert [(201, 360)] * 2 == [(each.status_code, each.json["amount_minor"]) for each in placed]


def test_two_codes_that_stand_alone_cannot_both_be_insisted_on(bench: Bench, world: World) -> None:
    for code, rate in (("TEN", 100_000), ("TWENTY", 200_000)):
        running_offer(bench, world, kind=Kind.CODE, code=code, rate_ppm=rate, is_exclusive=True)

    for codes in (["TEN", "TWENTY"], ["TWENTY", "TEN"]):
        status, code, sentence = refused(bench, world, codes=codes)

        assert (409, "offer_not_combined") == (status, code)
        assert sentence


def test_a_pause_counts_at_once_for_those_at_the_checkout_and_open_orders_keep_their_price(
    bench: Bench, world: World
) -> None:
    offer = running_offer(bench, world)
    waiting = order(bench, world, seen_offers=[offer.public_id])
    with bench.database.begin() as session:
        offer_life.pause(session, session.get_one(Offer, offer.id), now=bench.clock.now())

    status, code, sentence = refused(
        bench, world, email="eve@buyer.test", seen_offers=[offer.public_id], seen_total=360
    )
    pay(bench, waiting.json["payment_reference"])

    assert (409, "offer_paused") == (status, code)
    assert "Nothing was charged" in sentence
    with bench.database.reads() as session:
        [kept] = session.scalars(select(Order)).all()
        assert (360, True) == (kept.total_minor, kept.paid_at is not None)


def without_tokens(page: str) -> str:
    """Return a page without what it carries on: carts differ in their codes' order only."""
    return re.sub(r"[A-Za-z0-9_.-]{60,}", "", page)


def order_of(bench: Bench, world: World, cart: str) -> Any:
    body = {name: value for name, value in order_json(world).items() if name != "lines"}
    headers = {"Idempotency-Key": secrets.token_urlsafe(24)}
    return bench.client().post("/orders", json={**body, "c": cart}, headers=headers)


def pay(bench: Bench, reference: str) -> None:
    answer = send_event(
        bench.client(), bench, reference, "payment_intent.succeeded", state="succeeded"
    )
    assert answer.status_code == 200


def test_the_card_says_how_often_each_person_may_and_how_much_comes_off_in_all(
    bench: Bench, world: World
) -> None:
    running_offer(bench, world, per_buyer_limit=2, budget_minor=1000)
    place(bench, world)

    page = card(bench, world)

    assert "2 times for each person." in page
    assert "$9.10 can still come off in all." in page


def test_an_offer_by_itself_is_looked_at_anew_whenever_the_cart_changes(
    bench: Bench, world: World
) -> None:
    running_offer(bench, world, min_quantity=2)
    one = filled(bench, world)
    two = filled(bench, world, one)
    form = {
        "surface": "page", "placement": world.placement.public_id, "c": two,
        "variant": world.variant.public_id, "quantity": "1", "action": "set",
    }  # fmt: skip
    one_again = cart_of(bench.client().post("/carts", data=form))

    assert ["$4.50", "$7.20", "$4.50"] == [
        total_of(cart_page(bench, world, token)) for token in (one, two, one_again)
    ]


def total_of(page: str) -> str:
    found = re.search(r"Check out · ([$0-9.]+)", page)
    assert found
    return found[1]
