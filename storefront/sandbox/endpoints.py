"""Stripe's addresses that the sandbox answers, each with what it runs and what it accepts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from storefront.sandbox import (
    accounts,
    charges,
    disputes,
    events,
    intents,
    payment_methods,
    refunds,
)
from storefront.sandbox.confirming import CONFIRM
from storefront.sandbox.lists import PAGING
from storefront.sandbox.params import needed_text, texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from storefront.sandbox.params import Schema
    from storefront.sandbox.store import Object


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address: `run(work, params, **path)` returns an object or a list of `kind`."""

    method: str
    rule: str
    kind: str
    run: Callable[..., Object]
    schema: Schema
    required: tuple[str, ...] = ()
    is_public: bool = False

    @property
    def writes(self) -> bool:
        """Tell whether this address changes anything."""
        return self.method == "POST"


_INTENTS = "/v1/payment_intents"
_INTENT = f"{_INTENTS}/<intent_id>"
_ACCOUNT = "/v1/accounts/<account_id>"
_DISPUTE = "/v1/disputes/<dispute_id>"
_EXPAND: Schema = {"expand": texts}
_EVENT_LIST: Schema = {**PAGING, "type": needed_text, "types": texts}

ENDPOINTS = (
    Endpoint(
        "POST", _INTENTS, "payment_intent", intents.create, intents.CREATE, ("amount", "currency")
    ),
    Endpoint("GET", _INTENTS, "payment_intent", intents.list_all, intents.LIST),
    Endpoint("GET", _INTENT, "payment_intent", intents.retrieve, intents.RETRIEVE, is_public=True),
    Endpoint("POST", _INTENT, "payment_intent", intents.update, intents.UPDATE),
    Endpoint(
        "POST", f"{_INTENT}/confirm", "payment_intent", intents.confirm, CONFIRM, is_public=True
    ),
    Endpoint("POST", f"{_INTENT}/cancel", "payment_intent", intents.cancel, intents.CANCEL),
    Endpoint("POST", f"{_INTENT}/capture", "payment_intent", intents.capture, intents.CAPTURE),
    Endpoint(
        "POST",
        "/v1/payment_methods",
        "payment_method",
        payment_methods.create,
        payment_methods.CREATE,
        ("type",),
        is_public=True,
    ),
    Endpoint(
        "GET",
        "/v1/payment_methods/<method_id>",
        "payment_method",
        payment_methods.retrieve,
        _EXPAND,
    ),
    Endpoint("GET", "/v1/charges", "charge", charges.list_all, charges.LIST),
    Endpoint("GET", "/v1/charges/<charge_id>", "charge", charges.retrieve, charges.RETRIEVE),
    Endpoint("POST", "/v1/refunds", "refund", refunds.create, refunds.CREATE),
    Endpoint("GET", "/v1/refunds", "refund", refunds.list_all, refunds.LIST),
    Endpoint("GET", "/v1/refunds/<refund_id>", "refund", refunds.retrieve, refunds.RETRIEVE),
    Endpoint("POST", "/v1/refunds/<refund_id>", "refund", refunds.update, refunds.UPDATE),
    Endpoint("GET", "/v1/disputes", "dispute", disputes.list_all, disputes.LIST),
    Endpoint("GET", _DISPUTE, "dispute", disputes.retrieve, disputes.RETRIEVE),
    Endpoint("POST", _DISPUTE, "dispute", disputes.update, disputes.UPDATE),
    Endpoint("POST", f"{_DISPUTE}/close", "dispute", disputes.close, disputes.RETRIEVE),
    Endpoint("POST", "/v1/accounts", "account", accounts.create, accounts.CREATE),
    Endpoint("GET", "/v1/accounts", "account", accounts.list_all, accounts.LIST),
    Endpoint("GET", "/v1/account", "account", accounts.retrieve_own, accounts.RETRIEVE),
    Endpoint("GET", _ACCOUNT, "account", accounts.retrieve, accounts.RETRIEVE),
    Endpoint("POST", _ACCOUNT, "account", accounts.update, accounts.UPDATE),
    Endpoint(
        "POST",
        "/v1/account_links",
        "account_link",
        accounts.link,
        accounts.LINK,
        ("account", "type", "refresh_url", "return_url"),
    ),
    Endpoint("GET", "/v1/events", "event", events.list_all, _EVENT_LIST),
    Endpoint("GET", "/v1/events/<event_id>", "event", events.retrieve, _EXPAND),
)
