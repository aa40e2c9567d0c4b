"""The payment gateway over Stripe's official SDK: direct charges on each merchant's account."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NoReturn

import stripe

from storefront.adapters import stripe_accounts, stripe_news
from storefront.adapters.fuse import Fuse
from storefront.adapters.stripe_amounts import from_gateway, limits, to_gateway
from storefront.adapters.stripe_news import (
    UNREADABLE,
    maybe_text_of,
    read_dispute,
    read_refund,
    text_of,
)
from storefront.adapters.wire import Unanswered, Wire
from storefront.domain.payments import GatewayEvent, Snapshot
from storefront.errors import Declined, Invalid, StorefrontError, TryAgain, Unreadable
from storefront.ports import Opened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

    from storefront.domain.connections import AccountTold
    from storefront.domain.payments import RefundNews
    from storefront.ports import (
        AccountRequest,
        News,
        NewsKind,
        NewsPage,
        OpenRequest,
        RefundRequest,
    )

API_VERSION = "2026-10-28.endive"
CONNECT_SECONDS = 2
ANSWER_SECONDS = 6
RETRY_WITHIN_SECONDS = 1.8
"""Together less than the ten seconds in which a buyer is told something, whatever Stripe does."""
NETWORK_RETRIES = 2
SILENCE_SECONDS = 2
"""Who refuses a call at once costs nobody time; who says nothing for so long is silent."""
TOLERANCE_SECONDS = 300
RETRY_AFTER_SECONDS = 5
PAGE = 100

AMOUNT_CODES = frozenset({"amount_too_small", "amount_too_large"})
NOT_CANCELLABLE = "payment_intent_unexpected_state"


class _TooLate(stripe.APIConnectionError):
    """There is no time for another try."""

    def __init__(self) -> None:
        super().__init__("no time for another try", should_retry=False)  # type: ignore[no-untyped-call]


class _Silent(stripe.APIConnectionError):
    """Stripe was silent a moment ago, and somebody else is finding out whether it still is."""

    def __init__(self) -> None:
        super().__init__("silent a moment ago", should_retry=False)  # type: ignore[no-untyped-call]


class _NotReached(stripe.APIConnectionError):
    """There was no answer this time."""

    def __init__(self, error: Unanswered) -> None:
        super().__init__(str(error), should_retry=error.may_pass)  # type: ignore[no-untyped-call]


class _QuickClient(stripe.HTTPClient):
    """Asks again as the SDK has it, but only while there is time for another whole answer.

    The SDK bounds each try and not their sum: three times ten seconds, and whoever waits is gone.
    Nor does it remember a silence, for which each buyer would then wait, and with all threads
    waiting, the messages too.
    """

    name = "urllib3"

    def __init__(self, *, timeout: tuple[float, float]) -> None:
        super().__init__()
        self._wire = Wire(timeout=timeout, certificates=stripe.ca_bundle_path)
        self._call = threading.local()
        self._fuse = Fuse(pause=RETRY_AFTER_SECONDS, longest=sum(timeout) + RETRY_WITHIN_SECONDS)

    def request_with_retries(self, *args: Any, **named: Any) -> Any:
        """Try, and try again, beginning no try too late, and none into a silence."""
        if not self._fuse.lets_pass():
            raise _Silent
        begin = time.monotonic()
        self._call.last_begin = begin + RETRY_WITHIN_SECONDS
        is_silent = False
        try:
            return super().request_with_retries(*args, **named)
        except stripe.APIConnectionError:
            is_silent = time.monotonic() - begin >= SILENCE_SECONDS
            raise
        finally:
            self._fuse.note(is_silent=is_silent)

    def request(self, *args: Any, **_: Any) -> Any:
        """Make one try."""
        if time.monotonic() > self._call.last_begin:
            raise _TooLate
        method, url, headers, body = args
        try:
            return self._wire.send(method, url, headers=headers, body=body)
        except Unanswered as error:
            raise _NotReached(error) from error

    def close(self) -> None:
        """Close what is open."""
        self._wire.close()


class StripeGateway:
    """Takes and returns money through Stripe, or through anything that speaks its protocol."""

    def __init__(self, api_key: str, *, webhook_secrets: Sequence[str], api_url: str = "") -> None:
        self._secrets = tuple(webhook_secrets)
        self._client = stripe.StripeClient(
            api_key,
            stripe_version=API_VERSION,
            base_addresses={"api": api_url} if api_url else {},
            max_network_retries=NETWORK_RETRIES,
            http_client=_QuickClient(timeout=(CONNECT_SECONDS, ANSWER_SECONDS)),
        )

    def open(self, request: OpenRequest) -> Opened:
        """Create a PaymentIntent. Redirect methods are off: a shopper never leaves the post."""
        params: Any = {
            "amount": to_gateway(request.amount),
            "currency": request.amount.currency.lower(),
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "description": request.description,
            "metadata": dict(request.metadata),
        }
        try:
            intent = self._client.v1.payment_intents.create(
                params, self._options(request.account, request.key)
            )
        except stripe.StripeError as error:
            _raise(error, currency=request.amount.currency)
        return Opened(intent.id, intent.client_secret or "")

    def cancel(self, reference: str, *, account: str) -> Snapshot:
        """Cancel a PaymentIntent; where money was faster, return what it has become.

        No key of ours: a repeat is harmless, and Stripe would keep "not now" under it for a day.
        """
        try:
            intent = self._client.v1.payment_intents.cancel(reference, None, self._options(account))
        except stripe.InvalidRequestError as error:
            if error.code != NOT_CANCELLABLE:
                _raise(error)
            return self.fetch(reference, account=account)
        except stripe.StripeError as error:
            _raise(error)
        return _snapshot(intent.to_dict(), account=account)

    def fetch(self, reference: str, *, account: str) -> Snapshot:
        """Retrieve a PaymentIntent with its latest charge."""
        try:
            intent = self._client.v1.payment_intents.retrieve(
                reference, {"expand": ["latest_charge"]}, self._options(account)
            )
        except stripe.StripeError as error:
            _raise(error)
        return _snapshot(intent.to_dict(), account=account)

    def refund(self, request: RefundRequest) -> str:
        """Create a Refund of a PaymentIntent and return its id."""
        params: Any = {
            "payment_intent": request.reference,
            "amount": to_gateway(request.amount),
            "metadata": dict(request.metadata),
        }
        try:
            refund = self._client.v1.refunds.create(
                params, self._options(request.account, request.key)
            )
        except stripe.StripeError as error:
            _raise(error)
        return refund.id

    def find_refund(self, request: RefundRequest) -> RefundNews | None:
        """Look through the Refunds of a PaymentIntent for the one that carries our metadata."""
        params: Any = {"payment_intent": request.reference, "limit": PAGE}
        try:
            listed = self._client.v1.refunds.list(params, self._options(request.account))
            for refund in listed.auto_paging_iter():
                news = read_refund(refund.to_dict())
                if news.refund_public_id == request.metadata["refund"]:
                    return news
        except stripe.StripeError as error:
            _raise(error)
        return None

    def fetch_news(self, kind: NewsKind, reference: str, *, account: str) -> News:
        """Retrieve a Refund or a Dispute."""
        try:
            return stripe_news.fetch(self._client, kind, reference, options=self._options(account))
        except stripe.StripeError as error:
            _raise(error)

    def list_news(self, kind: NewsKind, *, account: str, after: str | None) -> NewsPage:
        """List an account's Refunds or Disputes beyond a mark.

        One that the account does not know (test data can be deleted) is no mark.
        """
        options = self._options(account)
        try:
            return stripe_news.page(self._client, kind, after, options=options)
        except stripe.InvalidRequestError as error:
            if after is None or error.param != "ending_before":
                _raise(error)
            return self.list_news(kind, account=account, after=None)
        except stripe.StripeError as error:
            _raise(error)

    def open_account(self, request: AccountRequest) -> str:
        """Create a connected account that its owner has yet to complete."""
        try:
            return stripe_accounts.create(self._client, request)
        except stripe.StripeError as error:
            _raise_about_account(error)

    def account_link(self, account: str, *, back_url: str, again_url: str) -> str:
        """Create an AccountLink."""
        try:
            return stripe_accounts.link(
                self._client, account, back_url=back_url, again_url=again_url
            )
        except stripe.StripeError as error:
            _raise_about_account(error)

    def find_account(self, account: str) -> AccountTold | None:
        """Retrieve a connected account, or None when its owner has cut the tie."""
        try:
            return stripe_accounts.find(self._client, account)
        except stripe.StripeError as error:
            if stripe_accounts.is_gone(error):
                return None
            _raise_about_account(error)

    def read_event(self, body: bytes, signature: str | None) -> GatewayEvent:
        """Verify a webhook under any of the secrets and return what it says."""
        self._verify(body, signature)
        return _event(_object(body))

    def skew(self) -> timedelta:
        """Return how far our clock is ahead of Stripe's, by the Date of an answer."""
        try:
            answer = self._client.v1.payment_intents.list({"limit": 1})
        except stripe.StripeError as error:
            _raise(error)
        told = answer.last_response
        date = told.headers.get("Date") if told else None
        if date is None:
            raise TryAgain("payments_unavailable", retry_after=RETRY_AFTER_SECONDS)
        return datetime.now(UTC) - parsedate_to_datetime(date)

    def _verify(self, body: bytes, signature: str | None) -> None:
        if not signature:
            raise Unreadable("signature_missing")
        if not signature.isascii():
            # The SDK compares str values, and that raises TypeError on anything else.
            raise Unreadable("signature_invalid")
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            raise Unreadable("payload_invalid") from None
        if not any(_is_signed(text, signature, secret) for secret in self._secrets):
            raise Unreadable("signature_invalid")
        if abs(time.time() - _signed_at(signature)) > TOLERANCE_SECONDS:
            raise Unreadable("signature_expired")

    @staticmethod
    def _options(account: str, key: str | None = None) -> Any:
        options = {}
        if account:
            options["stripe_account"] = account
        if key:
            options["idempotency_key"] = key
        return options


