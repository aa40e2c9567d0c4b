"""Refunds over HTTP: the merchant's server and the member at the console."""

from typing import Any

import pytest
from sqlalchemy import select

from storefront.models import Order, Refund
from storefront.services.delivery import ShippingWish
from storefront.services.order_requests import Buyer
from storefront.services.taxes import TaxWish
from tests.contents import nothing_changes
from tests.factories import World, settle
from tests.fakes import Bench
from tests.storefront.gateway_news import tell_of_dispute
from tests.storefront.sales import sell
from tests.storefront.web.console.conftest import ORIGIN, sign_in


def refund(client: Any, world: World, order: str, body: Any, *, key: str = "k-1") -> Any:
    """Ask for a refund as the merchant's server does."""
    headers = {"Authorization": f"Bearer {world.api_token}", "Idempotency-Key": key}
    return client.post(f"/api/v1/orders/{order}/refunds", json=body, headers=headers)


def refunded(bench: Bench) -> list[int]:
    """Return what goes back, refund by refund."""
    with bench.database.reads() as session:
        return list(session.scalars(select(Refund.amount_minor).order_by(Refund.id)))


def test_a_server_refunds_a_line_and_reads_it_back(bench: Bench, world: World) -> None:
    client, placed = bench.client(), sell(bench, world, quantity=2)

    made = refund(client, world, placed.public_id, {"lines": [{"line": 0, "quantity": 1}]})
    told = client.get(
        f"/api/v1/orders/{placed.public_id}",
        headers={"Authorization": f"Bearer {world.api_token}"},
    ).json

    assert (201, 450, "USD") == (made.status_code, made.json["amount_minor"], made.json["currency"])
    assert ("partially_refunded", 450) == (told["status"], told["refunded_minor"])
    assert [(0, 2, 1)] == [
        (line["line"], line["quantity"], line["refunded_quantity"]) for line in told["lines"]
    ]


def test_the_same_key_refunds_once(bench: Bench, world: World) -> None:
    client, placed = bench.client(), sell(bench, world)

    answers = [refund(client, world, placed.public_id, {"amount_minor": 100}) for _ in range(3)]

    assert [201] * 3 == [answer.status_code for answer in answers]
    assert 1 == len({answer.json["public_id"] for answer in answers})
    assert [100] == refunded(bench)


def test_a_server_cannot_give_back_what_the_bank_has_taken(bench: Bench, world: World) -> None:
    client, placed = bench.client(), sell(bench, world)
    tell_of_dispute(bench, placed, 450, "needs_response")

    with nothing_changes(bench.database):
        answer = refund(client, world, placed.public_id, {})

    assert (409, "payment_disputed") == (answer.status_code, answer.json["code"])


def test_the_same_key_for_another_refund_is_refused(bench: Bench, world: World) -> None:
    client, placed = bench.client(), sell(bench, world)
    refund(client, world, placed.public_id, {"amount_minor": 100})

    answer = refund(client, world, placed.public_id, {"amount_minor": 101})

    assert (422, "idempotency_mismatch") == (answer.status_code, answer.json["code"])
    assert [100] == refunded(bench)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"amount_minor": 451}, 409, "refund_too_large"),
        ({"amount_minor": 0}, 422, "invalid_refund_amount"),
        ({"amount_minor": "100"}, 422, "invalid_refund_amount"),
        ({"amount_minor": 1.5}, 422, "invalid_refund_amount"),
        ({"amount_minor": 10**30}, 422, "invalid_refund_amount"),
        ({"lines": []}, 422, "unknown_line"),
        ({"lines": [{"line": 9, "quantity": 1}]}, 422, "unknown_line"),
        ({"lines": [{"line": 0, "quantity": 2}]}, 409, "refund_too_large"),
        ({"lines": [{"line": 0, "quantity": -1}]}, 422, "invalid_quantity"),
        ({"lines": [{"line": 0}]}, 422, "unknown_line"),
        ({"lines": [{"line": 0, "quantity": 1}], "amount_minor": 5}, 422, "invalid"),
        ({"restock": "yes"}, 422, "invalid"),
        ({"currency": "EUR"}, 422, "unknown_field"),
    ],
)
def test_what_cannot_be_refunded_is_refused_and_changes_nothing(
    bench: Bench, world: World, *, body: Any, status: int, code: str
) -> None:
    client, placed = bench.client(), sell(bench, world)

    with nothing_changes(bench.database):
        answer = refund(client, world, placed.public_id, body)

    assert (status, code) == (answer.status_code, answer.json["code"])


def test_a_second_whole_refund_is_a_conflict(bench: Bench, world: World) -> None:
    client, placed = bench.client(), sell(bench, world)
    refund(client, world, placed.public_id, {})

    answer = refund(client, world, placed.public_id, {}, key="k-2")

    assert (409, "already_refunded") == (answer.status_code, answer.json["code"])


def fields_of(page: Any, name: str) -> str:
    """Return the value of a hidden field."""
    return str(page.text.split(f'name="{name}" value="')[1].partition('"')[0])


def test_the_log_tells_a_refund_as_money(bench: Bench, world: World) -> None:
    placed = sell(bench, world, quantity=3)
    owner = sign_in(bench, world.owner_email)
    address = f"/console/orders/{placed.public_id}/refunds"
    shown = owner.get(address, query_string={"way": "all"})
    owner.post(address, data={"way": "all", "key": fields_of(shown, "key")}, headers=ORIGIN)

    log = owner.get("/console/log").text

    assert "$13.50" in log
    assert "amount minor" not in log


