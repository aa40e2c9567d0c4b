"""Sites that may hold the shop in a frame, and those that tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import make_response, redirect, request, url_for

from storefront.errors import Invalid
from storefront.services import hosts
from storefront.web import auth, forms
from storefront.web.auth import member, roles
from storefront.web.bodies import form_body
from storefront.web.console.blueprint import blueprint
from storefront.web.console.page import shop, show
from storefront.web.context import ports, wants_json
from storefront.web.errors import status_of
from storefront.web.sentences import sentence_of

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse

LONGEST = 300


@blueprint.route("/hosts", endpoint="hosts")
@roles("owner", "manager")
def list_hosts() -> AnyResponse:
    """List the sites that may frame the shop, and those that tried."""
    return _page()


@blueprint.route("/hosts", methods=["POST"])
@roles("owner", "manager")
def allow_host() -> AnyResponse:
    """Let a site frame the shop."""
    try:
        with ports().sessions.begin() as session:
            hosts.allow(session, member(), _given(), now=ports().clock.now())
    except Invalid as error:
        return _page(error)
    return _back("allowed")


@blueprint.route("/hosts/removal", methods=["POST"])
@roles("owner", "manager")
def forbid_host() -> AnyResponse:
    """Let a site frame the shop no longer."""
    with ports().sessions.begin() as session:
        hosts.forbid(session, member(), _given(), now=ports().clock.now())
    return _back("removed")


@blueprint.route("/hosts/silence", methods=["POST"])
@roles("owner", "manager")
def ignore_host() -> AnyResponse:
    """Name a site that tried no more."""
    with ports().sessions.begin() as session:
        hosts.ignore(session, member(), _given(), now=ports().clock.now())
    return _back("ignored")


def _given() -> str:
    return forms.line(
        form_body().get("origin", ""), field="origin", longest=LONGEST, code="invalid_origin"
    )


def _back(news: str) -> AnyResponse:
    """Go back to where the button was."""
    home = url_for("console.hosts", news=news)
    return redirect(auth.safe_next(request.form.get("next"), home), 303)


def _page(error: Invalid | None = None) -> Response:
    if error and wants_json():
        raise error
    merchant = shop()
    with ports().reads() as session:
        refused = hosts.list_refused(session, merchant.id)
    page = show(
        "console/hosts.html",
        merchant,
        refused=refused,
        given=request.form.get("origin", "")[:LONGEST],
        error=sentence_of(error) if error else None,
        news=request.args.get("news"),
    )
    return make_response(page, status_of(error) if error else 200)
