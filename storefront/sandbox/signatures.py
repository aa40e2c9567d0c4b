"""The `Stripe-Signature` header: a time and an HMAC over the time and the raw body."""

from __future__ import annotations

import hashlib
import hmac


def sign(body: bytes, *, secret: str, timestamp: int) -> str:
    """Return the header for a body sent at that Unix second."""
    signed = f"{timestamp}.".encode() + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"
