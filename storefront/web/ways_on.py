"""Where somebody can go on from a page that cannot be shown: the shop that they were in, the page
that they came from, or whatever else of ours is likely to be meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from flask import current_app, request, url_for
from flask_babel import gettext as _

from storefront.services import hosts, placements
from storefront.web.context import ports
from storefront.web.frame import HOME, noted_frame
from storefront.web.refusals import origin_of

if TYPE_CHECKING:
    from flask.sansio.app import App
    from sqlalchemy.orm import Session


BEGINNINGS = {"/console/": "console.home"}
"""Below which paths a page leads to the beginning of its own, which every sign-in knows."""

FURTHER = "storefront_further_beginnings"


class WayOn(NamedTuple):
    """What a link says, and where it leads."""

    words: str
    address: str


def add_beginning(app: App, path: str, endpoint: str) -> None:
    """Let lost pages below a path of another package lead to where its pages begin."""
    app.extensions.setdefault(FURTHER, {})[path] = endpoint


def way_on(*, is_lost: bool) -> WayOn | None:
    """Return the way on from here; None where none is known. Who `is_lost` asked for what does not
    exist: only for them the shop is searched."""
    beginnings: dict[str, str] = BEGINNINGS | current_app.extensions.get(FURTHER, {})
    for path, endpoint in beginnings.items():
        if request.path.startswith(path):
            return WayOn(_("Back to the start"), url_for(endpoint))
    frame = noted_frame()
    if frame:
        return WayOn(_("To the shop"), frame.url(HOME))
    if _came_from_us():
        return WayOn(_("Back to where you were"), str(request.referrer))
    return _searched() if is_lost else None


def _came_from_us() -> bool:
    return bool(request.referrer) and str(request.referrer).startswith(request.host_url)


def _searched() -> WayOn | None:
    with ports().reads() as session:
        return _to_a_shop(session) or _to_a_host(session)


def _to_a_shop(session: Session) -> WayOn | None:
    """Lead to what else the merchant of a retired placement shows, or the only merchant here."""
    asked = (request.view_args or {}).get("placement")
    found = placements.find_window(session, instead_of=asked)
    return WayOn(_("To the shop"), url_for("embed.page", placement=found)) if found else None


def _to_a_host(session: Session) -> WayOn | None:
    """Lead back to a site that may show a shop of ours; to others we lead nobody."""
    origin = origin_of(request.referrer)
    if origin is None or not hosts.is_allowed_anywhere(session, origin):
        return None
    site = origin.partition("://")[2]
    return WayOn(_("Back to %(site)s", site=site), str(request.referrer))
