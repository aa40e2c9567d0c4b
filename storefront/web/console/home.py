"""The first page after signing in: how it goes, what is new, what waits for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import redirect, url_for

from storefront.errors import NotFound
from storefront.services import actions, alarms
from storefront.services.merchants import show_guide as show_steps
from storefront.services.reporting.attention import attention
from storefront.services.reporting.glance import glance
from storefront.services.reporting.guide import guide
from storefront.services.reporting.orders import list_orders
from storefront.web.auth import member, roles
from storefront.web.bodies import form_body
from storefront.web.console.blueprint import blueprint
from storefront.web.console.given_up import mark_of
from storefront.web.console.page import is_clerk, shop, show
from storefront.web.context import ports

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

LATEST = 6


@blueprint.route("/")
@roles("owner", "manager", "reports", "clerk")
def home() -> AnyResponse | str:
    """Show how it goes. A clerk arrives here too and is led to the orders: no figures for them.
    Who sees reports only is shown no order and no alarm."""
    if is_clerk():
        return redirect(url_for("console.orders"))
    merchant, now = shop(), ports().clock.now()
    with ports().reads() as session:
        figures: dict[str, Any] = {
            "glance": glance(session, merchant, now=now),
            "steps": guide(session, merchant, settings=ports().settings),
            "latest": list_orders(session, merchant.id, now=now, size=LATEST),
            "panels": [kind.glance(session, merchant.id, now) for kind in ports().kinds],
            "waiting": None if member().role == "reports" else attention(session, merchant.id),
        }
    return show(
        "console/home.html", merchant, mode=ports().settings.mode, mark_of=mark_of, **figures
    )


@blueprint.route("/alarms/<kind>/end", methods=["POST"])
@roles("owner", "manager")
def end_alarm(kind: str) -> AnyResponse:
    """Take an alarm that somebody has dealt with from the page; it comes back when it rings."""
    who, thing, now = member(), ("merchant", shop().public_id), ports().clock.now()
    with ports().sessions.begin() as session:
        if not alarms.mark_seen(session, who.merchant_id, kind, now=now):
            raise NotFound
        actions.note(session, who, "alarm_ended", of=thing, now=now, alarm=kind)
    return redirect(url_for("console.home"), 303)


@blueprint.route("/guide", methods=["POST"])
@roles("owner", "manager")
def show_guide() -> AnyResponse:
    """Show the first steps on the home page, or put them away."""
    is_shown = form_body().get("show") == "1"
    with ports().sessions.begin() as session:
        show_steps(session, member(), is_shown=is_shown, now=ports().clock.now())
    return redirect(url_for("console.home"), 303)
