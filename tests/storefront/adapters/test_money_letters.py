"""What letters say of an order's money: each part by itself, and the parts of what goes back."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from storefront.models import Order
from storefront.ports import Message
from storefront.services.delivery import ShippingWish
from storefront.services.letters import send_receipt, send_refund_letter
from storefront.services.order_requests import Buyer
from storefront.services.refunds import Wish, refund_order
from storefront.services.taxes import TaxWish
from tests.engines import Databases
from tests.factories import settle, world_on
from tests.fakes import make_bench
from tests.storefront.adapters.test_letters import writer
from tests.storefront.sales import sell

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
GROUND, STATE = ShippingWish("US", "Ground", 500), TaxWish("US", "RI", "Sales tax", 70_000)
ADDRESS = {"line1": "1 High St", "city": "Town", "region": "RI", "country": "US"}


def letters(databases: Databases, folder: Path, *, is_included: bool) -> tuple[Message, Message]:
    """Sell two things that are sent, give one back with the shipping, and write about it."""
    with databases.fresh("sqlite") as url:
        bench = make_bench(folder, url, NOON)
        bench.ports = replace(bench.ports, letters=writer())
        world = world_on(bench)
        with bench.database.begin() as session:
            settle(session, world, GROUND, STATE, prices_include_tax=is_included)
        placed = sell(
            bench, world, quantity=2, fulfilment="shipping", store=None,
            buyer=Buyer("ada@buyer.test", "Ada", address=ADDRESS),
        )  # fmt: skip
        with bench.database.begin() as session:
            order_id = session.scalars(select(Order.id)).one()
            wish = Wish(lines={0: 1}, with_shipping=True)
            refund_id = refund_order(
                session,
                world.merchant.id,
                placed.public_id,
                wish=wish,
                kinds=bench.ports.kinds,
                now=NOON,
            ).id
        send_receipt(bench.ports, order_id)
        send_refund_letter(bench.ports, refund_id)
        bench.database.dispose()
    receipt, refund = bench.mailbox.sent
    return receipt, refund


@pytest.fixture(scope="module")
def beside(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Message, Message]:
    """Give the letters of a shop that adds tax to its prices."""
    return letters(databases, tmp_path_factory.mktemp("beside"), is_included=False)


def test_a_receipt_lists_goods_shipping_and_added_tax(beside: tuple[Message, Message]) -> None:
    text = beside[0].text

    for line in ("Pistachio cone (Regular): $9.00", "Goods: $9.00", "Shipping (Ground): $5.00",
                 "Sales tax 7%: $0.98", "Total paid: $14.98"):  # fmt: skip
        assert line in text
        assert line.rpartition(": ")[2] in beside[0].html


def test_a_receipt_says_what_tax_its_prices_include(databases: Databases, tmp_path: Path) -> None:
    text = letters(databases, tmp_path, is_included=True)[0].text

    assert text.index("Total paid: $14.00") < text.index("Includes Sales tax 7%: $0.92")


def test_a_refund_letter_names_the_shipping_and_the_tax_in_it(
    beside: tuple[Message, Message],
) -> None:
    assert "$10.16" in beside[1].text
    assert "Shipping in it: $5.00." in beside[1].text
    assert "Sales tax in it: $0.66." in beside[1].text
    assert "Sales tax in it: $0.66." in beside[1].html
