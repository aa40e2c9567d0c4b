"""Channels and campaigns: what they are called. New ones are made with a placement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import make_response, redirect, request, url_for

from storefront.errors import Invalid
from storefront.services import placing
from storefront.services.reporting.labels import list_campaigns, list_channels
from storefront.web import forms
from storefront.web.auth import member, roles
from storefront.web.bodies import form_body
from storefront.web.console.blueprint import blueprint
from storefront.web.console.channels import PROFILES
from storefront.web.console.page import named, shop, show
from storefront.web.context import ports, wants_json
from storefront.web.errors import status_of
from storefront.web.sentences import sentence_of

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse

LONGEST_LABEL = 120


@blueprint.route("/labels")
@roles("owner", "manager")
def labels() -> AnyResponse:
    """List channels and campaigns, each with its name to change."""
    return _page()


@blueprint.route("/campaigns/<public_id>", methods=["POST"])
@roles("owner", "manager")
def rename_campaign(public_id: str) -> AnyResponse:
    """Give a campaign another name."""
    name, now = named(public_id), ports().clock.now()
    try:
        with ports().sessions.begin() as session:
            placing.rename_campaign(session, member(), name, name=_name(), now=now)
    except Invalid as error:
        return _page(error, of=name)
    return redirect(url_for("console.labels", news="renamed"), 303)


@blueprint.route("/channels/<slug>", methods=["POST"])
@roles("owner", "manager")
def rename_channel(slug: str) -> AnyResponse:
    """Give a channel another name."""
    try:
        with ports().sessions.begin() as session:
            placing.rename_channel(session, member(), slug, name=_name(), now=ports().clock.now())
    except Invalid as error:
        return _page(error, of=slug)
    return redirect(url_for("console.labels", news="renamed"), 303)


def _name() -> str:
    return forms.line(
        form_body().get("name", ""), field="name", longest=LONGEST_LABEL, code="invalid_label"
    )


def _page(error: Invalid | None = None, *, of: str = "") -> Response:
    if error and wants_json():
        raise error
    merchant = shop()
    with ports().reads() as session:
        channels = list_channels(session, merchant.id)
        campaigns = list_campaigns(session, merchant.id)
    page = show(
        "console/labels.html",
        merchant,
        channels=channels,
        campaigns=campaigns,
        profiles=PROFILES,
        errors={of: sentence_of(error)} if error else {},
        news=request.args.get("news"),
    )
    return make_response(page, status_of(error) if error else 200)
