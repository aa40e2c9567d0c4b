"""Begin and end at the counter: a device by its link, a clerk by their PIN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import make_response, redirect, render_template, url_for

from gifting import clerks, enrolment, shifts
from gifting.counter import access
from gifting.counter.blueprint import screen
from storefront.errors import Invalid, TooMany
from storefront.web.bodies import form_body
from storefront.web.context import ports, wants_json
from storefront.web.errors import status_of
from storefront.web.headers import Policy, use_policy
from storefront.web.sentences import sentence_of
from storefront.web.theme import theme_css

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse

    from storefront.errors import StorefrontError


@screen.route("/enrolment/<token>")
def look_at_enrolment(token: str) -> AnyResponse:
    """Show what the link makes of this device. Looking uses nothing up."""
    with ports().reads() as session:
        found = enrolment.read_link(session, token, sign=ports().sign, now=ports().clock.now())
    theme = theme_css(found.accent)
    use_policy(Policy(style=theme))
    page = render_template(
        "counter/enrolment.html",
        token=token,
        enrolment=found,
        theme_css=theme,
        is_demo=ports().settings.demo,
    )
    response = make_response(page)
    response.headers["Cache-Control"] = "no-store"
    return response


@screen.route("/enrolment/<token>", methods=["POST"])
def enrol(token: str) -> AnyResponse:
    """Make this device a counter."""
    with ports().sessions.begin() as session:
        secret = enrolment.enrol(session, token, sign=ports().sign, now=ports().clock.now())
    return access.remember(redirect(url_for("counter.counter"), 303), access.DEVICE, secret)


@screen.route("/shifts", methods=["POST"])
def start_shift() -> AnyResponse:
    """Begin to work, with a PIN."""
    device, form = access.this_device(), form_body()
    try:
        secret = shifts.start(ports(), device, form.get("member", ""), pin=form.get("pin", ""))
    except (Invalid, TooMany) as error:
        return sign_in_sheet(error, chosen=form.get("member", ""))
    return access.remember(redirect(url_for("counter.counter"), 303), access.SHIFT, secret)


@screen.route("/shifts/end", methods=["POST"])
def lock() -> AnyResponse:
    """End the shift; whoever is next types their PIN."""
    shift = access.at_work()
    with ports().sessions.begin() as session:
        shifts.lock(session, shift, now=ports().clock.now())
    return access.forget_shift(redirect(url_for("counter.counter"), 303))


def sign_in_sheet(error: StorefrontError | None = None, *, chosen: str = "") -> Response:
    """Ask who begins, and for their PIN."""
    if error and wants_json():
        raise error
    device = access.this_device()
    with ports().reads() as session:
        people = clerks.list_clerks(session, device.merchant_id)
    response = access.show(
        "counter/sign_in.html",
        device,
        status=status_of(error) if error else 200,
        clerks=[each for each in people if each.has_pin],
        chosen=chosen,
        error=sentence_of(error) if error else None,
    )
    if error and error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response
