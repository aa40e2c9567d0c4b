"""The codes of gift cards: how one is made, checked, read as people type it, and kept. What a code
is worth is in `ledger.py`; limits on guessing are in `guessing.py`."""

from __future__ import annotations

import re
import secrets
import unicodedata
from operator import mul
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from storefront.errors import Invalid

if TYPE_CHECKING:
    from storefront.ports import Signer

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without 0 and O, and without 1, I and L. The count is a prime, as the check symbol needs it."""

RANDOM_SYMBOLS = 16
LENGTH = RANDOM_SYMBOLS + 1
BASE = len(ALPHABET)
PURPOSE = "gift-code"
"""Names the digest under which a code is found, and the keys under which it is encrypted."""

PEPPERS_KEY = 1
"""The number of the key that is always there."""

LONGEST_TYPED = 1000
LONGEST_SHOWN_HOST = 100
VALUES = {symbol: value for value, symbol in enumerate(ALPHABET)}
DASHES = "\u2212\u00ad"
"""What is a dash to people and none to Unicode: the minus, and the hyphen that is not shown."""

LOOKS_LIKE = str.maketrans("345678", "EASGTB")
PROFANE = (
    "ANUS", "ARSE", "BANG", "BUTT", "CACA", "CRAP", "CUNT", "DAMN", "DEAD", "FART", "FUCK", "HATE",
    "HEXE", "HURE", "KACK", "KKKK", "MERDE", "NEGER", "NUTTE", "PUTA", "RAPE", "SATAN", "SAUGT",
    "SHAG", "TURD", "TWAT", "WANK",
)  # fmt: skip
"""Words that nobody wants to read on a present, as far as the alphabet can spell them."""

_RUDE = re.compile("|".join(PROFANE))
_WEIGHTS = range(2, LENGTH + 1)


def new_code() -> str:
    """Return a fresh code in its normal form: 16 random symbols and a check symbol."""
    while True:
        body = _body_of(secrets.randbelow(BASE**RANDOM_SYMBOLS))
        code = body + check_symbol(body)
        if not is_profane(code):
            return code


def _body_of(number: int) -> str:
    """Write a number with the symbols as its digits: each is as likely, and one draw is enough."""
    symbols = []
    for _ in range(RANDOM_SYMBOLS):
        number, value = divmod(number, BASE)
        symbols.append(ALPHABET[value])
    return "".join(symbols)


def check_symbol(body: str) -> str:
    """Return what makes the weighted sum of a code a multiple of 31.

    The weights are all different and none is a multiple of 31, so that a wrong symbol changes the
    sum, and so does the exchange of two.
    """
    total = sum(map(mul, _WEIGHTS, map(VALUES.__getitem__, reversed(body))))
    return ALPHABET[-total % BASE]


def is_profane(code: str) -> bool:
    """Return whether a code spells something rude, also where digits stand for letters."""
    return bool(_RUDE.search(code) or _RUDE.search(code.translate(LOOKS_LIKE)))


def normalise(typed: str) -> str:
    """Return the code that somebody typed, pasted or scanned, in its normal form.

    Case, spaces, dashes and full-width symbols are forgiven. Raises `Invalid` code_mistyped, with
    the `place` (from 1) of a symbol that no code has, and without where the whole does not add up;
    not_our_code, with its host, for the address of a page.
    """
    host = host_in(typed)
    if host is not None:
        raise Invalid("not_our_code", field="code", host=host)
    code = _without_ornaments(typed)
    for place, symbol in enumerate(code[:LENGTH], start=1):
        if symbol not in VALUES:
            raise Invalid("code_mistyped", field="code", place=place)
    if len(code) != LENGTH or check_symbol(code[:-1]) != code[-1]:
        raise Invalid("code_mistyped", field="code")
    return code


def _without_ornaments(typed: str) -> str:
    plain = unicodedata.normalize("NFKC", typed[:LONGEST_TYPED]).upper()
    return "".join(symbol for symbol in plain if not _is_ornament(symbol))


def _is_ornament(symbol: str) -> bool:
    return symbol.isspace() or unicodedata.category(symbol) == "Pd" or symbol in DASHES


def host_in(typed: str) -> str | None:
    """Return the host of an address that somebody scanned or pasted, None where it is none."""
    given = typed.strip()
    if len(given) > LONGEST_TYPED or not re.match(r"(?i)[a-z][a-z0-9+.-]*://|www\.", given):
        return None
    try:
        host = urlsplit(given if "://" in given else f"//{given}").hostname or ""
    except ValueError:
        return ""
    return re.sub(r"[^a-z0-9.:-]", "", host)[:LONGEST_SHOWN_HOST]


def link_token(typed: str) -> str | None:
    """Return what the link of a gift carries, None where something else was typed or scanned.

    Whose host it names does not matter: the token itself proves that it is ours.
    """
    if host_in(typed) is None:
        return None
    found = re.search(r"/g/([0-9a-z]{16,80})(?:[/?#]|$)", typed.strip())
    return found[1] if found else None


def grouped(code: str) -> str:
    """Return a code as it is shown: in groups of four, with the check symbol at the end."""
    return " ".join(code[start : start + 4] for start in range(0, len(code), 4))


def last_four(code: str) -> str:
    """Return what members may see of a code."""
    return code[-4:]


def digest_of(sign: Signer, code: str) -> str:
    """Return the keyed digest under which a card is found."""
    return sign.digest(PURPOSE, code)


def seal(sign: Signer, code: str) -> str:
    """Return a code encrypted under the newest key."""
    return sign.encrypt(PURPOSE, code)


def unseal(sign: Signer, sealed: str) -> str | None:
    """Return the code; None where it was blanked, or its key is no longer there."""
    return sign.decrypt(PURPOSE, sealed) if sealed else None


def guesses_per_hit(live_cards: int) -> int:
    """Return after how many guesses one is expected to be right, with so many cards in use."""
    return int(BASE**RANDOM_SYMBOLS // max(1, live_cards))
