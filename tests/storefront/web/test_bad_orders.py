"""Orders that cannot be taken, as JSON and as a form: exact status, code and field, and nothing is
written, held or charged."""

import secrets
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select, update

from storefront.domain.money import Money
from storefront.errors import Invalid, TryAgain
from storefront.models import Alarm, IdempotentRequest, Order, OrderOrigin, Payment, Variant
from storefront.services import carts, idempotency
from storefront.services.visitors import Visitor, make_mark
from tests.contents import contents, new_rows, nothing_changes
from tests.factories import World, order_json, place, world_on
from tests.fakes import Bench
from tests.storefront.web.answers import PERSON, Marks, Refusal, page_says, refusal
from tests.storefront.web.conftest import Shop


def as_json(client: Any, body: Any, *, key: str | None = None, **headers: str) -> Any:
    """Order as a program does."""
    headers["Idempotency-Key"] = key or secrets.token_urlsafe(24)
    return client.post("/orders", json=body, headers=headers)


def order_form(bench: Bench, world: World, *, quantity: int = 1, **changes: Any) -> dict[str, Any]:
    """Return the fields that the checkout form sends."""
    cart = carts.seal_cart(
        bench.ports.sign, {world.variant.public_id: quantity}, world.merchant.public_id
    )
    form = {**order_json(world), "c": cart, "in": "page", "request_key": secrets.token_urlsafe(24)}
    del form["lines"]
    return {**form, **changes}


def as_form(client: Any, form: Any) -> Any:
    """Order as a browser does."""
    return client.post("/orders", data=form, headers=PERSON)


def test_every_fault_of_the_form_is_named_at_once_and_the_first_field_has_the_focus(
    shop: Shop,
) -> None:
    typed = order_form(
        shop.bench, shop.world, name="", email="ada@nowhere", fulfilment="shipping", note="x" * 501,
        address_line1="", address_postcode="1234", address_country="XX",
    )  # fmt: skip
    with nothing_changes(shop.bench.database):
        answer = as_form(shop.client, typed)
    page = Marks(answer.text)
    wrong = ["email", "name", "address_line1", "address_city", "address_country", "note"]

    assert 422 == answer.status_code
    assert (wrong, wrong, ["email"]) == (page.wrong, page.ways, page.focus)
    assert 'value="1234"' in answer.text


def test_a_form_in_a_frame_takes_no_focus_from_the_page_around_it(shop: Shop) -> None:
    answer = as_form(shop.client, order_form(shop.bench, shop.world, name="", **{"in": "frame"}))

    assert (["name"], []) == (Marks(answer.text).ways, Marks(answer.text).focus)


def test_what_no_field_stands_for_is_said_above_with_the_focus(shop: Shop) -> None:
    with nothing_changes(shop.bench.database):
        answer = as_form(shop.client, order_form(shop.bench, shop.world, request_key="short"))
    page = Marks(answer.text)

    assert 422 == answer.status_code
    assert page_says(answer, "The Idempotency-Key must have")
    assert ([], [], [""]) == (page.wrong, page.ways, page.focus)


MASS_ASSIGNMENT = ("price", "total", "currency", "merchant_id", "amount_minor", "paid_at", "status")


@pytest.mark.parametrize("field", MASS_ASSIGNMENT)
def test_a_field_that_we_did_not_ask_for_is_refused_by_name(shop: Shop, field: str) -> None:
    """Bad input 10."""
    with nothing_changes(shop.bench.database):
        told = as_json(shop.client, {**order_json(shop.world), field: 1})
        shown = as_form(shop.client, {**order_form(shop.bench, shop.world), field: "1"})

    assert Refusal(422, "unknown_field", field) == refusal(told)
    assert 422 == shown.status_code
    assert page_says(shown, told.json["detail"])


def test_a_price_inside_a_line_is_refused_by_name(shop: Shop) -> None:
    """Bad input 10."""
    lines = [{"variant": shop.world.variant.public_id, "quantity": 1, "unit_minor": 1}]

    with nothing_changes(shop.bench.database):
        told = as_json(shop.client, order_json(shop.world, lines=lines))

    assert Refusal(422, "unknown_field", "unit_minor") == refusal(told)


QUANTITIES = [0, -1, 1.5, "1e3", True, None, 10**20, "\uff11", "", " 1", "1 ", "0x1", 100, [1], {}]


