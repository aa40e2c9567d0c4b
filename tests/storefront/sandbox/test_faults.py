"""Faults that are switched on come about, are told of, and are over when switched off."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import stripe

from storefront.sandbox import SandboxConfig, SandboxProcess, running_sandbox
from storefront.sandbox.faults import ApiFault, Faults, WebhookFaults, read_setting
from tests.storefront.sandbox.conftest import SECRET, Connect
from tests.storefront.sandbox.receiver import Receiver

CREATED = "payment_intent.created"


@pytest.fixture
def faulty(sandbox: SandboxProcess) -> Iterator[SandboxProcess]:
    """Give the sandbox, and make it well again afterwards."""
    yield sandbox
    httpx.post(f"{sandbox.url}/sandbox/faults/reset").raise_for_status()


def switch(sandbox: SandboxProcess, **faults: Any) -> dict[str, Any]:
    answer = httpx.post(f"{sandbox.url}/sandbox/faults", json=faults)
    answer.raise_for_status()
    told: dict[str, Any] = answer.json()
    return told


def create(client: stripe.StripeClient, key: str | None = None) -> stripe.PaymentIntent:
    options: Any = {"idempotency_key": key} if key else {}
    return client.v1.payment_intents.create({"amount": 1250, "currency": "usd"}, options)


def deliveries(sandbox: SandboxProcess, event: str) -> int:
    listed = httpx.get(f"{sandbox.url}/sandbox/deliveries").json()["data"]
    return [each["event"] for each in listed].count(event)


def event_of(client: stripe.StripeClient, intent: stripe.PaymentIntent) -> str:
    events = client.v1.events.list({"type": CREATED, "limit": 100}).data
    return next(event.id for event in events if event.data.object["id"] == intent.id)


def test_a_lost_event_is_never_sent_and_can_still_be_asked_for(
    faulty: SandboxProcess, client: stripe.StripeClient
) -> None:
    before = switch(faulty, webhooks={"lose": 1})["tally"].get("lost", 0)
    intent = create(client)
    event = event_of(client, intent)

    assert 0 == deliveries(faulty, event)
    told = httpx.get(f"{faulty.url}/sandbox/faults").json()
    assert before + 1 == told["tally"]["lost"]
    assert ("lost", CREATED) == (told["mishaps"][0]["what"], told["mishaps"][0]["subject"])


def test_a_duplicated_event_is_sent_as_often_as_asked(
    faulty: SandboxProcess, client: stripe.StripeClient, receiver: Receiver
) -> None:
    switch(faulty, webhooks={"duplicate": 1, "copies": 4})

    intent = create(client)

    receiver.wait_for(CREATED, intent.id, times=5)
    assert 5 == deliveries(faulty, event_of(client, intent))


def test_a_delayed_event_waits_until_it_is_due_or_flushed(
    faulty: SandboxProcess, client: stripe.StripeClient, receiver: Receiver
) -> None:
    switch(faulty, webhooks={"delay": 1, "delay_seconds": 3600})
    intent = create(client)
    switch(faulty)
    follower = create(client)
    receiver.wait_for(CREATED, follower.id)

    assert [] == receiver.about(intent.id)
    httpx.post(f"{faulty.url}/sandbox/deliveries/flush").raise_for_status()
    receiver.wait_for(CREATED, intent.id)


def test_reordered_events_come_in_another_order_than_they_happened(
    faulty: SandboxProcess, client: stripe.StripeClient, receiver: Receiver
) -> None:
    switch(faulty, webhooks={"reorder": 1, "reorder_seconds": 1}, seed=7)
    intents = [create(client) for _ in range(6)]
    for intent in intents:
        receiver.wait_for(CREATED, intent.id)

    came = [event["data"]["object"]["id"] for event in receiver.about("pi_")]
    happened = [intent.id for intent in intents]
    assert happened != [each for each in came if each in happened]


def test_the_same_seed_loses_the_same_events(
    faulty: SandboxProcess, client: stripe.StripeClient
) -> None:
    def losses() -> list[bool]:
        switch(faulty, webhooks={"lose": 0.5}, seed=3)
        intents = [create(client) for _ in range(12)]
        return [deliveries(faulty, event_of(client, intent)) == 0 for intent in intents]

    first = losses()

    assert first == losses()
    assert {True, False} == set(first)


def test_a_failing_api_says_500_and_has_done_nothing(
    faulty: SandboxProcess, client: stripe.StripeClient
) -> None:
    switch(faulty, api=[{"kind": "error", "path": "/v1/payment_intents", "method": "POST"}])
    before = [each.id for each in client.v1.payment_intents.list().data]

    with pytest.raises(stripe.APIError) as refused:
        create(client)

    assert 500 == refused.value.http_status
    assert before == [each.id for each in client.v1.payment_intents.list().data]


def test_a_limited_api_says_when_to_come_back(
    faulty: SandboxProcess, client: stripe.StripeClient
) -> None:
    switch(faulty, api=[{"kind": "limit", "seconds": 7}])

    with pytest.raises(stripe.RateLimitError) as refused:
        create(client)

    assert "7" == dict(refused.value.headers or {})["Retry-After"]
    assert 429 == refused.value.http_status


def test_an_answer_that_is_lost_after_the_work_is_found_by_its_key(
    faulty: SandboxProcess, client: stripe.StripeClient
) -> None:
    switch(faulty, api=[{"kind": "hang", "seconds": 0, "after_work": True, "times": 1}])
    with pytest.raises(stripe.APIConnectionError):
        create(client, key="answer-is-lost")
    [made] = client.v1.payment_intents.list({"limit": 1}).data

    again = create(client, key="answer-is-lost")

    assert made.id == again.id


def test_a_fault_happens_only_as_often_as_it_was_told_to(
    faulty: SandboxProcess, client: stripe.StripeClient
) -> None:
    switch(faulty, api=[{"kind": "error", "times": 2}])
    outcomes = []
    for _ in range(4):
        with suppress(stripe.APIError):
            outcomes.append(create(client).status)

    assert ["requires_payment_method"] * 2 == outcomes


def test_what_hangs_is_let_go_when_the_faults_end(
    faulty: SandboxProcess, client: stripe.StripeClient
) -> None:
    switch(faulty, api=[{"kind": "hang", "seconds": 3600, "path": "/v1/events"}])
    with httpx.Client() as line, pytest.raises(httpx.ReadTimeout):
        line.get(
            f"{faulty.url}/v1/events",
            headers={"Authorization": "Bearer sk_test_sandbox"},
            timeout=0.2,
        )

    assert "requires_payment_method" == create(client).status


def test_a_slow_api_answers_in_the_end(faulty: SandboxProcess, client: stripe.StripeClient) -> None:
    told = switch(faulty, api=[{"kind": "slow", "seconds": 0.2, "after_work": True}])

    assert "requires_payment_method" == create(client).status
    after = httpx.get(f"{faulty.url}/sandbox/faults").json()
    assert told["tally"].get("slow", 0) + 1 == after["tally"]["slow"]


@pytest.mark.parametrize(
    "faults",
    [
        {"webhooks": {"lose": 2}},
        {"webhooks": {"lose": "nan"}},
        {"webhooks": {"copies": 101}},
        {"webhooks": {"forget": 1}},
        {"api": [{"kind": "explode"}]},
        {"api": [{"path": "/v1/refunds"}]},
        {"api": "all"},
        {"sed": 1},
    ],
)
def test_what_cannot_be_switched_is_refused_and_changes_nothing(
    faulty: SandboxProcess, faults: dict[str, Any]
) -> None:
    before = switch(faulty, webhooks={"delay": 0.25})["faults"]

    answer = httpx.post(f"{faulty.url}/sandbox/faults", json=faults)

    assert 400 == answer.status_code
    assert "invalid_request_error" == answer.json()["error"]["type"]
    assert before == httpx.get(f"{faulty.url}/sandbox/faults").json()["faults"]


def test_another_site_in_a_browser_pulls_no_lever(faulty: SandboxProcess) -> None:
    answer = httpx.post(
        f"{faulty.url}/sandbox/faults",
        json={"webhooks": {"lose": 1}},
        headers={"Sec-Fetch-Site": "cross-site"},
    )

    assert 403 == answer.status_code
    told = httpx.get(f"{faulty.url}/sandbox/faults").json()["faults"]
    assert 0 == told["webhooks"]["lose"]


def test_faults_may_be_set_from_the_start_and_come_back_with_a_reset(
    database: Path, receiver: Receiver, connect: Connect
) -> None:
    faults = Faults(WebhookFaults(lose=1), (ApiFault("error", times=1),), seed=5)
    config = SandboxConfig(
        database=database, webhook_url=receiver.url, webhook_secret=SECRET, faults=faults
    )
    with running_sandbox(config) as sandbox:
        client = connect(sandbox.url)
        with pytest.raises(stripe.APIError):
            create(client)
        create(client)
        listed = httpx.get(f"{sandbox.url}/sandbox/deliveries").json()["data"]
        switch(sandbox)
        told = httpx.post(f"{sandbox.url}/sandbox/faults/reset").json()["faults"]

    assert [] == listed
    assert faults.as_dict() == told
    assert faults == read_setting(json.dumps(faults.as_dict()))


def test_the_books_add_up_per_account_and_currency(
    sandbox: SandboxProcess, connect: Connect
) -> None:
    client = connect(account="acct_books")
    intents = [
        client.v1.payment_intents.create(
            {
                "amount": amount,
                "currency": currency,
                "payment_method": card,
                "payment_method_types": ["card"],
                "confirm": True,
            }
        )
        for amount, currency, card in (
            (1250, "usd", "pm_card_visa"),
            (750, "usd", "pm_card_visa"),
            (900, "eur", "pm_card_visa"),
        )
    ]
    client.v1.refunds.create({"payment_intent": intents[0].id, "amount": 250})

    books = httpx.get(f"{sandbox.url}/sandbox/books").json()["data"]
    own = [row for row in books if row["account"] == "acct_books"]

    base = {"account": "acct_books", "disputed": 0, "disputes": 0}
    assert own == [
        {**base, "currency": "eur", "charged": 900, "charges": 1}
        | {"refunded": 0, "refunds": 0, "kept": 900},
        {**base, "currency": "usd", "charged": 2000, "charges": 2}
        | {"refunded": 250, "refunds": 1, "kept": 1750},
    ]
    newest = httpx.get(f"{sandbox.url}/sandbox/payments", params={"limit": 1}).json()["data"]
    assert [("acct_books", intents[2].id)] == [(each["account"], each["id"]) for each in newest]
