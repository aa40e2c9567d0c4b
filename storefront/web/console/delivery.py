"""Delivery and tax in the console: where the shop is at home, and what it costs to send an order.
Tax rates have views of their own in console/taxes.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import make_response, redirect, request, url_for

from storefront.domain.regions import ELSEWHERE
from storefront.errors import Conflict, Invalid
from storefront.services import actions, delivery, merchants, taxes
from storefront.services.delivery import ShippingWish
from storefront.web import forms
from storefront.web.auth import member, roles
from storefront.web.bodies import form_body
from storefront.web.console.blueprint import blueprint
from storefront.web.console.page import named, shop, show
from storefront.web.console.reading import Reading
from storefront.web.context import ports
from storefront.web.errors import status_of
from storefront.web.formats import decimal_text

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse

    from storefront.models import ShippingRate

HOME = frozenset({"country", "region", "includes_tax"})
RATE = frozenset({"country", "name", "amount", "free_from"})
LONGEST_NAME = 60
LONGEST_REGION = 120
NEWS = frozenset({"home", "added", "changed", "retired"})


@blueprint.route("/delivery", endpoint="delivery")
@roles("owner", "manager")
def delivery_and_tax() -> AnyResponse:
    """Show where the shop is at home, where it sends things, and which tax it takes."""
    merchant = shop()
    return _page(
        Reading(
            {
                "country": merchant.country,
                "region": merchant.region,
                "includes_tax": "1" if merchant.prices_include_tax else "",
            }
        )
    )


@blueprint.route("/delivery", methods=["POST"])
@roles("owner", "manager")
def set_home() -> AnyResponse:
    """Keep where the shop is at home, and whether its prices include tax."""
    form, who, merchant = form_body(), member(), shop()
    forms.refuse_unknown(form, HOME)
    reading = Reading(form)
    country = reading.country("country")
    region = reading.line("region", longest=LONGEST_REGION)
    includes_tax, now = reading.box("includes_tax"), ports().clock.now()
    if reading.errors:
        return _page(reading, 422)
    try:
        with ports().sessions.begin() as session:
            merchants.settle_home(
                session,
                who.merchant_id,
                country=country,
                region=region,
                prices_include_tax=includes_tax,
            )
            thing = ("merchant", merchant.public_id)
            actions.note(
                session, who, "home_set", of=thing, now=now,
                country=country, includes_tax=int(includes_tax),
            )  # fmt: skip
    except Invalid as error:
        reading.keep(error)
        return _page(reading, status_of(error))
    return redirect(url_for("console.delivery", news="home"), 303)


def _page(reading: Reading, status: int = 200) -> Response:
    merchant, news = shop(), request.args.get("news")
    with ports().reads() as session:
        shipping = delivery.list_shipping_rates(session, merchant.id)
        rates = taxes.list_tax_rates(session, merchant.id)
    page = show(
        "console/delivery.html",
        merchant,
        shipping=shipping,
        taxes=rates,
        form=reading.form,
        errors=reading.errors,
        news=news if news in NEWS else None,
    )
    return make_response(page, status)


@blueprint.route("/delivery/rates/new")
@roles("owner", "manager")
def new_shipping_rate() -> AnyResponse:
    """Show the form of a new rate."""
    return _rate_page(Reading({}))


@blueprint.route("/delivery/rates", methods=["POST"])
@roles("owner", "manager")
def add_shipping_rate() -> AnyResponse:
    """Send orders to one country more, or to all that have no rate."""
    reading, who, now = Reading(form_body()), member(), ports().clock.now()
    wish = _wish(reading)
    if reading.errors:
        return _rate_page(reading, status=422)
    try:
        with ports().sessions.begin() as session:
            added = delivery.add_shipping_rate(
                session, who.merchant_id, wish, currency=shop().currency, now=now
            )
            thing = ("shipping_rate", added)
            actions.note(
                session, who, "shipping_rate_added", of=thing, now=now,
                country=wish.country, amount_minor=wish.amount_minor,
            )  # fmt: skip
    except (Conflict, Invalid) as error:
        reading.keep(error)
        return _rate_page(reading, status=status_of(error))
    return redirect(url_for("console.delivery", news="added"), 303)


@blueprint.route("/delivery/rates/<public_id>")
@roles("owner", "manager")
def shipping_rate(public_id: str) -> AnyResponse:
    """Show the form of a rate in use."""
    rate = _find(public_id)
    return _rate_page(Reading(_as_typed(rate)), rate=rate)


@blueprint.route("/delivery/rates/<public_id>", methods=["POST"])
@roles("owner", "manager")
def change_shipping_rate(public_id: str) -> AnyResponse:
    """Put another rate in the place of this one; orders that exist keep theirs."""
    rate = _find(public_id)
    reading, who, now = Reading(form_body()), member(), ports().clock.now()
    wish = _wish(reading)
    if reading.errors:
        return _rate_page(reading, rate=rate, status=422)
    try:
        with ports().sessions.begin() as session:
            added = delivery.change_shipping_rate(
                session, who.merchant_id, rate.public_id,
                wish=wish, currency=rate.currency, now=now,
            )  # fmt: skip
            thing = ("shipping_rate", added)
            actions.note(
                session, who, "shipping_rate_changed", of=thing, now=now,
                country=wish.country, before_minor=rate.amount_minor,
                amount_minor=wish.amount_minor,
            )  # fmt: skip
    except (Conflict, Invalid) as error:
        reading.keep(error)
        return _rate_page(reading, rate=rate, status=status_of(error))
    return redirect(url_for("console.delivery", news="changed"), 303)


@blueprint.route("/delivery/rates/<public_id>/retirement", methods=["POST"])
@roles("owner", "manager")
def retire_shipping_rate(public_id: str) -> AnyResponse:
    """Send no more orders by this rate."""
    name, who, now = named(public_id), member(), ports().clock.now()
    with ports().sessions.begin() as session:
        delivery.retire_shipping_rate(session, who.merchant_id, name, now=now)
        thing = ("shipping_rate", name)
        actions.note(session, who, "shipping_rate_retired", of=thing, now=now)
    return redirect(url_for("console.delivery", news="retired"), 303)


def _find(public_id: str) -> ShippingRate:
    with ports().reads() as session:
        return delivery.read_shipping_rate(session, member().merchant_id, named(public_id))


def _wish(reading: Reading) -> ShippingWish:
    forms.refuse_unknown(reading.form, RATE)
    currency = shop().currency
    is_elsewhere = reading.form.get("country") == ELSEWHERE
    free_from = reading.form.get("free_from", "").strip()
    return ShippingWish(
        country=ELSEWHERE if is_elsewhere else reading.country("country"),
        name=reading.line("name", longest=LONGEST_NAME, is_needed=True),
        amount_minor=reading.price("amount", currency),
        free_from_minor=reading.price("free_from", currency) if free_from else None,
    )


def _as_typed(rate: ShippingRate) -> dict[str, str]:
    terms = rate.terms
    return {
        "country": rate.country,
        "name": rate.name,
        "amount": decimal_text(terms.amount),
        "free_from": decimal_text(terms.free_from) if terms.free_from else "",
    }


def _rate_page(
    reading: Reading, *, rate: ShippingRate | None = None, status: int = 200
) -> Response:
    page = show(
        "console/shipping_rate.html", shop(), rate=rate, form=reading.form, errors=reading.errors
    )
    return make_response(page, status)