@pytest.mark.parametrize("quantity", QUANTITIES, ids=repr)
def test_a_quantity_is_a_whole_number_from_1_to_99(shop: Shop, quantity: Any) -> None:
    """Bad input 11."""
    with nothing_changes(shop.bench.database):
        told = as_json(shop.client, order_json(shop.world, quantity=quantity))

    assert Refusal(422, "invalid_quantity", "quantity") == refusal(told)
    assert "from 1 to 99" in told.json["detail"]


@pytest.mark.parametrize("quantity", ["0", "-1", "1.5", "1e3", "", "\uff11", "9" * 20, "100"])
def test_a_quantity_in_the_cart_form_is_refused_with_the_same_sentence(
    shop: Shop, quantity: str
) -> None:
    """Bad input 11."""
    form = {
        "surface": "page",
        "placement": shop.world.placement.public_id,
        "variant": shop.world.variant.public_id,
        "quantity": quantity,
        "action": "add",
    }

    with nothing_changes(shop.bench.database):
        told = shop.client.post("/carts", data=form, headers={"Accept": "application/json"})
        shown = shop.client.post("/carts", data=form, headers=PERSON)

    assert Refusal(422, "invalid_quantity", "quantity") == refusal(told)
    assert 422 == shown.status_code
    assert page_says(shown, told.json["detail"])


def test_two_lines_of_one_variant_are_added_up_before_the_limit(shop: Shop) -> None:
    line = {"variant": shop.world.variant.public_id, "quantity": 50}

    with nothing_changes(shop.bench.database):
        told = as_json(shop.client, order_json(shop.world, lines=[line, line]))

    assert Refusal(422, "invalid_quantity", "quantity") == refusal(told)


ODD_FIELDS: list[tuple[str, Any, str]] = [
    ("email", "a@b", "invalid_email"),
    ("email", "ada@buyer.test\r\nBcc: all@buyer.test", "invalid_email"),
    ("email", ["ada@buyer.test"], "invalid_email"),
    ("email", None, "invalid_email"),
    ("name", "", "invalid_name"),
    ("name", "x" * 121, "invalid_name"),
    ("name", "A\0da", "invalid_name"),
    ("name", "\ud800", "invalid_name"),
    ("name", {"first": "Ada"}, "invalid_name"),
    ("phone", "1\n2", "invalid_text"),
    ("note", "x" * 501, "invalid_text"),
    ("note", "\u202egnp.exe", "invalid_text"),
    ("fulfilment", "teleport", "invalid"),
    ("fulfilment", ["pickup"], "invalid"),
    ("fulfilment", None, "invalid"),
    ("store", "sto_of_nobody", "unknown_store"),
    ("store", None, "unknown_store"),
    ("lines", [], "invalid_lines"),
    ("lines", "var_1", "invalid_lines"),
    ("lines", [1], "invalid_lines"),
    ("lines", [{"quantity": 1}] * 21, "invalid_lines"),
    ("v", ["mark"], "invalid_text"),
    ("placement", ["plc"], "invalid_text"),
]


@pytest.mark.parametrize(("field", "value", "code"), ODD_FIELDS)
def test_a_field_that_cannot_be_used_is_named(
    shop: Shop, field: str, value: Any, code: str
) -> None:
    rung = alarms_of(shop)
    with nothing_changes(shop.bench.database, but=Alarm.__tablename__):
        told = as_json(shop.client, order_json(shop.world, **{field: value}))

    assert Refusal(422, code, field) == refusal(told)
    is_injection = field == "email" and "\n" in str(value)
    assert rung + is_injection == alarms_of(shop)


def alarms_of(shop: Shop) -> int:
    """Count how often an alarm has rung for lines smuggled into an address."""
    with shop.bench.database.reads() as session:
        rung = select(func.sum(Alarm.count)).where(
            Alarm.merchant_id == shop.world.merchant.id, Alarm.kind == "header_injection"
        )
        return session.scalar(rung) or 0


