"""In which language a page and a mail speak, and how somebody chooses another."""

import re
from typing import Any

import pytest
from sqlalchemy import select

from storefront.languages import words_of
from storefront.models import Order
from tests.factories import PASSWORD, order_json
from tests.storefront.web.answers import PERSON
from tests.storefront.web.conftest import Shop

ORIGIN = {"Origin": "https://shop.test", "Sec-Fetch-Site": "same-origin"}
HTML_TAG = re.compile(r'<html lang="([^"]*)"')
LINKS = re.compile(r'href="([^"]*\blang=[^"]*)"')


def the_page(shop: Shop) -> str:
    return f"/p/{shop.world.placement.public_id}"


def language_of_page(text: str) -> str:
    [tag] = HTML_TAG.findall(text)
    return str(tag)


@pytest.mark.parametrize(
    ("browser", "tag", "language"),
    [
        ("en-US,en;q=0.9", "en", "en"),
        ("fr-FR,fr;q=0.9", "en", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans", "zh_Hans"),
        ("zh", "zh-Hans", "zh_Hans"),
        ("zh-TW,zh;q=0.9,en-US;q=0.8,en;q=0.7", "zh-Hant", "zh_Hant"),
        ("zh-HK,zh;q=0.9,en;q=0.8", "zh-Hant", "zh_Hant"),
        ("fr-FR,zh-Hant-TW;q=0.8,en;q=0.5", "zh-Hant", "zh_Hant"),
    ],
)
def test_a_page_speaks_what_the_browser_asks_for(
    shop: Shop, browser: str, tag: str, language: str
) -> None:
    text = shop.client.get(the_page(shop), headers={"Accept-Language": browser}).text

    assert tag == language_of_page(text)
    assert words_of(language).gettext("Secure checkout, without an account") in text


def test_an_address_names_a_language_before_the_browser_does(shop: Shop) -> None:
    headers = {"Accept-Language": "zh-CN"}

    text = shop.client.get(the_page(shop) + "?lang=zh-Hant", headers=headers).text

    assert "zh-Hant" == language_of_page(text)


def test_a_language_that_we_do_not_speak_is_as_good_as_none(shop: Shop) -> None:
    text = shop.client.get(the_page(shop) + "?lang=tlh", headers={"Accept-Language": "zh-TW"}).text

    assert "zh-Hant" == language_of_page(text)
    assert "lang=tlh" not in text


def test_a_language_that_was_named_goes_along_to_the_next_page(shop: Shop) -> None:
    text = shop.client.get(the_page(shop) + "?lang=zh-Hant").text
    text = text.partition('<nav class="languages"')[0]

    carried = [link for link in LINKS.findall(text) if link.startswith("/")]
    assert carried
    assert all("lang=zh-Hant" in link for link in carried)
    assert 'action="/carts?lang=zh-Hant"' in text
    assert not any("/static/" in link or "/media/" in link for link in carried)


def test_a_page_offers_the_others_in_their_own_words_and_keeps_its_tokens(shop: Shop) -> None:
    text = shop.client.get(the_page(shop) + "?v=mark.1").text

    nav = text[text.index('<nav class="languages"') :].partition("</nav>")[0]
    assert ["English", "简体中文", "繁體中文"] == re.findall(r">([^<>\n]+)</a>", nav)
    assert 3 == len(re.findall(r'href="/p/\w+\?v=[^"]+&amp;lang=(?:en|zh-Hans|zh-Hant)"', nav))
    assert 1 == nav.count('aria-current="true"')


def test_a_refusal_speaks_the_readers_language(shop: Shop) -> None:
    headers = {"Accept-Language": "zh-HK"}

    page = shop.client.get("/nothing-here", headers={**headers, **PERSON})
    told = shop.client.get("/api/v1/orders/ord_0", headers=headers).json

    assert "找不到" in page.text
    assert words_of("zh_Hant").gettext("Please sign in") == told["title"]


def test_an_order_remembers_the_language_that_it_was_placed_in(shop: Shop) -> None:
    placed = shop.client.post(
        "/orders?lang=zh-Hant", json=order_json(shop.world), headers={"Idempotency-Key": "k" * 24}
    )
    assert 201 == placed.status_code
    with shop.bench.database.reads() as session:
        query = select(Order.locale).where(Order.public_id == placed.json["public_id"])
        assert "zh_Hant" == session.scalars(query).one()


@pytest.fixture
def member(shop: Shop) -> Any:
    client = shop.bench.client()
    client.post("/console/sign-in", data={"email": shop.world.owner_email, "password": PASSWORD})
    return client


def test_a_member_chooses_the_consoles_language_for_this_device(shop: Shop, member: Any) -> None:
    answer = member.post(
        "/console/account/language?lang=en", data={"language": "zh_Hans"}, headers=ORIGIN
    )

    assert "/console/account" == answer.headers["Location"]
    assert "zh-Hans" == language_of_page(member.get("/console/orders").text)
    assert "en" == language_of_page(shop.client.get(the_page(shop)).text)


def test_a_language_that_is_none_changes_nothing(member: Any) -> None:
    answer = member.post("/console/account/language", data={"language": "tlh"}, headers=ORIGIN)

    assert 404 == answer.status_code
    assert "en" == language_of_page(member.get("/console/orders").text)


def test_who_signs_in_on_a_chinese_page_goes_on_in_chinese(shop: Shop) -> None:
    client = shop.bench.client()

    client.post(
        "/console/sign-in?lang=zh-Hant",
        data={"email": shop.world.owner_email, "password": PASSWORD},
    )

    page = client.get("/console/orders").text
    assert "zh-Hant" == language_of_page(page)
    assert "lang=zh-Hant" not in page
