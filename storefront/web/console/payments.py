"""Who is paid: connect the merchant's own account, and see how it stands. Owners only. What the
gateway says is asked and written down in services/connections.py, never while a page is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import make_response, redirect, request, url_for

from storefront import links
from storefront.errors import StorefrontError
from storefront.services import actions, connections
from storefront.web import forms
from storefront.web.auth import member, roles
from storefront.web.console.blueprint import blueprint
from storefront.web.console.page import shop, show
from storefront.web.context import ports, wants_json
from storefront.web.countries import country_of_zone
from storefront.web.errors import status_of
from storefront.web.headers import Policy, use_policy
from storefront.web.sentences import sentence_of
from storefront.web.theme import theme_css

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse

NEWS = frozenset({"done", "again", "asked"})


@blueprint.route("/payments")
@roles("owner")
def payments() -> AnyResponse:
    """Show who is paid, and what there is to do about it."""
    return _page()


@blueprint.route("/payments", methods=["POST"])
@roles("owner")
def connect_payments() -> AnyResponse:
    """Lead the owner to the payment provider's own pages; they come back here."""
    page, who = links.payments(ports().settings), member()
    try:
        address = connections.begin(
            ports(),
            who.merchant_id,
            forms.country(request.form.get("country"), field="country"),
            back_url=f"{page}?news=done",
            again_url=f"{page}?news=again",
        )
    except StorefrontError as error:
        return _page(error)
    thing, now = ("merchant", shop().public_id), ports().clock.now()
    with ports().sessions.begin() as session:
        actions.note(session, who, "payments_begun", of=thing, now=now)
    return redirect(address, 303)


@blueprint.route("/payments/check", methods=["POST"])
@roles("owner")
def check_payments() -> AnyResponse:
    """Ask the payment provider now how the account stands."""
    try:
        connections.check_merchant(ports(), member().merchant_id)
    except StorefrontError as error:
        return _page(error)
    return redirect(url_for("console.payments", news="asked"), 303)


def _page(error: StorefrontError | None = None) -> Response:
    if error and wants_json():
        raise error
    merchant, settings = shop(), ports().settings
    with ports().reads() as session:
        found = connections.view(session, merchant.id)
    news = request.args.get("news")
    page = show(
        "console/payments.html",
        merchant,
        connection=found,
        # It cannot be changed later: where the shop is counts, not the browser's language.
        country=request.form.get("country") or merchant.country or country_of_zone(merchant.zone),
        error=sentence_of(error) if error else None,
        mode=settings.mode,
        news=news if news in NEWS else None,
    )
    # The form leads to the provider's pages, and a policy would else stop it there.
    theme = theme_css(merchant.accent)
    use_policy(Policy(style=theme, forms=settings.stripe_hosts["form"]))
    response = make_response(page, status_of(error) if error else 200)
    response.headers["Cache-Control"] = "no-store"
    if error and error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response
