"""The demo's door to the counter: it makes the browser that asks a device of a store, as the shop's
owner would in the console. From the enrolment's own page on everything is as in life."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import Flask, abort, current_app, redirect, render_template, request
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from gifting import devices, enrolment
from gifting.devices import Device
from storefront.demo.site import create_site
from storefront.ports import Ports
from storefront.services import members

POLICY = (
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self' {shop}; "
    "frame-ancestors 'none'"
)


def create_counters(ports: Ports, shop_url: str, merchants: Sequence[Mapping[str, Any]]) -> Flask:
    """Build the page; `merchants` are what `demo.json` tells of them."""
    shop = shop_url.rstrip("/")
    door = create_site("counters", policy=POLICY.format(shop=shop), SHOP=shop, PORTS=ports)
    door.config["MERCHANTS"] = merchants
    door.add_url_rule("/", view_func=show)
    door.add_url_rule("/", "enrol", enrol, methods=["POST"])
    return door


def show() -> str:
    """Show the stores, and who works there with which PIN."""
    merchants = current_app.config["MERCHANTS"]
    return render_template("counters/counters.html", merchants=merchants)


def enrol() -> Response:
    """Prepare a device at a store, and lead to the page that makes this browser it."""
    wanted, ports = request.form.get("store", ""), current_app.config["PORTS"]
    merchant = next(
        (each for each in current_app.config["MERCHANTS"] if wanted in _stores(each)), None
    )
    if merchant is None:
        abort(HTTPStatus.NOT_FOUND)
    with ports.sessions.begin() as session:
        token = invite(session, ports, merchant, store=wanted, now=ports.clock.now())
    return redirect(f"{current_app.config['SHOP']}/counter/enrolment/{token}", HTTPStatus.SEE_OTHER)


def _stores(merchant: Mapping[str, Any]) -> set[str]:
    return {store["public_id"] for store in merchant["stores"]}


def invite(
    session: Session, ports: Ports, merchant: Mapping[str, Any], *, store: str, now: datetime
) -> str:
    """Let the owner invite a device to a store; return what its link carries."""
    owner = members.find_by_email(session, merchant["members"][0]["email"])
    if owner is None:
        abort(HTTPStatus.NOT_FOUND)
    name = gettext("Phone 1")
    device = devices.invite(session, owner, name=name, store=store, now=now)
    return enrolment.open_link(session, owner.merchant_id, device, sign=ports.sign)


def add_device(
    session: Session, ports: Ports, merchant: Mapping[str, Any], *, store: str, now: datetime
) -> Device:
    """Enrol a device at a store that nobody holds in their hands."""
    token = invite(session, ports, merchant, store=store, now=now)
    secret = enrolment.enrol(session, token, sign=ports.sign, now=now)
    device = devices.find_device(session, secret, sign=ports.sign)
    if device is None:
        raise LookupError(store)
    return device
