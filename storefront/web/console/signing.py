"""Sign in to the console and out again. Who may sign in is decided in services/members.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import make_response, redirect, render_template, request, url_for
from flask_login import current_user

from storefront.errors import Invalid, TooMany
from storefront.services import members, second_factor, sign_in
from storefront.web import auth
from storefront.web.callers import caller
from storefront.web.console.blueprint import blueprint
from storefront.web.context import ports, wants_json
from storefront.web.errors import status_of
from storefront.web.forms import LONGEST_EMAIL
from storefront.web.sentences import sentence_of

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse

    from storefront.errors import StorefrontError


@blueprint.route("/sign-in", endpoint="sign_in")
def sign_in_page() -> AnyResponse:
    """Show the sheet, or go on at once when somebody is signed in already."""
    if current_user.is_authenticated:
        return redirect(_onward())
    return _sheet()


@blueprint.route("/sign-in", methods=["POST"])
def check_sign_in() -> AnyResponse:
    """Begin a session for an address and its password; the words never tell which was wrong."""
    try:
        member = _known_member(request.form.get("email", ""), request.form.get("password", ""))
    except (Invalid, TooMany) as error:
        if wants_json():
            raise
        return _sheet(error)
    with ports().reads() as session:
        needs_code = second_factor.is_on(session, member.member_id)
    if needs_code:
        auth.sign_in_half(member)
        return redirect(url_for("console.enter_code", next=_onward()), 303)
    auth.sign_in(member)
    return redirect(_onward(), 303)


@blueprint.route("/sign-in/code")
def enter_code() -> AnyResponse:
    """Show the second step to who has passed the first."""
    if auth.half_signed_in() is None:
        return redirect(url_for("console.sign_in", next=_onward()))
    return _sheet(template="console/sign_in_code.html")


@blueprint.route("/sign-in/code", methods=["POST"])
def check_code() -> AnyResponse:
    """Begin the session for a code of the telephone or a recovery code."""
    member = auth.half_signed_in()
    if member is None:
        return redirect(url_for("console.sign_in", next=_onward()), 303)
    try:
        sign_in.check_code(ports(), member, request.form.get("code", ""), caller=caller())
    except (Invalid, TooMany) as error:
        if wants_json():
            raise
        return _sheet(error, template="console/sign_in_code.html")
    auth.sign_in(member)
    return redirect(_onward(), 303)


def _known_member(email: str, password: str) -> members.SignedIn:
    failed = Invalid("sign_in_failed", field="password")
    if len(email) > LONGEST_EMAIL or not 1 <= len(password) <= members.LONGEST_PASSWORD:
        raise failed
    if "\0" in email + password:
        raise failed
    return sign_in.check_password(ports(), email, password, caller=caller())


def _sheet(
    error: StorefrontError | None = None, *, template: str = "console/sign_in.html"
) -> Response:
    response = make_response(
        render_template(
            template,
            email=request.form.get("email", "")[:LONGEST_EMAIL],
            error=sentence_of(error) if error else None,
            onward=request.values.get("next", ""),
            has_new_shop=request.args.get("new") == "shop",
            has_new_password=request.args.get("new") == "password",
            is_demo=ports().settings.demo,
        )
    )
    response.status_code = status_of(error) if error else 200
    response.headers["Cache-Control"] = "no-store"
    if error and error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _onward() -> str:
    return auth.safe_next(request.values.get("next"), url_for("console.home"))


@blueprint.route("/sign-out", methods=["POST"])
def sign_out() -> AnyResponse:
    """End the session on this device; signing out twice is no error."""
    auth.sign_out()
    return redirect(url_for("console.sign_in"), 303)
