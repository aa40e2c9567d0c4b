"""The shop says who it is: look, pictures and texts, and where buyers meet them."""

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from jinja2 import FileSystemLoader
from PIL import Image

from storefront.adapters.jinja_letters import JinjaLetters
from storefront.paths import TEMPLATES, TRANSLATIONS
from storefront.web.formats import letter_filters
from storefront.worker import run_due
from tests.contents import nothing_changes
from tests.factories import World, pay, place
from tests.fakes import BASE_URL, Bench
from tests.storefront.web.console.conftest import ORIGIN

TERMS = "We bake it today.\nYou eat it today.\n\nThat is all."


def profile(**changes: str) -> dict[str, str]:
    return {
        "name": "Gelateria", "contact_email": "ciao@gelato.test", "accent": "#ffee00",
        "zone": "Europe/Rome", "locale": "en", "tax_number": "IT 123", **changes,
    }  # fmt: skip


def page_of(world: World, kind: str) -> str:
    return f"/shops/{world.merchant.public_id}/{kind}"


def test_a_new_name_and_colour_are_on_every_page(bench: Bench, world: World, owner: Any) -> None:
    answer = owner.post("/console/shop", data=profile(), headers=ORIGIN)
    page = bench.client().get(f"/p/{world.placement.public_id}").text

    assert 303 == answer.status_code
    assert "Sold by Gelateria" in page
    assert "ciao@gelato.test" in page


def test_a_colour_that_cannot_be_read_is_shifted_and_the_merchant_is_told(owner: Any) -> None:
    owner.post("/console/shop", data=profile(accent="#ffee00"), headers=ORIGIN)

    assert 1 == owner.get("/console/shop").text.count("We shift your colour a little here")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("contact_email", "nobody"),
        ("contact_email", "no-reply@gelato.test"),
        ("contact_email", "j\u00f6rg@gelato.test"),
        ("accent", "yellow"),
        ("zone", "Nowhere/Here"),
        ("tax_number", "9" * 61),
    ],
)
def test_what_cannot_be_used_is_refused_at_its_field(
    bench: Bench, owner: Any, field: str, value: str
) -> None:
    with nothing_changes(bench.database):
        answer = owner.post("/console/shop", data=profile(**{field: value}), headers=ORIGIN)

    assert 422 == answer.status_code
    assert f'id="{field}-error"' in answer.text


def test_a_text_is_linked_from_frame_page_and_payment(
    bench: Bench, world: World, owner: Any
) -> None:
    owner.post("/console/shop/texts/terms", data={"body": TERMS}, headers=ORIGIN)
    placed = place(bench, world)
    client = bench.client()
    pages = [
        client.get(address).text
        for address in (
            f"/e/{world.placement.public_id}",
            f"/p/{world.placement.public_id}",
            f"/orders/{placed.public_id}?t={placed.token}",
        )
    ]
    text = client.get(page_of(world, "terms"))

    assert [True] * 3 == [page_of(world, "terms") in page for page in pages]
    assert "With this order you accept" in pages[2]
    assert "Order and pay" in pages[2]
    assert "<p>We bake it today.<br>You eat it today.</p>" in text.text
    assert "frame-ancestors 'none'" in text.headers["Content-Security-Policy"]


def test_a_text_elsewhere_is_led_to(bench: Bench, world: World, owner: Any) -> None:
    link = {"url": "https://gelato.test/privacy", "body": ""}
    owner.post("/console/shop/texts/privacy", data=link, headers=ORIGIN)
    answer = bench.client().get(page_of(world, "privacy"))

    assert (302, link["url"]) == (answer.status_code, answer.headers["Location"])


def test_a_text_is_taken_away(bench: Bench, world: World, owner: Any) -> None:
    owner.post("/console/shop/texts/terms", data={"body": TERMS}, headers=ORIGIN)
    answer = owner.post("/console/shop/texts/terms", data={"body": "", "url": ""}, headers=ORIGIN)

    assert "/console/shop?news=no-text#terms" == answer.headers["Location"]
    assert 404 == bench.client().get(page_of(world, "terms")).status_code
    assert page_of(world, "terms") not in bench.client().get(f"/e/{world.placement.public_id}").text


