"""Sites whose frame of the shop the browser has blocked: a frame that may be refused says where
to report it, and the report comes here. Anybody can send one; services/hosts.py bounds them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from flask import Blueprint, request

from storefront import links
from storefront.errors import Invalid, NotFound, TooMany
from storefront.services import hosts, merchants
from storefront.web.callers import caller
from storefront.web.context import ports

if TYPE_CHECKING:
    from storefront.services.views import PlacementView

blueprint = Blueprint("refusals", __name__)

FRAMES = frozenset({"iframe", "frame", "embed", "object"})
DIRECTIVES = ("effective-directive", "violated-directive")
ANCESTORS = "frame-ancestors"


@blueprint.post("/refusals/<placement>")
def note_refusal(placement: str) -> tuple[str, int]:
    """Take a browser's report. Whatever comes of it, the answer is the same and empty."""
    origin = origin_of(request.args.get("h"))
    if origin and _is_about_ancestors() and origin_of(request.referrer) in {None, origin}:
        try:
            hosts.note_refusal(ports(), placement, origin, caller=caller())
        except (NotFound, TooMany):
            return "", 204
    return "", 204


def _is_about_ancestors() -> bool:
    try:
        report = json.loads(request.get_data())["csp-report"]
        return any(str(report.get(name, "")).startswith(ANCESTORS) for name in DIRECTIVES)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return False


def report_address(placement: PlacementView) -> str:
    """Return where the browser reports that it has blocked the frame now asked for; "" where
    there is nothing to learn: an allowed site, our own page, or one that does not say who it is."""
    if request.headers.get("Sec-Fetch-Dest", "iframe") not in FRAMES:
        return ""
    origin = origin_of(request.args.get("h")) or origin_of(request.referrer)
    if origin is None or origin in placement.merchant.allowed_origins:
        return ""
    settings = ports().settings
    if origin in {settings.base_url, request.host_url.rstrip("/")}:
        return ""
    return links.refusals(settings, placement.public_id, origin)


def origin_of(address: str | None) -> str | None:
    """Return the origin of an address: a Referer, or what our script on the page says."""
    if not address:
        return None
    scheme, _, rest = address.partition("://")
    try:
        return merchants.clean_origin(f"{scheme}://{rest.partition('/')[0]}")
    except Invalid:
        return None