def test_a_member_sees_what_will_happen_and_then_does_it(bench: Bench, world: World) -> None:
    placed = sell(bench, world, quantity=3)
    owner = sign_in(bench, world.owner_email)
    address = f"/console/orders/{placed.public_id}/refunds"
    chosen = {"way": "lines", "line-0": "2", "restock": "1", "amount": ""}

    assert address in owner.get(f"/console/orders/{placed.public_id}").text
    with nothing_changes(bench.database):
        shown = owner.get(address, query_string=chosen)
    done = owner.post(address, data={**chosen, "key": fields_of(shown, "key")}, headers=ORIGIN)

    assert "Give back $9.00" in shown.text
    assert "2 units go back on sale." in shown.text
    assert (303, f"/console/orders/{placed.public_id}") == (done.status_code, done.location)
    assert [900] == refunded(bench)
    assert "Partly refunded" in owner.get(done.location).text


def test_a_form_sent_twice_gives_back_once(bench: Bench, world: World) -> None:
    placed = sell(bench, world)
    owner = sign_in(bench, world.owner_email)
    address = f"/console/orders/{placed.public_id}/refunds"
    chosen = {"way": "amount", "amount": "1,25", "key": "one-and-the-same"}

    answers = [owner.post(address, data=chosen, headers=ORIGIN) for _ in range(2)]

    assert [303, 303] == [answer.status_code for answer in answers]
    assert [125] == refunded(bench)


@pytest.mark.parametrize(
    ("chosen", "status", "words"),
    [
        ({"way": "amount", "amount": "4.51"}, 409, "more than is left"),
        ({"way": "amount", "amount": "1.234"}, 422, "more than zero"),
        ({"way": "amount", "amount": "-1"}, 422, "more than zero"),
        ({"way": "lines", "line-0": ""}, 422, "Name lines of this order"),
        ({"way": "lines", "line-0": "x"}, 422, "whole number"),
        ({"way": "sideways"}, 422, "cannot be used"),
    ],
)
def test_what_cannot_be_given_back_is_said_on_the_page(
    bench: Bench, world: World, *, chosen: dict[str, str], status: int, words: str
) -> None:
    placed = sell(bench, world)
    owner = sign_in(bench, world.owner_email)
    address = f"/console/orders/{placed.public_id}/refunds"

    with nothing_changes(bench.database):
        answers = [
            owner.get(address, query_string=chosen),
            owner.post(address, data={**chosen, "key": "k"}, headers=ORIGIN),
        ]

    assert [(status, True)] * 2 == [(each.status_code, words in each.text) for each in answers]


def test_a_buyer_is_shown_that_the_money_goes_back(bench: Bench, world: World) -> None:
    client, placed = bench.client(), sell(bench, world)
    page = f"/orders/{placed.public_id}?t={placed.token}"
    refund(client, world, placed.public_id, {"amount_minor": 100})
    part = client.get(page, headers={"Accept": "text/html"})
    refund(client, world, placed.public_id, {}, key="k-2")
    whole = client.get(page, headers={"Accept": "text/html"})

    with bench.database.reads() as session:
        assert 450 == session.scalars(select(Order.refunded_minor)).one()
    assert "The shop has given back $1.00" in part.text
    assert "Your money is on its way back" in whole.text


def sell_taxed(bench: Bench, world: World) -> str:
    """Sell two things, sent with tax; return the order's public id."""
    with bench.database.begin() as session:
        rates = ShippingWish("US", "Ground", 500), TaxWish("US", "RI", "Sales tax", 70_000)
        settle(session, world, *rates, prices_include_tax=False)
    address = {"line1": "1 High St", "region": "RI", "country": "US"}
    buyer = Buyer("ada@buyer.test", "Ada", address=address)
    sold = sell(bench, world, quantity=2, fulfilment="shipping", store=None, buyer=buyer)
    return sold.public_id


@pytest.mark.parametrize(
    ("wish", "amount", "tax", "shipping"),
    [
        ({}, 1498, 98, 500),
        ({"shipping": False}, 963, 63, 0),
        ({"lines": [{"line": 0, "quantity": 1}]}, 481, 31, 0),
        ({"lines": [{"line": 0, "quantity": 1}], "shipping": True}, 1016, 66, 500),
    ],
)
def test_a_server_decides_about_the_shipping_and_reads_the_parts(
    bench: Bench, world: World, wish: dict[str, Any], amount: int, tax: int, shipping: int
) -> None:
    order = sell_taxed(bench, world)

    made = refund(bench.client(), world, order, wish).json

    assert (amount, tax, shipping) == (
        made["amount_minor"], made["tax_minor"], made["shipping_minor"],
    )  # fmt: skip


def test_a_member_sees_tax_and_shipping_before_they_go_back(bench: Bench, world: World) -> None:
    address = f"/console/orders/{sell_taxed(bench, world)}/refunds"
    owner = sign_in(bench, world.owner_email)
    chosen = {"way": "lines", "line-0": "1", "shipping": "1"}

    whole = owner.get(address)
    shown = owner.get(address, query_string=chosen)
    kept = owner.get(address, query_string={"way": "all"})
    owner.post(address, data={**chosen, "key": fields_of(shown, "key")}, headers=ORIGIN)

    assert "Give the shipping back too ($5.35)" in whole.text
    for part in ("$4.50", "$5.00", "$0.66", "Give back $10.16"):
        assert part in shown.text
    assert "Give back $9.63" in kept.text
    assert [1016] == refunded(bench)