ADDRESS = {
    "address_line1": "1 Canal St",
    "address_city": "New York",
    "address_postcode": "10013",
    "address_country": "US",
}


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("address_line1", "", "invalid_address"),
        ("address_city", None, "invalid_address"),
        ("address_postcode", "x" * 21, "invalid_address"),
        ("address_country", "", "invalid_address"),
        ("address_country", "QQ", "invalid_country"),
        ("address_country", "12", "invalid_country"),
    ],
)
def test_a_parcel_needs_an_address(shop: Shop, field: str, value: Any, code: str) -> None:
    body = {**order_json(shop.world), **ADDRESS, "fulfilment": "shipping", field: value}
    del body["store"]

    with nothing_changes(shop.bench.database):
        told = as_json(shop.client, body)

    assert Refusal(422, code, field) == refusal(told)


def test_the_form_comes_back_with_what_was_typed_and_the_sentence_at_its_field(shop: Shop) -> None:
    form = order_form(shop.bench, shop.world, email="ada@nowhere", name="Ada <b>Lovelace</b>")

    with nothing_changes(shop.bench.database):
        shown = as_form(shop.client, form)

    assert 422 == shown.status_code
    assert 'id="email-error">This does not look like an e-mail address.' in shown.text
    assert 'value="ada@nowhere"' in shown.text
    assert 'value="Ada &lt;b&gt;Lovelace&lt;/b&gt;"' in shown.text
    assert f'value="{form["request_key"]}"' in shown.text


def test_a_note_of_two_lines_is_taken_as_browsers_send_it(shop: Shop) -> None:
    answer = as_form(shop.client, order_form(shop.bench, shop.world, note="Ring\r\ntwice"))

    assert 303 == answer.status_code


def test_what_is_sold_out_says_so_and_charges_nothing(bench: Bench) -> None:
    """Bad input 15."""
    world = world_on(bench, stock=0)
    client = bench.client()

    with nothing_changes(bench.database):
        told = as_json(client, order_json(world))
        shown = as_form(client, order_form(bench, world))

    assert Refusal(409, "sold_out", world.variant.public_id) == refusal(told)
    assert 409 == shown.status_code
    assert page_says(shown, told.json["detail"])
    assert [] == bench.gateway.calls


def test_what_others_hold_says_when_it_may_come_back(bench: Bench) -> None:
    """Bad input 15."""
    world = world_on(bench, stock=1)
    client = bench.client()
    place(bench, world)
    bench.clock.pass_time(minutes=4)

    with nothing_changes(bench.database):
        told = as_json(client, order_json(world))
        shown = as_form(client, order_form(bench, world))

    assert Refusal(409, "all_held", world.variant.public_id) == refusal(told)
    assert 6 * 60 + 1 == told.json["retry_after"]
    assert 409 == shown.status_code
    assert page_says(shown, told.json["detail"])
    assert ["open"] == bench.gateway.calls


def test_an_amount_that_no_card_pays_is_told_with_both_limits(bench: Bench, world: World) -> None:
    """Bad input 12."""
    limits = {"least": Money(50, "USD"), "most": Money(99_999_999, "USD")}
    bench.gateway.fault = Invalid("amount_out_of_range", field="amount", **limits)

    told = as_json(bench.client(), order_json(world))

    assert Refusal(422, "amount_out_of_range", "amount") == refusal(told)
    assert "from $0.50 to $999,999.99" in told.json["detail"]


def test_too_few_left_says_how_many(bench: Bench) -> None:
    world = world_on(bench, stock=3)

    with nothing_changes(bench.database):
        told = as_json(bench.client(), order_json(world, quantity=4))

    assert Refusal(409, "too_few_left", world.variant.public_id) == refusal(told)
    assert "Only 3 left" in told.json["detail"]


@pytest.mark.parametrize("in_", ["page", "frame"])
def test_a_second_click_leads_to_the_same_order(bench: Bench, world: World, in_: str) -> None:
    """Bad input 17."""
    client = bench.client()
    form = order_form(bench, world, **{"in": in_})
    first = as_form(client, form)
    before = contents(bench.database)

    again = as_form(client, form)

    assert (303, 303) == (first.status_code, again.status_code)
    assert first.location == again.location
    assert {} == new_rows(before, contents(bench.database))
    assert ["open"] == bench.gateway.calls


