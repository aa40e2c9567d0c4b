"""Who calls the API: a bearer token, kept as a digest; and request keys for what changes things. A
token that is nobody's counts against the address that made it up, a good one never does."""

from __future__ import annotations

from flask import request

from storefront.errors import NotAllowed, NotSignedIn
from storefront.services import idempotency, merchants, strangers, tokens
from storefront.values import frozen
from storefront.web import callers
from storefront.web.context import ports


@frozen
class Caller:
    """A machine of a merchant: of one store where `store_id` says so. `zone` is the merchant's."""

    merchant_id: int
    token: str
    store_id: int | None
    zone: str


def caller() -> Caller:
    """Return whose token this is; raise `NotSignedIn` without a good one, and `TooMany` where an
    address has made up too many."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise NotSignedIn("token_needed")
    with ports().sessions.glance() as session:
        found = merchants.find_by_token(session, secret.strip(), sign=ports().sign)
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
