"""Delivery and tax in the console: owners and managers set them, and checkout follows at once."""

import re
from typing import Any

import pytest
from sqlalchemy import select

from storefront.models import Action, Merchant, ShippingRate, TaxRate
from storefront.services.delivery import ShippingWish
from storefront.services.taxes import TaxWish
from tests.contents import nothing_changes
from tests.factories import World, quote_json, settle
from tests.fakes import Bench
from tests.storefront.web.answers import page_says
from tests.storefront.web.console.conftest import ORIGIN

POST = {"country": "PT", "name": "By post", "amount": "4,90", "free_from": "50"}
VAT = {"country": "PT", "region": "", "name": "IVA", "rate": "23 %", "covers_shipping": "1"}
AT = "/console/delivery"


@pytest.fixture(autouse=True)
def _bare(bench: Bench, world: World) -> None:
    with bench.database.begin() as session:
        settle(session, world)


def send(client: Any, path: str = "", **fields: str) -> Any:
    return client.post(f"{AT}{path}", data=fields, headers=ORIGIN)


def only(bench: Bench, table: Any) -> Any:
    with bench.database.reads() as session:
        return session.scalars(select(table).where(table.retired_at.is_(None))).one()


def done(bench: Bench) -> list[tuple[str, dict[str, Any]]]:
    """Return what was written down of members' doings."""
    with bench.database.reads() as session:
        rows = session.scalars(select(Action).order_by(Action.id)).all()
    return [(row.action, row.figures) for row in rows]


def price_in_portugal(bench: Bench, world: World) -> dict[str, Any]:
    asked = quote_json(world, fulfilment="shipping", address_country="PT")
    return dict(bench.client().post("/quotes", json=asked).json)


def test_an_empty_page_says_how_to_begin(owner: Any) -> None:
    page = owner.get(AT)

    assert page_says(page, "You send nothing yet")
    assert page_says(page, "No tax is taken")
    assert page_says(owner.get("/console/settings"), "Delivery and tax")


def test_a_rate_counts_as_soon_as_it_is_added(bench: Bench, world: World, owner: Any) -> None:
    added = send(owner, "/rates", **POST)
    taxed = send(owner, "/taxes", **VAT)

    told = price_in_portugal(bench, world)
    assert [303, 303] == [added.status_code, taxed.status_code]
    assert (940, 490, 84 + 92, "By post", "IVA", True) == (
        told["amount_minor"], told["shipping_minor"], told["tax_minor"],
        told["shipping_name"], told["tax_name"], told["is_tax_included"],
    )  # fmt: skip
    page = owner.get(AT)
    for words in ("Portugal", "By post · free from $50.00", "$4.90", "23%"):
        assert page_says(page, words)
    assert [
        ("shipping_rate_added", {"country": "PT", "amount_minor": 490}),
        ("tax_rate_added", {"country": "PT", "ppm": 230_000}),
    ] == done(bench)


def test_a_changed_rate_takes_the_place_of_the_other(
    bench: Bench, world: World, owner: Any
) -> None:
    send(owner, "/rates", **POST)
    send(owner, "/taxes", **VAT)
    shipping, tax = only(bench, ShippingRate), only(bench, TaxRate)

    shown = owner.get(f"{AT}/rates/{shipping.public_id}"), owner.get(f"{AT}/taxes/{tax.public_id}")
    send(owner, f"/rates/{shipping.public_id}", **{**POST, "amount": "6.00", "free_from": ""})
    send(owner, f"/taxes/{tax.public_id}", **{**VAT, "rate": "6"})

    assert 'value="4.90"' in shown[0].text
    assert 'value="23%"' in shown[1].text
    told = price_in_portugal(bench, world)
    assert (600, 25 + 34) == (told["shipping_minor"], told["tax_minor"])
    with bench.database.reads() as session:
        amounts = session.scalars(
            select(ShippingRate.amount_minor)
            .where(ShippingRate.country == "PT")
            .order_by(ShippingRate.id)
        ).all()
    assert [490, 600] == amounts
    assert {"country": "PT", "before_ppm": 230_000, "ppm": 60_000} == done(bench)[-1][1]


