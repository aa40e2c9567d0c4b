"""Which currencies Stripe takes, in what units, and the least and the most it charges.

Facts from docs.stripe.com/currencies. Amounts are in the unit that Stripe's API counts.
"""

from __future__ import annotations

from storefront.sandbox.errors import invalid

_KNOWN = """
    aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd
    cad cdf chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq
    gyd hkd hnl htg huf idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd
    lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk
    php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd std szl thb tjs tnd top
    try ttd twd tzs uah ugx usd uyu uzs vnd vuv wst xaf xcd xcg xof xpf yer zar zmw
"""
_ZERO_DECIMAL = "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf"
CURRENCIES = frozenset(_KNOWN.split())
ZERO_DECIMAL = frozenset(_ZERO_DECIMAL.split())
THREE_DECIMAL = frozenset(("bhd", "jod", "kwd", "omr", "tnd"))
# Sent in hundredths for history's sake, although nothing below a whole unit exists.
WHOLE_UNITS_IN_HUNDREDTHS = frozenset(("isk", "ugx"))

LEAST = {
    "usd": 50, "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "czk": 1500,
    "dkk": 250, "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000,
    "myr": 200, "nok": 300, "nzd": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000,
    # Stripe publishes no figure for these: it converts to half a dollar. Rounded.
    "cny": 360, "krw": 700, "twd": 1600, "kwd": 160, "bhd": 190, "jod": 360, "omr": 200,
    "tnd": 1500, "vnd": 13000, "idr": 800000, "php": 2900, "zar": 900, "try": 2000, "ils": 180,
    "clp": 470, "isk": 6800, "ugx": 180000,
}  # fmt: skip
MOST = 99_999_999
_LARGE_UNITS = frozenset(("idr", "vnd", "krw", "ugx", "cop", "lbp", "uzs"))
_MOST_LARGE = 999_999_999_999


def check_currency(currency: str) -> str:
    """Return the currency in lower case; raises 400 for one that Stripe does not know."""
    code = currency.lower()
    if code not in CURRENCIES:
        known = ", ".join(sorted(CURRENCIES))
        message = (
            f"Invalid currency: {currency}. Stripe currently supports these currencies: {known}"
        )
        raise invalid(message, param="currency")
    return code


def check_amount(amount: int, currency: str) -> int:
    """Return the amount; raises 400 when Stripe would not charge it."""
    if amount < 1:
        message = "This value must be greater than or equal to 1."
        raise invalid(message, code="parameter_invalid_integer", param="amount")
    least = LEAST.get(currency, 1)
    if amount < least:
        message = f"Amount must be at least {shown(least, currency)}"
        raise invalid(message, code="amount_too_small", param="amount")
    if amount > (_MOST_LARGE if currency in _LARGE_UNITS else MOST):
        message = f"Amount must be no more than {shown(MOST, currency)}"
        raise invalid(message, code="amount_too_large", param="amount")
    _check_step(amount, currency)
    return amount


def _check_step(amount: int, currency: str) -> None:
    step = 10 if currency in THREE_DECIMAL else 1
    step = 100 if currency in WHOLE_UNITS_IN_HUNDREDTHS else step
    if amount % step:
        message = f"Invalid amount: in {currency} it must be divisible by {step}."
        raise invalid(message, param="amount")


def shown(amount: int, currency: str) -> str:
    """Write an amount for a message, as in `0.50 usd`."""
    places = 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2
    whole, rest = divmod(amount, 10**places)
    return f"{whole}.{rest:0{places}d} {currency}" if places else f"{whole} {currency}"
