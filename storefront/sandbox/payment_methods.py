"""Payment methods: a test card by name, by number, or one that was made before."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from storefront.sandbox.cards import BY_NAME, BY_NUMBER, LIVE_CARD, Card, passes_luhn
from storefront.sandbox.errors import StripeError, card_error, invalid, no_such
from storefront.sandbox.params import email, integer, metadata, needed_text, one_of, text, texts
from storefront.sandbox.shapes import new_payment_method

if TYPE_CHECKING:
    from storefront.sandbox.params import Params, Schema
    from storefront.sandbox.store import Object
    from storefront.sandbox.work import Work

ADDRESS: Schema = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"), text)
_BILLING: Schema = {"address": ADDRESS, "email": email, "name": text, "phone": text}
DATA: Schema = {
    "type": one_of("card"),
    "card": {
        "number": needed_text,
        "exp_month": integer,
        "exp_year": integer,
        "cvc": text,
    },
    "billing_details": _BILLING,
    "metadata": metadata,
    "allow_redisplay": one_of("always", "limited", "unspecified"),
}
CREATE: Schema = {**DATA, "expand": texts}

_NAMED_EXPIRY_YEARS = 3
_DECEMBER = 12
_FURTHEST_EXPIRY_YEARS = 50
_CVC = re.compile(r"^\d{3,4}$")


def create(work: Work, params: Params) -> Object:
    """Make a payment method from card data."""
    return from_data(work, params)


def retrieve(work: Work, _params: Params, method_id: str) -> Object:
    """Return a payment method."""
    return work.get("payment_method", method_id, param="payment_method")


def from_params(work: Work, params: Params) -> Object | None:
    """Return the payment method that a request names or describes, if it does."""
    if params.get("payment_method_data"):
        return from_data(work, params["payment_method_data"])
    given = params.get("payment_method")
    if given is None:
        return None
    if not given.startswith("pm_card_"):
        return work.get("payment_method", given, param="payment_method")
    card = BY_NAME.get(given.removeprefix("pm_card_"))
    if card is None:
        raise no_such("PaymentMethod", given, param="payment_method")
    year = work.moment.year + _NAMED_EXPIRY_YEARS
    return _keep(work, card, expiry=(_DECEMBER, year), billing={})


def from_data(work: Work, data: Params) -> Object:
    """Make a payment method from a number, an expiry and a CVC; raises 402 as Stripe does."""
    facts = data.get("card") or {}
    for name in ("number", "exp_month", "exp_year"):
        if name not in facts:
            param = f"card[{name}]"
            message = f"Missing required param: {param}."
            raise invalid(message, code="parameter_missing", param=param)
    expiry = _check_expiry(work, facts["exp_month"], facts["exp_year"])
    _check_cvc(facts.get("cvc"))
    card = _card_by_number(re.sub(r"[\s-]", "", facts["number"]))
    return _keep(work, card, expiry=expiry, billing=data.get("billing_details") or {})


def card_of(work: Work, method: Object) -> Card:
    """Return the test card behind a payment method."""
    return BY_NAME[work.tx.hidden(method["id"]) or ""]


def _keep(work: Work, card: Card, *, expiry: tuple[int, int], billing: Object) -> Object:
    method = new_payment_method(card, expiry=expiry, billing=billing, created=work.second)
    work.tx.insert(work.account, method, hidden=card.key)
    return method


def _card_by_number(number: str) -> Card:
    if card := BY_NUMBER.get(number):
        return card
    if not number.isdigit() or not passes_luhn(number):
        message = "Your card number is incorrect."
        raise card_error(message, code="incorrect_number", param="number")
    raise card_error(LIVE_CARD.message, code=LIVE_CARD.code, decline_code=LIVE_CARD.decline_code)


def _check_expiry(work: Work, month: int, year: int) -> tuple[int, int]:
    year += 2000 if year < 100 else 0  # noqa: PLR2004 - two digits stand for this century
    this_year = work.moment.year
    if not 1 <= month <= _DECEMBER:
        raise _bad("expiration month", "invalid_expiry_month", "exp_month")
    if not this_year <= year <= this_year + _FURTHEST_EXPIRY_YEARS:
        raise _bad("expiration year", "invalid_expiry_year", "exp_year")
    if year == this_year and month < work.moment.month:
        raise _bad("expiration month", "invalid_expiry_month", "exp_month")
    return month, year


def _check_cvc(cvc: str | None) -> None:
    if cvc is not None and not _CVC.match(cvc):
        raise _bad("security code", "invalid_cvc", "cvc")


def _bad(what: str, code: str, param: str) -> StripeError:
    return card_error(f"Your card's {what} is invalid.", code=code, param=param)
