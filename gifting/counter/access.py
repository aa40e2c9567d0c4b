"""Which device asks and who is at work on it: two cookies of the counter's own, beside and apart
from the console's. What they open is decided in devices.py and shifts.py."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import current_app, g, make_response, redirect, render_template, request, url_for

from gifting import devices, shifts
from gifting.counter.blueprint import screen
from storefront.errors import NotAllowed, NotSignedIn
from storefront.web.context import note_merchant, ports, wants_json
from storefront.web.errors import answer, status_of
from storefront.web.formats import use_zone
from storefront.web.headers import Policy, use_policy
from storefront.web.theme import theme_css

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse

    from gifting.devices import Device
    from gifting.shifts import Shift
    from storefront.errors import StorefrontError

DEVICE, SHIFT = "device", "shift"
A_YEAR = timedelta(days=365)


def this_device() -> Device:
    """Return the enrolled device that asks; raise `NotAllowed` device_unknown otherwise."""
    with ports().reads() as session:
        found = devices.find_device(session, _cookie(DEVICE), sign=ports().sign)
    if found is None:
        raise NotAllowed("device_unknown")
    return found


def find_shift() -> Shift | None:
    """Return who is at work on the device that asks, None where nobody is."""
    now = ports().clock.now()
    with ports().reads() as session:
        return shifts.find_shift(
            session, _cookie(DEVICE), _cookie(SHIFT), sign=ports().sign, now=now
        )


def at_work() -> Shift:
    """Return who is at work; raise `NotSignedIn`, or `NotAllowed` device_unknown."""
    found = find_shift()
    if found is None:
        this_device()
        raise NotSignedIn
    use_zone(found.device.zone)
    return found


def remember(response: AnyResponse, kind: str, secret: str) -> AnyResponse:
    """Leave a secret on the device: its own for a year, a shift's as long as that can last."""
    response.set_cookie(
        _name(kind),
        secret,
        max_age=A_YEAR if kind == DEVICE else shifts.LONGEST,
        path="/",
        secure=ports().settings.is_https,
        httponly=True,
        samesite="Lax",
    )
    return response


def forget_shift(response: AnyResponse) -> AnyResponse:
    """Take the shift's secret from the device."""
    response.delete_cookie(_name(SHIFT), path="/", secure=ports().settings.is_https)
    return response


def _cookie(kind: str) -> str:
    return request.cookies.get(_name(kind), "")


def _name(kind: str) -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}-{kind}"


def show(template: str, device: Device, *, status: int = 200, **values: object) -> Response:
    """Render a page of the counter in the merchant's zone and colour."""
    theme = theme_css(device.accent)
    note_merchant(device.merchant_slug)
    use_policy(Policy(style=theme, camera=True))
    use_zone(device.zone)
    page = render_template(
        template, device=device, theme_css=theme, is_demo=ports().settings.demo, **values
    )
    response = make_response(page, status)
    response.headers["Cache-Control"] = "no-store"
    return response


@screen.errorhandler(NotSignedIn)
def _ask_for_pin(error: NotSignedIn) -> AnyResponse:
    return answer(error) if wants_json() else redirect(url_for("counter.counter"), 303)


@screen.errorhandler(NotAllowed)
def _turn_away(error: StorefrontError) -> AnyResponse:
    if wants_json() or error.code != "device_unknown":
        return answer(error)
    g.pop("storefront_policy", None)
    page = render_template("counter/stranger.html", is_demo=ports().settings.demo)
    response = make_response(page, status_of(error))
    response.headers["Cache-Control"] = "no-store"
    return response
