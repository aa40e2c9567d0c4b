"""Connected accounts: made, read, changed; and the links by which their owners tell who they are.

The page behind a link is in elements/onboarding.py.
"""

from __future__ import annotations

import hmac
from dataclasses import replace
from typing import TYPE_CHECKING

from storefront.sandbox.account_shapes import new_account
from storefront.sandbox.errors import StripeError, invalid
from storefront.sandbox.events import emit
from storefront.sandbox.ids import random_text
from storefront.sandbox.lists import PAGING, list_objects
from storefront.sandbox.params import (
    boolean,
    email,
    merge_metadata,
    metadata,
    needed_text,
    one_of,
    text,
    texts,
)
from storefront.sandbox.shapes import changed

if TYPE_CHECKING:
    from storefront.sandbox.params import Params, Schema
    from storefront.sandbox.store import Object
    from storefront.sandbox.work import Work

_PROFILE: Schema = dict.fromkeys(
    ("mcc", "name", "product_description", "support_email", "support_phone", "support_url", "url"),
    text,
)
UPDATE: Schema = {
    "business_profile": _PROFILE,
    "email": email,
    "metadata": metadata,
    "expand": texts,
}
CREATE: Schema = {
    **UPDATE,
    "business_type": one_of("company", "government_entity", "individual", "non_profit"),
    "capabilities": {
        "card_payments": {"requested": boolean},
        "transfers": {"requested": boolean},
    },
    "controller": {
        "fees": {"payer": one_of("account", "application")},
        "losses": {"payments": one_of("application", "stripe")},
        "requirement_collection": one_of("application", "stripe"),
        "stripe_dashboard": {"type": one_of("express", "full", "none")},
    },
    "country": needed_text,
    "default_currency": needed_text,
    "type": one_of("custom", "express", "standard"),
}
RETRIEVE: Schema = {"expand": texts}
LIST: Schema = PAGING
LINK: Schema = {
    "account": needed_text,
    "type": one_of("account_onboarding", "account_update"),
    "refresh_url": needed_text,
    "return_url": needed_text,
    "collection_options": {
        "fields": one_of("currently_due", "eventually_due"),
        "future_requirements": one_of("include", "omit"),
    },
    "expand": texts,
}
LINK_SECONDS = 300


def create(work: Work, params: Params) -> Object:
    """Make an account that cannot be paid yet: its owner has told nothing."""
    _need_platform(work)
    if "type" in params and "controller" in params:
        message = "You cannot specify both `type` and `controller`."
        raise invalid(message, param="type")
    account = new_account(params, created=work.second)
    account["metadata"] = merge_metadata({}, params.get("metadata", {}))
    work.tx.insert("", account)
    return account


def retrieve(work: Work, _params: Params, account_id: str) -> Object:
    """Return one of the platform's accounts, or the caller's own."""
    found = None
    if work.account in ("", account_id):
        found = work.tx.find("", "account", account_id)
    if found is None:
        raise _no_access(account_id)
    return found


def retrieve_own(work: Work, params: Params) -> Object:
    """Return the account that the call is made for."""
    return retrieve(work, params, work.account)


def update(work: Work, params: Params, account_id: str) -> Object:
    """Change what an account says about itself."""
    account = retrieve(work, params, account_id)
    before = dict(account)
    if "email" in params:
        account["email"] = params["email"]
    account["business_profile"] = {
        **account["business_profile"],
        **(params.get("business_profile") or {}),
    }
    account["metadata"] = merge_metadata(account["metadata"], params.get("metadata", {}))
    _tell(work, account, before=before)
    return account


def list_all(work: Work, params: Params) -> Object:
    """List the platform's accounts, newest first."""
    _need_platform(work)
    return list_objects(work, "account", params, url="/v1/accounts")


def link(work: Work, params: Params) -> Object:
    """Make a link to the page that asks an account's owner: for five minutes, and once."""
    _need_platform(work)
    account = retrieve(work, params, params["account"])
    token = random_text(24)
    made = {
        "object": "account_link",
        "created": work.second,
        "expires_at": work.second + LINK_SECONDS,
        "url": f"{work.base_url}/setup/s/{account['id']}/{token}",
    }
    # A link has no id of its own in Stripe, so what is kept of it is kept under its secret.
    kept = {"id": token, "refresh_url": params["refresh_url"], "return_url": params["return_url"]}
    work.tx.insert("", {**made, **kept, "account": account["id"], "used": False})
    return made


def find_link(work: Work, account_id: str, token: str) -> Object | None:
    """Return the link with that secret, used or not, or nothing."""
    found = work.tx.find("", "account_link", token)
    if found is None or not hmac.compare_digest(found["account"], account_id):
        return None
    return found


def is_open(work: Work, found: Object) -> bool:
    """Tell whether a link still leads somewhere."""
    return not found["used"] and work.second < found["expires_at"]


def finish(work: Work, found: Object) -> None:
    """Let an account's owner have told everything: it can be charged and paid out to."""
    work.tx.save({**found, "used": True})
    account = retrieve(work, {}, found["account"])
    before = dict(account)
    account.update(
        charges_enabled=True,
        payouts_enabled=True,
        details_submitted=True,
        capabilities=dict.fromkeys(account["capabilities"], "active"),
        requirements={
            **account["requirements"],
            "currently_due": [],
            "eventually_due": [],
            "disabled_reason": None,
        },
    )
    _tell(work, account, before=before)


def stop(work: Work, account_id: str) -> Object:
    """Stop an account's payments by hand, as Stripe does when it wants to know more."""
    account = retrieve(work, {}, account_id)
    before = dict(account)
    asked = ["individual.verification.document"]
    account.update(
        charges_enabled=False,
        payouts_enabled=False,
        capabilities=dict.fromkeys(account["capabilities"], "inactive"),
        requirements={
            **account["requirements"],
            "currently_due": asked,
            "past_due": asked,
            "disabled_reason": "requirements.past_due",
        },
    )
    _tell(work, account, before=before)
    return account


def leave(work: Work, account_id: str) -> Object:
    """Cut the tie by hand, as an account's owner does: from now on it is nobody's of ours."""
    account = retrieve(work, {}, account_id)
    work.tx.execute("DELETE FROM objects WHERE id = ?", (account_id,))
    work.tx.insert("", {"id": account_id, "object": "departed_account", "created": work.second})
    application = {"id": "ca_sandbox", "object": "application", "name": None}
    emit(replace(work, account=account_id), "account.application.deauthorized", application)
    return account


def check_payable(work: Work) -> None:
    """Raise Stripe's refusal where the account of a call is stopped, incomplete or gone.

    An account that was never made here is taken for one that was connected before.
    """
    if work.tx.find("", "departed_account", work.account):
        raise _no_access(work.account)
    account = work.tx.find("", "account", work.account)
    if account is not None and not account["charges_enabled"]:
        raise invalid("Your account cannot currently make charges.")


def _tell(work: Work, account: Object, *, before: Object) -> None:
    work.tx.save(account)
    # Such an event is the account's own: it carries its id and stands in its list.
    own = replace(work, account=account["id"])
    emit(own, "account.updated", account, previous=changed(before, account))


def _need_platform(work: Work) -> None:
    if work.account:
        message = "Only the platform can do this, not one of its accounts."
        raise invalid(message, code="platform_account_required", status=403)


def _no_access(account_id: str) -> StripeError:
    message = (
        f"The provided key does not have access to account '{account_id}' (or that account does "
        "not exist). Application access may have been revoked."
    )
    return invalid(message, code="account_invalid", status=403)
