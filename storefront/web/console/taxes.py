"""Tax rates in the console: which tax is due in which country or region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import make_response, redirect, url_for

from storefront.errors import Conflict, Invalid
from storefront.services import actions, taxes
from storefront.services.taxes import TaxWish
from storefront.web import forms
from storefront.web.auth import member, roles
from storefront.web.bodies import form_body
from storefront.web.console.blueprint import blueprint
from storefront.web.console.delivery import LONGEST_NAME, LONGEST_REGION
from storefront.web.console.page import named, shop, show
from storefront.web.console.reading import Reading
from storefront.web.context import ports
from storefront.web.errors import status_of
from storefront.web.formats import percent

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse

    from storefront.models import TaxRate

RATE = frozenset({"country", "region", "name", "rate", "covers_shipping"})


@blueprint.route("/delivery/taxes/new")
@roles("owner", "manager")
def new_tax_rate() -> AnyResponse:
    """Show the form of a new rate; it begins with the shop's own country."""
    return _page(Reading({"country": shop().country, "covers_shipping": "1"}))


@blueprint.route("/delivery/taxes", methods=["POST"])
@roles("owner", "manager")
def add_tax_rate() -> AnyResponse:
    """Take tax in one country or region more."""
    reading, who, now = Reading(form_body()), member(), ports().clock.now()
    wish = _wish(reading)
    if reading.errors:
        return _page(reading, status=422)
    try:
        with ports().sessions.begin() as session:
            added = taxes.add_tax_rate(session, who.merchant_id, wish, now=now)
            actions.note(
                session, who, "tax_rate_added", of=("tax_rate", added), now=now,
                country=wish.country, ppm=wish.rate_ppm,
            )  # fmt: skip
    except (Conflict, Invalid) as error:
        reading.keep(error)
        return _page(reading, status=status_of(error))
    return redirect(url_for("console.delivery", news="added"), 303)


@blueprint.route("/delivery/taxes/<public_id>")
@roles("owner", "manager")
def tax_rate(public_id: str) -> AnyResponse:
    """Show the form of a rate in use."""
    rate = _find(public_id)
    typed = {
        "country": rate.country,
        "region": rate.region,
        "name": rate.name,
        "rate": percent(rate.rate_ppm),
        "covers_shipping": "1" if rate.covers_shipping else "",
    }
    return _page(Reading(typed), rate=rate)


@blueprint.route("/delivery/taxes/<public_id>", methods=["POST"])
@roles("owner", "manager")
def change_tax_rate(public_id: str) -> AnyResponse:
    """Put another rate in the place of this one; orders that exist keep theirs."""
    rate = _find(public_id)
    reading, who, now = Reading(form_body()), member(), ports().clock.now()
    wish = _wish(reading)
    if reading.errors:
        return _page(reading, rate=rate, status=422)
    try:
        with ports().sessions.begin() as session:
            added = taxes.change_tax_rate(
                session, who.merchant_id, rate.public_id, wish=wish, now=now
            )
            actions.note(
                session, who, "tax_rate_changed", of=("tax_rate", added), now=now,
                country=wish.country, before_ppm=rate.rate_ppm, ppm=wish.rate_ppm,
            )  # fmt: skip
    except (Conflict, Invalid) as error:
        reading.keep(error)
        return _page(reading, rate=rate, status=status_of(error))
    return redirect(url_for("console.delivery", news="changed"), 303)


@blueprint.route("/delivery/taxes/<public_id>/retirement", methods=["POST"])
@roles("owner", "manager")
def retire_tax_rate(public_id: str) -> AnyResponse:
    """Take this tax no more."""
    name, who, now = named(public_id), member(), ports().clock.now()
    with ports().sessions.begin() as session:
        taxes.retire_tax_rate(session, who.merchant_id, name, now=now)
        actions.note(session, who, "tax_rate_retired", of=("tax_rate", name), now=now)
    return redirect(url_for("console.delivery", news="retired"), 303)


def _find(public_id: str) -> TaxRate:
    with ports().reads() as session:
        return taxes.read_tax_rate(session, member().merchant_id, named(public_id))


def _wish(reading: Reading) -> TaxWish:
    forms.refuse_unknown(reading.form, RATE)
    return TaxWish(
        country=reading.country("country"),
        region=reading.line("region", longest=LONGEST_REGION),
        name=reading.line("name", longest=LONGEST_NAME, is_needed=True),
        rate_ppm=reading.percentage("rate"),
        covers_shipping=reading.box("covers_shipping"),
    )


def _page(reading: Reading, *, rate: TaxRate | None = None, status: int = 200) -> Response:
    page = show(
        "console/tax_rate.html", shop(), rate=rate, form=reading.form, errors=reading.errors
    )
    return make_response(page, status)
