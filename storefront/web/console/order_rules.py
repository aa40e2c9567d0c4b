"""For how long a merchant's buyers may cancel what they have paid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, request, url_for
from flask_babel import lazy_gettext as _

from storefront.errors import Invalid
from storefront.services import actions, cancelling
from storefront.services.orders import cancel_time
from storefront.web.auth import member, roles
from storefront.web.bodies import form_body
from storefront.web.console.blueprint import blueprint
from storefront.web.console.page import shop, show
from storefront.web.context import ports

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

CHOICES = {
    "0": _("Never"),
    "15": _("A quarter of an hour"),
    "60": _("One hour"),
    "1440": _("One day"),
    "525600": _("Until it is ready or on its way"),
}
"""Minutes after paying, as the form sends them."""


@blueprint.route("/orders/rules")
@roles("owner", "manager")
def order_rules() -> str:
    """Show how long buyers may cancel."""
    merchant = shop()
    with ports().reads() as session:
        minutes = int(cancel_time(session, merchant.id).total_seconds()) // 60
    return show(
        "console/order_rules.html",
        merchant,
        choices=CHOICES,
        minutes=str(minutes),
        is_news="kept" in request.args,
    )


@blueprint.route("/orders/rules", methods=["POST"])
@roles("owner", "manager")
def set_order_rules() -> AnyResponse:
    """Set how long buyers may cancel, from now on and for all their orders."""
    who, chosen = member(), form_body().get("minutes", "")
    if chosen not in CHOICES:
        raise Invalid("invalid", field="minutes")
    merchant, now = shop(), ports().clock.now()
    with ports().sessions.begin() as session:
        cancelling.set_cancel_time(session, who.merchant_id, int(chosen))
        thing = ("merchant", merchant.public_id)
        actions.note(session, who, "cancel_time_set", of=thing, now=now, minutes=int(chosen))
    return redirect(url_for("console.order_rules", kept=1), 303)
