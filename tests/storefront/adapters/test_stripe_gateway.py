"""The gateway against the sandbox, over HTTP and through Stripe's own SDK."""

import json
import secrets
import socket
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.request import Request, urlopen

import pytest
import stripe

from storefront.adapters.stripe_gateway import NETWORK_RETRIES, StripeGateway
from storefront.domain.money import Money
from storefront.domain.payments import RefundNews
from storefront.errors import Invalid, StorefrontError, TryAgain
from storefront.ports import RefundRequest
from storefront.sandbox import SandboxProcess
from tests.storefront.adapters.answering import Answering
from tests.storefront.adapters.conftest import MakeGateway, a_request
from tests.storefront.sandbox.receiver import Receiver


@pytest.fixture
def key() -> str:
    return f"pay_{secrets.token_hex(8)}"


def confirm(buyer: stripe.StripeClient, reference: str, card: str = "visa") -> None:
    buyer.v1.payment_intents.confirm(reference, {"payment_method": f"pm_card_{card}"})


def test_opening_asks_for_money_once_however_often_it_is_repeated(
    gateway: StripeGateway, key: str
) -> None:
    first = gateway.open(a_request(key))

    assert gateway.open(a_request(key)) == first
    assert first.client_secret.startswith(f"{first.reference}_secret_")


def test_another_key_asks_for_other_money(gateway: StripeGateway, key: str) -> None:
    first = gateway.open(a_request(key))

    assert gateway.open(a_request(f"{key}-2")).reference != first.reference


def test_a_key_that_was_used_for_another_amount_is_refused(
    gateway: StripeGateway, key: str
) -> None:
    first = gateway.open(a_request(key))

    with pytest.raises(Invalid) as refusal:
        gateway.open(a_request(key, minor=1251))
    assert refusal.value.code == "payment_refused"
    assert gateway.fetch(first.reference, account="").amount == Money(1250, "USD")


def test_what_is_opened_can_be_fetched_with_what_we_wrote_on_it(
    gateway: StripeGateway, key: str
) -> None:
    opened = gateway.open(a_request(key))
    snapshot = gateway.fetch(opened.reference, account="")

    assert snapshot.state == "requires_payment_method"
    assert snapshot.amount == Money(1250, "USD")
    assert (snapshot.payment_public_id, snapshot.merchant_public_id) == (key, "mer_1")
    assert (snapshot.charged_at, snapshot.failure, snapshot.is_live) == (None, None, False)


def test_redirects_away_from_the_post_are_off(
    gateway: StripeGateway, buyer: stripe.StripeClient, key: str
) -> None:
    opened = gateway.open(a_request(key))
    intent = buyer.v1.payment_intents.retrieve(opened.reference)

    assert intent.automatic_payment_methods is not None
    assert intent.automatic_payment_methods.allow_redirects == "never"


def test_a_paid_intent_tells_when_it_was_charged(
    gateway: StripeGateway, buyer: stripe.StripeClient, key: str
) -> None:
    opened = gateway.open(a_request(key))
    confirm(buyer, opened.reference)
    snapshot = gateway.fetch(opened.reference, account="")

    assert snapshot.state == "succeeded"
    assert snapshot.charged_at is not None
    assert abs(datetime.now(UTC) - snapshot.charged_at) < timedelta(minutes=1)


def test_a_declined_card_is_told_by_its_decline_code(
    gateway: StripeGateway, buyer: stripe.StripeClient, key: str
) -> None:
    opened = gateway.open(a_request(key))
    with pytest.raises(stripe.CardError):
        confirm(buyer, opened.reference, "chargeDeclinedInsufficientFunds")
    snapshot = gateway.fetch(opened.reference, account="")

    assert (snapshot.state, snapshot.failure) == ("requires_payment_method", "insufficient_funds")


def test_cancelling_ends_a_payment_and_may_be_repeated(gateway: StripeGateway, key: str) -> None:
    opened = gateway.open(a_request(key))
    states = [gateway.cancel(opened.reference, account="").state for _ in range(2)]

    assert states == ["canceled", "canceled"]


def test_cancelling_what_was_cancelled_elsewhere_says_so(
    gateway: StripeGateway, buyer: stripe.StripeClient, key: str
) -> None:
    opened = gateway.open(a_request(key))
    buyer.v1.payment_intents.cancel(opened.reference)

    assert gateway.cancel(opened.reference, account="").state == "canceled"


