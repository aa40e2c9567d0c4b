"""Interactions over HTTP: what the frame's script reports of its visitor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, jsonify, make_response

from storefront import links
from storefront.services import interactions, visitors
from storefront.services.placements import get_placement, note_first_load
from storefront.web import forms
from storefront.web.bodies import json_body
from storefront.web.context import ports
from storefront.web.sources import foreign_host

if TYPE_CHECKING:
    from datetime import datetime

    from werkzeug.wrappers import Response as AnyResponse

    from storefront.services.interactions import Recorded
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
    name, mark = forms.line(body.get("placement"), field="placement", longest=24), body.get("v")
    now = ports().clock.now()
    with ports().sessions.glance() as session:
        placement = get_placement(session, name)
        merchant = placement.merchant.public_id
        visitor = visitors.read_mark(ports().sign, forms.token(mark, field="v"), merchant, now=now)
        act = _act(body, kind, visitor)
        is_alone = kind != "share" and placement.is_loaded
        parent_id = interactions.find_parent(session, placement, act) if is_alone else None
    if is_alone:
        recorded = interactions.record_alone(
            ports().sessions, placement, act, parent_id=parent_id, now=now
        )
    else:
        recorded = _record(placement, act, now=now)
    token = recorded.share_token
    answer = {
        "interaction": recorded.public_id,
        "v": visitors.make_mark(ports().sign, visitor, merchant),
        "share_url": links.share_link(ports().settings, token) if token else None,
    }
    return make_response(jsonify(answer), 201)


def _record(placement: PlacementView, act: interactions.Act, *, now: datetime) -> Recorded:
    """Record an act with what it brings along: the link of a share, or that a placement was seen
    for the first time."""
    with ports().sessions.begin() as session:
        if act.kind == "view":
            note_first_load(session, placement, now=now)
        return interactions.record(session, placement, act, sign=ports().sign, now=now)


def _act(body: dict[str, Any], kind: str, visitor: Visitor) -> interactions.Act:
    """Say how sure we are: a visitor who came by our signed link is known to be there; what a
    page merely claims is not."""
    where = "page" if body.get("surface") == "page" else "frame"
    referrer = foreign_host(body.get("referrer") or body.get("host"), ports().settings)
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