def test_a_text_shows_letters_and_no_markup(bench: Bench, world: World, owner: Any) -> None:
    body = {"body": "<script>alert(1)</script>"}
    owner.post("/console/shop/texts/returns", data=body, headers=ORIGIN)

    assert "<script>" not in bench.client().get(page_of(world, "returns")).text


def test_a_long_text_in_chinese_is_kept_whole(bench: Bench, world: World, owner: Any) -> None:
    answer = owner.post("/console/shop/texts/terms", data={"body": "约" * 20_000}, headers=ORIGIN)

    assert 303 == answer.status_code
    assert "约" * 20_000 in bench.client().get(page_of(world, "terms")).text


@pytest.mark.parametrize(
    "form",
    [
        {"body": TERMS, "url": "https://gelato.test/"},
        {"url": "javascript:alert(1)"},
        {"body": "x" * 20_001},
    ],
)
def test_a_text_that_cannot_be_is_refused(bench: Bench, owner: Any, form: dict[str, str]) -> None:
    with nothing_changes(bench.database):
        answer = owner.post("/console/shop/texts/terms", data=form, headers=ORIGIN)

    assert 422 == answer.status_code


def test_the_receipt_carries_texts_and_tax_number(bench: Bench, world: World, owner: Any) -> None:
    other_letters = profile(contact_email="ciao@b\u00fccher.de")
    owner.post("/console/shop", data=other_letters, headers=ORIGIN)
    owner.post("/console/shop/texts/imprint", data={"body": "Gelateria"}, headers=ORIGIN)
    letters = JinjaLetters(
        FileSystemLoader(TEMPLATES), translations=TRANSLATIONS, filters=letter_filters
    )
    bench = replace(bench, ports=replace(bench.ports, letters=letters))
    pay(bench.client(), bench, place(bench, world))
    while run_due(bench.ports):
        pass

    mail = bench.mailbox.sent[0]
    address = f"{BASE_URL}{page_of(world, 'imprint')}"
    assert (True, True) == (address in mail.text, address in mail.html)
    assert (True, True) == ("IT 123" in mail.text, "IT 123" in mail.html)
    assert "Gelateria <ciao@xn--bcher-kva.de>" == mail.reply_to


def picture(size: tuple[int, int] = (300, 200)) -> io.BytesIO:
    body = io.BytesIO()
    Image.new("RGB", size, "#22aa66").save(body, "PNG")
    body.seek(0)
    return body


def test_a_logo_is_shown_beside_the_name_until_it_is_taken_away(
    bench: Bench, world: World, owner: Any
) -> None:
    page = f"/p/{world.placement.public_id}"
    form = {"picture": (picture(), "logo.png"), "alt": ""}
    answer = owner.post("/console/shop/pictures/logo", data=form, headers=ORIGIN)
    shown = "masthead__logo" in bench.client().get(page).text
    owner.post("/console/shop/pictures/logo", data={"act": "remove"}, headers=ORIGIN,
               content_type="multipart/form-data")  # fmt: skip

    assert (303, True) == (answer.status_code, shown)
    assert "masthead__logo" not in bench.client().get(page).text


def test_a_file_that_is_no_picture_is_refused(bench: Bench, owner: Any) -> None:
    form = {"picture": (io.BytesIO(b"<svg onload=alert(1)>"), "logo.png"), "alt": ""}
    with nothing_changes(bench.database):
        answer = owner.post("/console/shop/pictures/logo", data=form, headers=ORIGIN)

    assert 422 == answer.status_code


def test_a_clerk_changes_nothing_of_the_shop(
    bench: Bench, member_with: Callable[[str], Any]
) -> None:
    clerk = member_with("clerk")
    with nothing_changes(bench.database):
        answers = [
            clerk.post(path, data={}, headers=ORIGIN).status_code
            for path in ("/console/shop", "/console/shop/texts/terms")
        ]

    assert [403, 403] == answers
