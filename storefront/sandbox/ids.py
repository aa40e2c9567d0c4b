"""Ids and secrets in the form of Stripe's: a prefix and random letters and digits."""

from __future__ import annotations

import secrets
import string

_ALPHABET = string.ascii_letters + string.digits


def new_id(prefix: str) -> str:
    """Return a fresh id such as `pi_3…`."""
    return f"{prefix}_3{random_text(23)}"


def random_text(length: int) -> str:
    """Return that many random letters and digits."""
    # One draw for all: a uniform choice of each costs ten times as much, and nobody guesses these.
    return "".join([_ALPHABET[byte % len(_ALPHABET)] for byte in secrets.token_bytes(length)])
