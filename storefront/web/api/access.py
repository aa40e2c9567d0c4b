"""Who calls the API: a bearer token, kept as a digest; and request keys for what changes things. A
token that is nobody's counts against the address that made it up, a good one never does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app, request

from storefront.errors import NotAllowed, NotSignedIn
from storefront.services import idempotency, merchants, strangers, tokens
from storefront.values import frozen
from storefront.web import callers
from storefront.web.context import ports
from storefront.web.lately import Lately

if TYPE_CHECKING:
    from flask import Flask

    from storefront.services.merchants import Bearer

KEY = "storefront_api_callers"


@frozen
class Caller:
    """A machine of a merchant: of one store where `store_id` says so. `zone` is the merchant's."""

    merchant_id: int
    token: str
    store_id: int | None
    zone: str


def init_access(app: Flask) -> None:
    """Let each process of this application remember who called a moment ago, by the digest
    of their token."""
    app.extensions[KEY] = Lately[Caller]()


def caller() -> Caller:
    """Return whose token this is; raise `NotSignedIn` without a good one, and `TooMany` where an
    address has made up too many."""
    return _ask(_digest())


def caller_of_late() -> Caller:
    """Return whose token this is, as it was known at most a few seconds ago; raises as `caller`.

    For what asks once more, where it acts and where it says anything of a card, whether the token
    is good: one that was revoked does nothing and learns nothing from that moment on.
    """
    digest, kept = _digest(), current_app.extensions[KEY]
    known: Caller | None = kept.find(digest)
    if known is None:
        known = _ask(digest)
        kept.keep(digest, known)
    return known


def _digest() -> str:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise NotSignedIn("token_needed")
    return merchants.digest_of_token(ports().sign, secret.strip())


def _ask(digest: str) -> Caller:
    with ports().sessions.glance() as session:
        found: Bearer | None = merchants.find_by_digest(session, digest)
    if found is None:
        strangers.count_try(ports(), callers.caller())
        raise NotSignedIn("token_needed")
    tokens.note_use(ports(), found)
    return Caller(found.merchant_id, found.public_id, found.store_id, found.zone)


def merchant_caller() -> Caller:
    """Return whose token this is where it speaks for the whole merchant; raise `NotAllowed` for a
    store's, which stands in a till and has no business with orders and their money."""
    who = caller()
    if who.store_id is not None:
        raise NotAllowed
    return who


def request_key() -> str:
    """Return the caller's Idempotency-Key; raise `Invalid` without a usable one."""
    return idempotency.check_key(request.headers.get("Idempotency-Key"), is_anonymous=False)
