"""PaymentIntents before and beside their payment: made, read, changed, cancelled, listed."""

from typing import Any

import pytest
import stripe

from tests.storefront.sandbox.conftest import Connect

CARD = {"payment_method_types": ["card"]}


def test_an_intent_waits_for_a_payment_method(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.create({"amount": 1250, "currency": "USD"})

    assert intent.status == "requires_payment_method"
    assert intent.currency == "usd"
    assert intent.client_secret.startswith(f"{intent.id}_secret_")
    assert intent.capture_method == "automatic_async"


def test_an_intent_keeps_what_it_is_told(client: stripe.StripeClient) -> None:
    address = {"line1": "1 Main St", "city": "Oslo", "country": "NO"}
    intent = client.v1.payment_intents.create(
        {
            "amount": 1250,
            "currency": "usd",
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "description": "Two scoops",
            "metadata": {"order": "ord_1", "note": "é 好"},
            "receipt_email": "mia@example.com",
            "shipping": {"name": "Mia", "address": address},
        }
    )
    found = client.v1.payment_intents.retrieve(intent.id)

    assert found.automatic_payment_methods.to_dict() == {
        "enabled": True,
        "allow_redirects": "never",
    }
    assert found.description == "Two scoops"
    assert found.metadata.to_dict() == {"order": "ord_1", "note": "é 好"}
    assert found.receipt_email == "mia@example.com"
    assert found.shipping.to_dict() == {"name": "Mia", "address": address}


def test_a_payment_method_makes_an_intent_wait_for_confirmation(
    client: stripe.StripeClient,
) -> None:
    intent = client.v1.payment_intents.create(
        {"amount": 1250, "currency": "usd", "payment_method": "pm_card_visa"}
    )

    assert intent.status == "requires_confirmation"
    assert intent.payment_method.startswith("pm_")


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"currency": "usd"}, "parameter_missing", "amount"),
        ({"amount": 100}, "parameter_missing", "currency"),
        ({"amount": "many", "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ({"amount": "", "currency": "usd"}, "parameter_invalid_empty", "amount"),
        ({"amount": 0, "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ({"amount": 49, "currency": "usd"}, "amount_too_small", "amount"),
        ({"amount": 29, "currency": "gbp"}, "amount_too_small", "amount"),
        ({"amount": 49, "currency": "jpy"}, "amount_too_small", "amount"),
        ({"amount": 100_000_000, "currency": "usd"}, "amount_too_large", "amount"),
        ({"amount": 100, "currency": "xyz"}, None, "currency"),
        ({"amount": 5005, "currency": "kwd"}, None, "amount"),
        ({"amount": 70050, "currency": "isk"}, None, "amount"),
        ({"amount": 100, "currency": "usd", "colour": "red"}, "parameter_unknown", "colour"),
        (
            {"amount": 100, "currency": "usd", "automatic_payment_methods": {"on": True}},
            "parameter_unknown",
            "automatic_payment_methods[on]",
        ),
        (
            {"amount": 100, "currency": "usd", "receipt_email": "nobody"},
            "email_invalid",
            "receipt_email",
        ),
        ({"amount": 100, "currency": "usd", "capture_method": "soon"}, None, "capture_method"),
        ({"amount": 100, "currency": "usd", "confirm": "perhaps"}, None, "confirm"),
        ({"amount": 100, "currency": "usd", "metadata": {"k" * 41: "v"}}, None, None),
        ({"amount": 100, "currency": "usd", "expand": ["customer"]}, None, "expand"),
        (
            {"amount": 100, "currency": "usd", "payment_method": "pm_card_unheard_of"},
            "resource_missing",
            "payment_method",
        ),
    ],
)
def test_a_faulty_intent_is_refused_and_not_made(
    connect: Connect, params: Any, code: str | None, param: str | None
) -> None:
    client = connect(account="acct_faulty")

    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.create(params)

    assert refused.value.code == code
    assert param is None or refused.value.param == param
    assert client.v1.payment_intents.list().data == []


@pytest.mark.parametrize(
    ("amount", "currency"),
    [(50, "usd"), (50, "jpy"), (500, "kwd"), (5010, "kwd"), (30, "gbp"), (70000, "isk")],
)
def test_an_amount_in_the_currency_s_own_units_is_taken(
    client: stripe.StripeClient, amount: int, currency: str
) -> None:
    intent = client.v1.payment_intents.create({"amount": amount, "currency": currency})

    assert (intent.amount, intent.currency) == (amount, currency)


def test_an_open_intent_can_be_changed(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.create(
        {"amount": 100, "currency": "usd", "metadata": {"a": "1", "b": "2"}}
    )

    changed = client.v1.payment_intents.update(
        intent.id, {"amount": 200, "metadata": {"a": "", "c": "3"}, "description": "Now two"}
    )

    assert changed.amount == 200
    assert changed.metadata.to_dict() == {"b": "2", "c": "3"}
    assert changed.description == "Now two"


def test_a_paid_intent_keeps_its_amount(client: stripe.StripeClient) -> None:
    intent = _paid(client)

    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.update(intent.id, {"amount": 200})

    assert refused.value.code == "payment_intent_unexpected_state"
    assert client.v1.payment_intents.retrieve(intent.id).amount == 1250


def test_a_paid_intent_can_still_be_labelled(client: stripe.StripeClient) -> None:
    intent = _paid(client)

    changed = client.v1.payment_intents.update(intent.id, {"metadata": {"order": "ord_9"}})

    assert changed.metadata.to_dict() == {"order": "ord_9"}


def test_an_open_intent_can_be_cancelled(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.create({"amount": 100, "currency": "usd"})

    cancelled = client.v1.payment_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})

    assert cancelled.status == "canceled"
    assert cancelled.cancellation_reason == "abandoned"
    assert cancelled.canceled_at is not None


def test_a_paid_intent_cannot_be_cancelled(client: stripe.StripeClient) -> None:
    intent = _paid(client)

    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.cancel(intent.id)

    assert refused.value.code == "payment_intent_unexpected_state"
    assert refused.value.error.payment_intent.status == "succeeded"
    assert client.v1.payment_intents.retrieve(intent.id).status == "succeeded"


def test_a_cancelled_intent_cannot_be_confirmed(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.create({"amount": 100, "currency": "usd", **CARD})
    client.v1.payment_intents.cancel(intent.id)

    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})

    assert refused.value.code == "payment_intent_unexpected_state"
    assert client.v1.payment_intents.retrieve(intent.id).status == "canceled"


def test_an_unknown_intent_is_not_found(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.retrieve("pi_unheard_of")

    assert refused.value.http_status == 404
    assert refused.value.code == "resource_missing"


def test_lists_are_paged_newest_first(connect: Connect) -> None:
    client = connect(account="acct_paged")
    made = [
        client.v1.payment_intents.create({"amount": 100 + n, "currency": "usd"}).id
        for n in range(5)
    ]

    first = client.v1.payment_intents.list({"limit": 2})
    everything = [intent.id for intent in first.auto_paging_iter()]
    before = client.v1.payment_intents.list({"limit": 2, "ending_before": made[0]})

    assert [intent.id for intent in first.data] == [made[4], made[3]]
    assert first.has_more is True
    assert everything == made[::-1]
    assert [intent.id for intent in before.data] == [made[2], made[1]]


def test_lists_can_be_narrowed_by_time(connect: Connect) -> None:
    client = connect(account="acct_timed")
    intent = client.v1.payment_intents.create({"amount": 100, "currency": "usd"})
    after = client.v1.payment_intents.list({"created": {"gt": intent.created}})
    since = client.v1.payment_intents.list({"created": {"gte": intent.created}})

    assert after.data == []
    assert [found.id for found in since.data] == [intent.id]


def test_accounts_do_not_see_each_other(connect: Connect) -> None:
    intent = connect(account="acct_one").v1.payment_intents.create(
        {"amount": 100, "currency": "usd"}
    )

    for other in (connect(), connect(account="acct_two")):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            other.v1.payment_intents.retrieve(intent.id)
        assert refused.value.code == "resource_missing"


def test_a_wrong_key_is_refused(connect: Connect) -> None:
    with pytest.raises(stripe.AuthenticationError, match="Invalid API Key") as refused:
        connect(key="sk_test_wrong").v1.payment_intents.list()

    assert refused.value.http_status == 401
    assert "sk_test_wrong" not in str(refused.value)


def test_a_publishable_key_cannot_make_an_intent(connect: Connect) -> None:
    with pytest.raises(stripe.AuthenticationError) as refused:
        connect(key="pk_test_sandbox").v1.payment_intents.create({"amount": 100, "currency": "usd"})

    assert refused.value.error.code == "secret_key_required"


def test_an_account_that_cannot_be_is_refused(connect: Connect) -> None:
    with pytest.raises(stripe.PermissionError) as refused:
        connect(account="merchant 7").v1.payment_intents.list()

    assert refused.value.error.code == "account_invalid"


def test_every_answer_names_its_request(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.create({"amount": 100, "currency": "usd"})

    assert intent.last_response.headers["request-id"].startswith("req_")
    assert intent.last_response.headers["stripe-version"] == stripe.api_version


def _paid(client: stripe.StripeClient) -> stripe.PaymentIntent:
    return client.v1.payment_intents.create(
        {
            "amount": 1250,
            "currency": "usd",
            "payment_method": "pm_card_visa",
            "confirm": True,
            **CARD,
        }
    )
