"""What the checkout says that an order costs: to a program, to a script, and to a page without one;
and that nothing is ordered at a total that nobody has seen."""

import re
import secrets
from typing import Any

import pytest

from storefront.services import carts
from storefront.services.delivery import ShippingWish
from storefront.services.taxes import TaxWish
from tests.contents import nothing_changes
from tests.factories import World, quote_json, settle, world_on
from tests.fakes import Bench
from tests.storefront.web.answers import PERSON, Refusal, page_says, refusal

GROUND = ShippingWish("US", "Ground", 500, free_from_minor=4000)
CANADA = ShippingWish("CA", "Air", 900)
STATE = TaxWish("US", "RI", "Sales tax", 70_000)
ADDRESS = {
    "address_line1": "1 Benefit St", "address_postcode": "02903", "address_city": "Providence",
    "address_region": "Rhode Island", "address_country": "US",
}  # fmt: skip
TO_RI = {"fulfilment": "shipping", "address_country": "US", "address_region": "RI"}


@pytest.fixture
def taxed(bench: Bench) -> World:
    """Give a merchant in Rhode Island who adds tax, and sends to two countries."""
    world = world_on(bench)
    with bench.database.begin() as session:
        home = {"country": "US", "region": "RI", "prices_include_tax": False}
        settle(session, world, GROUND, CANADA, STATE, **home)
    return world


def form(bench: Bench, world: World, **changes: Any) -> dict[str, Any]:
    """Return what the checkout page sends; the total that it shows is a pick-up's."""
    lines = {world.variant.public_id: 1}
    return {
        "placement": world.placement.public_id,
        "c": carts.seal_cart(bench.ports.sign, lines, world.merchant.public_id),
        "in": "page",
        "request_key": secrets.token_urlsafe(24),
        "email": "ada@buyer.test",
        "name": "Ada",
        "fulfilment": "pickup",
        "store": world.store.public_id,
        "seen_total": "482",
        **changes,
    }


def shipped(bench: Bench, world: World, **changes: Any) -> dict[str, Any]:
    """Return the form of somebody who lets it be sent."""
    return form(bench, world, **{"fulfilment": "shipping", **ADDRESS, **changes})


def order(client: Any, fields: dict[str, Any]) -> Any:
    return client.post("/orders", data=fields, headers=PERSON)


def seen_total(page: Any) -> str:
    """Return the total that a page's form would send."""
    found = re.search(r'name="seen_total" value="([0-9]*)"', page.text)
    assert found is not None
    return found[1]


def test_a_program_learns_every_part_of_a_price(bench: Bench, taxed: World) -> None:
    told = bench.client().post("/quotes", json=quote_json(taxed, **TO_RI))

    assert 200 == told.status_code
    assert {
        "amount_minor": 1017, "currency": "USD", "is_final": True, "goods_minor": 450,
        "discount_minor": 0, "shipping_minor": 500, "tax_minor": 67, "is_tax_included": False,
        "shipping_name": "Ground", "tax_name": "Sales tax", "offers": [], "refused": [],
    } == told.json  # fmt: skip


def test_without_a_way_to_the_buyer_a_price_is_not_final(bench: Bench, taxed: World) -> None:
    told = bench.client().post("/quotes", json=quote_json(taxed)).json

    assert (450, False, 0) == (told["amount_minor"], told["is_final"], told["tax_minor"])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({**TO_RI, "address_country": "PT"},
         Refusal(422, "not_delivered_there", "address_country")),
        ({**TO_RI, "address_country": "XX"}, Refusal(422, "invalid_country", "address_country")),
        ({**TO_RI, "address_region": ""}, Refusal(422, "region_needed", "address_region")),
        ({"fulfilment": "by drone"}, Refusal(422, "invalid", "fulfilment")),
        ({"price": 1}, Refusal(422, "unknown_field", "price")),
        ({"lines": [{"variant": "var_gone", "quantity": 1}]}, Refusal(409, "sold_out", "var_gone")),
    ],
)  # fmt: skip
def test_what_has_no_price_is_refused(
    bench: Bench, taxed: World, changes: dict[str, Any], expected: Refusal
) -> None:
    assert expected == refusal(bench.client().post("/quotes", json=quote_json(taxed, **changes)))


def test_a_country_that_is_not_delivered_to_is_told_which_are(bench: Bench, taxed: World) -> None:
    body = quote_json(taxed, **{**TO_RI, "address_country": "PT"})

    told = bench.client().post("/quotes", json=body).json

    assert (
        "We do not deliver to this country. We deliver to: Canada and United States."
        == told["detail"]
    )


