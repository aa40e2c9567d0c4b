"""Public ids: what the world sees instead of internal keys."""

from __future__ import annotations

import secrets

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: no i, l, o or u."""

PUBLIC_ID_LENGTH = 16


def public_id(prefix: str) -> str:
    """Return a fresh id such as ord_4f0…: the prefix and 16 random symbols (80 bits)."""
    return f"{prefix}_{random_symbols(PUBLIC_ID_LENGTH)}"


def random_symbols(count: int) -> str:
    """Return `count` random base-32 symbols (5 bits each) from the system's generator."""
    number = secrets.randbits(5 * count)
    return "".join(ALPHABET[(number >> shift) & 31] for shift in range(0, 5 * count, 5))
