"""Events and their deliveries: what is told, signed how, tried how often, and never lost."""

import json
import threading
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
import stripe

from storefront.sandbox import (
    SandboxConfig,
    SandboxProcess,
    create_sandbox,
    running_sandbox,
    start_sandbox,
)
from storefront.sandbox.deliveries import WAITS
from tests.storefront.sandbox.conftest import SECRET, Connect
from tests.storefront.sandbox.receiver import PATIENCE, Receiver

PAID = ["charge.succeeded", "charge.updated", "payment_intent.created", "payment_intent.succeeded"]


def test_a_payment_is_told_in_stripe_s_events(
    client: stripe.StripeClient, receiver: Receiver
) -> None:
    intent = _buy(client)

    receiver.wait_for("charge.updated", intent.id)
    receiver.wait_for("payment_intent.succeeded", intent.id)

    assert sorted(event["type"] for event in receiver.about(intent.id)) == PAID


@pytest.mark.parametrize(
    ("card", "topics"),
    [
        (
            "pm_card_chargeDeclined",
            ["charge.failed", "payment_intent.created", "payment_intent.payment_failed"],
        ),
        (
            "pm_card_authenticationRequired",
            ["payment_intent.created", "payment_intent.requires_action"],
        ),
        (
            "pm_card_sandboxProcessing",
            ["charge.pending", "payment_intent.created", "payment_intent.processing"],
        ),
    ],
)
def test_every_way_a_payment_can_go_is_told(
    client: stripe.StripeClient, card: str, topics: list[str]
) -> None:
    intent = client.v1.payment_intents.create(
        {"amount": 1250, "currency": "usd", "payment_method_types": ["card"]}
    )
    with suppress(stripe.CardError):
        client.v1.payment_intents.confirm(intent.id, {"payment_method": card})

    told = [
        event.type
        for event in client.v1.events.list({"limit": 20}).data
        if intent.id in json.dumps(event.data.to_dict())
    ]

    assert sorted(told) == topics


def test_a_refund_is_told_in_stripe_s_events(
    client: stripe.StripeClient, receiver: Receiver
) -> None:
    intent = _buy(client)
    refund = client.v1.refunds.create({"payment_intent": intent.id, "amount": 400})

    created = receiver.wait_for("refund.created", refund.id).event
    refunded = receiver.wait_for("charge.refunded", intent.id).event
    receiver.wait_for("refund.updated", refund.id)
    receiver.wait_for("charge.refund.updated", refund.id)

    assert created["data"]["object"]["amount"] == 400
    assert refunded["data"]["previous_attributes"] == {"amount_refunded": 0}
    assert "refunds" not in refunded["data"]["object"]


def test_an_event_is_signed_over_its_raw_body(
    client: stripe.StripeClient, receiver: Receiver
) -> None:
    received = receiver.wait_for("payment_intent.succeeded", _buy(client).id)

    event = stripe.Webhook.construct_event(received.body, received.signature, SECRET)

    assert event.type == "payment_intent.succeeded"
    assert event.api_version == "2026-10-28.endive" == stripe.api_version
    assert event.livemode is False


@pytest.mark.parametrize("part", ["body", "secret", "respelled"])
def test_whatever_was_altered_does_not_verify(
    client: stripe.StripeClient, receiver: Receiver, part: str
) -> None:
    received = receiver.wait_for("payment_intent.succeeded", _buy(client).id)
    body, secret = received.body, SECRET
    if part == "body":
        body = body.replace(b"1250", b"9250")
    elif part == "respelled":
        body = json.dumps(received.event).encode()
    else:
        secret = "whsec_of_someone_else"

    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, received.signature, secret)


def test_an_event_can_be_asked_for(client: stripe.StripeClient, receiver: Receiver) -> None:
    sent = receiver.wait_for("payment_intent.succeeded", _buy(client).id).event

    found = client.v1.events.retrieve(sent["id"])

    assert found.data.object.to_dict() == sent["data"]["object"]
    assert found.request.id == sent["request"]["id"]


def test_events_can_be_listed_by_type(connect: Connect) -> None:
    client = connect(account="acct_listed")
    _buy(client)

    by_type = client.v1.events.list({"type": "payment_intent.succeeded"}).data
    by_group = client.v1.events.list({"type": "payment_intent.*"}).data
    by_types = client.v1.events.list({"types": ["charge.succeeded", "charge.failed"]}).data

    assert [event.type for event in by_type] == ["payment_intent.succeeded"]
    assert [event.type for event in by_group] == [
        "payment_intent.succeeded",
        "payment_intent.created",
    ]
    assert [event.type for event in by_types] == ["charge.succeeded"]


def test_an_event_of_a_connected_account_names_it(connect: Connect, receiver: Receiver) -> None:
    own = receiver.wait_for("payment_intent.succeeded", _buy(connect()).id).event
    connected = _buy(connect(account="acct_florist"))
    theirs = receiver.wait_for("payment_intent.succeeded", connected.id).event

    assert "account" not in own
    assert theirs["account"] == "acct_florist"


