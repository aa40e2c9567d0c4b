"""Begin to work for a merchant, with the link of an invitation. Looking uses nothing up; what
the link may do is decided in services/invitations.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import make_response, redirect, render_template, request, url_for

from storefront.errors import Conflict, Invalid
from storefront.services import invitations, members
from storefront.services.members import LONGEST_PASSWORD, SHORTEST_PASSWORD
from storefront.web import auth, forms
from storefront.web.console.blueprint import blueprint
from storefront.web.context import ports, wants_json
from storefront.web.errors import status_of
from storefront.web.formats import use_zone
from storefront.web.gathering import Gathering
from storefront.web.sentences import sentence_of

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse

    from storefront.errors import StorefrontError

LONGEST_NAME = 120


@blueprint.route("/joining/<token>")
def look_at_invitation(token: str) -> AnyResponse:
    """Show who invites to what, and ask who is new for a name and a password."""
    return _sheet(token)


@blueprint.route("/joining/<token>", methods=["POST"])
def join(token: str) -> AnyResponse:
    """Accept. Who is new is signed in at once; who has an account signs in as ever, so that a
    second factor is still asked for."""
    with ports().reads() as session:
        found = invitations.read_link(session, token, sign=ports().sign, now=ports().clock.now())
    try:
        name, password = ("", "") if found.is_known else _read_form()
        who = invitations.accept(ports(), token, name=name, password=password)
    except (Conflict, Invalid) as error:
        if wants_json():
            raise
        return _sheet(token, error)
    if found.is_known:
        return redirect(url_for("console.sign_in", new="shop"), 303)
    auth.sign_in(who)
    return redirect(url_for("console.home"), 303)


def _read_form() -> tuple[str, str]:
    """Return the name and the password of who is new; raise `Invalid` with all that is wrong."""
    gathering = Gathering()
    name = gathering.read("", _name)
    password = gathering.read("", members.check_password, request.form.get("password", ""))
    gathering.end()
    return name, password


def _name() -> str:
    given = request.form.get("name", "")
    name = forms.line(given, field="name", longest=LONGEST_NAME, code="invalid_name")
    if not name:
        raise Invalid("invalid_name", field="name")
    return name


def _sheet(token: str, error: StorefrontError | None = None) -> Response:
    with ports().reads() as session:
        found = invitations.read_link(session, token, sign=ports().sign, now=ports().clock.now())
    use_zone("UTC")
    page = render_template(
        "console/joining.html",
        token=token,
        invitation=found,
        name=request.form.get("name", "")[:LONGEST_NAME],
        errors={fault.field or "": sentence_of(fault) for fault in _faults(error)},
        least=SHORTEST_PASSWORD,
        most=LONGEST_PASSWORD,
        is_demo=ports().settings.demo,
    )
    response = make_response(page, status_of(error) if error else 200)
    response.headers["Cache-Control"] = "no-store"
    return response


def _faults(error: StorefrontError | None) -> tuple[StorefrontError, ...]:
    if isinstance(error, Invalid):
        return (error, *error.others)
    return (error,) if error else ()
