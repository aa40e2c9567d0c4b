"""Confirming: what each documented test card does, and the seven states it leads through."""

from typing import Any

import httpx
import pytest
import stripe

from storefront.sandbox import SandboxProcess
from storefront.sandbox.cards import CARDS, passes_luhn
from tests.storefront.sandbox.receiver import Receiver

DECLINES = [
    ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
    ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
    ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
    ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
    ("pm_card_chargeDeclinedStolenCard", "card_declined", "stolen_card"),
    ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
    ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
    ("pm_card_chargeDeclinedProcessingError", "processing_error", None),
    ("pm_card_chargeDeclinedVelocityLimitExceeded", "card_declined", "card_velocity_exceeded"),
    ("pm_card_radarBlock", "card_declined", "fraudulent"),
]


@pytest.mark.parametrize(
    ("method", "brand", "last4"),
    [
        ("pm_card_visa", "visa", "4242"),
        ("pm_card_mastercard", "mastercard", "4444"),
        ("pm_card_amex", "amex", "0005"),
        ("pm_card_unionpay", "unionpay", "0005"),
    ],
)
def test_a_good_card_pays_at_once(
    client: stripe.StripeClient, method: str, brand: str, last4: str
) -> None:
    intent = _open(client)

    paid = client.v1.payment_intents.confirm(
        intent.id, {"payment_method": method, "expand": ["latest_charge"]}
    )

    assert (paid.status, paid.amount_received) == ("succeeded", 1250)
    assert (paid.latest_charge.paid, paid.latest_charge.amount_captured) == (True, 1250)
    card = paid.latest_charge.payment_method_details.card
    assert (card.brand, card.last4) == (brand, last4)


@pytest.mark.parametrize(("method", "code", "decline_code"), DECLINES)
def test_a_declined_card_leaves_an_intent_that_can_be_tried_again(
    client: stripe.StripeClient, method: str, code: str, decline_code: str | None
) -> None:
    intent = _open(client)

    with pytest.raises(stripe.CardError) as declined:
        client.v1.payment_intents.confirm(intent.id, {"payment_method": method})
    after = client.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})

    error = declined.value.error
    assert (declined.value.http_status, error.code) == (402, code)
    assert error.to_dict().get("decline_code") == decline_code
    assert error.payment_intent.id == intent.id
    assert (after.status, after.amount_received) == ("requires_payment_method", 0)
    assert after.payment_method is None
    assert after.last_payment_error.code == code
    assert (after.latest_charge.status, after.latest_charge.failure_code) == ("failed", code)


def test_after_a_decline_another_card_pays(client: stripe.StripeClient) -> None:
    intent = _open(client)
    with pytest.raises(stripe.CardError):
        client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_chargeDeclined"})

    paid = client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})

    assert paid.status == "succeeded"
    assert paid.last_payment_error is None
    charges = client.v1.charges.list({"payment_intent": intent.id}).data
    assert [charge.status for charge in charges] == ["succeeded", "failed"]


def test_a_paid_intent_cannot_be_paid_again(client: stripe.StripeClient) -> None:
    intent = _open(client)
    client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})

    with pytest.raises(stripe.InvalidRequestError, match="already succeeded") as refused:
        client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})

    assert refused.value.code == "payment_intent_unexpected_state"
    assert len(client.v1.charges.list({"payment_intent": intent.id}).data) == 1


def test_an_intent_without_a_payment_method_cannot_be_confirmed(
    client: stripe.StripeClient,
) -> None:
    intent = _open(client)

    with pytest.raises(stripe.InvalidRequestError, match="missing a payment method"):
        client.v1.payment_intents.confirm(intent.id)

    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_payment_method"


