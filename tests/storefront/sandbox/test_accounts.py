"""Connected accounts: made by the platform, opened by their owners through a link, told of."""

from typing import Any

import httpx
import pytest
import stripe

from storefront.sandbox import SandboxProcess
from tests.storefront.sandbox.conftest import Connect
from tests.storefront.sandbox.receiver import Receiver
from tests.storefront.sandbox.test_shapes import faults

RETURN = "https://shop.example/console/paid"
REFRESH = "https://shop.example/console/again"


def account(client: stripe.StripeClient, **changes: Any) -> stripe.Account:
    params: Any = {"type": "standard", "country": "IT", "email": "owner@shop.example", **changes}
    return client.v1.accounts.create(params)


def link(client: stripe.StripeClient, made: stripe.Account) -> str:
    return client.v1.account_links.create(
        {
            "account": made.id,
            "type": "account_onboarding",
            "refresh_url": REFRESH,
            "return_url": RETURN,
        }
    ).url


def test_a_new_account_cannot_be_paid_yet(client: stripe.StripeClient) -> None:
    made = account(client, metadata={"merchant": "mer_1"})

    found = client.v1.accounts.retrieve(made.id)
    assert (False, False, False) == (
        found.charges_enabled,
        found.payouts_enabled,
        found.details_submitted,
    )
    assert ("standard", "eur", {"merchant": "mer_1"}) == (
        found.type,
        found.default_currency,
        found.to_dict()["metadata"],
    )
    assert found.requirements
    assert found.requirements.currently_due


def test_an_owner_who_completes_the_page_can_be_paid(
    client: stripe.StripeClient, receiver: Receiver
) -> None:
    made = account(client)
    url = link(client, made)

    page = httpx.get(url)
    sent = httpx.post(url)

    told = receiver.wait_for("account.updated", made.id).event
    found = client.v1.accounts.retrieve(made.id)
    assert (200, True) == (page.status_code, made.id in page.text)
    assert (303, RETURN) == (sent.status_code, sent.headers["Location"])
    assert (True, True, True) == (
        found.charges_enabled,
        found.payouts_enabled,
        found.details_submitted,
    )
    assert (made.id, False) == (
        told["account"],
        told["data"]["previous_attributes"]["charges_enabled"],
    )


def test_a_link_works_once(client: stripe.StripeClient) -> None:
    url = link(client, account(client))
    httpx.post(url)

    again = [httpx.get(url), httpx.post(url)]

    assert [(303, REFRESH)] * 2 == [(each.status_code, each.headers["Location"]) for each in again]


def test_a_link_is_of_one_account_and_cannot_be_guessed(client: stripe.StripeClient) -> None:
    made, other = account(client), account(client)
    url = link(client, made)

    answers = [httpx.post(url.replace(made.id, other.id)), httpx.post(f"{url[:-1]}-")]

    assert [404, 404] == [answer.status_code for answer in answers]
    assert not client.v1.accounts.retrieve(other.id).charges_enabled
    assert not client.v1.accounts.retrieve(made.id).charges_enabled


def test_the_page_s_policy_lets_the_owner_go_back_and_nowhere_else(
    client: stripe.StripeClient,
) -> None:
    policy = httpx.get(link(client, account(client))).headers["Content-Security-Policy"]

    assert "form-action 'self' https://shop.example;" in policy
    assert "default-src 'none'" in policy


def test_an_account_can_change_what_it_says(client: stripe.StripeClient) -> None:
    made = account(client)

    client.v1.accounts.update(
        made.id, {"business_profile": {"name": "Brinella"}, "metadata": {"a": "b"}}
    )

    found = client.v1.accounts.retrieve(made.id).to_dict()
    assert ("Brinella", {"a": "b"}) == (found["business_profile"]["name"], found["metadata"])


def test_an_account_sees_itself_and_no_other(client: stripe.StripeClient, connect: Connect) -> None:
    made, other = account(client), account(client)
    own = connect(account=made.id)

    assert made.id == own.v1.accounts.retrieve_current().id
    with pytest.raises(stripe.PermissionError):
        own.v1.accounts.retrieve(other.id)
    with pytest.raises(stripe.PermissionError):
        own.v1.accounts.list()
    with pytest.raises(stripe.PermissionError):
        client.v1.accounts.retrieve("acct_nobody")


def test_accounts_are_listed_newest_first(client: stripe.StripeClient) -> None:
    first, second = account(client), account(client)

    listed = [each.id for each in client.v1.accounts.list({"limit": 2}).data]

    assert [second.id, first.id] == listed


def test_accounts_and_links_have_stripe_s_shape(
    sandbox: SandboxProcess, client: stripe.StripeClient
) -> None:
    made = account(client, capabilities={"card_payments": {"requested": True}})
    params: Any = {
        "account": made.id,
        "type": "account_onboarding",
        "refresh_url": REFRESH,
        "return_url": RETURN,
    }
    url = client.v1.account_links.create(params)
    httpx.post(url.url)
    opened = client.v1.accounts.retrieve(made.id)

    assert [] == list(faults(made.to_dict(), "account"))
    assert [] == list(faults(opened.to_dict(), "account"))
    assert [] == list(faults(url.to_dict(), "account_link"))
    assert url.url.startswith(f"{sandbox.url}/setup/s/{made.id}/")
