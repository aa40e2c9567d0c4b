"""The form with which a gift is sent: its ways in, what it shows again, and the mail before it is
bought. Bad inputs 32 to 35."""

import re
from typing import Any

import pytest
from sqlalchemy import select, update

from gifting.models import GiftContact
from storefront.models import Alarm, Product
from storefront.services import visitors
from storefront.services.visitors import Visitor
from storefront.web.sentences import SENTENCES
from tests.contents import nothing_changes
from tests.factories import World
from tests.fakes import Bench
from tests.gifting.letters import with_letters
from tests.gifting.test_issuing import change_terms
from tests.storefront.web.answers import PERSON, Marks

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)

FORM = {**PERSON, "Sec-Fetch-Site": "same-origin"}


def typed(world: World, **fields: Any) -> dict[str, str]:
    """Return what a person's browser sends; None leaves a field out."""
    body = {
        "request_key": "k" * 30,
        "placement": world.placement.public_id,
        "in": "page",
        "gift_amount": "2500",
        "gift_other": "",
        "gift_way": "email",
        "gift_name_1": "Ben",
        "gift_email_1": "ben@friends.test",
        "gift_name_2": "",
        "gift_email_2": "",
        "gift_design": "confetti",
        "gift_words": "Enjoy!",
        "gift_from": "",
        "gift_when": "now",
        "gift_at": "",
        "gift_zone": "Asia/Tokyo",
        "name": "Ada",
        "email": "ada@buyer.test",
        **fields,
    }
    return {name: value for name, value in body.items() if value is not None}


def send(bench: Bench, body: dict[str, str]) -> Any:
    return bench.client().post("/orders", data=body, headers=FORM)


def form(bench: Bench, world: World, query: str = "", family: str = "p") -> Any:
    address = f"/{family}/{world.placement.public_id}/gift{query}"
    return bench.client().get(address, headers=PERSON)


def ask(bench: Bench, world: World, page: str, **fields: Any) -> Any:
    address = f"/p/{world.placement.public_id}/gift/{page}"
    return bench.client().post(address, data=typed(world, **fields), headers=FORM)


def letter(bench: Bench, world: World, **fields: Any) -> Any:
    bench = with_letters(bench)
    return ask(bench, world, "letter", **fields)


def contacts(bench: Bench) -> list[tuple[str, str, str]]:
    with bench.database.reads() as session:
        rows = session.scalars(select(GiftContact).order_by(GiftContact.id))
        return [(row.sender, row.recipient, row.email) for row in rows]


def fault_at(page: str, field: str) -> str:
    """Return the sentence that is tied to a field."""
    found = re.search(rf'id="{field}-error">([^<]*)<', page)
    return found[1] if found else ""


def test_a_product_leads_to_its_gift_form_and_back(bench: Bench, world: World) -> None:
    card = bench.client().get(f"/e/{world.placement.public_id}", headers=PERSON).text
    product = re.search(r"/gift\?product=(prd_\w+)", card)
    assert product
    page = form(bench, world, f"?product={product[1]}", family="e")

    assert "Send as a gift" in card
    assert 200 == page.status_code
    assert f'name="gift_variant" value="{world.variant.public_id}"' in page.text
    assert "Give an amount instead" in page.text


def test_a_product_that_is_not_given_leads_to_an_amount(bench: Bench, world: World) -> None:
    with bench.database.begin() as session:
        session.execute(update(Product).values(is_giftable=False))
        product = session.scalars(select(Product.public_id)).first()
    card = bench.client().get(f"/p/{world.placement.public_id}", headers=PERSON).text

    assert "Send a gift card" in card
    assert 404 == form(bench, world, f"?product={product}").status_code


def test_a_shop_without_gifts_shows_no_way_to_them(bench: Bench, world: World) -> None:
    change_terms(bench, world, is_on=False)
    card = bench.client().get(f"/p/{world.placement.public_id}", headers=PERSON).text

    assert "/gift" not in card
    assert 409 == form(bench, world).status_code


def test_the_merchants_presets_and_limits_are_on_the_form(bench: Bench, world: World) -> None:
    page = form(bench, world).text

    assert ["1000", "2500", "5000", "10000", "other"] == re.findall(
        r'name="gift_amount" value="(\w+)"', page
    )
    assert "From $5.00 to $500.00." in page


def test_a_gift_is_ordered_without_script_after_its_total_was_seen(
    bench: Bench, world: World
) -> None:
    two = {"gift_name_2": "Cleo", "gift_email_2": "cleo@friends.test"}
    with nothing_changes(bench.database):
        shown = send(bench, typed(world, seen_total="", **two))
    sent = send(bench, typed(world, seen_total="5000", **two))

    assert (200, True) == (shown.status_code, "The total is $50.00" in shown.text)
    assert 'name="seen_total" value="5000"' in shown.text
    assert 303 == sent.status_code
    assert [
        ("Ada", "Ben", "ben@friends.test"), ("Ada", "Cleo", "cleo@friends.test"),
    ] == contacts(bench)  # fmt: skip


def test_a_gift_for_myself_asks_for_nobody(bench: Bench, world: World) -> None:
    mine = {"gift_way": "self", "gift_name_1": "", "gift_email_1": ""}
    sent = send(bench, typed(world, **mine))

    assert 303 == sent.status_code
    assert [("", "", "")] == contacts(bench)


def test_a_time_that_the_clocks_skip_is_told_before_it_is_ordered(
    bench: Bench, world: World
) -> None:
    summary = ask(
        bench, world, "summary",
        gift_when="later", gift_at="2027-03-14T02:30", gift_zone="America/New_York",
    )  # fmt: skip

    assert "3:30" in summary.text
    assert "The clocks there skip the time that you chose" in summary.text