def test_a_remembered_payment_method_is_used(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.create(
        {
            "amount": 1250,
            "currency": "usd",
            "payment_method": "pm_card_visa",
            "payment_method_types": ["card"],
        }
    )

    assert client.v1.payment_intents.confirm(intent.id).status == "succeeded"


def test_where_redirects_are_possible_a_return_url_is_needed(
    client: stripe.StripeClient,
) -> None:
    intent = client.v1.payment_intents.create({"amount": 1250, "currency": "usd"})

    with pytest.raises(stripe.InvalidRequestError, match="return_url"):
        client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})

    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_payment_method"


def test_where_redirects_are_off_none_is_needed(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.create(
        {
            "amount": 1250,
            "currency": "usd",
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        }
    )

    paid = client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})

    assert paid.status == "succeeded"


@pytest.mark.parametrize(
    "method",
    ["pm_card_authenticationRequired", "pm_card_threeDSecure2Required"],
)
def test_a_card_that_asks_waits_for_the_buyer(
    client: stripe.StripeClient, sandbox: SandboxProcess, method: str
) -> None:
    intent = _open(client)

    asked = client.v1.payment_intents.confirm(intent.id, {"payment_method": method})
    _challenge(sandbox, asked, "complete")
    after = client.v1.payment_intents.retrieve(intent.id)

    assert (asked.status, asked.next_action.type) == ("requires_action", "use_stripe_sdk")
    assert (after.status, after.next_action) == ("succeeded", None)


def test_with_a_return_url_the_buyer_is_sent_to_a_page(client: stripe.StripeClient) -> None:
    intent = _open(client)

    asked = client.v1.payment_intents.confirm(
        intent.id,
        {
            "payment_method": "pm_card_authenticationRequired",
            "return_url": "https://shop.example/done",
        },
    )
    page = httpx.get(asked.next_action.redirect_to_url.url)

    assert asked.next_action.redirect_to_url.return_url == "https://shop.example/done"
    assert page.status_code == 200
    assert "12.50 USD" in page.text


def test_a_failed_confirmation_sends_the_intent_back(
    client: stripe.StripeClient, sandbox: SandboxProcess
) -> None:
    intent = _open(client)
    asked = client.v1.payment_intents.confirm(
        intent.id, {"payment_method": "pm_card_authenticationRequired"}
    )

    _challenge(sandbox, asked, "fail")
    after = client.v1.payment_intents.retrieve(intent.id)

    assert after.status == "requires_payment_method"
    assert after.last_payment_error.code == "payment_intent_authentication_failure"
    assert (after.latest_charge, after.amount_received) == (None, 0)


def test_a_card_may_ask_and_then_decline(
    client: stripe.StripeClient, sandbox: SandboxProcess
) -> None:
    intent = _open(client)
    asked = client.v1.payment_intents.confirm(
        intent.id, {"payment_method": "pm_card_threeDSecureRequiredChargeDeclined"}
    )

    _challenge(sandbox, asked, "complete")
    after = client.v1.payment_intents.retrieve(intent.id)

    assert after.status == "requires_payment_method"
    assert after.last_payment_error.decline_code == "generic_decline"


def test_a_challenge_needs_the_client_secret(
    client: stripe.StripeClient, sandbox: SandboxProcess
) -> None:
    intent = _open(client)
    client.v1.payment_intents.confirm(
        intent.id, {"payment_method": "pm_card_authenticationRequired"}
    )

    answer = httpx.post(
        f"{sandbox.url}/sandbox/challenges/{intent.id}",
        data={"client_secret": f"{intent.id}_secret_guessed", "outcome": "complete"},
    )

    assert answer.status_code == 400
    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_action"


def test_without_the_buyer_a_card_that_asks_is_declined(client: stripe.StripeClient) -> None:
    intent = _open(client)

    with pytest.raises(stripe.CardError) as declined:
        client.v1.payment_intents.confirm(
            intent.id,
            {"payment_method": "pm_card_authenticationRequired", "off_session": True},
        )

    assert declined.value.code == "authentication_required"
    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_payment_method"


