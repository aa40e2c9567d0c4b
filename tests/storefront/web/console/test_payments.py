"""The page that says who is paid: what it shows in each state, and where its buttons lead."""

import json
import re
from typing import Any

import pytest
from sqlalchemy import update

from storefront.domain.connections import AccountTold
from storefront.errors import TryAgain
from storefront.models import Merchant
from storefront.worker import run_due
from tests.contents import nothing_changes
from tests.factories import World
from tests.fakes import BASE_URL, Bench, signature
from tests.storefront.web.console.conftest import ORIGIN

SUBMITTED = AccountTold(has_submitted=True, can_charge=False, can_pay_out=False)
READY = AccountTold(has_submitted=True, can_charge=True, can_pay_out=True)


def connect(owner: Any, country: str = "IT") -> Any:
    return owner.post("/console/payments", data={"country": country}, headers=ORIGIN)


def page_after(owner: Any, bench: Bench, *told: AccountTold | None) -> str:
    """Return the page once an account was begun and the gateway has said this of it."""
    connect(owner)
    account = next(iter(bench.gateway.accounts))
    for each in told:
        bench.clock.pass_time(seconds=1)
        bench.gateway.accounts[account] = each
        owner.post("/console/payments/check", headers=ORIGIN)
    return str(owner.get("/console/payments").text)


def test_connecting_leads_to_stripe_which_leads_back(bench: Bench, owner: Any) -> None:
    answer = connect(owner)

    account = next(iter(bench.gateway.accounts))
    back = f"{BASE_URL}/console/payments?news=done"
    assert 303 == answer.status_code
    assert f"https://connect.stripe.test/{account}?back={back}" == answer.location


def test_the_page_lets_its_form_lead_to_stripe(owner: Any) -> None:
    policy = owner.get("/console/payments").headers["Content-Security-Policy"]

    assert "form-action 'self' http://localhost:9;" in policy


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ((), "Almost connected"),
        ((SUBMITTED,), "Stripe is checking your answers"),
        ((READY,), "Buyers pay you"),
        ((READY, SUBMITTED), "Stripe has stopped your payments"),
        ((READY, None), "Your account is no longer connected"),
        ((None,), "was closed at Stripe"),
    ],
)
def test_the_page_says_how_the_account_stands(
    bench: Bench, owner: Any, told: tuple[AccountTold | None, ...], words: str
) -> None:
    assert words in page_after(owner, bench, *told)


def test_a_merchant_without_an_account_is_told_who_receives_the_money(owner: Any) -> None:
    page = owner.get("/console/payments").text

    assert "Be paid to your own account" in page
    assert "whoever runs this shop's software receives the money" in page


@pytest.mark.parametrize(
    ("zone", "country"),
    [("Europe/Lisbon", "PT"), ("Asia/Taipei", "TW"), ("Etc/UTC", ""), ("Pacific/Auckland", "NZ")],
)
def test_the_country_to_begin_with_is_the_shops_and_not_the_browsers(
    bench: Bench, owner: Any, zone: str, country: str
) -> None:
    with bench.database.begin() as session:
        session.execute(update(Merchant).values(zone=zone, country=""))
    page = owner.get("/console/payments", headers={"Accept-Language": "en-US"}).text

    assert [country] == re.findall(r'<option value="([A-Z]*)" selected>', page)


def test_an_account_that_was_set_by_hand_is_shown_as_connected(
    bench: Bench, world: World, owner: Any
) -> None:
    with bench.database.begin() as session:
        session.get_one(Merchant, world.merchant.id).stripe_account = "acct_by_hand"

    page = owner.get("/console/payments").text
    assert ("Buyers pay you" in page, "acct_by_hand" in page) == (True, True)


def test_a_silent_gateway_is_said_plainly_and_the_next_try_goes_on(
    bench: Bench, owner: Any
) -> None:
    bench.gateway.fault = TryAgain("connect_unavailable", retry_after=5)
    silent = connect(owner)
    bench.gateway.fault = None
    connect(owner)

    assert (503, "5") == (silent.status_code, silent.headers["Retry-After"])
    assert "Nothing was changed; please try again in a moment." in silent.text
    assert 1 == len(bench.gateway.accounts)


def test_a_country_that_is_none_is_refused(bench: Bench, owner: Any) -> None:
    with nothing_changes(bench.database):
        answer = connect(owner, country="zz9")

    assert 422 == answer.status_code
    assert "Choose the country from the list" in answer.text


def test_a_message_of_the_gateway_changes_the_page(bench: Bench, owner: Any) -> None:
    connect(owner)
    account = next(iter(bench.gateway.accounts))
    bench.gateway.accounts[account] = READY
    body = json.dumps(
        {
            "id": "evt_1",
            "object": "event",
            "type": "account.updated",
            "created": int(bench.clock.now().timestamp()),
            "livemode": False,
            "account": account,
            "data": {"object": {"id": account, "object": "account"}},
        }
    ).encode()
    answer = bench.client().post(
        "/webhooks/stripe", data=body, headers={"Stripe-Signature": signature(body)}
    )
    run_due(bench.ports)

    assert 200 == answer.status_code
    assert "Buyers pay you" in owner.get("/console/payments").text