def _is_signed(text: str, signature: str, secret: str) -> bool:
    try:
        return bool(stripe.WebhookSignature.verify_header(text, signature, secret))
    except stripe.SignatureVerificationError:
        return False


def _signed_at(signature: str) -> int:
    # Split as the SDK does, which has found a number there already.
    parts = (part.split("=", 2) for part in signature.split(","))
    return next(int(part[1]) for part in parts if part[0] == "t")


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise Unreadable("payload_invalid") from None
    if not isinstance(value, dict) or value.get("object") != "event":
        raise Unreadable("payload_invalid")
    return value


def _event(value: Mapping[str, Any]) -> GatewayEvent:
    try:
        account = value.get("account") or ""
        created_at = datetime.fromtimestamp(value["created"], UTC)
        about = value["data"]["object"]
        kind = about.get("object")
        snapshot = refund = dispute = None
        if kind == "payment_intent":
            snapshot = _snapshot(about, account=account, moved_at=created_at)
        elif kind == "refund" and about["payment_intent"]:
            refund = read_refund(about)
        elif kind == "dispute" and about["payment_intent"]:
            dispute = read_dispute(about)
        return GatewayEvent(
            id=text_of(value["id"]),
            type=text_of(value["type"]),
            account=text_of(account),
            is_live=value["livemode"] is True,
            created_at=created_at,
            snapshot=snapshot,
            refund=refund,
            dispute=dispute,
        )
    except UNREADABLE:
        raise Unreadable("payload_invalid") from None


