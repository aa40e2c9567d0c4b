"""Who works for the merchant: their roles, invitations, and letting somebody go. Owners only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import make_response, redirect, request, url_for
from flask_babel import get_locale

from storefront.errors import Conflict, Invalid, TooMany
from storefront.services import actions, invitations, members
from storefront.web import forms
from storefront.web.auth import member, roles
from storefront.web.bodies import form_body
from storefront.web.console.blueprint import blueprint
from storefront.web.console.page import named, shop, show
from storefront.web.context import ports, wants_json
from storefront.web.errors import status_of
from storefront.web.sentences import sentence_of

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse

    from storefront.errors import StorefrontError

INVITE_FIELDS = frozenset({"email", "role"})


@blueprint.route("/members")
@roles("owner")
def list_members() -> AnyResponse:
    """List who works here and who is invited."""
    return _page()


@blueprint.route("/invitations", methods=["POST"])
@roles("owner")
def invite() -> AnyResponse:
    """Invite somebody by mail."""
    form = form_body()
    forms.refuse_unknown(form, INVITE_FIELDS)
    try:
        address = forms.email(form.get("email"))
        invitations.invite(
            ports(), member(), email=address, role=form.get("role", ""), locale=_language()
        )
    except (Conflict, Invalid, TooMany) as error:
        return _page(error)
    return redirect(url_for("console.list_members", news="invited"), 303)


@blueprint.route("/invitations/<public_id>/mail", methods=["POST"])
@roles("owner")
def send_invitation_again(public_id: str) -> AnyResponse:
    """Send an invitation once more, with a new link."""
    try:
        invitations.send_again(ports(), member(), named(public_id), locale=_language())
    except TooMany as error:
        return _page(error)
    return redirect(url_for("console.list_members", news="invited"), 303)


@blueprint.route("/invitations/<public_id>/withdrawal", methods=["POST"])
@roles("owner")
def withdraw_invitation(public_id: str) -> AnyResponse:
    """Take an invitation back: its link opens nothing any more."""
    with ports().sessions.begin() as session:
        invitations.withdraw(session, member(), named(public_id), now=ports().clock.now())
    return redirect(url_for("console.list_members", news="withdrawn"), 303)


@blueprint.route("/members/<public_id>/role", methods=["POST"])
@roles("owner")
def change_role(public_id: str) -> AnyResponse:
    """Give somebody another role, from their next click on. There is always an owner left."""
    who, name, role = member(), named(public_id), form_body().get("role", "")
    try:
        with ports().sessions.begin() as session:
            former = members.change_role(session, who.merchant_id, name, role=role)
            if former != role:
                now, thing = ports().clock.now(), ("member", name)
                actions.note(
                    session, who, "role_changed", of=thing, now=now, role=role, former=former
                )
    except (Conflict, Invalid) as error:
        return _page(error)
    return redirect(url_for("console.list_members", news="role"), 303)


@blueprint.route("/members/<public_id>/departure", methods=["POST"])
@roles("owner")
def let_go(public_id: str) -> AnyResponse:
    """Let a member leave: their sessions end at once. There is always an owner left."""
    who, name, now = member(), named(public_id), ports().clock.now()
    try:
        with ports().sessions.begin() as session:
            members.leave(session, who.merchant_id, name, now=now)
            actions.note(session, who, "member_left", of=("member", name), now=now)
    except Conflict as error:
        return _page(error)
    return redirect(url_for("console.list_members", news="left"), 303)


def _page(error: StorefrontError | None = None) -> Response:
    """Show the team, with what was refused: beside the form of invitations where it comes from
    there, else above everything."""
    if error and wants_json():
        raise error
    who = member()
    with ports().reads() as session:
        people = members.list_members(session, who.merchant_id)
        invited = invitations.list_invitations(session, who.merchant_id, now=ports().clock.now())
    is_of_form = error is not None and error.field == "email"
    page = show(
        "console/members.html",
        shop(),
        members=people,
        invited=invited,
        given=request.form if is_of_form else {},
        error=sentence_of(error) if error and is_of_form else None,
        refusal=sentence_of(error) if error and not is_of_form else None,
        news=request.args.get("news"),
        has_one_owner=sum(each.role == members.OWNER for each in people) == 1,
    )
    response = make_response(page, status_of(error) if error else 200)
    if error and error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _language() -> str:
    return str(get_locale() or "en")
