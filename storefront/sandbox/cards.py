"""Stripe's documented test cards, by number and by `pm_card_…` name, and how each behaves.

Numbers from docs.stripe.com/testing; the two that take their time are the sandbox's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Refunding = Literal["at_once", "pending", "fails"]


@dataclass(frozen=True, slots=True)
class Decline:
    """Why a card does not pay: the error's code, the decline code, and the words for the buyer."""

    code: str
    decline_code: str | None
    message: str


@dataclass(frozen=True, slots=True)
class Card:
    """A test card. `names` are its `pm_card_…` ids without that prefix, the first is its key.

    `disputing` is the reason for which its payments are disputed; `inquires`: only asked about.
    """

    names: tuple[str, ...]
    number: str
    brand: str = "visa"
    country: str = "US"
    funding: str = "credit"
    decline: Decline | None = None
    asks: bool = False
    waits: bool = False
    refunding: Refunding = "at_once"
    disputing: str | None = None
    inquires: bool = False

    @property
    def key(self) -> str:
        """Return the name by which the sandbox remembers this card."""
        return self.names[0]

    @property
    def last4(self) -> str:
        """Return the last four digits."""
        return self.number[-4:]


def _declined(decline_code: str) -> Decline:
    return Decline("card_declined", decline_code, "Your card was declined.")


_GENERIC = _declined("generic_decline")
_NO_FUNDS = Decline("card_declined", "insufficient_funds", "Your card has insufficient funds.")
_EXPIRED = Decline("expired_card", None, "Your card has expired.")
_CVC = Decline("incorrect_cvc", None, "Your card's security code is incorrect.")
_PROCESSING = Decline(
    "processing_error",
    None,
    "An error occurred while processing your card. Try again in a little bit.",
)
_VELOCITY = Decline(
    "card_declined",
    "card_velocity_exceeded",
    "Your card was declined for making repeated attempts too frequently or exceeding its amount "
    "limit.",
)
LIVE_CARD = Decline(
    "card_declined",
    "test_mode_live_card",
    "Your card was declined. Your request was in test mode, but used a non test (live) card. "
    "For a list of valid test cards, visit: https://stripe.com/docs/testing.",
)
NEEDS_AUTHENTICATION = Decline(
    "authentication_required",
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
)


def _both(name: str) -> tuple[str, str]:
    """Return a decline's name with and without `visa_`: Stripe's documents have used both."""
    return name, f"visa_{name}"


CARDS = (
    Card(("visa",), "4242424242424242"),
    Card(("visa_debit",), "4000056655665556", funding="debit"),
    Card(("mastercard",), "5555555555554444", "mastercard"),
    Card(("mastercard_debit",), "5200828282828210", "mastercard", funding="debit"),
    Card(("mastercard_prepaid",), "5105105105105100", "mastercard", funding="prepaid"),
    Card(("amex",), "378282246310005", "amex"),
    Card(("discover",), "6011111111111117", "discover"),
    Card(("diners",), "3056930009020004", "diners"),
    Card(("jcb",), "3566002020360505", "jcb", "JP"),
    Card(("unionpay",), "6200000000000005", "unionpay", "CN"),
    Card(("us",), "4000000000000093"),
    Card(("ca",), "4000001240000000", country="CA"),
    Card(("gb",), "4000008260000000", country="GB"),
    Card(("de",), "4000002760000016", country="DE"),
    Card(("fr",), "4000002500000003", country="FR"),
    Card(("cn",), "4000001560000002", country="CN"),
    Card(("hk",), "4000003440000004", country="HK"),
    Card(("jp",), "4000003920000003", country="JP"),
    Card(("sg",), "4000007020000003", country="SG"),
    Card(("tw",), "4000001580000008", country="TW"),
    Card(("bypassPending",), "4000000000000077"),
    Card(_both("chargeDeclined"), "4000000000000002", decline=_GENERIC),
    Card(_both("chargeDeclinedInsufficientFunds"), "4000000000009995", decline=_NO_FUNDS),
    Card(_both("chargeDeclinedLostCard"), "4000000000009987", decline=_declined("lost_card")),
    Card(_both("chargeDeclinedStolenCard"), "4000000000009979", decline=_declined("stolen_card")),
    Card(_both("chargeDeclinedExpiredCard"), "4000000000000069", decline=_EXPIRED),
    Card(_both("chargeDeclinedIncorrectCvc"), "4000000000000127", decline=_CVC),
    Card(_both("chargeDeclinedProcessingError"), "4000000000000119", decline=_PROCESSING),
    Card(_both("chargeDeclinedVelocityLimitExceeded"), "4000000000006975", decline=_VELOCITY),
    Card(
        (*_both("chargeDeclinedFraudulent"), "radarBlock"),
        "4100000000000019",
        decline=_declined("fraudulent"),
    ),
    Card(("chargeCustomerFail",), "4000000000000341", decline=_GENERIC),
    Card(("threeDSecure2Required", "threeDSecureRequired"), "4000000000003220", asks=True),
    Card(("threeDSecure1Required",), "4000000000003063", asks=True),
    Card(("threeDSecureOptional",), "4000000000003055"),
    Card(("authenticationRequired",), "4000002760003184", country="DE", asks=True),
    Card(
        ("authenticationRequiredOnSetup", "authenticationRequiredSetupForOffSession"),
        "4000002500003155",
        country="FR",
        asks=True,
    ),
    Card(
        ("threeDSecureRequiredChargeDeclined",),
        "4000008400001629",
        asks=True,
        decline=_GENERIC,
    ),
    Card(
        ("authenticationRequiredChargeDeclinedInsufficientFunds",),
        "4000008260003178",
        country="GB",
        asks=True,
        decline=_NO_FUNDS,
    ),
    Card(("pendingRefund",), "4000000000007726", refunding="pending"),
    Card(("refundFail",), "4000000000005126", refunding="fails"),
    Card(("createDispute",), "4000000000000259", disputing="fraudulent"),
    Card(
        ("createDisputeProductNotReceived",),
        "4000000000002685",
        disputing="product_not_received",
    ),
    Card(("createDisputeInquiry",), "4000000000001976", disputing="fraudulent", inquires=True),
    Card(("sandboxProcessing",), "4000000000017006", waits=True),
    Card(("sandboxProcessingFails",), "4000000000027005", waits=True, decline=_GENERIC),
)

BY_NAME = {name: card for card in CARDS for name in card.names}
BY_NUMBER = {card.number: card for card in CARDS}


def passes_luhn(number: str) -> bool:
    """Tell whether a card number's check digit fits."""
    digits = [int(digit) for digit in reversed(number)]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