def test_the_sum_follows_what_is_typed_before_anybody_is_named(bench: Bench, world: World) -> None:
    summary = ask(
        bench, world, "summary",
        gift_amount="other", gift_other="35", gift_name_1="", gift_email_1="", gift_name_2="C",
    )  # fmt: skip

    assert 'data-seen="7000"' in summary.text


def test_the_letter_is_the_mail_with_what_is_typed_and_no_code(bench: Bench, world: World) -> None:
    page = letter(bench, world, gift_words="Many happy returns")

    assert 200 == page.status_code
    assert all(words in page.text for words in ("Many happy returns", "Ada", "Ben", "$25.00"))
    assert "•••• •••• •••• •••• •" in page.text
    assert "href=" not in page.text.partition("<body")[2]
    assert "cid:" not in page.text


def test_the_letter_may_be_framed_by_the_form_and_runs_nothing(bench: Bench, world: World) -> None:
    policy = letter(bench, world).headers["Content-Security-Policy"]

    assert "script-src 'none'" in policy
    assert "sandbox allow-same-origin" in policy
    assert "frame-ancestors 'self'" in policy
    assert "'unsafe-inline'" not in form(bench, world).headers["Content-Security-Policy"]


def test_the_letter_of_words_that_cannot_be_sent_is_still_a_letter(
    bench: Bench, world: World
) -> None:
    page = letter(bench, world, gift_words="<script>alert(1)</script>" + "x" * 5000)

    assert 200 == page.status_code
    assert "<script" not in page.text
    assert "&lt;script&gt;" in page.text


def test_words_that_are_too_long_come_back_with_their_sentence(bench: Bench, world: World) -> None:
    """Bad input 32: more than 500 characters; everything that was typed is kept."""
    words = "ä" * 501
    with nothing_changes(bench.database):
        again = send(bench, typed(world, gift_words=words))

    assert 422 == again.status_code
    assert str(SENTENCES["words_too_long"]) == fault_at(again.text, "gift_words")
    assert words in again.text
    assert 'value="ben@friends.test"' in again.text


@pytest.mark.parametrize(
    "address",
    [
        "a@b",
        "ben@friends.test\r\nBcc: all@friends.test",
        "ben",
        "b" * 250 + "@x.test",
        "ben@fri\u0435nds.test",
    ],
)
def test_an_address_that_is_none_is_named_at_its_field(
    bench: Bench, world: World, address: str
) -> None:
    """Bad input 33."""
    with nothing_changes(bench.database, but=Alarm.__tablename__):
        again = send(bench, typed(world, gift_name_2="Cleo", gift_email_2=address))

    assert 422 == again.status_code
    assert str(SENTENCES["invalid_email"]) == fault_at(again.text, "gift_email_2")
    with bench.database.reads() as session:
        rung = [(alarm.merchant_id, alarm.kind) for alarm in session.scalars(select(Alarm))]
    assert [(world.merchant.id, "header_injection")] * ("\n" in address) == rung


@pytest.mark.parametrize("at", ["2020-01-01T09:00", "2031-01-01T09:00", "2027-02-30T09:00", ""])
def test_a_day_that_cannot_be_kept_is_named_with_the_range(
    bench: Bench, world: World, at: str
) -> None:
    """Bad input 34."""
    with nothing_changes(bench.database):
        again = send(bench, typed(world, gift_when="later", gift_at=at))

    assert 422 == again.status_code
    assert "in Tokyo" in fault_at(again.text, "gift_at")


def test_every_fault_is_named_at_once_with_the_way_to_its_field(bench: Bench, world: World) -> None:
    with nothing_changes(bench.database):
        again = send(
            bench,
            typed(
                world, name="", email="ada", gift_name_1="", gift_email_2="cleo", gift_when="later",
                gift_words="x" * 501, gift_amount="other", gift_other="much",
            ),
        )  # fmt: skip
    page = Marks(again.text)
    wrong = [
        "gift_other", "gift_name_1", "gift_name_2", "gift_email_2", "gift_words", "gift_at",
        "name", "email",
    ]  # fmt: skip

    assert 422 == again.status_code
    assert (wrong, wrong, ["gift_other"]) == (page.wrong, page.ways, page.focus)
    assert "<b>Friend 2, e-mail</b>" in again.text


def test_too_many_gifts_for_strangers_in_a_day_are_refused(bench: Bench, world: World) -> None:
    """Bad input 35."""
    ten = {
        field: value
        for number in range(1, 11)
        for field, value in (
            (f"gift_name_{number}", f"S{number}"),
            (f"gift_email_{number}", f"s{number}@strangers.test"),
        )
    }
    mark = visitors.make_mark(
        bench.ports.sign, Visitor("m" * 26, "verified"), world.merchant.public_id
    )
    answers = [send(bench, typed(world, request_key=key * 30, v=mark, **ten)) for key in "abcd"]

    assert [303, 303, 303, 429] == [answer.status_code for answer in answers]
    assert "30 gifts in a day" in answers[3].text
    assert 30 == len(contacts(bench))


def test_an_amount_beyond_the_limits_comes_back_with_both(bench: Bench, world: World) -> None:
    with nothing_changes(bench.database):
        again = send(bench, typed(world, gift_amount="other", gift_other="1000"))

    assert 422 == again.status_code
    assert "$5.00 to $500.00" in fault_at(again.text, "gift_other")
    assert 'value="1000"' in again.text


def test_a_design_is_a_picture_and_nothing_else_is(bench: Bench) -> None:
    picture = bench.client().get("/gift-designs/ribbon.png")
    other = bench.client().get("/gift-designs/other.png")

    assert (200, "image/png") == (picture.status_code, picture.mimetype)
    assert 404 == other.status_code
