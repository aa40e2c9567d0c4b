"""Refunds and charges: parts and whole, never more than was captured, and refunds that fail."""

import threading

import pytest
import stripe

from tests.storefront.sandbox.conftest import Connect
from tests.storefront.sandbox.receiver import Receiver


def test_a_payment_can_be_refunded_in_parts(client: stripe.StripeClient) -> None:
    intent = _paid(client)

    first = client.v1.refunds.create({"payment_intent": intent.id, "amount": 400})
    rest = client.v1.refunds.create({"charge": intent.latest_charge})
    charge = client.v1.charges.retrieve(intent.latest_charge)

    assert (first.status, first.amount, rest.amount) == ("succeeded", 400, 850)
    assert (charge.amount_refunded, charge.refunded) == (1250, True)
    listed = client.v1.refunds.list({"payment_intent": intent.id}).data
    assert [refund.id for refund in listed] == [rest.id, first.id]


def test_no_more_is_refunded_than_was_paid(client: stripe.StripeClient) -> None:
    intent = _paid(client)
    client.v1.refunds.create({"payment_intent": intent.id, "amount": 400})

    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded") as refused:
        client.v1.refunds.create({"payment_intent": intent.id, "amount": 851})

    assert refused.value.param == "amount"
    assert client.v1.charges.retrieve(intent.latest_charge).amount_refunded == 400


def test_a_refunded_charge_cannot_be_refunded_again(client: stripe.StripeClient) -> None:
    intent = _paid(client)
    client.v1.refunds.create({"payment_intent": intent.id})

    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"payment_intent": intent.id})

    assert refused.value.code == "charge_already_refunded"
    assert len(client.v1.refunds.list({"charge": intent.latest_charge}).data) == 1


def test_what_was_not_paid_is_not_refunded(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.create({"amount": 1250, "currency": "usd"})

    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        client.v1.refunds.create({"payment_intent": intent.id})

    assert client.v1.refunds.list({"payment_intent": intent.id}).data == []


def test_thirty_refunds_at_once_give_back_no_more_than_was_paid(
    client: stripe.StripeClient, connect: Connect
) -> None:
    intent = _paid(client)
    outcomes: list[str] = []

    def refund(one: stripe.StripeClient) -> None:
        try:
            one.v1.refunds.create({"payment_intent": intent.id, "amount": 500})
            outcomes.append("refunded")
        except stripe.InvalidRequestError:
            outcomes.append("refused")

    threads = [threading.Thread(target=refund, args=(connect(),)) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["refunded"] * 2 + ["refused"] * 28
    assert client.v1.charges.retrieve(intent.latest_charge).amount_refunded == 1000


def test_a_refund_can_be_read_and_labelled(client: stripe.StripeClient) -> None:
    intent = _paid(client)
    refund = client.v1.refunds.create(
        {"payment_intent": intent.id, "reason": "requested_by_customer", "metadata": {"a": "1"}}
    )

    client.v1.refunds.update(refund.id, {"metadata": {"b": "2"}})
    found = client.v1.refunds.retrieve(refund.id, {"expand": ["charge"]})

    assert found.reason == "requested_by_customer"
    assert found.metadata.to_dict() == {"a": "1", "b": "2"}
    assert found.charge.id == intent.latest_charge


def test_a_refund_may_fail_later_and_the_charge_has_its_money_again(
    client: stripe.StripeClient, receiver: Receiver
) -> None:
    intent = _paid(client, card="pm_card_refundFail")
    refund = client.v1.refunds.create({"payment_intent": intent.id, "amount": 400})

    receiver.wait_for("refund.failed", refund.id)
    after = client.v1.refunds.retrieve(refund.id)

    assert refund.status == "succeeded"
    assert (after.status, after.failure_reason) == ("failed", "expired_or_canceled_card")
    assert client.v1.charges.retrieve(intent.latest_charge).amount_refunded == 0


def test_a_refund_may_be_pending_for_a_while(
    client: stripe.StripeClient, receiver: Receiver
) -> None:
    intent = _paid(client, card="pm_card_pendingRefund")
    refund = client.v1.refunds.create({"payment_intent": intent.id})

    told = receiver.wait_for("refund.updated", refund.id)

    assert refund.status == "pending"
    assert told.event["data"]["object"]["status"] == "succeeded"
    assert told.event["data"]["previous_attributes"]["status"] == "pending"


def test_a_charge_shows_its_refunds_when_asked(client: stripe.StripeClient) -> None:
    intent = _paid(client)
    refund = client.v1.refunds.create({"payment_intent": intent.id, "amount": 400})

    plain = client.v1.charges.retrieve(intent.latest_charge)
    asked = client.v1.payment_intents.retrieve(
        intent.id, {"expand": ["latest_charge", "latest_charge.refunds"]}
    )

    assert "refunds" not in plain.to_dict()
    assert [found.id for found in asked.latest_charge.refunds.data] == [refund.id]


def _paid(client: stripe.StripeClient, card: str = "pm_card_visa") -> stripe.PaymentIntent:
    return client.v1.payment_intents.create(
        {
            "amount": 1250,
            "currency": "usd",
            "payment_method": card,
            "payment_method_types": ["card"],
            "confirm": True,
        }
    )
