"""Stores where orders are picked up: add one, change it, close it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import make_response, redirect, request, url_for

from storefront.errors import Invalid
from storefront.services import stores
from storefront.web import forms
from storefront.web.auth import member, roles
from storefront.web.bodies import form_body
from storefront.web.console.blueprint import blueprint
from storefront.web.console.page import named, shop, show
from storefront.web.context import ports, wants_json
from storefront.web.errors import status_of
from storefront.web.sentences import sentence_of

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse

LONGEST_NAME, LONGEST_TEXT = 120, 300


@blueprint.route("/stores", endpoint="stores")
@roles("owner", "manager")
def list_stores() -> AnyResponse:
    """List the stores, each with its form."""
    return _page()


@blueprint.route("/stores", methods=["POST"])
@roles("owner", "manager")
def open_store() -> AnyResponse:
    """Add a store."""
    try:
        with ports().sessions.begin() as session:
            stores.open_store(session, member(), _wish(), now=ports().clock.now())
    except Invalid as error:
        return _page(error)
    return redirect(url_for("console.stores", news="opened"), 303)


@blueprint.route("/stores/<public_id>", methods=["POST"])
@roles("owner", "manager")
def change_store(public_id: str) -> AnyResponse:
    """Change a store."""
    name, now = named(public_id), ports().clock.now()
    try:
        with ports().sessions.begin() as session:
            stores.change_store(session, member(), _wish(), public_id=name, now=now)
    except Invalid as error:
        return _page(error, of=name)
    return redirect(url_for("console.stores", news="changed"), 303)


@blueprint.route("/stores/<public_id>/closing", methods=["POST"])
@roles("owner", "manager")
def close_store(public_id: str) -> AnyResponse:
    """Offer a store no longer; with `again`, offer it again."""
    name, is_closed = named(public_id), not form_body().get("again")
    with ports().sessions.begin() as session:
        stores.close_store(session, member(), name, is_closed=is_closed, now=ports().clock.now())
    return redirect(url_for("console.stores", news="changed"), 303)


def _wish() -> stores.StoreWish:
    form = form_body()
    return stores.StoreWish(
        name=forms.line(
            form.get("name", ""), field="name", longest=LONGEST_NAME, code="invalid_label"
        ),
        address=forms.line(
            form.get("address", ""), field="address", longest=LONGEST_TEXT, code="invalid_address"
        ),
        hours=forms.line(form.get("hours", ""), field="hours", longest=LONGEST_TEXT),
    )


def _page(error: Invalid | None = None, *, of: str = "new") -> Response:
    """Show the stores; what was refused stays typed in its own form."""
    if error and wants_json():
        raise error
    merchant = shop()
    with ports().reads() as session:
        found = stores.list_all_stores(session, merchant.id)
    page = show(
        "console/stores.html",
        merchant,
        stores=found,
        typed={of: request.form} if error else {},
        errors={of: {error.field or "name": sentence_of(error)}} if error else {},
        news=request.args.get("news"),
    )
    return make_response(page, status_of(error) if error else 200)