def test_the_same_key_gets_the_same_body_seconds_later(bench: Bench, world: World) -> None:
    """Bad input 17."""
    client, body, key = bench.client(), order_json(world), secrets.token_urlsafe(24)
    with time_machine.travel("2026-03-14T09:26:53Z", tick=False):
        first = as_json(client, body, key=key)
    bench.clock.pass_time(seconds=90)

    with nothing_changes(bench.database), time_machine.travel("2026-03-14T09:28:23Z", tick=False):
        again = as_json(client, body, key=key)

    assert (201, 201) == (first.status_code, again.status_code)
    assert first.data == again.data
    assert (None, "true") == (
        first.headers.get("Idempotent-Replayed"),
        again.headers.get("Idempotent-Replayed"),
    )
    assert ["open"] == bench.gateway.calls


def test_the_same_sale_posted_twice_is_one_sale(bench: Bench, world: World) -> None:
    """T3: enforced by a row, so that another process and another cache do not matter."""
    body, key = order_json(world), secrets.token_urlsafe(24)

    answers = [as_json(bench.client(), body, key=key) for _ in range(5)]

    with bench.database.reads() as session:
        orders = session.scalar(select(func.count(Order.id)))
    assert 1 == orders
    assert 1 == len({answer.data for answer in answers})


def test_one_key_with_another_body_is_a_mismatch(shop: Shop) -> None:
    """Bad input 18."""
    key = secrets.token_urlsafe(24)
    as_json(shop.client, order_json(shop.world), key=key)
    form = order_form(shop.bench, shop.world, request_key=key)

    with nothing_changes(shop.bench.database):
        told = as_json(shop.client, order_json(shop.world, quantity=2), key=key)
        shown = as_form(shop.client, form)

    assert Refusal(422, "idempotency_mismatch", "Idempotency-Key") == refusal(told)
    assert 422 == shown.status_code
    assert page_says(shown, told.json["detail"])


def start(bench: Bench, world: World, body: dict[str, Any], key: str) -> None:
    """Take a key's turn as a first request does, and never end it."""
    hashed = {name: value for name, value in body.items() if name not in {"request_key", "v"}}
    request = idempotency.RequestKey(
        world.merchant.id, "anyone", "POST /orders", key, idempotency.hash_body(hashed)
    )
    with bench.database.begin() as session:
        idempotency.take_turn(session, request, now=bench.clock.now())


def test_a_repeat_while_the_first_still_runs_is_told_to_wait(bench: Bench, world: World) -> None:
    """Bad input 19."""
    client, key = bench.client(), secrets.token_urlsafe(24)
    body, form = order_json(world), order_form(bench, world)
    start(bench, world, body, key)
    start(bench, world, form, form["request_key"])

    with nothing_changes(bench.database):
        told = as_json(client, body, key=key)
        shown = as_form(client, form)

    assert Refusal(409, "in_progress") == refusal(told)
    assert "1" == told.headers["Retry-After"]
    assert (409, "1") == (shown.status_code, shown.headers["Retry-After"])
    assert page_says(shown, told.json["detail"])


def test_a_key_whose_first_request_died_is_taken_over(bench: Bench, world: World) -> None:
    client, key, body = bench.client(), secrets.token_urlsafe(24), order_json(world)
    start(bench, world, body, key)
    bench.clock.pass_time(seconds=30)

    answer = as_json(client, body, key=key)

    assert 201 == answer.status_code
    assert "Idempotent-Replayed" not in answer.headers


def test_an_order_without_a_key_is_asked_for_one(shop: Shop) -> None:
    """Bad input 20."""
    form = order_form(shop.bench, shop.world)
    del form["request_key"]

    with nothing_changes(shop.bench.database):
        told = shop.client.post("/orders", json=order_json(shop.world))
        shown = as_form(shop.client, form)

    assert Refusal(400, "idempotency_key_required", "Idempotency-Key") == refusal(told)
    assert 400 == shown.status_code
    assert page_says(shown, told.json["detail"])


@pytest.mark.parametrize("key", ["short", "x" * 21, "x" * 256, "é" * 30, "\x7f" * 30])
def test_a_key_that_can_be_guessed_or_not_be_read_is_refused(shop: Shop, key: str) -> None:
    with nothing_changes(shop.bench.database):
        told = as_json(shop.client, order_json(shop.world), key=key)

    assert Refusal(422, "idempotency_key_invalid", "Idempotency-Key") == refusal(told)
    assert "22 to 255" in told.json["detail"]


