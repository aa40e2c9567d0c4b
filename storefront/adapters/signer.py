"""The signer over itsdangerous: small values that travel through strangers' hands."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet, InvalidToken
from itsdangerous import BadData, URLSafeSerializer, URLSafeTimedSerializer

if TYPE_CHECKING:
    from datetime import timedelta

SIGNING = {"digest_method": hashlib.sha256}
KEY_NUMBER = "1:"
"""Stands before what is encrypted, so that a later key can live beside this one."""


class SecretSigner:
    """Signs with the secret key and digests with the pepper; a token serves one purpose only."""

    def __init__(self, secret_key: str, pepper: str) -> None:
        self._secret_key = secret_key
        self._pepper = pepper.encode()

    def seal(self, purpose: str, value: object, *, is_dated: bool = False) -> str:
        """Return a URL-safe token that carries `value`; dated ones know when they were made."""
        serializer = self._dated(purpose) if is_dated else self._undated(purpose)
        return str(serializer.dumps(value))

    def unseal(self, purpose: str, token: str, *, max_age: timedelta | None = None) -> object:
        """Return the value, or None when the token is altered, foreign or too old.

        With an age only a dated token is good, without one only an undated.
        """
        try:
            if max_age is None:
                return self._undated(purpose).loads(token)
            return self._dated(purpose).loads(token, max_age=int(max_age.total_seconds()))
        except (BadData, UnicodeError):
            return None

    def digest(self, purpose: str, secret: str) -> str:
        """Return HMAC-SHA256 of the secret under the pepper, in hex."""
        return hmac.new(self._pepper, f"{purpose}:{secret}".encode(), hashlib.sha256).hexdigest()

    def encrypt(self, purpose: str, secret: str) -> str:
        """Return the secret encrypted under a key made from the pepper, with the key's number."""
        return KEY_NUMBER + self._box(purpose).encrypt(secret.encode()).decode()

    def decrypt(self, purpose: str, encrypted: str) -> str | None:
        """Return the secret, or None when it is altered or was encrypted under another key."""
        if not encrypted.startswith(KEY_NUMBER):
            return None
        try:
            return self._box(purpose).decrypt(encrypted.removeprefix(KEY_NUMBER)).decode()
        except InvalidToken:
            return None

    def _box(self, purpose: str) -> Fernet:
        key = hmac.new(self._pepper, f"encrypt:{purpose}".encode(), hashlib.sha256).digest()
        return Fernet(base64.urlsafe_b64encode(key))

    def _dated(self, purpose: str) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(
            self._secret_key, salt=f"storefront.dated.{purpose}", signer_kwargs=SIGNING
        )

    def _undated(self, purpose: str) -> URLSafeSerializer:
        return URLSafeSerializer(
            self._secret_key, salt=f"storefront.{purpose}", signer_kwargs=SIGNING
        )