def test_manual_capture_takes_the_money_later(client: stripe.StripeClient) -> None:
    intent = _open(client, capture_method="manual")

    held = client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    taken = client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 1000})
    charge = client.v1.charges.retrieve(taken.latest_charge)

    assert (held.status, held.amount_capturable) == ("requires_capture", 1250)
    assert (taken.status, taken.amount_received) == ("succeeded", 1000)
    assert (charge.captured, charge.amount_captured) == (True, 1000)


def test_no_more_can_be_captured_than_is_held(client: stripe.StripeClient) -> None:
    intent = _open(client, capture_method="manual")
    client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})

    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 1251})

    assert refused.value.code == "amount_too_large"
    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_capture"


def test_what_is_held_is_released_by_cancelling(client: stripe.StripeClient) -> None:
    intent = _open(client, capture_method="manual")
    client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})

    cancelled = client.v1.payment_intents.cancel(intent.id, {"expand": ["latest_charge"]})

    assert (cancelled.status, cancelled.amount_capturable) == ("canceled", 0)
    assert (cancelled.latest_charge.captured, cancelled.latest_charge.refunded) == (False, True)


def test_only_a_held_intent_can_be_captured(client: stripe.StripeClient) -> None:
    intent = _open(client)

    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.capture(intent.id)

    assert refused.value.code == "payment_intent_unexpected_state"


@pytest.mark.parametrize(
    ("method", "status", "topic"),
    [
        ("pm_card_sandboxProcessing", "succeeded", "payment_intent.succeeded"),
        (
            "pm_card_sandboxProcessingFails",
            "requires_payment_method",
            "payment_intent.payment_failed",
        ),
    ],
)
def test_a_card_may_take_its_time(
    client: stripe.StripeClient, receiver: Receiver, method: str, status: str, topic: str
) -> None:
    intent = _open(client)

    waiting = client.v1.payment_intents.confirm(intent.id, {"payment_method": method})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.cancel(intent.id)
    receiver.wait_for(topic, intent.id)

    assert waiting.status == "processing"
    assert refused.value.code == "payment_intent_unexpected_state"
    assert client.v1.payment_intents.retrieve(intent.id).status == status


@pytest.mark.parametrize(
    ("number", "status"),
    [
        ("4242424242424242", "succeeded"),
        ("4242 4242 4242 4242", "succeeded"),
        ("4000002500003155", "requires_action"),
        ("4000002760003184", "requires_action"),
    ],
)
def test_a_page_confirms_with_its_secret_and_a_card_number(
    client: stripe.StripeClient, sandbox: SandboxProcess, number: str, status: str
) -> None:
    intent = _open(client)

    answer = _confirm_as_a_page(sandbox, intent, number=number)

    assert (answer.status_code, answer.json()["status"]) == (200, status)
    assert client.v1.payment_intents.retrieve(intent.id).status == status


@pytest.mark.parametrize(
    ("number", "code", "decline_code"),
    [
        ("4000000000000002", "card_declined", "generic_decline"),
        ("4000000000009995", "card_declined", "insufficient_funds"),
        ("4000000000000069", "expired_card", None),
        ("4000000000000127", "incorrect_cvc", None),
        ("4242424242424241", "incorrect_number", None),
        ("4929000000006", "card_declined", "test_mode_live_card"),
    ],
)
def test_a_number_that_does_not_pay_says_why(
    client: stripe.StripeClient,
    sandbox: SandboxProcess,
    number: str,
    code: str,
    decline_code: str | None,
) -> None:
    intent = _open(client)

    answer = _confirm_as_a_page(sandbox, intent, number=number)

    error = answer.json()["error"]
    assert (answer.status_code, error["type"]) == (402, "card_error")
    assert (error["code"], error.get("decline_code")) == (code, decline_code)
    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_payment_method"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"exp_year": 2020}, "invalid_expiry_year"),
        ({"exp_month": 13}, "invalid_expiry_month"),
        ({"cvc": "12"}, "invalid_cvc"),
    ],
)
def test_a_card_must_look_like_one(
    client: stripe.StripeClient, sandbox: SandboxProcess, fault: dict[str, Any], code: str
) -> None:
    answer = _confirm_as_a_page(sandbox, _open(client), number="4242424242424242", **fault)

    assert (answer.status_code, answer.json()["error"]["code"]) == (402, code)