def test_money_that_was_faster_than_the_cancellation_is_told(
    gateway: StripeGateway, buyer: stripe.StripeClient, key: str
) -> None:
    opened = gateway.open(a_request(key))
    confirm(buyer, opened.reference)
    snapshot = gateway.cancel(opened.reference, account="")

    assert snapshot.state == "succeeded"
    assert snapshot.charged_at is not None


def test_a_payment_that_could_not_be_cancelled_at_first_can_be_later(
    gateway: StripeGateway, buyer: stripe.StripeClient, receiver: Receiver, key: str
) -> None:
    """Stripe keeps the answer to a key for a day, and "not now" must not be kept that long."""
    opened = gateway.open(a_request(key))
    confirm(buyer, opened.reference, "sandboxProcessingFails")
    early = gateway.cancel(opened.reference, account="")
    receiver.wait_for("payment_intent.payment_failed", opened.reference)

    assert early.state == "processing"
    assert gateway.cancel(opened.reference, account="").state == "canceled"


def test_a_payment_that_nobody_knows_cannot_be_fetched(gateway: StripeGateway) -> None:
    with pytest.raises(Invalid) as refusal:
        gateway.fetch("pi_unknown", account="")
    assert refusal.value.code == "payment_refused"


def refund_of(reference: str, key: str, *, minor: int = 1250, account: str = "") -> RefundRequest:
    return RefundRequest(
        reference=reference,
        amount=Money(minor, "USD"),
        account=account,
        key=f"ref-{key}",
        metadata={"refund": f"ref-{key}"},
    )


def test_a_refund_gives_the_money_back_once(
    gateway: StripeGateway, buyer: stripe.StripeClient, key: str
) -> None:
    opened = gateway.open(a_request(key))
    confirm(buyer, opened.reference)
    first = gateway.refund(refund_of(opened.reference, key))
    again = gateway.refund(refund_of(opened.reference, key))
    refunds = buyer.v1.refunds.list({"payment_intent": opened.reference}).data

    assert again == first
    assert [(each.id, each.amount) for each in refunds] == [(first, 1250)]


def test_a_refund_is_found_by_what_we_wrote_on_it(
    gateway: StripeGateway, buyer: stripe.StripeClient, key: str
) -> None:
    opened = gateway.open(a_request(key))
    confirm(buyer, opened.reference)
    ours = refund_of(opened.reference, key, minor=500)
    reference = gateway.refund(ours)
    gateway.refund(refund_of(opened.reference, f"{key}-2", minor=250))
    found = gateway.find_refund(ours)

    assert found is not None
    assert (found.reference, found.amount) == (reference, Money(500, "USD"))
    assert gateway.find_refund(refund_of(opened.reference, f"{key}-3")) is None


def test_a_refund_that_the_bank_sent_back_is_told_when_asked_for(
    gateway: StripeGateway, buyer: stripe.StripeClient, sandbox: SandboxProcess, key: str
) -> None:
    opened = gateway.open(a_request(key))
    confirm(buyer, opened.reference)
    reference = gateway.refund(refund_of(opened.reference, key))
    press(sandbox, f"/sandbox/refunds/{reference}/fail")

    told = gateway.fetch_news("refund", reference, account="")

    assert isinstance(told, RefundNews)
    assert (told.state, told.payment) == ("failed", opened.reference)
    assert (told.amount, told.refund_public_id) == (Money(1250, "USD"), f"ref-{key}")


def test_a_dispute_tells_how_it_stands_when_asked_for(
    gateway: StripeGateway, buyer: stripe.StripeClient, sandbox: SandboxProcess, key: str
) -> None:
    opened = gateway.open(a_request(key))
    confirm(buyer, opened.reference)
    reference = press(sandbox, "/sandbox/disputes", payment_intent=opened.reference)["id"]
    open_ = gateway.fetch_news("dispute", reference, account="")
    press(sandbox, f"/sandbox/disputes/{reference}/end", verdict="lost")

    lost = gateway.fetch_news("dispute", reference, account="")

    assert (open_.payment, open_.state, lost.state) == (opened.reference, "needs_response", "lost")


def test_lists_are_read_on_from_a_mark_page_by_page_oldest_first(
    gateway: StripeGateway, buyer: stripe.StripeClient, key: str
) -> None:
    """More than a page has come since; an account sees its own alone."""
    account = f"acct_{key}"
    opened = gateway.open(a_request(key, minor=10_500, account=account))
    buyer.v1.payment_intents.confirm(
        opened.reference, {"payment_method": "pm_card_visa"}, {"stripe_account": account}
    )
    made = [
        gateway.refund(refund_of(opened.reference, f"{key}-{number}", minor=100, account=account))
        for number in range(103)
    ]

    first = gateway.list_news("refund", account=account, after=made[0])
    second = gateway.list_news("refund", account=account, after=first.last)
    newest = gateway.list_news("refund", account=account, after=None)

    assert [each.reference for each in first.news] == made[1:101]
    assert [each.reference for each in second.news] == made[101:]
    assert (first.last, first.has_more) == (made[100], True)
    assert (second.last, second.has_more) == (made[-1], False)
    assert [each.reference for each in newest.news] == made
    assert (newest.last, newest.has_more) == (made[-1], False)
    assert gateway.list_news("dispute", account=account, after=None).news == ()