def test_the_server_prices_the_cart_whatever_was_shown_before(bench: Bench, world: World) -> None:
    """C23: a price that changed since the page was drawn is the merchant's, not the page's."""
    form = order_form(bench, world, quantity=2)
    with bench.database.begin() as session:
        session.execute(update(Variant).values(price_minor=999))

    as_form(bench.client(), form)

    with bench.database.reads() as session:
        assert 2 * 999 == session.scalar(select(Payment.amount_minor))


def marks(bench: Bench, world: World, rival: World) -> dict[str, str]:
    """Return visitor marks that must not be believed."""
    sign = bench.ports.sign
    genuine = make_mark(sign, Visitor("0" * 26, "verified"), world.merchant.public_id)
    with time_machine.travel(bench.clock.now() - timedelta(days=400), tick=False):
        expired = make_mark(sign, Visitor("0" * 26, "verified"), world.merchant.public_id)
    return {
        "altered": genuine[:-3] + ("abc" if genuine[-3:] != "abc" else "xyz"),
        "foreign": make_mark(sign, Visitor("0" * 26, "verified"), rival.merchant.public_id),
        "expired": expired,
        "babble": "nonsense",
        "symbols": "é" * 50,
        "a cart": carts.seal_cart(sign, {}, world.merchant.public_id),
    }


@pytest.mark.parametrize("kind", ["altered", "foreign", "expired", "babble", "symbols", "a cart"])
def test_a_mark_that_cannot_be_believed_does_not_stop_the_sale(shop: Shop, kind: str) -> None:
    """Row 43, R-F6: the sale goes through, and the order's origin says unverified."""
    mark = marks(shop.bench, shop.world, shop.rival)[kind]

    told = as_json(shop.client, order_json(shop.world, v=mark))
    shown = as_form(shop.client, order_form(shop.bench, shop.world, v=mark))

    with shop.bench.database.reads() as session:
        evidence = session.execute(
            select(OrderOrigin.evidence, OrderOrigin.interaction_id)
            .join(Order)
            .order_by(Order.id.desc())
            .limit(2)
        ).all()
    assert (201, 303) == (told.status_code, shown.status_code)
    assert [("unverified", None)] * 2 == evidence


def test_a_cart_that_cannot_be_believed_sells_nothing_and_says_why(shop: Shop) -> None:
    foreign = order_form(shop.bench, shop.rival)["c"]

    with nothing_changes(shop.bench.database):
        shown = [
            as_form(shop.client, order_form(shop.bench, shop.world, c=token))
            for token in ("altered", foreign, "", "x" * 3000)
        ]

    assert [422] * 4 == [answer.status_code for answer in shown]
    assert all(page_says(answer, "There is nothing to check out yet.") for answer in shown)


def test_things_of_another_merchant_cannot_be_bought_here(shop: Shop) -> None:
    lines = [{"variant": shop.rival.variant.public_id, "quantity": 1}]

    with nothing_changes(shop.bench.database):
        variant = as_json(shop.client, order_json(shop.world, lines=lines))
        store = as_json(shop.client, order_json(shop.world, store=shop.rival.store.public_id))

    assert Refusal(409, "sold_out", shop.rival.variant.public_id) == refusal(variant)
    assert Refusal(422, "unknown_store", "store") == refusal(store)


def test_a_silent_gateway_keeps_the_hold_and_the_same_key_goes_on(
    bench: Bench, world: World
) -> None:
    client, body, key = bench.client(), order_json(world), secrets.token_urlsafe(24)
    bench.gateway.fault = TryAgain("payments_unavailable", retry_after=5)
    told = as_json(client, body, key=key)
    shown = as_form(client, order_form(bench, world))
    bench.gateway.fault = None

    answer = as_json(client, body, key=key)

    with bench.database.reads() as session:
        orders = session.scalar(select(func.count(Order.id)))
        held = session.scalar(select(Variant.held))
        stored = session.scalars(select(IdempotentRequest.status)).all()
    assert Refusal(503, "payments_unavailable") == refusal(told)
    assert ("5", "5") == (told.headers["Retry-After"], shown.headers["Retry-After"])
    assert 503 == shown.status_code
    assert page_says(shown, told.json["detail"])
    assert 201 == answer.status_code
    assert (2, 2) == (orders, held)
    assert [201, None] == sorted(stored, key=str)
