"""The tokens of tills and other programs: make one, read it once, revoke it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from flask import make_response, redirect, request, url_for

from storefront.errors import Invalid
from storefront.services import idempotency, stores, tokens
from storefront.web import forms
from storefront.web.auth import member, roles
from storefront.web.bodies import form_body
from storefront.web.console.blueprint import blueprint
from storefront.web.console.page import named, shop, show
from storefront.web.context import ports, wants_json
from storefront.web.errors import status_of
from storefront.web.sentences import sentence_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse

ROUTE = "POST /console/tokens"
LONGEST_NAME = 60


@blueprint.route("/tokens", endpoint="tokens")
@roles("owner", "manager")
def list_tokens() -> AnyResponse:
    """List the tokens, with the form for a new one."""
    return _page()


@blueprint.route("/tokens", methods=["POST"])
@roles("owner", "manager")
def make_token() -> AnyResponse:
    """Make a token and show it this one time; the same form sent again makes none."""
    form = form_body()
    try:
        wish = tokens.TokenWish(name=_name(form), store=form.get("store", ""))
        secret = _make(wish, form.get("key", ""))
    except Invalid as error:
        return _page(error)
    if secret is None:
        return redirect(url_for("console.tokens", news="shown"), 303)
    response = make_response(show("console/token.html", shop(), name=wish.name, token=secret))
    response.headers["Cache-Control"] = "no-store"
    return response


def _make(wish: tokens.TokenWish, form_key: str) -> str | None:
    """Return the new token, None where this form has made its token before."""
    who, now = member(), ports().clock.now()
    key = idempotency.check_key(form_key, is_anonymous=False)
    asked = idempotency.hash_body({"name": wish.name, "store": wish.store})
    turn_key = idempotency.RequestKey(who.merchant_id, who.member_public_id, ROUTE, key, asked)
    with ports().sessions.begin() as session:
        turn = idempotency.take_turn(session, turn_key, now=now)
        if turn.answer is not None:
            return None
        secret = tokens.make_token(session, who, wish, sign=ports().sign, now=now)
        idempotency.keep_answer(session, turn, status=200, answer={"made": True})
    return secret


@blueprint.route("/tokens/<public_id>/revocation", methods=["POST"])
@roles("owner", "manager")
def revoke_token(public_id: str) -> AnyResponse:
    """End a token at once."""
    with ports().sessions.begin() as session:
        tokens.revoke_token(session, member(), named(public_id), now=ports().clock.now())
    return redirect(url_for("console.tokens", news="revoked"), 303)


def _name(form: Mapping[str, str]) -> str:
    return forms.line(
        form.get("name", ""), field="name", longest=LONGEST_NAME, code="invalid_label"
    )


def _page(error: Invalid | None = None) -> Response:
    """Show the tokens; what was refused stays typed."""
    if error and wants_json():
        raise error
    merchant = shop()
    with ports().reads() as session:
        found = tokens.list_tokens(session, merchant.id)
        open_stores = [
            store for store in stores.list_all_stores(session, merchant.id) if not store.is_closed
        ]
    page = show(
        "console/tokens.html",
        merchant,
        tokens=found,
        stores=open_stores,
        typed=request.form if error else {},
        errors={error.field: sentence_of(error)} if error else {},
        key=secrets.token_urlsafe(24),
        news=request.args.get("news"),
    )
    return make_response(page, status_of(error) if error else 200)
