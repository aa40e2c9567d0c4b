"""A new password by mail: ask for the link, and use it. The answer to the first is the same for
every address; what a link may do is decided in services/passwords.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import make_response, redirect, render_template, request, url_for
from flask_babel import get_locale

from storefront.errors import Invalid, TooMany
from storefront.services import passwords
from storefront.services.members import LONGEST_PASSWORD, SHORTEST_PASSWORD
from storefront.web import forms
from storefront.web.callers import caller
from storefront.web.console.blueprint import blueprint
from storefront.web.context import ports, wants_json
from storefront.web.errors import status_of
from storefront.web.sentences import sentence_of

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse

    from storefront.errors import StorefrontError


@blueprint.route("/password-resets")
def ask_for_reset() -> AnyResponse:
    """Show the sheet that asks for a link."""
    return _sheet("console/password_reset.html", is_sent="sent" in request.args)


@blueprint.route("/password-resets", methods=["POST"])
def send_reset() -> AnyResponse:
    """Promise the mail, whether or not anybody has this address."""
    try:
        address = forms.email(request.form.get("email"))
        passwords.ask_for_reset(ports(), address, caller=caller(), locale=str(get_locale() or "en"))
    except (Invalid, TooMany) as error:
        return _sheet("console/password_reset.html", error, is_sent=False)
    return redirect(url_for("console.ask_for_reset", sent=1), 303)


@blueprint.route("/password-resets/<token>")
def choose_password(token: str) -> AnyResponse:
    """Show the sheet for a new password while the link is good. Looking uses nothing up."""
    with ports().reads() as session:
        passwords.read_link(session, token, sign=ports().sign, now=ports().clock.now())
    return _sheet("console/new_password.html", token=token)


@blueprint.route("/password-resets/<token>", methods=["POST"])
def set_password(token: str) -> AnyResponse:
    """Set the new password and lead to the sign-in sheet: a second factor is still asked for."""
    password = request.form.get("password", "")
    try:
        passwords.reset_password(ports(), token, password, locale=str(get_locale() or "en"))
    except Invalid as error:
        return _sheet("console/new_password.html", error, token=token)
    return redirect(url_for("console.sign_in", new="password"), 303)


def _sheet(template: str, error: StorefrontError | None = None, **values: object) -> Response:
    if error and wants_json():
        raise error
    page = render_template(
        template,
        email=request.form.get("email", "")[: forms.LONGEST_EMAIL],
        error=sentence_of(error) if error else None,
        least=SHORTEST_PASSWORD,
        most=LONGEST_PASSWORD,
        is_demo=ports().settings.demo,
        **values,
    )
    response = make_response(page, status_of(error) if error else 200)
    response.headers["Cache-Control"] = "no-store"
    if error and error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response
