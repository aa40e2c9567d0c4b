"""Letters from the real templates: subject, text and HTML that say the same."""

from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parseaddr
from itertools import pairwise
from pathlib import Path

import pytest
from jinja2 import FileSystemLoader, TemplateNotFound, UndefinedError
from sqlalchemy import select

from storefront.adapters.jinja_letters import JinjaLetters
from storefront.domain.money import Money
from storefront.models import Order, ShopText
from storefront.models.shop import TEXTS
from storefront.paths import TEMPLATES, TRANSLATIONS
from storefront.ports import Message
from storefront.services.fulfilment import Handling, Tracking, ship
from storefront.services.letters import (
    send_about_order,
    send_cancelled,
    send_ready,
    send_receipt,
    send_shipped,
    send_tracking,
)
from storefront.services.order_requests import Buyer
from storefront.services.orders import get_order
from storefront.services.views import DiscountView, OriginView, RefusalView
from storefront.web.formats import letter_filters
from tests.engines import Databases
from tests.factories import pay, place, world_on
from tests.fakes import make_bench

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
TRACKING = Tracking("Snail Post", "SN 123", "https://snail.test/SN123")
BUYER = Buyer(email="ada@buyer.test", name="<b>Ada</b> & co")
SENDERS = {
    "receipt": send_receipt,
    "ready": send_ready,
    "shipped": send_shipped,
    "cancelled": send_cancelled,
}


def writer(*folders: Path) -> JinjaLetters:
    loader = FileSystemLoader([*folders, TEMPLATES])
    return JinjaLetters(loader, translations=TRANSLATIONS, filters=letter_filters)


@pytest.fixture(scope="module")
def sent(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Message]:
    """Sell two cones, and write every letter about it."""
    with databases.fresh("sqlite") as url:
        bench = make_bench(tmp_path_factory.mktemp("shop"), url, NOON)
        bench.ports = replace(bench.ports, letters=writer())
        world = world_on(bench)
        placed = place(bench, world, lines=((world.variant.public_id, 2),), buyer=BUYER)
        pay(bench.client(), bench, placed)
        with bench.database.reads() as session:
            order_id = session.scalars(select(Order.id)).one()
        for send in SENDERS.values():
            send(bench.ports, order_id)
        bench.database.dispose()
    return dict(zip(SENDERS, bench.mailbox.sent, strict=True))


@pytest.mark.parametrize("name", SENDERS)
def test_a_letter_comes_from_the_shop_and_is_answered_by_the_merchant(
    sent: dict[str, Message], name: str
) -> None:
    assert parseaddr(sent[name].sender) == ("Gelato & Sons", "hello@shop.test")
    assert parseaddr(sent[name].reply_to) == ("Gelato & Sons", "ask@gelato.test")
    assert sent[name].to == "ada@buyer.test"


@pytest.mark.parametrize("name", SENDERS)
def test_text_and_html_both_say_what_was_ordered_and_what_it_costs(
    sent: dict[str, Message], name: str
) -> None:
    for part in (sent[name].text, sent[name].html):
        assert "Pistachio cone" in part
        assert "$9.00" in part


def test_a_receipt_says_what_to_say_where_and_links_to_the_order(
    sent: dict[str, Message],
) -> None:
    for part in (sent["receipt"].text, sent["receipt"].html):
        assert "#1001" in part
        assert "Main Street" in part
        assert "https://shop.test/orders/ord_" in part
        assert "?t=" in part


def test_a_subject_is_one_line_that_names_order_and_shop(sent: dict[str, Message]) -> None:
    assert sent["receipt"].subject == "Your order #1001 at Gelato & Sons"


def test_each_letter_about_an_order_has_an_id_of_its_own(sent: dict[str, Message]) -> None:
    ids = [message.message_id for message in sent.values()]

    assert [each.partition(".")[0] for each in ids] == [f"<{name}" for name in SENDERS]
    assert len({each.partition(".")[2] for each in ids}) == 1


@pytest.mark.parametrize("name", SENDERS)
def test_what_people_type_is_shown_and_never_run(sent: dict[str, Message], name: str) -> None:
    assert "&lt;b&gt;Ada&lt;/b&gt; &amp; co" in sent[name].html
    assert "<b>Ada</b> & co" in sent[name].text


