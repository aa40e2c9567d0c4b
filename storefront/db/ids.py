"""Public ids: what the world sees instead of internal keys."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: no i, l, o or u."""

PUBLIC_ID_LENGTH = 16
SECONDS_LENGTH = 7
"""Symbols that tell the second since 1970: enough for a thousand years."""


def public_id(prefix: str) -> str:
    """Return a fresh id such as ord_4f0…: the prefix and 16 random symbols (80 bits)."""
    return f"{prefix}_{random_symbols(PUBLIC_ID_LENGTH)}"


def dated_id(prefix: str, now: datetime) -> str:
    """Return a fresh id that sorts by the second in which it was made; 9 random symbols follow
    (45 bits). For rows that come by the million: random ids would land all over their index, and
    each would fetch and change a page of its own; these follow one another at its end."""
    seconds = _symbols(int(now.timestamp()), SECONDS_LENGTH)
    return f"{prefix}_{seconds}{random_symbols(PUBLIC_ID_LENGTH - SECONDS_LENGTH)}"


def random_symbols(count: int) -> str:
    """Return `count` random base-32 symbols (5 bits each) from the system's generator."""
    return _symbols(secrets.randbits(5 * count), count)


def _symbols(number: int, count: int) -> str:
    """Write a number in base 32, the highest digit first: it sorts as numbers do."""
    return "".join(ALPHABET[(number >> shift) & 31] for shift in range(5 * (count - 1), -1, -5))