def test_a_mark_that_the_gateway_has_forgotten_is_no_mark(
    gateway: StripeGateway, buyer: stripe.StripeClient, key: str
) -> None:
    opened = gateway.open(a_request(key))
    confirm(buyer, opened.reference)
    made = gateway.refund(refund_of(opened.reference, key))

    page = gateway.list_news("refund", account="", after="re_of_last_year")

    assert (page.last, page.news[-1].reference) == (made, made)


def press(sandbox: SandboxProcess, lever: str, **told: str) -> Any:
    """Pull one of the sandbox's levers and return its answer."""
    call = Request(  # noqa: S310 - our own address
        f"{sandbox.url}{lever}", json.dumps(told).encode(), {"Content-Type": "application/json"}
    )
    with urlopen(call, timeout=10) as answer:  # noqa: S310 - as above
        return json.load(answer)


def test_more_than_was_taken_cannot_be_given_back(
    gateway: StripeGateway, buyer: stripe.StripeClient, key: str
) -> None:
    opened = gateway.open(a_request(key))
    confirm(buyer, opened.reference)

    with pytest.raises(Invalid) as refusal:
        gateway.refund(refund_of(opened.reference, key, minor=1251))
    assert refusal.value.code == "payment_refused"
    assert buyer.v1.refunds.list({"payment_intent": opened.reference}).data == []


def test_a_payment_belongs_to_the_account_that_asked_for_it(
    gateway: StripeGateway, key: str
) -> None:
    opened = gateway.open(a_request(key, account="acct_florist"))
    snapshot = gateway.fetch(opened.reference, account="acct_florist")

    assert snapshot.account == "acct_florist"
    with pytest.raises(Invalid):
        gateway.fetch(opened.reference, account="")
    assert gateway.cancel(opened.reference, account="acct_florist").state == "canceled"


def test_a_refund_comes_from_the_account_that_was_paid(
    gateway: StripeGateway, buyer: stripe.StripeClient, key: str
) -> None:
    opened = gateway.open(a_request(key, account="acct_florist"))
    buyer.v1.payment_intents.confirm(
        opened.reference, {"payment_method": "pm_card_visa"}, {"stripe_account": "acct_florist"}
    )

    with pytest.raises(Invalid):
        gateway.refund(refund_of(opened.reference, key))
    assert gateway.refund(
        refund_of(opened.reference, f"{key}-2", account="acct_florist")
    ).startswith("re_")


@pytest.mark.parametrize(("minor", "currency"), [(49, "USD"), (49, "JPY"), (100_000_000, "USD")])
def test_an_amount_that_stripe_does_not_charge_is_out_of_range(
    gateway: StripeGateway, key: str, minor: int, currency: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        gateway.open(a_request(key, minor=minor, currency=currency))
    assert (refusal.value.code, refusal.value.field) == ("amount_out_of_range", "amount")
    assert refusal.value.data == {
        "least": Money(50, currency),
        "most": Money(99_999_999, currency),
    }


@pytest.mark.parametrize(
    ("minor", "currency"),
    [(120, "ISK"), (5000, "UGX"), (300_000, "MGA"), (1230, "KWD"), (900, "JPY")],
)
def test_an_amount_comes_back_as_it_was_asked_for(
    gateway: StripeGateway, key: str, minor: int, currency: str
) -> None:
    opened = gateway.open(a_request(key, minor=minor, currency=currency))

    assert gateway.fetch(opened.reference, account="").amount == Money(minor, currency)


def test_a_gateway_that_cannot_be_reached_is_a_passing_fault(
    make_gateway: MakeGateway, key: str
) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        gateway = make_gateway(f"http://127.0.0.1:{deaf.getsockname()[1]}")

        with pytest.raises(TryAgain) as fault:
            gateway.open(a_request(key))
    assert (fault.value.code, fault.value.retry_after) == ("payments_unavailable", 5)


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (500, {"type": "api_error"}, ("TryAgain", "payments_unavailable")),
        (503, {"type": "api_error"}, ("TryAgain", "payments_unavailable")),
        (429, {"type": "invalid_request_error"}, ("TryAgain", "payments_unavailable")),
        (
            409,
            {"type": "idempotency_error", "code": "idempotency_key_in_use"},
            ("TryAgain", "payments_unavailable"),
        ),
        (401, {"type": "invalid_request_error"}, ("Invalid", "payment_refused")),
        (403, {"type": "invalid_request_error"}, ("Invalid", "payment_refused")),
        (400, {"type": "invalid_request_error"}, ("Invalid", "payment_refused")),
        (402, {"type": "card_error", "code": "card_declined"}, ("Declined", "declined")),
        (
            400,
            {"type": "invalid_request_error", "code": "amount_too_large"},
            ("Invalid", "amount_out_of_range"),
        ),
    ],
)
def test_what_stripe_answers_says_whether_to_try_again(
    make_gateway: MakeGateway,
    key: str,
    status: int,
    error: dict[str, str],
    expected: tuple[str, str],
) -> None:
    answer = {"error": {**error, "message": "No."}}
    with Answering(status, answer) as stripe_like, pytest.raises(StorefrontError) as fault:
        make_gateway(stripe_like.url).open(a_request(key))
    assert (type(fault.value).__name__, fault.value.code) == expected


