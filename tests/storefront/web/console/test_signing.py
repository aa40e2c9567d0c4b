"""Signing in and out: the same words for every failure, and nowhere else to go than our pages."""

import html
from typing import Any

import pytest

from tests.factories import PASSWORD
from tests.fakes import BASE_URL
from tests.storefront.web.conftest import Shop
from tests.storefront.web.console.conftest import ORIGIN

WRONG = "This address and password do not belong together."


@pytest.fixture(scope="module")
def visitor(shop: Shop) -> Any:
    """Give a client in which nobody is signed in."""
    return shop.bench.client()


def try_to_sign_in(client: Any, **form: str) -> tuple[int, bool, bool]:
    """Return the status, whether the page says the one sentence, and whether anybody got in."""
    answer = client.post("/console/sign-in", data=form)
    is_in = client.get("/console/").status_code == 200
    return answer.status_code, WRONG in html.unescape(answer.text), is_in


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("owner@gelato.test", "wrong"),
        ("nobody@gelato.test", PASSWORD),
        ("owner@gelato.test", ""),
        ("", ""),
        ("owner@gelato.test", "x" * 129),
        ("owner@gelato.test", PASSWORD + "\0"),
        ("owner@gelato.test\0", PASSWORD),
        ("x" * 300 + "@gelato.test", PASSWORD),
    ],
)
def test_whatever_is_wrong_the_words_are_the_same(visitor: Any, email: str, password: str) -> None:
    assert try_to_sign_in(visitor, email=email, password=password) == (422, True, False)


def test_what_was_typed_as_address_is_kept_and_the_password_is_not(
    shop: Shop, visitor: Any
) -> None:
    form = {"email": shop.world.owner_email, "password": "my secret guess"}
    page = visitor.post("/console/sign-in", data=form).text

    assert f'value="{shop.world.owner_email}"' in page
    assert "my secret guess" not in page


def test_the_address_may_be_typed_in_any_case(shop: Shop) -> None:
    form = {"email": f" {shop.world.owner_email.upper()} ", "password": PASSWORD}

    assert shop.bench.client().post("/console/sign-in", data=form).status_code == 303


@pytest.mark.parametrize(
    ("onward", "expected"),
    [
        ("//evil.com", "/console/"),
        ("https://evil.com/", "/console/"),
        ("/\\evil.com", "/console/"),
        ("/\t/evil.com", "/console/"),
        ("javascript:alert(1)", "/console/"),
        ("", "/console/"),
        ("/console/orders?q=ada", "/console/orders?q=ada"),
    ],
)
def test_signing_in_leads_to_our_own_pages_only(shop: Shop, onward: str, expected: str) -> None:
    form = {"email": shop.world.owner_email, "password": PASSWORD, "next": onward}
    answer = shop.bench.client().post("/console/sign-in", data=form)

    assert (303, expected) == (answer.status_code, answer.location.removeprefix(BASE_URL))


def test_a_page_of_the_console_asks_to_sign_in_and_is_remembered(visitor: Any) -> None:
    answer = visitor.get("/console/orders?q=ada")

    assert answer.status_code == 302
    assert answer.location.endswith("/console/sign-in?next=/console/orders?q%3Dada")


def test_who_is_signed_in_need_not_sign_in_again(console: Any) -> None:
    answer = console.get("/console/sign-in?next=/console/products")

    assert (answer.status_code, answer.location) == (302, "/console/products")


def test_signing_out_ends_the_session(owner: Any) -> None:
    answer = owner.post("/console/sign-out", headers=ORIGIN)

    assert answer.status_code == 303
    assert owner.get("/console/").status_code == 302


def test_another_site_cannot_sign_a_member_out(owner: Any) -> None:
    answer = owner.post("/console/sign-out", headers={"Origin": "https://evil.com"})

    assert answer.status_code == 403
    assert owner.get("/console/").status_code == 200


def test_looking_at_the_address_signs_nobody_out(owner: Any) -> None:
    assert owner.get("/console/sign-out").status_code == 405
    assert owner.get("/console/").status_code == 200


def test_the_sheet_is_never_stored(visitor: Any) -> None:
    assert visitor.get("/console/sign-in").headers["Cache-Control"] == "no-store"
