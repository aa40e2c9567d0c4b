"""Public ids: what the world sees instead of internal keys."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: no i, l, o or u."""

_SYMBOL_OF_BYTE = (ALPHABET * 8).encode()
"""Of all 256 bytes, eight stand for each symbol."""

PUBLIC_ID_LENGTH = 16
SECONDS_LENGTH = 7
"""Symbols that tell the second since 1970: enough for a thousand years."""

MOMENT_LENGTH = 11
"""Symbols that tell the microsecond since 1970: enough for as long."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def public_id(prefix: str) -> str:
    """Return a fresh id such as ord_4f0…: the prefix and 16 random symbols (80 bits)."""
    return f"{prefix}_{random_symbols(PUBLIC_ID_LENGTH)}"


def dated_id(prefix: str, now: datetime) -> str:
    """Return a fresh id that sorts by the second in which it was made; 9 random symbols follow
    (45 bits). For rows that come by the million: random ids would land all over their index, and
    each would fetch and change a page of its own; these follow one another at its end."""
    return f"{prefix}_{dated_symbols(PUBLIC_ID_LENGTH, now)}"


def dated_symbols(count: int, now: datetime) -> str:
    """Return `count` base-32 symbols: the first tell the second, the rest are random."""
    return base32(int(now.timestamp()), SECONDS_LENGTH) + random_symbols(count - SECONDS_LENGTH)


def timed_id(prefix: str, moment: datetime) -> str:
    """Return a fresh id that tells its moment to the microsecond, and 5 random symbols (25 bits).
    For rows that are found by when they were written, and so need no index of names."""
    symbols = base32((moment - EPOCH) // MICROSECOND, MOMENT_LENGTH)
    return f"{prefix}_{symbols}{random_symbols(PUBLIC_ID_LENGTH - MOMENT_LENGTH)}"


def moment_of(timed: str) -> datetime | None:
    """Return the moment that a timed id tells; None for what is none."""
    symbols = timed.partition("_")[2]
    if len(symbols) != PUBLIC_ID_LENGTH or not set(symbols) <= set(ALPHABET):
        return None
    number = 0
    for symbol in symbols[:MOMENT_LENGTH]:
        number = 32 * number + ALPHABET.index(symbol)
    return EPOCH + number * MICROSECOND


def random_symbols(count: int) -> str:
    """Return `count` random base-32 symbols (5 bits each) from the system's generator."""
    return secrets.token_bytes(count).translate(_SYMBOL_OF_BYTE).decode()


def base32(number: int, count: int) -> str:
    """Write a number in base 32, the highest digit first: it sorts as numbers do."""
    return "".join(ALPHABET[(number >> shift) & 31] for shift in range(5 * (count - 1), -1, -5))
