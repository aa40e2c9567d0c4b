"""The page behind an account link: a merchant's owner tells who they are, with one button."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, current_app, make_response, redirect, render_template
from flask import request as asked

from storefront.sandbox.accounts import find_link, finish, is_open, retrieve
from storefront.sandbox.elements.texts import texts_for

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from storefront.sandbox.machine import Machine
    from storefront.sandbox.store import Object

blueprint = Blueprint("onboarding", __name__, url_prefix="/setup")
_SEE_OTHER = 303


@blueprint.get("/s/<account_id>/<token>")
def show(account_id: str, token: str) -> AnyResponse:
    """Show the form, or send back for a fresh link where this one is spent."""
    machine = _machine()
    with machine.store.reading() as tx:
        work = machine.work(tx, "", now=machine.clock())
        found = find_link(work, account_id, token)
        if found is None:
            abort(404)
        if not is_open(work, found):
            return redirect(found["refresh_url"], _SEE_OTHER)
        account = retrieve(work, {}, account_id)
    return _page(found, account)


@blueprint.post("/s/<account_id>/<token>")
def complete(account_id: str, token: str) -> AnyResponse:
    """Take everything as told, and go back to where the link was made."""
    machine = _machine()
    with machine.store.writing() as tx:
        work = machine.work(tx, "", now=machine.clock())
        found = find_link(work, account_id, token)
        if found is None:
            abort(404)
        if not is_open(work, found):
            return redirect(found["refresh_url"], _SEE_OTHER)
        finish(work, found)
    return redirect(found["return_url"], _SEE_OTHER)


def _page(found: Object, account: Object) -> Response:
    words = texts_for(asked.args.get("locale", asked.accept_languages.best or ""))
    response = make_response(
        render_template("onboarding.html", t=words, account=account, back=found["return_url"])
    )
    # After the form is sent the browser follows to the shop, which a policy would else forbid.
    targets = " ".join(sorted({_origin(found["return_url"]), _origin(found["refresh_url"])}))
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self' {targets}; "
        "frame-ancestors 'none'"
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _machine() -> Machine:
    return cast("Machine", current_app.extensions["sandbox"])
