"""Shared links being opened: who opens one is led to the post or to our page, and carries the
opening from then on."""

from __future__ import annotations

from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Blueprint, current_app, jsonify, make_response, render_template, request
from werkzeug.urls import iri_to_uri

from storefront import links
from storefront.services import foresight, interactions, shelf, visitors
from storefront.services.interactions import ShareLink
from storefront.values import frozen
from storefront.web.context import KEY, ports, prefers_json, wants_json
from storefront.web.lately import Lately
from storefront.web.people import is_in_app_browser, is_person, is_plainly_person
from storefront.web.previews import preview_of_shelf
from storefront.web.shortcuts import PAGE, Answer, Shortcut
from storefront.web.sources import foreign_host

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask, Response
    from werkzeug.wrappers import Response as AnyResponse

    from storefront.ports import Ports
    from storefront.services.views import PlacementView
    from storefront.settings import Settings

blueprint = Blueprint("openings", __name__)

LINKS = "storefront_known_links"
"""Where an application keeps which links were opened a moment ago."""

OPENED = (("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer"))
"""What the answer to an opening says beside where to go on."""


@frozen
class Led:
    """Where somebody goes on who has opened a shared link, with the mark that they carry, and what
    the opening is called."""

    goal: str
    mark: str
    interaction: str


@blueprint.get("/s/<token>")
def open_share(token: str) -> AnyResponse:
    """Open a shared link: one row for a person, a preview for a crawler, nothing for a scanner.

    The row is written before the redirect is answered, unless the shop is set to let it wait.
    """
    with ports().sessions.glance() as session:
        foresight.of_share(session, token).answer_in(session)
        link = interactions.find_share(session, token, sign=ports().sign)
    if not is_person(request):
        return _preview(link)
    current_app.extensions[LINKS].keep(token, link)
    led = _lead_on(ports(), link, agent=request.user_agent.string, referrer=request.referrer)
    if wants_json():
        response: AnyResponse = jsonify(v=led.mark, interaction=led.interaction, location=led.goal)
    else:
        response = make_response(_page_to(led.goal), 303)
        response.headers["Location"] = led.goal
    response.headers.extend(OPENED)
    return response


def lead_on(app: Flask, environ: dict[str, Any], token: str) -> Answer | None:
    """Open a link that somebody else opened a moment ago: where it leads is known then."""
    link: ShareLink | None = app.extensions[LINKS].find(token)
    if link is None or not is_plainly_person(environ) or _asks_for_json(environ):
        return None
    agent, referrer = environ.get("HTTP_USER_AGENT", ""), environ.get("HTTP_REFERER")
    goal = _lead_on(app.extensions[KEY], link, agent=agent, referrer=referrer).goal
    page = _page_to(goal).encode()
    return Answer(303, page, steady=(PAGE, *OPENED), own=(("Location", goal),))


SHORTCUT = Shortcut("/s/<token>", lead_on)


def init_links(app: Flask) -> None:
    """Let each process of this application know which links were opened a moment ago."""
    app.extensions[LINKS] = Lately[ShareLink]()


def _asks_for_json(environ: Mapping[str, Any]) -> bool:
    return bool(environ.get("CONTENT_TYPE")) or prefers_json(environ.get("HTTP_ACCEPT", ""))


def _lead_on(ports: Ports, link: ShareLink, *, agent: str, referrer: str | None) -> Led:
    """Record that somebody opened a link, and say where they go on."""
    now = ports.clock.now()
    merchant = link.placement.merchant.public_id
    visitor = visitors.read_mark(ports.sign, None, merchant, now=now)
    opening = interactions.open_share(
        ports.sessions,
        link,
        visitor,
        referrer=foreign_host(referrer, ports.settings),
        now=now,
    )
    mark = visitors.make_mark(ports.sign, opening.visitor, merchant)
    goal = _landing(link.placement, mark, agent=agent, settings=ports.settings)
    return Led(goal, mark, opening.interaction)


def _landing(placement: PlacementView, mark: str, *, agent: str, settings: Settings) -> str:
    """Return where the opener goes: to the post where it can show our frame, else to our page.

    The browsers inside social apps block most of what frames need, so they get the page.
    """
    can_frame = _origin(placement.post_url) in placement.merchant.allowed_origins
    if can_frame and not is_in_app_browser(agent):
        return links.with_mark(_in_ascii(placement.post_url), mark)
    return links.placement_page(settings, placement.public_id, mark)


@lru_cache(maxsize=1000)
def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


@lru_cache(maxsize=1000)
def _in_ascii(url: str) -> str:
    return iri_to_uri(url)


def _page_to(goal: str) -> str:
    """Return what somebody reads whose browser does not go where it is led."""
    return f'<!doctype html>\n<p><a href="{escape(goal)}">{escape(goal)}</a></p>\n'


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