def _snapshot(
    intent: Mapping[str, Any], *, account: str, moved_at: datetime | None = None
) -> Snapshot:
    """Read a PaymentIntent. `moved_at` dates the charge where only its id is at hand."""
    charge = intent.get("latest_charge")
    charged_at = (
        datetime.fromtimestamp(charge["created"], UTC) if isinstance(charge, dict) else moved_at
    )
    failure = intent.get("last_payment_error") or {}
    metadata = intent.get("metadata") or {}
    return Snapshot(
        reference=text_of(intent["id"]),
        state=text_of(intent["status"]),
        amount=from_gateway(intent["amount"], intent["currency"]),
        account=account,
        is_live=intent["livemode"] is True,
        charged_at=charged_at if intent["status"] == "succeeded" else None,
        failure=maybe_text_of(failure.get("decline_code") or failure.get("code")),
        payment_public_id=maybe_text_of(metadata.get("payment")),
        merchant_public_id=maybe_text_of(metadata.get("merchant")),
    )


def _raise(error: stripe.StripeError, *, currency: str = "") -> NoReturn:
    """Raise what Stripe's error means to us: try again, or stop."""
    raise _meaning(error, currency) from error


def _raise_about_account(error: stripe.StripeError) -> NoReturn:
    if isinstance(_meaning(error), TryAgain):
        raise TryAgain("connect_unavailable", retry_after=RETRY_AFTER_SECONDS) from error
    raise stripe_accounts.refused(error) from error


def _meaning(error: stripe.StripeError, currency: str = "") -> StorefrontError:
    if isinstance(error, stripe.CardError):
        return Declined("declined")
    if error.code in AMOUNT_CODES:
        return Invalid("amount_out_of_range", field="amount", **limits(currency))
    passing = (stripe.APIConnectionError, stripe.RateLimitError, stripe.APIError)
    if isinstance(error, passing) or error.http_status in {409, 429} or not error.http_status:
        return TryAgain("payments_unavailable", retry_after=RETRY_AFTER_SECONDS)
    if error.http_status >= 500:  # noqa: PLR2004 - the line between their fault and ours
        return TryAgain("payments_unavailable", retry_after=RETRY_AFTER_SECONDS)
    return Invalid("payment_refused", field="payment")
