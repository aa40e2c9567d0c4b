"""The signer over itsdangerous: small values that travel through strangers' hands."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from itsdangerous import BadData, URLSafeTimedSerializer

if TYPE_CHECKING:
    from datetime import timedelta


class SecretSigner:
    """Signs with the secret key and digests with the pepper; a token serves one purpose only."""

    def __init__(self, secret_key: str, pepper: str) -> None:
        self._secret_key = secret_key
        self._pepper = pepper.encode()

    def seal(self, purpose: str, value: object) -> str:
        """Return a URL-safe token that carries `value`."""
        return str(self._serializer(purpose).dumps(value))

    def unseal(self, purpose: str, token: str, *, max_age: timedelta | None = None) -> object:
        """Return the value, or None when the token is altered, foreign or too old."""
        seconds = int(max_age.total_seconds()) if max_age else None
        try:
            return self._serializer(purpose).loads(token, max_age=seconds)
        except (BadData, UnicodeError):
            return None

    def digest(self, purpose: str, secret: str) -> str:
        """Return HMAC-SHA256 of the secret under the pepper, in hex."""
        return hmac.new(self._pepper, f"{purpose}:{secret}".encode(), hashlib.sha256).hexdigest()

    def _serializer(self, purpose: str) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(
            self._secret_key,
            salt=f"storefront.{purpose}",
            signer_kwargs={"digest_method": hashlib.sha256},
        )