def test_a_retired_rate_is_used_no_more(bench: Bench, world: World, owner: Any) -> None:
    send(owner, "/rates", **POST)
    send(owner, "/taxes", **VAT)
    rate, tax = only(bench, ShippingRate).public_id, only(bench, TaxRate).public_id

    for path in (f"/rates/{rate}", f"/taxes/{tax}"):
        assert 303 == send(owner, f"{path}/retirement").status_code
        assert 404 == owner.get(f"{AT}{path}").status_code

    assert "no_delivery" == price_in_portugal(bench, world)["code"]
    assert ["shipping_rate_retired", "tax_rate_retired"] == [each for each, _ in done(bench)[-2:]]


@pytest.mark.parametrize(
    ("path", "fields", "at", "status"),
    [
        ("/rates", {**POST, "amount": "-1"}, "amount", 422),
        ("/rates", {**POST, "amount": ""}, "amount", 422),
        ("/rates", {**POST, "free_from": "0"}, "free_from", 422),
        ("/rates", {**POST, "country": "ZZ"}, "country", 422),
        ("/rates", {**POST, "name": " "}, "name", 422),
        ("/rates", {**POST, "country": "ES"}, "country", 409),
        ("/taxes", {**VAT, "rate": "101"}, "rate", 422),
        ("/taxes", {**VAT, "rate": "1.23456"}, "rate", 422),
        ("/taxes", {**VAT, "rate": "x"}, "rate", 422),
        ("/taxes", {**VAT, "country": "US", "region": "Ontario"}, "region", 422),
        ("/taxes", {**VAT, "country": "ES"}, "country", 409),
        ("", {"country": "", "region": "", "includes_tax": "1"}, "country", 422),
        ("", {"country": "US", "region": "Ontario", "includes_tax": ""}, "region", 422),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_at_its_field(
    bench: Bench, world: World, owner: Any, path: str, fields: dict[str, str], at: str, status: int
) -> None:
    with bench.database.begin() as session:
        settle(session, world, ShippingWish("ES", "Post", 1), TaxWish("ES", "", "IVA", 210_000))

    with nothing_changes(bench.database):
        shown = send(owner, path, **fields)

    assert status == shown.status_code
    assert f'id="{at}-error"' in shown.text


def test_prices_and_the_shops_place_are_set(bench: Bench, world: World, owner: Any) -> None:
    send(owner, "/taxes", **{**VAT, "country": "US", "region": "Rhode Island", "rate": "7"})

    kept = send(owner, country="US", region="rhode island", includes_tax="")

    with bench.database.reads() as session:
        merchant = session.get_one(Merchant, world.merchant.id)
    assert (303, "US", "RI", False) == (
        kept.status_code, merchant.country, merchant.region, merchant.prices_include_tax,
    )  # fmt: skip
    told = bench.client().post("/quotes", json=quote_json(world, fulfilment="pickup")).json
    assert (482, 32) == (told["amount_minor"], told["tax_minor"])
    assert ("home_set", {"country": "US", "includes_tax": 0}) == done(bench)[-1]


def test_one_rate_stands_for_everywhere_else(bench: Bench, world: World, owner: Any) -> None:
    send(owner, "/rates", **{**POST, "country": "*", "free_from": ""})

    assert 490 == price_in_portugal(bench, world)["shipping_minor"]
    assert page_says(owner.get(AT), "Everywhere else")


def test_another_merchants_rates_cannot_be_seen_or_changed(
    bench: Bench, owner: Any, rival: World
) -> None:
    with bench.database.reads() as session:
        theirs = session.scalars(
            select(ShippingRate.public_id).where(ShippingRate.merchant_id == rival.merchant.id)
        ).one()

    with nothing_changes(bench.database):
        told = [
            owner.get(f"{AT}/rates/{theirs}").status_code,
            send(owner, f"/rates/{theirs}", **POST).status_code,
            send(owner, f"/rates/{theirs}/retirement").status_code,
        ]

    assert [404, 404, 404] == told
    assert not re.search(theirs, owner.get(AT).text)