def test_a_page_needs_the_client_secret(
    client: stripe.StripeClient, sandbox: SandboxProcess
) -> None:
    intent = _open(client)
    url = f"{sandbox.url}/v1/payment_intents/{intent.id}"
    headers = {"Authorization": "Bearer pk_test_sandbox"}

    missing = httpx.get(url, headers=headers)
    wrong = httpx.post(
        f"{url}/confirm",
        headers=headers,
        data={"client_secret": "guessed", "payment_method": "pm_card_visa"},
    )

    assert missing.json()["error"]["code"] == "parameter_missing"
    assert wrong.json()["error"]["code"] == "payment_intent_invalid_parameter"
    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_payment_method"


def test_a_page_is_not_told_what_is_the_shop_s_business(
    client: stripe.StripeClient, sandbox: SandboxProcess
) -> None:
    intent = client.v1.payment_intents.create(
        {"amount": 1250, "currency": "usd", "metadata": {"margin": "60 %"}}
    )

    answer = httpx.get(
        f"{sandbox.url}/v1/payment_intents/{intent.id}",
        params={"key": "pk_test_sandbox", "client_secret": intent.client_secret},
        headers={"Origin": "https://shop.example"},
    )

    assert answer.json()["id"] == intent.id
    assert "metadata" not in answer.json()
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_json_body_is_read_as_a_form_would_be(
    client: stripe.StripeClient, sandbox: SandboxProcess
) -> None:
    intent = _open(client)

    answer = httpx.post(
        f"{sandbox.url}/v1/payment_intents/{intent.id}/confirm",
        headers={"Authorization": "Bearer pk_test_sandbox"},
        json={
            "client_secret": intent.client_secret,
            "payment_method": "pm_card_visa",
            "use_stripe_sdk": True,
            "expand": ["payment_method"],
        },
    )

    assert answer.json()["status"] == "succeeded"
    assert answer.json()["payment_method"]["card"]["last4"] == "4242"


def test_every_test_number_has_its_check_digit() -> None:
    assert [card.number for card in CARDS if not passes_luhn(card.number)] == []


def test_every_test_number_and_name_is_one_card_s() -> None:
    numbers = [card.number for card in CARDS]
    names = [name for card in CARDS for name in card.names]

    assert len(numbers) == len(set(numbers))
    assert len(names) == len(set(names))


def _open(client: stripe.StripeClient, **more: Any) -> stripe.PaymentIntent:
    return client.v1.payment_intents.create(
        {"amount": 1250, "currency": "usd", "payment_method_types": ["card"], **more}
    )


def _challenge(sandbox: SandboxProcess, intent: stripe.PaymentIntent, outcome: str) -> None:
    answer = httpx.post(
        f"{sandbox.url}/sandbox/challenges/{intent.id}",
        data={"client_secret": intent.client_secret, "outcome": outcome},
    )
    assert answer.status_code == 200


def _confirm_as_a_page(
    sandbox: SandboxProcess, intent: stripe.PaymentIntent, **card: Any
) -> httpx.Response:
    card = {"exp_month": 12, "exp_year": 2034, "cvc": "123", **card}
    described = {f"payment_method_data[card][{name}]": value for name, value in card.items()}
    return httpx.post(
        f"{sandbox.url}/v1/payment_intents/{intent.id}/confirm",
        headers={"Authorization": "Bearer pk_test_sandbox"},
        data={
            "client_secret": intent.client_secret,
            "payment_method_data[type]": "card",
            **described,
        },
    )
