"""Disputes: opened by a card or by hand, answered, won, lost, let pass; money moves with them."""

from pathlib import Path
from typing import Any

import httpx
import pytest
import stripe

from storefront.sandbox import SandboxConfig, SandboxProcess, running_sandbox
from tests.storefront.sandbox.conftest import SECRET, Connect
from tests.storefront.sandbox.receiver import Receiver

CREATED = "charge.dispute.created"
CLOSED = "charge.dispute.closed"


def disputed(
    client: stripe.StripeClient, receiver: Receiver, card: str = "pm_card_createDispute"
) -> stripe.Dispute:
    """Pay with a card whose payments are disputed, and return the dispute."""
    intent = paid(client, card)
    receiver.wait_for(CREATED, intent.id)
    [dispute] = client.v1.disputes.list({"payment_intent": intent.id}).data
    return dispute


def paid(client: stripe.StripeClient, card: str = "pm_card_visa") -> stripe.PaymentIntent:
    params: Any = {"amount": 1250, "currency": "usd", "payment_method": card, "confirm": True}
    params["automatic_payment_methods"] = {"enabled": True, "allow_redirects": "never"}
    return client.v1.payment_intents.create(params)


def answer(client: stripe.StripeClient, dispute: stripe.Dispute, words: str) -> stripe.Dispute:
    return client.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": words}})


def moved(dispute: stripe.Dispute) -> list[int]:
    return [movement.amount for movement in dispute.balance_transactions]


def topics(receiver: Receiver, dispute: stripe.Dispute) -> list[str]:
    return sorted(event["type"] for event in receiver.about(dispute.id))


def test_a_disputed_charge_loses_its_money_at_once(
    client: stripe.StripeClient, receiver: Receiver
) -> None:
    dispute = disputed(client, receiver)
    receiver.wait_for("charge.dispute.funds_withdrawn", dispute.id)

    charge = client.v1.charges.retrieve(str(dispute.charge))
    assert ("needs_response", "fraudulent", 1250) == (
        dispute.status,
        dispute.reason,
        dispute.amount,
    )
    assert [-1250] == moved(client.v1.disputes.retrieve(dispute.id))
    assert charge.disputed
    due = dispute.evidence_details.due_by
    assert due is not None
    assert 7 * 86_400 < due - dispute.created < 21 * 86_400


def test_winning_evidence_brings_the_money_back(
    client: stripe.StripeClient, receiver: Receiver
) -> None:
    dispute = disputed(client, receiver)
    assert "under_review" == answer(client, dispute, "winning_evidence").status

    receiver.wait_for("charge.dispute.funds_reinstated", dispute.id)

    ended = client.v1.disputes.retrieve(dispute.id)
    assert ("won", [-1250, 1250]) == (ended.status, moved(ended))
    assert (True, 1) == (
        ended.evidence_details.has_evidence,
        ended.evidence_details.submission_count,
    )


def test_losing_evidence_leaves_it_gone(client: stripe.StripeClient, receiver: Receiver) -> None:
    dispute = disputed(client, receiver, "pm_card_createDisputeProductNotReceived")
    answer(client, dispute, "losing_evidence")

    receiver.wait_for(CLOSED, dispute.id)

    ended = client.v1.disputes.retrieve(dispute.id)
    assert ("lost", "product_not_received", [-1250]) == (ended.status, ended.reason, moved(ended))


def test_an_accepted_dispute_is_lost_and_cannot_be_answered_any_more(
    client: stripe.StripeClient, receiver: Receiver
) -> None:
    dispute = disputed(client, receiver)

    assert "lost" == client.v1.disputes.close(dispute.id).status
    with pytest.raises(stripe.InvalidRequestError, match="already closed"):
        answer(client, dispute, "winning_evidence")
    assert "lost" == client.v1.disputes.retrieve(dispute.id).status


def test_evidence_can_be_kept_without_handing_it_in(
    client: stripe.StripeClient, receiver: Receiver
) -> None:
    dispute = disputed(client, receiver)

    kept = client.v1.disputes.update(
        dispute.id, {"evidence": {"customer_name": "Mia"}, "submit": False}
    )

    assert ("needs_response", "Mia", 0) == (
        kept.status,
        kept.evidence.customer_name,
        kept.evidence_details.submission_count,
    )


def test_an_inquiry_takes_no_money_until_it_is_escalated(
    client: stripe.StripeClient, receiver: Receiver
) -> None:
    dispute = disputed(client, receiver, "pm_card_createDisputeInquiry")
    assert ("warning_needs_response", []) == (dispute.status, moved(dispute))
    assert dispute.is_charge_refundable

    answer(client, dispute, "escalate_inquiry_evidence")
    receiver.wait_for("charge.dispute.funds_withdrawn", dispute.id)

    ended = client.v1.disputes.retrieve(dispute.id)
    assert ("needs_response", [-1250]) == (ended.status, moved(ended))
    assert "chargeback" == ended.payment_method_details.to_dict()["card"]["case_type"]


