"""Interactions over HTTP: what the frame's script reports, and shared links being opened."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Blueprint, jsonify, make_response, redirect, render_template, request

from storefront import links
from storefront.services import foresight, interactions, shelf, visitors
from storefront.services.placements import get_placement, note_first_load
from storefront.web import forms
from storefront.web.bodies import json_body
from storefront.web.context import ports, wants_json
from storefront.web.people import is_in_app_browser, is_person
from storefront.web.previews import preview_of_shelf

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse

    from storefront.services.interactions import ShareLink
    from storefront.services.views import PlacementView
    from storefront.services.visitors import Visitor

blueprint = Blueprint("interactions", __name__)

FIELDS = frozenset({"placement", "kind", "v", "parent", "surface", "host", "referrer"})


@blueprint.post("/interactions")
def create() -> AnyResponse:
    """Record what a visitor does in the frame, or what the host's page says they did."""
    body = json_body()
    forms.refuse_unknown(body, FIELDS)
    kind = interactions.check_kind(body.get("kind"), interactions.FRAME_KINDS)
    with ports().reads() as session:
        placement = get_placement(
            session, forms.line(body.get("placement"), field="placement", longest=24)
        )
    now = ports().clock.now()
    visitor = visitors.read_mark(
        ports().sign, forms.token(body.get("v"), field="v"), placement.merchant.public_id, now=now
    )
    act = _act(body, kind, visitor)
    with ports().sessions.begin() as session:
        recorded = interactions.record(session, placement, act, sign=ports().sign, now=now)
        if kind == "view":
            note_first_load(session, placement, now=now)
    token = recorded.share_token
    answer = {
        "interaction": recorded.public_id,
        "v": visitors.make_mark(ports().sign, visitor, placement.merchant.public_id),
        "share_url": links.share_link(ports().settings, token) if token else None,
    }
    return make_response(jsonify(answer), 201)


def _act(body: dict[str, Any], kind: str, visitor: Visitor) -> interactions.Act:
    """Say how sure we are: a visitor who came by our signed link is known to be there; what a
    page merely claims is not."""
    where = "page" if body.get("surface") == "page" else "frame"
    referrer = _foreign_host(body.get("referrer") or body.get("host"))
    came_by_link = visitor.evidence == "verified" and visitor.arrival is not None
    inferred = "inferred" if referrer else "bare"
    return interactions.Act(
        kind=kind,
        visitor=visitor,
        assurance="signed" if came_by_link else inferred,
        surface=where,
        parent=forms.line(body.get("parent"), field="parent", longest=24) or None,
        referrer=referrer,
        is_direct=where == "page" and kind == "view" and not came_by_link and referrer is None,
    )


def _foreign_host(address: object) -> str | None:
    """Return the host name of a page that led here; our own pages, payment pages and sign-in
    pages lead nowhere and never count."""
    host = _host_name(address)
    settings = ports().settings
    ours = (settings.base_url, *(f"//{each}" for each in settings.trusted_hosts))
    if host is None or host in map(_host_name, ours) or f".{host}".endswith(NEVER_A_SOURCE):
        return None
    return host


def _host_name(address: object) -> str | None:
    """Return the host of an address; None for anything that is no address of the web."""
    try:
        host = urlsplit(address).hostname if isinstance(address, str) else None
    except ValueError:  # brackets that are never closed
        return None
    return host if host and re.fullmatch(r"[a-z0-9._-]{1,253}", host) else None


NEVER_A_SOURCE = (
    ".stripe.com",
    ".stripe.network",
    ".paypal.com",
    ".klarna.com",
    ".accounts.google.com",
    ".appleid.apple.com",
    ".login.microsoftonline.com",
    ".login.live.com",
)
"""Hosts that a buyer passes through; they did not send them."""


@blueprint.get("/s/<token>")
def open_share(token: str) -> AnyResponse:
    """Open a shared link: one row for a person, a preview for a crawler, nothing for a scanner.

    The row is written before the redirect is answered.
    """
    with ports().sessions.glance() as session:
        foresight.of_share(session, token).answer_in(session)
        link = interactions.find_share(session, token, sign=ports().sign)
    if not is_person(request):
        return _preview(link)
    now = ports().clock.now()
    visitor = visitors.read_mark(ports().sign, None, link.placement.merchant.public_id, now=now)
    opening = interactions.open_share(
        ports().sessions,
        link,
        visitor,
        referrer=_foreign_host(request.referrer),
        now=now,
    )
    mark = visitors.make_mark(ports().sign, opening.visitor, link.placement.merchant.public_id)
    goal = _landing(opening.placement, mark)
    if wants_json():
        response: AnyResponse = jsonify(v=mark, interaction=opening.interaction, location=goal)
    else:
        response = redirect(goal, 303)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _landing(placement: PlacementView, mark: str) -> str:
    """Return where the opener goes: to the post where it can show our frame, else to our page.

    The browsers inside social apps block most of what frames need, so they get the page.
    """
    post = urlsplit(placement.post_url)
    can_frame = f"{post.scheme}://{post.netloc}" in placement.merchant.allowed_origins
    if can_frame and not is_in_app_browser(request):
        return links.with_mark(placement.post_url, mark)
    return links.placement_page(ports().settings, placement.public_id, mark)


def _preview(link: ShareLink) -> Response:
    settings = ports().settings
    with ports().reads() as session:
        view = shelf.shelf(session, link.placement, settings, now=ports().clock.now())
    page = links.placement_page(settings, link.placement.public_id)
    response = make_response(
        render_template("embed/share_preview.html", preview=preview_of_shelf(view, page))
    )
    response.headers["Cache-Control"] = "public, max-age=300"
    return response
