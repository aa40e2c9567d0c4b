"""A member turns their second factor on and off. Both ask for the password: an open console on a
counter must not be enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import make_response, redirect, request, url_for
from flask_babel import get_locale

from storefront import qr
from storefront.errors import Conflict, Invalid, TooMany
from storefront.services import passwords, second_factor
from storefront.web.auth import member, roles
from storefront.web.callers import caller
from storefront.web.console.account import account_page
from storefront.web.console.blueprint import blueprint
from storefront.web.console.page import shop, show
from storefront.web.context import ports, wants_json
from storefront.web.errors import status_of
from storefront.web.sentences import sentence_of

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

FORM = "second"


@blueprint.route("/account/second-factor", methods=["POST"])
@roles("owner", "manager", "reports", "clerk")
def start_second_factor() -> AnyResponse:
    """Make a secret for the telephone."""
    try:
        passwords.prove(ports(), member(), request.form.get("old", ""), caller=caller())
        with ports().sessions.begin() as session:
            second_factor.start(
                session, member().member_id, sign=ports().sign, now=ports().clock.now()
            )
    except (Invalid, TooMany, Conflict) as error:
        return account_page(error, form=FORM)
    return redirect(url_for("console.set_up_second_factor"), 303)


@blueprint.route("/account/second-factor")
@roles("owner", "manager", "reports", "clerk")
def set_up_second_factor() -> AnyResponse:
    """Show the secret to the telephone until its first code has come."""
    return _setup()


@blueprint.route("/account/second-factor/confirmation", methods=["POST"])
@roles("owner", "manager", "reports", "clerk")
def confirm_second_factor() -> AnyResponse:
    """Turn it on with the first code, and show the recovery codes this one time."""
    person, now = member(), ports().clock.now()
    try:
        with ports().sessions.begin() as session:
            codes = second_factor.confirm(
                session,
                person.member_id,
                request.form.get("code", ""),
                sign=ports().sign,
                now=now,
            )
            passwords.tell(
                session, person.member_public_id, "second_factor_on", locale=_locale(), now=now
            )
    except Invalid as error:
        return _setup(error)
    response = make_response(show("console/recovery_codes.html", shop(), codes=codes))
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.route("/account/second-factor/removal", methods=["POST"])
@roles("owner", "manager", "reports", "clerk")
def remove_second_factor() -> AnyResponse:
    """Turn it off and forget all its codes."""
    person, now = member(), ports().clock.now()
    try:
        passwords.prove(ports(), person, request.form.get("old", ""), caller=caller())
    except (Invalid, TooMany) as error:
        return account_page(error, form=FORM)
    with ports().sessions.begin() as session:
        if second_factor.turn_off(session, person.member_id):
            passwords.tell(
                session, person.member_public_id, "second_factor_off", locale=_locale(), now=now
            )
    return redirect(url_for("console.account", new="second_factor_off"), 303)


def _setup(error: Invalid | None = None) -> AnyResponse:
    if error and wants_json():
        raise error
    person, merchant = member(), shop()
    with ports().reads() as session:
        setup = second_factor.find_setup(
            session, person.member_id, email=person.email, issuer=merchant.name, sign=ports().sign
        )
    if setup is None:
        return account_page(error, form=FORM) if error else redirect(url_for("console.account"))
    page = show(
        "console/second_factor.html",
        merchant,
        setup=setup,
        qr=qr.draw(setup.uri),
        error=sentence_of(error) if error else None,
    )
    response = make_response(page, status_of(error) if error else 200)
    response.headers["Cache-Control"] = "no-store"
    return response


def _locale() -> str:
    return str(get_locale() or "en")
