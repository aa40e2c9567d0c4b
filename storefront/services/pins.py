"""PINs of members: which may be set, and whether one is right. Who may set whose, and what a PIN
opens, is for the caller to say."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from storefront.errors import Invalid

LENGTH = 6
LONGEST_PATTERN = 3
"""A PIN that repeats one, two or three digits, such as 777777, 121212 or 123123, is a pattern."""

FAVOURITES = frozenset({"112233", "123321", "102030", "159753", "147258", "147852", "258369"})
"""Chosen by many, and neither runs nor repetitions."""


def check_pin(pin: str) -> str:
    """Return a PIN that may be set; raise `Invalid` pin_length or pin_weak otherwise."""
    if not is_pin(pin):
        raise Invalid("pin_length", field="pin", least=LENGTH)
    if is_weak(pin):
        raise Invalid("pin_weak", field="pin")
    return pin


def is_pin(pin: str) -> bool:
    """Return whether it is six plain digits."""
    return re.fullmatch(rf"[0-9]{{{LENGTH}}}", pin, re.ASCII) is not None


def is_weak(pin: str) -> bool:
    """Return whether six digits are a run, a repetition or a favourite of many."""
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    is_run = steps in ({1}, {9})
    is_repetition = any(
        pin == pin[:length] * (len(pin) // length) for length in range(1, LONGEST_PATTERN + 1)
    )
    return is_run or is_repetition or pin in FAVOURITES


def hash_pin(pin: str) -> str:
    """Return the hash of a PIN that may be set. Takes 100 ms: not within a transaction."""
    return _hasher().hash(check_pin(pin))


def is_right(pin_hash: str | None, pin: str) -> bool:
    """Return whether this is the PIN; without one to compare with, it takes as long to say no."""
    try:
        _hasher().verify(pin_hash or _nobodys(), pin)
    except (VerificationError, InvalidHashError):
        return False
    return pin_hash is not None


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobodys() -> str:
    return _hasher().hash("nobody has this PIN")