def test_an_event_names_the_request_that_caused_it(
    client: stripe.StripeClient, receiver: Receiver
) -> None:
    intent = client.v1.payment_intents.create(
        {"amount": 1250, "currency": "usd"}, {"idempotency_key": "told-in-the-event"}
    )
    event = receiver.wait_for("payment_intent.created", intent.id).event

    assert event["request"] == {
        "id": intent.last_response.headers["request-id"],
        "idempotency_key": "told-in-the-event",
    }


def test_a_delivery_is_tried_until_it_is_taken(database: Path, connect: Connect) -> None:
    receiver = Receiver()
    receiver.answers.extend([500, 302])
    config = _config(database, receiver)
    with running_sandbox(config) as sandbox:
        intent = connect(sandbox.url).v1.payment_intents.create({"amount": 900, "currency": "usd"})
        receiver.wait_for("payment_intent.created", intent.id, times=2)
        httpx.post(f"{sandbox.url}/sandbox/deliveries/flush")
        receiver.wait_for("payment_intent.created", intent.id, times=3)
        listed = _until_delivered(sandbox)
    receiver.close()

    assert [
        (delivery["type"], delivery["attempts"], delivery["last_status"]) for delivery in listed
    ] == [("payment_intent.created", 3, 200)]
    assert len({event["id"] for event in receiver.about(intent.id)}) == 1


def test_a_slow_delivery_does_not_hold_up_the_others(database: Path, connect: Connect) -> None:
    receiver = Receiver()
    receiver.together = threading.Barrier(4)
    with running_sandbox(_config(database, receiver)) as sandbox:
        for _ in range(4):
            connect(sandbox.url).v1.payment_intents.create({"amount": 900, "currency": "usd"})
        listed = _until_delivered(sandbox)
    receiver.close()

    assert [delivery["attempts"] for delivery in listed] == [1, 1, 1, 1]


def test_deliveries_are_tried_for_three_days() -> None:
    assert sum(WAITS) == 3 * 24 * 60 * 60
    assert list(WAITS[:4]) == [1, 3, 10, 60]


def test_a_killed_sandbox_loses_neither_objects_nor_deliveries(
    database: Path, connect: Connect
) -> None:
    deaf = Receiver()
    deaf.close()
    config = _config(database, deaf)
    first = start_sandbox(config)
    made = [
        connect(first.url).v1.payment_intents.create({"amount": 900 + n, "currency": "usd"})
        for n in range(20)
    ]
    first.kill()
    receiver = Receiver(deaf.port)

    with running_sandbox(config) as second:
        client = connect(second.url)
        found = [client.v1.payment_intents.retrieve(intent.id) for intent in made]
        httpx.post(f"{second.url}/sandbox/deliveries/flush")
        for intent in made:
            receiver.wait_for("payment_intent.created", intent.id)
        _until_delivered(second)
    receiver.close()

    assert [intent.amount for intent in found] == [900 + n for n in range(20)]


def test_a_payment_that_was_under_way_is_finished_after_a_kill(
    database: Path, connect: Connect
) -> None:
    receiver = Receiver()
    config = _config(database, receiver)
    first = start_sandbox(config)
    intent = connect(first.url).v1.payment_intents.create(
        {
            "amount": 900,
            "currency": "usd",
            "payment_method": "pm_card_sandboxProcessing",
            "payment_method_types": ["card"],
            "confirm": True,
        }
    )
    first.kill()

    with running_sandbox(config):
        receiver.wait_for("payment_intent.succeeded", intent.id)
    receiver.close()

    assert intent.status == "processing"


def test_without_an_address_events_are_kept_and_none_is_delivered(tmp_path: Path) -> None:
    sandbox = create_sandbox(SandboxConfig(database=tmp_path / "sandbox.sqlite")).test_client()

    sandbox.post(
        "/v1/payment_intents",
        data={"amount": "1250", "currency": "usd"},
        headers={"Authorization": "Bearer sk_test_sandbox"},
    )
    told = sandbox.get("/v1/events", headers={"Authorization": "Bearer sk_test_sandbox"}).json

    assert ["payment_intent.created"] == [event["type"] for event in (told or {})["data"]]
    assert [] == (sandbox.get("/sandbox/deliveries").json or {})["data"]


def _config(database: Path, receiver: Receiver) -> SandboxConfig:
    return SandboxConfig(
        database=database,
        webhook_url=receiver.url,
        webhook_secret=SECRET,
        settle_seconds=0.2,
        processing_seconds=1,
    )


def _until_delivered(sandbox: SandboxProcess) -> list[dict[str, object]]:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        answer = httpx.get(f"{sandbox.url}/sandbox/deliveries").json()
        if answer["pending"] == 0:
            listed: list[dict[str, object]] = answer["data"]
            return listed
        time.sleep(0.05)
    pytest.fail("some deliveries never arrived")


def _buy(client: stripe.StripeClient) -> stripe.PaymentIntent:
    return client.v1.payment_intents.create(
        {
            "amount": 1250,
            "currency": "usd",
            "payment_method": "pm_card_visa",
            "payment_method_types": ["card"],
            "confirm": True,
        }
    )