def test_an_inquiry_that_is_accepted_costs_nothing(
    client: stripe.StripeClient, receiver: Receiver
) -> None:
    dispute = disputed(client, receiver, "pm_card_createDisputeInquiry")

    ended = client.v1.disputes.close(dispute.id)

    assert ("warning_closed", []) == (ended.status, moved(ended))


def test_a_disputed_charge_is_not_refunded(client: stripe.StripeClient, receiver: Receiver) -> None:
    dispute = disputed(client, receiver)

    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"charge": str(dispute.charge)})

    assert "charge_disputed" == refused.value.code
    assert 0 == client.v1.charges.retrieve(str(dispute.charge)).amount_refunded


def test_any_payment_can_be_disputed_by_hand_once(
    sandbox: SandboxProcess, connect: Connect, receiver: Receiver
) -> None:
    client = connect(account="acct_by_hand")
    intent = paid(client)
    client.v1.refunds.create({"payment_intent": intent.id, "amount": 250})
    body = {"payment_intent": intent.id, "reason": "product_unacceptable"}

    first = httpx.post(f"{sandbox.url}/sandbox/disputes", data=body)
    second = httpx.post(f"{sandbox.url}/sandbox/disputes", data=body)

    told = receiver.wait_for(CREATED, intent.id).event
    assert (200, 400) == (first.status_code, second.status_code)
    assert ("acct_by_hand", 1000, "product_unacceptable") == (
        told["account"],
        told["data"]["object"]["amount"],
        first.json()["reason"],
    )
    assert 1 == len(client.v1.disputes.list({"charge": str(intent.latest_charge)}).data)


def test_the_books_show_what_disputes_took_and_gave_back(
    sandbox: SandboxProcess, connect: Connect, receiver: Receiver
) -> None:
    client = connect(account="acct_dispute_books")
    lost, won = disputed(client, receiver), disputed(client, receiver)
    client.v1.disputes.close(lost.id)
    answer(client, won, "winning_evidence")
    receiver.wait_for(CLOSED, won.id)

    books = httpx.get(f"{sandbox.url}/sandbox/books").json()["data"]

    [row] = [row for row in books if row["account"] == "acct_dispute_books"]
    assert (2500, 1250, 2, 1250) == (
        row["charged"],
        row["disputed"],
        row["disputes"],
        row["kept"],
    )


@pytest.mark.parametrize(("verdict", "movements"), [("won", [-1250, 1250]), ("lost", [-1250])])
def test_a_dispute_can_be_decided_by_hand_once(
    sandbox: SandboxProcess,
    client: stripe.StripeClient,
    receiver: Receiver,
    verdict: str,
    movements: list[int],
) -> None:
    dispute = disputed(client, receiver)
    address = f"{sandbox.url}/sandbox/disputes/{dispute.id}/end"

    first = httpx.post(address, data={"verdict": verdict})
    second = httpx.post(address, data={"verdict": "won"})

    receiver.wait_for(CLOSED, dispute.id)
    ended = client.v1.disputes.retrieve(dispute.id)
    assert (200, 400) == (first.status_code, second.status_code)
    assert (verdict, movements) == (ended.status, moved(ended))


def test_a_dispute_that_nobody_answers_is_lost(
    database: Path, receiver: Receiver, connect: Connect
) -> None:
    config = SandboxConfig(
        database=database,
        webhook_url=receiver.url,
        webhook_secret=SECRET,
        settle_seconds=0.1,
        dispute_seconds=0.5,
    )
    with running_sandbox(config) as sandbox:
        client = connect(sandbox.url)
        dispute = disputed(client, receiver)
        receiver.wait_for(CLOSED, dispute.id)
        ended = client.v1.disputes.retrieve(dispute.id)

    assert ("lost", True) == (ended.status, ended.evidence_details.past_due)


def test_any_refund_can_be_made_to_fail_by_hand_once(
    sandbox: SandboxProcess, client: stripe.StripeClient, receiver: Receiver
) -> None:
    intent = paid(client)
    refund = client.v1.refunds.create({"payment_intent": intent.id})
    address = f"{sandbox.url}/sandbox/refunds/{refund.id}/fail"

    first, second = httpx.post(address), httpx.post(address)

    told = receiver.wait_for("refund.failed", refund.id).event["data"]["object"]
    assert (200, 400) == (first.status_code, second.status_code)
    assert ("failed", "expired_or_canceled_card") == (told["status"], told["failure_reason"])
    assert 0 == client.v1.charges.retrieve(str(intent.latest_charge)).amount_refunded


def test_another_accounts_dispute_is_not_there(
    client: stripe.StripeClient, connect: Connect, receiver: Receiver
) -> None:
    dispute = disputed(client, receiver)

    with pytest.raises(stripe.InvalidRequestError) as refused:
        connect(account="acct_other").v1.disputes.close(dispute.id)

    assert "resource_missing" == refused.value.code
    assert "needs_response" == client.v1.disputes.retrieve(dispute.id).status
