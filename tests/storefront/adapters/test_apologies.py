"""Letters about money that comes back unasked: each says why, and how much."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from jinja2 import FileSystemLoader
from sqlalchemy import select

from storefront.adapters.jinja_letters import JinjaLetters
from storefront.models import Order, Payment
from storefront.paths import TEMPLATES, TRANSLATIONS
from storefront.ports import Message
from storefront.services.letters import APOLOGIES, send_apology
from storefront.services.order_requests import Buyer
from storefront.web.formats import letter_filters
from tests.engines import Databases
from tests.factories import pay, place, world_on
from tests.fakes import make_bench
from tests.storefront.adapters.test_letters import NOON

WHY = {
    "sold_out_before_payment": "after the time in which we could keep your things",
    "cancelled_before_payment": "after this order had been cancelled",
    "paid_twice": "two of your payments for the same order went through",
}
BUYER = Buyer(email="ada@buyer.test", name="<b>Ada</b> & co")


@pytest.fixture(scope="module")
def sent(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Message]]:
    """Sell two cones, and write a letter for every reason."""
    with databases.fresh("sqlite") as url:
        bench = make_bench(tmp_path_factory.mktemp("sorry"), url, NOON)
        loader = FileSystemLoader([TEMPLATES])
        letters = JinjaLetters(loader, translations=TRANSLATIONS, filters=letter_filters)
        bench.ports = replace(bench.ports, letters=letters)
        placed = place(bench, world_on(bench), quantity=2, buyer=BUYER)
        pay(bench.client(), bench, placed)
        with bench.database.reads() as session:
            order_id = session.scalars(select(Order.id)).one()
            payment_id = session.scalars(select(Payment.id)).one()
        for reason in WHY:
            send_apology(bench.ports, order_id, payment_id=payment_id, reason=reason)
        bench.database.dispose()
        yield dict(zip(WHY, bench.mailbox.sent, strict=True))


def test_every_reason_has_a_letter() -> None:
    assert set(WHY) == set(APOLOGIES)


@pytest.mark.parametrize("reason", WHY)
def test_text_and_html_both_say_why_and_how_much(sent: dict[str, Message], reason: str) -> None:
    for part in (sent[reason].text, sent[reason].html):
        assert [WHY[reason]] == [why for why in WHY.values() if why in part]
        assert "$9.00" in part
        assert "goes back to the way you paid" in part
        assert "https://shop.test/orders/ord_" in part


@pytest.mark.parametrize("reason", WHY)
def test_what_the_buyer_typed_is_shown_and_never_run(sent: dict[str, Message], reason: str) -> None:
    assert "&lt;b&gt;Ada&lt;/b&gt; &amp; co" in sent[reason].html
    assert "<b>Ada</b> & co" in sent[reason].text


def test_who_paid_twice_reads_so_in_the_subject_and_keeps_the_order(
    sent: dict[str, Message],
) -> None:
    letter = sent["paid_twice"]

    assert "You paid twice: $9.00 comes back from Gelato & Sons" == letter.subject
    for part in (letter.text, letter.html):
        assert "nothing changes about your order" in part
        assert "#1001" in part


def test_letters_about_two_payments_of_one_order_are_two_letters(sent: dict[str, Message]) -> None:
    assert 3 == len({letter.message_id for letter in sent.values()})
    assert all("pay_" in letter.message_id for letter in sent.values())
