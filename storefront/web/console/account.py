"""A member's own account: how they sign in. Whose account it is says the session,
never the request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import make_response, redirect, request, url_for
from flask_babel import get_locale

from storefront.errors import Invalid, NotFound, TooMany
from storefront.languages import LANGUAGES
from storefront.services import members, passwords, second_factor
from storefront.services.members import LONGEST_PASSWORD, SHORTEST_PASSWORD
from storefront.web import auth
from storefront.web.auth import member, roles
from storefront.web.bodies import form_body
from storefront.web.callers import caller
from storefront.web.console.blueprint import blueprint
from storefront.web.console.page import ACCOUNT_PAGE, further_places, shop, show
from storefront.web.context import ports, wants_json
from storefront.web.errors import status_of
from storefront.web.languages import remember_language
from storefront.web.sentences import sentence_of

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse

    from storefront.errors import StorefrontError


@blueprint.route("/account")
@roles("owner", "manager", "reports", "clerk")
def account() -> AnyResponse:
    """Show how the member signs in."""
    return account_page()


@blueprint.route("/account/password", methods=["POST"])
@roles("owner", "manager", "reports", "clerk")
def change_password() -> AnyResponse:
    """Set a new password; this device stays signed in, all others are signed out."""
    try:
        changed = passwords.change_password(
            ports(),
            member(),
            old=request.form.get("old", ""),
            new=request.form.get("password", ""),
            caller=caller(),
            locale=str(get_locale() or "en"),
        )
    except (Invalid, TooMany) as error:
        return account_page(error)
    auth.sign_in(changed)
    return redirect(url_for("console.account", new="password"), 303)


@blueprint.route("/account/merchant", methods=["POST"])
@roles("owner", "manager", "reports", "clerk")
def choose_merchant() -> AnyResponse:
    """Go to work for another of the merchants that the member works for."""
    wanted = form_body().get("merchant", "")
    with ports().reads() as session:
        places = members.list_workplaces(session, member().member_id)
    chosen = [place for place in places if place.merchant_public_id == wanted]
    if not chosen:
        raise NotFound
    auth.work_for(chosen[0].merchant_id)
    return redirect(url_for("console.home"), 303)


@blueprint.route("/account/language", methods=["POST"])
@roles("owner", "manager", "reports", "clerk")
def choose_language() -> AnyResponse:
    """Speak another language to this member, on this device."""
    language = form_body().get("language", "")
    if language not in LANGUAGES:
        raise NotFound
    remember_language(language)
    return redirect(url_for("console.account", lang=None), 303)


def account_page(error: StorefrontError | None = None, *, form: str = "password") -> Response:
    """Show the account, with what was wrong at the field of its form."""
    if error and wants_json():
        raise error
    with ports().reads() as session:
        second = second_factor.state(session, member().member_id)
        workplaces = members.list_workplaces(session, member().member_id)
    page = show(
        "console/account.html",
        shop(),
        errors={f"{form}-{error.field or 'old'}": sentence_of(error)} if error else {},
        news=request.args.get("new"),
        second=second,
        workplaces=workplaces,
        languages=LANGUAGES.items(),
        cards=further_places(ACCOUNT_PAGE),
        least=SHORTEST_PASSWORD,
        most=LONGEST_PASSWORD,
    )
    response = make_response(page, status_of(error) if error else 200)
    response.headers["Cache-Control"] = "no-store"
    if error and error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response
