"""The console's pages of the counter: enrol, rename and revoke devices; set PINs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import make_response, redirect, request, url_for

from gifting import clerks, devices, enrolment
from gifting.counter.blueprint import console
from storefront.errors import Invalid
from storefront.qr import draw
from storefront.services import pins, stores
from storefront.web import forms
from storefront.web.auth import member, roles
from storefront.web.bodies import form_body
from storefront.web.console.page import named, shop, show
from storefront.web.context import ports, wants_json
from storefront.web.errors import status_of
from storefront.web.sentences import sentence_of

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse

LONGEST_NAME = 60


@console.route("")
@roles("owner", "manager")
def counter() -> AnyResponse:
    """List the devices of each store, and who has a PIN."""
    return _page()


@console.route("/devices", methods=["POST"])
@roles("owner", "manager")
def invite_device() -> AnyResponse:
    """Prepare a place for a device, and lead to its link."""
    form, now = form_body(), ports().clock.now()
    try:
        with ports().sessions.begin() as session:
            device = devices.invite(
                session, member(), name=_name(form), store=form.get("store", ""), now=now
            )
    except Invalid as error:
        return _page(error, of="new")
    return redirect(url_for("counter_console.device", public_id=device), 303)


@console.route("/devices/<public_id>")
@roles("owner", "manager")
def device(public_id: str) -> AnyResponse:
    """Show the link of a device that waits, to scan with the device; else lead to the list."""
    who, wanted, now = member(), named(public_id), ports().clock.now()
    with ports().reads() as session:
        listed = devices.list_devices(session, who.merchant_id, now=now)
        found = next((each for each in listed if each.public_id == wanted), None)
        if found is None or found.state == "enrolled":
            news = "enrolled" if found else None
            return redirect(url_for("counter_console.counter", news=news), 303)
        token = enrolment.open_link(session, who.merchant_id, wanted, sign=ports().sign)
    settings = ports().settings
    link = settings.base_url + url_for("counter.look_at_enrolment", token=token)
    page = show("console/counter_device.html", shop(), device=found, link=link, qr=draw(link))
    response = make_response(page)
    response.headers["Cache-Control"] = "no-store"
    return response


@console.route("/devices/<public_id>/link", methods=["POST"])
@roles("owner", "manager")
def invite_device_again(public_id: str) -> AnyResponse:
    """Make a new link for a device that waits; the former one is void."""
    with ports().sessions.begin() as session:
        devices.invite_again(session, member(), named(public_id), now=ports().clock.now())
    return redirect(url_for("counter_console.device", public_id=public_id), 303)


@console.route("/devices/<public_id>", methods=["POST"])
@roles("owner", "manager")
def rename_device(public_id: str) -> AnyResponse:
    """Call a device something else."""
    wanted, now = named(public_id), ports().clock.now()
    try:
        with ports().sessions.begin() as session:
            devices.rename(session, member(), wanted, name=_name(form_body()), now=now)
    except Invalid as error:
        return _page(error, of=wanted)
    return redirect(url_for("counter_console.counter", news="renamed"), 303)


@console.route("/devices/<public_id>/revocation", methods=["POST"])
@roles("owner", "manager")
def revoke_device(public_id: str) -> AnyResponse:
    """Make a device a stranger; whoever is at work on it is out at once."""
    with ports().sessions.begin() as session:
        devices.revoke(session, member(), named(public_id), now=ports().clock.now())
    return redirect(url_for("counter_console.counter", news="revoked"), 303)


@console.route("/members/<public_id>/pin", methods=["POST"])
@roles("owner", "manager")
def set_pin(public_id: str) -> AnyResponse:
    """Set somebody's PIN; with `remove`, take it away."""
    wanted, form = named(public_id), form_body()
    is_removed = bool(form.get("remove"))
    try:
        had_one = _set_pin(wanted, None if is_removed else form.get("pin", ""))
    except Invalid as error:
        return _page(error, of=wanted)
    news = "no-pin" if is_removed else "pin" if had_one else "first-pin"
    return redirect(url_for("counter_console.counter", news=news), 303)


@console.route("/pin")
@roles("owner", "manager", "clerk")
def own_pin() -> AnyResponse:
    """Show whether the member has a PIN, and let them choose one."""
    return _own_pin_page()


@console.route("/pin", methods=["POST"])
@roles("owner", "manager", "clerk")
def set_own_pin() -> AnyResponse:
    """Set the member's own PIN. Whose it is says the session, never the request."""
    try:
        _set_pin(member().member_public_id, form_body().get("pin", ""))
    except Invalid as error:
        return _own_pin_page(error)
    return redirect(url_for("counter_console.own_pin", news="pin"), 303)


def _set_pin(wanted: str, pin: str | None) -> bool:
    pin_hash = None if pin is None else pins.hash_pin(pin)
    now = ports().clock.now()
    with ports().sessions.begin() as session:
        return clerks.set_pin(session, member(), wanted, pin_hash=pin_hash, now=now)


def _name(form: dict[str, str]) -> str:
    return forms.line(
        form.get("name", ""), field="name", longest=LONGEST_NAME, code="invalid_label"
    )


def _page(error: Invalid | None = None, *, of: str = "") -> Response:
    """Show everything; what was refused stays typed in its own form, but for PINs."""
    if error and wants_json():
        raise error
    who, now = member(), ports().clock.now()
    with ports().reads() as session:
        people = clerks.list_clerks(session, who.merchant_id)
        page = show(
            "console/counter.html",
            shop(),
            devices=devices.list_devices(session, who.merchant_id, now=now),
            stores=[
                store
                for store in stores.list_all_stores(session, who.merchant_id)
                if not store.is_closed
            ],
            clerks=[(each, clerks.may_set(who, each.public_id, each.role)) for each in people],
            typed={of: request.form},
            errors={of: {error.field: sentence_of(error)}} if error else {},
            news=request.args.get("news"),
        )
    return make_response(page, status_of(error) if error else 200)


def _own_pin_page(error: Invalid | None = None) -> Response:
    if error and wants_json():
        raise error
    who = member()
    with ports().reads() as session:
        people = clerks.list_clerks(session, who.merchant_id)
    page = show(
        "console/counter_pin.html",
        shop(),
        has_pin=any(each.has_pin for each in people if each.public_id == who.member_public_id),
        error=sentence_of(error) if error else None,
        news=request.args.get("news"),
    )
    return make_response(page, status_of(error) if error else 200)
