"""The signer over itsdangerous: small values that travel through strangers' hands."""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken
from itsdangerous import BadData, Serializer, URLSafeSerializer, URLSafeTimedSerializer
from itsdangerous.encoding import base64_encode
from itsdangerous.signer import SigningAlgorithm
from itsdangerous.url_safe import URLSafeSerializerMixin

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from itsdangerous import Signer

    Keyring = Mapping[int, str]

SIGNING = {"digest_method": hashlib.sha256}
KEPT = 64
PACKED_FROM = 120
"""So many bytes at least are packed: carts are, marks are not."""

FIRST_KEY = 1
"""The number of the key that is made from the pepper. What is encrypted begins with its key's
number, so that a later key can live beside an earlier one."""


class SecretSigner:
    """Signs with the secret key and digests with the pepper; a token serves one purpose only.

    `keyrings` has the numbered keys of purposes that do not make do with the pepper.
    """

    def __init__(
        self, secret_key: str, pepper: str, *, keyrings: Mapping[str, Keyring] | None = None
    ) -> None:
        self._secret_key = secret_key
        self._pepper = pepper.encode()
        self._keyrings = keyrings or {}
        self._boxes: dict[tuple[str, int], Fernet] = {}

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
        return hmac.digest(self._pepper, f"{purpose}:{secret}".encode(), "sha256").hex()

    def encrypt(self, purpose: str, secret: str) -> str:
        """Return the secret encrypted under the newest key, with the key's number before it."""
        number = self.newest_key(purpose)
        return f"{number}:{self._box(purpose, number).encrypt(secret.encode()).decode()}"

    def decrypt(self, purpose: str, encrypted: str) -> str | None:
        """Return the secret, or None when it is altered or its key is not there."""
        number, _, sealed = encrypted.partition(":")
        if number not in map(str, self._numbers(purpose)):
            return None
        try:
            return self._box(purpose, int(number)).decrypt(sealed).decode()
        except InvalidToken:
            return None

    def newest_key(self, purpose: str) -> int:
        """Return the number of the key that encrypts for a purpose."""
        return max(self._numbers(purpose))

    def _numbers(self, purpose: str) -> set[int]:
        return {FIRST_KEY, *self._keyrings.get(purpose, {})}

    def _box(self, purpose: str, number: int) -> Fernet:
        found = self._boxes.get((purpose, number))
        if found is None:
            others = self._keyrings.get(purpose, {})
            secret = others[number].encode() if number in others else self._pepper
            key = hmac.digest(secret, f"encrypt:{purpose}".encode(), "sha256")
            found = self._boxes[purpose, number] = Fernet(base64.urlsafe_b64encode(key))
        return found

    def _dated(self, purpose: str) -> URLSafeTimedSerializer:
        return _dated_under(self._secret_key, f"storefront.dated.{purpose}")

    def _undated(self, purpose: str) -> URLSafeSerializer:
        return _undated_under(self._secret_key, f"storefront.{purpose}")


class _Sha256(SigningAlgorithm):
    """HMAC-SHA256 in one call of OpenSSL: what the library builds in Python takes ten times as
    long, and signs the same."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        """Return the signature of a value."""
        return hmac.digest(key, value, "sha256")


class _Brief(URLSafeSerializerMixin):
    """Its signer is made once, and what is short is not packed, which would not make it shorter."""

    @cached_property
    def _signer(self) -> Signer:
        key = super().make_signer().derive_key()
        return self.signer(key, salt=self.salt, key_derivation="none", algorithm=_Sha256())

    def make_signer(self, _salt: str | bytes | None = None) -> Signer:
        """Return what signs: a salt is given where this is made, and nowhere else."""
        return self._signer

    def dump_payload(self, obj: Any) -> bytes:
        """Return a value as it is signed; `load_payload` of the library reads both kinds."""
        told = Serializer.dump_payload(self, obj)
        return base64_encode(told) if len(told) < PACKED_FROM else super().dump_payload(obj)


class _Undated(_Brief, URLSafeSerializer):
    pass


class _Dated(_Brief, URLSafeTimedSerializer):
    pass


# What signs and encrypts is kept: making it takes longer than using it.


@lru_cache(maxsize=KEPT)
def _dated_under(secret_key: str, salt: str) -> URLSafeTimedSerializer:
    return _Dated(secret_key, salt=salt, signer_kwargs=SIGNING)


@lru_cache(maxsize=KEPT)
def _undated_under(secret_key: str, salt: str) -> URLSafeSerializer:
    return _Undated(secret_key, salt=salt, signer_kwargs=SIGNING)