def test_a_script_gets_the_sums_alone(bench: Bench, taxed: World) -> None:
    asked = {name: form(bench, taxed)[name] for name in ("placement", "c", "in")}
    client = bench.client()

    known = client.post("/quotes", data={**asked, **TO_RI}, headers=PERSON)
    vague = client.post("/quotes", data={**asked, **TO_RI, "address_region": ""}, headers=PERSON)

    assert 'data-seen="1017"' in known.text
    assert "<html" not in known.text
    assert (200, True) == (vague.status_code, 'data-seen=""' in vague.text)
    assert page_says(vague, "Please add the state or region, such as RI: the tax depends on it.")
    assert "field__error" not in vague.text


def test_the_page_shows_the_total_of_a_pick_up_at_once(bench: Bench, taxed: World) -> None:
    fields = form(bench, taxed)

    page = bench.client().get(
        f"/p/{taxed.placement.public_id}/checkout", query_string={"c": fields["c"]}
    )

    assert "482" == seen_total(page)
    assert page_says(page, "Continue to payment · $4.82")


def test_a_total_that_was_not_shown_is_shown_before_anything_is_ordered(
    bench: Bench, taxed: World
) -> None:
    client, fields = bench.client(), shipped(bench, taxed)

    with nothing_changes(bench.database):
        shown = order(client, fields)
    placed = order(client, {**fields, "seen_total": seen_total(shown)})

    assert (409, "1017") == (shown.status_code, seen_total(shown))
    assert page_says(shown, "The total is $10.17")
    assert 303 == placed.status_code
    assert [1017] == [asked.amount.minor for asked in bench.gateway.opened.values()]


def test_a_form_that_knew_no_total_gets_one(bench: Bench, taxed: World) -> None:
    with nothing_changes(bench.database):
        shown = order(bench.client(), shipped(bench, taxed, seen_total=""))

    assert (200, "1017") == (shown.status_code, seen_total(shown))


def test_a_program_with_a_stale_total_is_refused_and_nothing_is_charged(
    bench: Bench, taxed: World
) -> None:
    body = {**quote_json(taxed), "email": "ada@buyer.test", "name": "Ada", "fulfilment": "pickup",
            "store": taxed.store.public_id, "seen_total": 450}  # fmt: skip

    with nothing_changes(bench.database):
        told = bench.client().post(
            "/orders", json=body, headers={"Idempotency-Key": secrets.token_urlsafe(24)}
        )

    assert Refusal(409, "price_changed", "seen_total") == refusal(told)
    assert {} == bench.gateway.opened


def test_a_country_out_of_reach_is_refused_at_its_field(bench: Bench, taxed: World) -> None:
    with nothing_changes(bench.database):
        shown = order(bench.client(), shipped(bench, taxed, address_country="PT"))

    assert 422 == shown.status_code
    assert 'id="address_country-error"' in shown.text
    assert page_says(shown, "We deliver to: Canada and United States.")


def test_only_countries_that_are_delivered_to_can_be_chosen(bench: Bench, taxed: World) -> None:
    page = (
        bench.client()
        .get(
            f"/p/{taxed.placement.public_id}/checkout",
            query_string={"c": form(bench, taxed)["c"]},
        )
        .text
    )

    assert ["CA", "US"] == re.findall(r'<option value="([A-Z]{2})"', page)


def test_a_shop_that_sends_nothing_offers_pick_up_only(bench: Bench, world: World) -> None:
    with bench.database.begin() as session:
        settle(session, world)

    page = bench.client().get(
        f"/p/{world.placement.public_id}/checkout",
        query_string={"c": form(bench, world)["c"]},
    )
    refused = order(bench.client(), shipped(bench, world))

    assert 'value="shipping"' not in page.text
    assert page_says(refused, "This shop does not send orders. Please pick yours up.")


def test_an_order_tells_its_parts_to_its_buyer_and_its_merchant(bench: Bench, taxed: World) -> None:
    client = bench.client()
    body = {**quote_json(taxed), "email": "ada@buyer.test", "name": "Ada",
            "fulfilment": "shipping", **ADDRESS}  # fmt: skip
    placed = client.post(
        "/orders", json=body, headers={"Idempotency-Key": secrets.token_urlsafe(24)}
    ).json

    own = client.get(f"/orders/{placed['public_id']}?t={placed['token']}",
                     headers={"Accept": "application/json"}).json  # fmt: skip
    api = client.get(f"/api/v1/orders/{placed['public_id']}",
                     headers={"Authorization": f"Bearer {taxed.api_token}"}).json  # fmt: skip

    for told in (own, api):
        assert (1017, 450, 0, 500, 67, False) == (
            told["amount_minor"], told["goods_minor"], told["discount_minor"],
            told["shipping_minor"], told["tax_minor"], told["is_tax_included"],
        )  # fmt: skip
        assert (450, 0, 32, 482) == tuple(
            told["lines"][0][part]
            for part in ("unit_minor", "discount_minor", "tax_minor", "total_minor")
        )