@pytest.mark.parametrize("name", SENDERS)
def test_styles_stand_on_the_elements_where_mail_programs_keep_them(
    sent: dict[str, Message], name: str
) -> None:
    assert "style=" in sent[name].html


@pytest.mark.parametrize("name", SENDERS)
def test_a_letter_loads_nothing_and_runs_nothing(sent: dict[str, Message], name: str) -> None:
    assert "<script" not in sent[name].html
    assert "<link" not in sent[name].html


@pytest.fixture(scope="module")
def parcel(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> list[Message]:
    """Ship an order that can be followed and write to its buyer; return both mails."""
    with databases.fresh("sqlite") as url:
        bench = make_bench(tmp_path_factory.mktemp("parcel"), url, NOON)
        bench.ports = replace(bench.ports, letters=writer())
        world = world_on(bench)
        address = {"line1": "5 Side St", "city": "Springfield"}
        buyer = replace(BUYER, address=address)
        placed = place(bench, world, buyer=buyer, fulfilment="shipping", store=None)
        pay(bench.client(), bench, placed)
        hand = Handling(world.merchant.id, placed.public_id, 1)
        with bench.database.begin() as session:
            ship(session, hand, tracking=TRACKING, now=NOON)
            order_id = session.scalars(select(Order.id)).one()
        send_shipped(bench.ports, order_id)
        words = "Your <b>cone</b> melted.\n\nWe send another."
        send_about_order(bench.ports, order_id, "order_note", about="7", words=words)
        send_tracking(bench.ports, order_id, event_id=8)
        bench.database.dispose()
    return bench.mailbox.sent


def test_a_shipped_order_can_be_followed_from_the_mail(parcel: list[Message]) -> None:
    shipped = parcel[0]

    for part in (shipped.text, shipped.html):
        assert "Snail Post" in part
        assert "SN 123" in part
        assert "https://snail.test/SN123" in part
        assert "5 Side St" in part


def test_every_shop_text_is_linked_from_the_receipt(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with databases.fresh("sqlite") as url:
        bench = make_bench(tmp_path_factory.mktemp("texts"), url, NOON)
        bench.ports = replace(bench.ports, letters=writer())
        world = world_on(bench)
        with bench.database.begin() as session:
            for kind in TEXTS:
                session.add(
                    ShopText(
                        merchant_id=world.merchant.id, kind=kind, url="", body="…", changed_at=NOON
                    )
                )
        pay(bench.client(), bench, place(bench, world))
        with bench.database.reads() as session:
            order_id = session.scalars(select(Order.id)).one()
        send_receipt(bench.ports, order_id)
        bench.database.dispose()
    receipt, shop = bench.mailbox.sent[-1], f"/shops/{world.merchant.public_id}/"

    for part in (receipt.text, receipt.html):
        assert [part.count(shop + kind) for kind in TEXTS] == [1, 1, 1, 1]


def test_a_correction_names_the_parcel_and_nothing_else(parcel: list[Message]) -> None:
    corrected = parcel[2]

    assert corrected.subject == "Your parcel, corrected: order #1001 at Gelato & Sons"
    for part in (corrected.text, corrected.html):
        assert "SN 123" in part
        assert "https://snail.test/SN123" in part


def test_what_a_member_writes_arrives_as_it_was_typed(parcel: list[Message]) -> None:
    note = parcel[1]

    assert note.subject == "About your order #1001 at Gelato & Sons"
    assert "Your <b>cone</b> melted.\n\nWe send another." in note.text
    assert "Your &lt;b&gt;cone&lt;/b&gt; melted.</p>" in note.html
    assert parseaddr(note.reply_to) == ("Gelato & Sons", "ask@gelato.test")


def test_a_receipt_names_each_discount_what_did_not_count_and_what_led_here(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with databases.fresh("sqlite") as url:
        bench = make_bench(tmp_path_factory.mktemp("receipt"), url, NOON)
        world = world_on(bench)
        placed = place(bench, world)
        pay(bench.client(), bench, placed)
        with bench.database.reads() as session:
            view = get_order(
                session,
                world.merchant.id,
                placed.public_id,
                settings=bench.ports.settings,
                now=NOON,
            )
        bench.database.dispose()
    spring = DiscountView("Spring week", "SPRING", Money(50, "USD"))
    order = replace(
        view,
        lines=(replace(view.lines[0], discounts=(spring,)),),
        refusals=(RefusalView("Autumn week", "FALL", "offer_ended"),),
        origin=OriginView("Cone post", "Blog", is_shared=True),
        tax_number="PT 123",
    )
    values = {
        "order": order,
        "merchant": order.merchant,
        "order_url": "https://x",
        "texts": {"imprint": "https://shop.test/shops/mer_1/imprint"},
        "panels": (),
        "is_demo": False,
    }
    _, text, html = writer().write("receipt", "en", values)

    for part in (text, html):
        assert "Spring week (SPRING)" in part
        assert "\N{MINUS SIGN}$0.50" in part
        assert "Autumn week (FALL): it had ended" in part
        assert "You came through a link that somebody shared: Cone post, on Blog." in part
        assert "Tax number: PT 123" in part


@pytest.mark.parametrize(
    ("locale", "subject", "day", "thanks"),
    [
        ("zh_Hans", "您在 Gelato & Sons 的订单 #1001", "2026年3月14日", "谢谢您的订单"),
        ("zh_Hant", "您在 Gelato & Sons 的訂單 #1001", "2026年3月14日", "謝謝您的訂單"),
    ],
)
def test_a_receipt_speaks_the_language_of_its_order(
    databases: Databases, tmp_path: Path, *, locale: str, subject: str, day: str, thanks: str
) -> None:
    with databases.fresh("sqlite") as url:
        bench = make_bench(tmp_path, url, NOON)
        bench.ports = replace(bench.ports, letters=writer())
        placed = place(bench, world_on(bench), locale=locale)
        pay(bench.client(), bench, placed)
        with bench.database.reads() as session:
            send_receipt(bench.ports, session.scalars(select(Order.id)).one())
        bench.database.dispose()
    [letter] = bench.mailbox.sent

    assert subject == letter.subject
    assert day in letter.text
    assert thanks in letter.html
    assert f'lang="{locale.replace("_", "-")}"' in letter.html


def test_one_empty_line_stands_between_the_paragraphs_of_every_letter(
    sent: dict[str, Message], parcel: list[Message]
) -> None:
    texts = [each.text.splitlines() for each in (*sent.values(), *parcel)]

    assert [] == [
        text for text in texts for pair in pairwise(text) if not any(map(str.strip, pair))
    ]


@pytest.mark.parametrize("gap", ["\n\n\n", "\n\n\n\n\n", "\n \n\t\n\n"])
def test_what_a_letter_leaves_out_leaves_one_empty_line(tmp_path: Path, gap: str) -> None:
    folder = tmp_path / "email" / "hello"
    folder.mkdir(parents=True)
    for part in ("subject.txt", "body.html"):
        (folder / part).write_text("Hello")
    (folder / "body.txt").write_text(f"{gap}Hello,{gap}    a code{{% if no %}}x{{% endif %}}{gap}")
    _, text, _ = writer(tmp_path).write("hello", "zh_Hans", {"no": False})

    assert text == "Hello,\n\n    a code\n"


def test_a_host_may_bring_a_letter_of_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "email" / "hello"
    folder.mkdir(parents=True)
    (folder / "subject.txt").write_text("Hello\n {{ name }}\n")
    (folder / "body.txt").write_text("\n{{ _('Hello,') }} {{ name }}\n\n")
    (folder / "body.html").write_text("<p lang='{{ lang }}'>{{ name }}</p>")
    subject, text, html = writer(tmp_path).write("hello", "zh_Hant", {"name": "A & B"})

    assert subject == "Hello A & B"
    assert text.endswith("A & B\n")
    assert "zh-Hant" in html
    assert "A &amp; B" in html


def test_a_value_that_is_missing_is_a_fault_and_not_a_gap() -> None:
    with pytest.raises(UndefinedError):
        writer().write("receipt", "en", {})


def test_a_letter_without_a_template_is_a_fault() -> None:
    with pytest.raises(TemplateNotFound):
        writer().write("ransom", "en", {})
