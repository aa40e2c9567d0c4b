"""Who works for the merchant, and letting somebody go. Owners only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, url_for

from storefront.errors import Conflict
from storefront.services import members
from storefront.web.auth import member, roles
from storefront.web.console.blueprint import blueprint
from storefront.web.console.page import named, shop, show
from storefront.web.context import ports

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse


@blueprint.route("/members")
@roles("owner")
def list_members() -> str:
    """List who works here."""
    with ports().reads() as session:
        found = members.list_members(session, member().merchant_id)
    return show("console/members.html", shop(), members=found)


@blueprint.route("/members/<public_id>/departure", methods=["POST"])
@roles("owner")
def let_go(public_id: str) -> AnyResponse:
    """Let a member leave: their sessions end at once. There is always an owner left."""
    if public_id == member().member_public_id:
        raise Conflict("not_yourself")
    with ports().sessions.begin() as session:
        members.leave(session, member().merchant_id, named(public_id), now=ports().clock.now())
    return redirect(url_for("console.list_members"), 303)