def test_a_fault_is_tried_a_few_times_with_one_key_and_no_more(
    make_gateway: MakeGateway, key: str
) -> None:
    answer = {"error": {"type": "api_error"}}
    with Answering(500, answer) as stripe_like, pytest.raises(TryAgain):
        make_gateway(stripe_like.url).open(a_request(key))

    assert stripe_like.keys == [key] * (1 + NETWORK_RETRIES)


INTENT = {
    "id": "pi_1", "object": "payment_intent", "client_secret": "pi_1_secret", "amount": 1250,
    "currency": "usd", "status": "canceled", "livemode": False, "metadata": {},
}  # fmt: skip


def test_a_request_on_a_kept_line_that_is_cut_is_repeated_under_its_own_key(
    make_gateway: MakeGateway, key: str
) -> None:
    """Stripe may have done it: only the same key makes the repeat harmless."""
    with Answering(200, INTENT, is_kept=True) as stripe_like:
        gateway = make_gateway(stripe_like.url)
        gateway.open(a_request(key))
        gateway.open(a_request(f"{key}-2"))

    assert [key, f"{key}-2", f"{key}-2"] == stripe_like.keys
    first, cut, again = stripe_like.lines
    assert first == cut != again


def test_a_write_without_a_key_of_ours_is_repeated_under_one_of_its_own(
    make_gateway: MakeGateway, key: str
) -> None:
    with Answering(200, INTENT, is_kept=True) as stripe_like:
        gateway = make_gateway(stripe_like.url)
        gateway.open(a_request(key))
        gateway.cancel("pi_1", account="")

    _, cut, again = stripe_like.keys
    assert cut == again
    assert cut not in (None, key)


def test_an_answer_that_is_no_json_is_a_passing_fault(make_gateway: MakeGateway, key: str) -> None:
    with Answering(502, "<h1>Bad gateway</h1>") as stripe_like, pytest.raises(TryAgain) as fault:
        make_gateway(stripe_like.url).open(a_request(key))
    assert fault.value.code == "payments_unavailable"


def test_a_real_message_of_the_sandbox_is_read(
    gateway: StripeGateway, buyer: stripe.StripeClient, receiver: Receiver, key: str
) -> None:
    opened = gateway.open(a_request(key, account="acct_florist"))
    buyer.v1.payment_intents.confirm(
        opened.reference, {"payment_method": "pm_card_visa"}, {"stripe_account": "acct_florist"}
    )
    received = receiver.wait_for("payment_intent.succeeded", opened.reference)
    event = gateway.read_event(received.body, received.signature)

    assert (event.type, event.account, event.is_live) == (
        "payment_intent.succeeded",
        "acct_florist",
        False,
    )
    assert event.snapshot is not None
    assert event.snapshot.reference == opened.reference
    assert event.snapshot.amount == Money(1250, "USD")
    assert event.snapshot.charged_at == event.created_at
    assert abs(event.created_at.timestamp() - time.time()) < 60


def test_a_message_about_something_else_has_no_payment(
    gateway: StripeGateway, buyer: stripe.StripeClient, receiver: Receiver, key: str
) -> None:
    opened = gateway.open(a_request(key))
    confirm(buyer, opened.reference)
    received = receiver.wait_for("charge.succeeded", opened.reference)

    assert gateway.read_event(received.body, received.signature).snapshot is None
