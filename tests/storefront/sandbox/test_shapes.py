"""Every object the sandbox emits has the fields of Stripe's own examples, and their types.

`shapes.json` was taken from those examples and the SDK's types: `path: {field: types}`; a field
marked `?` may be absent. A null, or an object without a row of its own, is looked at no further.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import stripe

from storefront.sandbox import SandboxProcess
from tests.storefront.sandbox.conftest import Connect
from tests.storefront.sandbox.receiver import Receiver

SHAPES: dict[str, dict[str, str]] = json.loads(
    Path(__file__).with_name("shapes.json").read_text("utf-8")
)
TYPES = {
    bool: "boolean",
    int: "integer",
    str: "string",
    list: "array",
    dict: "object",
    type(None): "null",
}
STATES = {
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
    "processing",
    "requires_capture",
    "canceled",
    "succeeded",
}


def faults(body: dict[str, Any], path: str) -> Iterator[str]:
    """Yield what an object has too much, too little, or of another type."""
    rows = {name.rstrip("?"): types for name, types in SHAPES[path].items()}
    needed = {name for name in SHAPES[path] if not name.endswith("?")}
    yield from (f"{path} lacks {name}" for name in sorted(needed - set(body)))
    yield from (f"{path} has {name} besides" for name in sorted(set(body) - set(rows)))
    for name in sorted(set(body) & set(rows)):
        value, inner = body[name], f"{path}.{name}"
        if TYPES[type(value)] not in rows[name].split("|"):
            yield f"{inner} is {TYPES[type(value)]}, not {rows[name]}"
        elif isinstance(value, dict):
            known = str(value.get("object"))
            known = known if known in SHAPES else inner
            if known in SHAPES:
                yield from faults(value, known)
        elif isinstance(value, list):
            objects = [each for each in value if isinstance(each, dict) and "object" in each]
            for each in objects:
                yield from faults(each, each["object"])


@pytest.fixture(scope="module")
def everything(sandbox: SandboxProcess, receiver: Receiver) -> list[dict[str, Any]]:
    """Drive an account of its own through every state, and return all events it caused."""
    transport = stripe.RequestsClient(timeout=10)
    client = stripe.StripeClient(
        "sk_test_sandbox",
        base_addresses={"api": sandbox.url},
        http_client=transport,
        stripe_account="acct_shapes",
    )
    _live_through(client, sandbox, receiver)
    listed = client.v1.events.list({"limit": 100}).auto_paging_iter()
    events = [event.to_dict() for event in listed]
    transport.close()
    return events


def test_every_event_and_its_object_have_stripe_s_shape(
    everything: list[dict[str, Any]],
) -> None:
    found = [fault for event in everything for fault in faults(event, "event")]
    for event in everything:
        subject = event["data"]["object"]
        found += [f"{event['type']}: {fault}" for fault in faults(subject, subject["object"])]

    assert found == []


def test_every_state_was_seen(everything: list[dict[str, Any]]) -> None:
    subjects = [event["data"]["object"] for event in everything]

    assert {s["status"] for s in subjects if s["object"] == "charge"} == {
        "succeeded",
        "pending",
        "failed",
    }
    assert {s["status"] for s in subjects if s["object"] == "refund"} == {
        "succeeded",
        "pending",
        "failed",
    }
    assert {s["status"] for s in subjects if s["object"] == "payment_intent"} == STATES
    assert {s["status"] for s in subjects if s["object"] == "dispute"} == {
        "needs_response",
        "under_review",
        "won",
        "warning_needs_response",
        "warning_closed",
    }


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"amount": "many"}, "refund.amount is string, not integer"),
        ({"colour": "red"}, "refund has colour besides"),
        ({"currency": ...}, "refund lacks currency"),
    ],
)
def test_a_wrong_shape_is_noticed(
    everything: list[dict[str, Any]], change: dict[str, Any], fault: str
) -> None:
    refund = next(
        event["data"]["object"]
        for event in everything
        if event["data"]["object"]["object"] == "refund"
    )
    spoiled = {name: value for name, value in {**refund, **change}.items() if value is not ...}

    assert list(faults(spoiled, "refund")) == [fault]


def test_a_payment_method_has_stripe_s_shape(connect: Connect) -> None:
    client = connect()
    intent = client.v1.payment_intents.create(
        {"amount": 900, "currency": "usd", "payment_method": "pm_card_visa"}
    )

    method = client.v1.payment_methods.retrieve(intent.payment_method).to_dict()

    assert list(faults(method, "payment_method")) == []


def _live_through(client: stripe.StripeClient, sandbox: SandboxProcess, receiver: Receiver) -> None:
    intents = client.v1.payment_intents
    base: Any = {
        "amount": 1250,
        "currency": "usd",
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        "metadata": {"order": "ord_1"},
        "receipt_email": "mia@example.com",
        "shipping": {"name": "Mia", "address": {"line1": "1 Main St", "country": "US"}},
        "transfer_data": {"destination": "acct_other"},
    }
    intents.cancel(intents.create(base).id)
    remembered = intents.create({**base, "payment_method": "pm_card_visa"})
    intents.cancel(remembered.id, {"cancellation_reason": "duplicate"})
    for card in ("pm_card_visa", "pm_card_chargeDeclined", "pm_card_sandboxProcessing"):
        intent = intents.create(base)
        with suppress(stripe.CardError):
            intents.confirm(intent.id, {"payment_method": card})
    for outcome in ("complete", "fail"):
        asked = intents.create({**base, "payment_method": "pm_card_authenticationRequired"})
        asked = intents.confirm(asked.id, {"return_url": "https://shop.example/done"})
        httpx.post(
            f"{sandbox.url}/sandbox/challenges/{asked.id}",
            data={"client_secret": asked.client_secret, "outcome": outcome},
        ).raise_for_status()
    held = intents.create({**base, "capture_method": "manual", "payment_method": "pm_card_amex"})
    intents.confirm(held.id)
    intents.capture(held.id)
    for card, topic in (
        ("pm_card_visa", "refund.updated"),
        ("pm_card_pendingRefund", "refund.updated"),
        ("pm_card_refundFail", "refund.failed"),
    ):
        paid = intents.create({**base, "payment_method": card, "confirm": True})
        refund = client.v1.refunds.create({"payment_intent": paid.id, "reason": "duplicate"})
        receiver.wait_for(topic, refund.id)
    for card in ("pm_card_createDispute", "pm_card_createDisputeInquiry"):
        paid = intents.create({**base, "payment_method": card, "confirm": True})
        receiver.wait_for("charge.dispute.created", paid.id)
        [dispute] = client.v1.disputes.list({"payment_intent": paid.id}).data
        if card.endswith("Inquiry"):
            client.v1.disputes.close(dispute.id)
        else:
            client.v1.disputes.update(
                dispute.id, {"evidence": {"uncategorized_text": "winning_evidence"}}
            )
        receiver.wait_for("charge.dispute.closed", dispute.id)
