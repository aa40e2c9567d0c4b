"""Offers in the console: the list, the form of a draft, and the page from which one is put in force
and out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from flask import make_response, redirect, request, url_for

from storefront.domain.money import Money
from storefront.domain.offers import Benefit, Kind, Scope, State
from storefront.domain.window import end_of, start_of
from storefront.errors import Conflict, Invalid
from storefront.services import actions, codes, offer_life, offers
from storefront.services.offers import Draft
from storefront.services.reporting.offers import (
    get_offer_page,
    list_choices,
    list_offers,
    list_spots,
)
from storefront.web import forms
from storefront.web.auth import member, roles
from storefront.web.bodies import form_body
from storefront.web.console.blueprint import blueprint
from storefront.web.console.page import named, page_number, search, shop, show
from storefront.web.console.reading import Reading
from storefront.web.context import ports
from storefront.web.errors import status_of
from storefront.web.formats import decimal_text, percent
from storefront.web.spreadsheets import csv_answer

if TYPE_CHECKING:
    from datetime import datetime

    from flask import Response
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as AnyResponse

    from storefront.models import Offer
    from storefront.services.actions import Doer
    from storefront.services.reporting.offers import OfferPage
    from storefront.services.views import MerchantView

T = TypeVar("T", Benefit, Kind, Scope)

PICK = "pick-"
LONGEST_NAME = 120
LONGEST_CODE = 40
MOST = 1_000_000
FIELDS = frozenset(
    {
        "name", "kind", "code", "benefit", "rate", "value", "scope", "starts", "starts_time",
        "ends", "ends_time", "quota", "per_buyer_limit", "budget", "max_discount", "min_spend",
        "min_quantity", "is_first_order_only", "is_exclusive", "placement", "has_link",
        "returns_use",
    }
)  # fmt: skip
ACTS = ("publish", "pause", "resume", "end")


@blueprint.route("/offers", endpoint="offers")
@roles("owner", "manager")
def offers_page() -> str:
    """List offers, searched and by state."""
    only = request.args.get("state", "")
    only = only if only in set(State) else ""
    with ports().reads() as session:
        found = list_offers(
            session,
            member().merchant_id,
            query=search(),
            only=only,
            page=page_number(),
            now=ports().clock.now(),
        )
    return show("console/offers.html", shop(), found=found, query=search(), state=only)


@blueprint.route("/offers/new")
@roles("owner", "manager")
def new_offer() -> AnyResponse:
    """Show the form of a new offer."""
    typed = {"kind": "automatic", "benefit": "percent", "scope": "chosen", "returns_use": "1"}
    return _form(Reading(typed))


@blueprint.route("/offers", methods=["POST"])
@roles("owner", "manager")
def add_offer() -> AnyResponse:
    """Write a draft down."""
    reading, who, now = Reading(form_body()), member(), ports().clock.now()
    merchant = shop()
    draft = _draft(reading, merchant)
    if reading.errors:
        return _form(reading, status=422)
    try:
        with ports().sessions.begin() as session:
            offer = offers.draft_for(session, who.merchant_id, draft, now=now)
            actions.note(session, who, "offer_made", of=("offer", offer.public_id), now=now)
    except (Conflict, Invalid) as error:
        reading.keep(error)
        return _form(reading, status=status_of(error))
    return redirect(url_for("console.offer", public_id=offer.public_id), 303)


@blueprint.route("/offers/<public_id>")
@roles("owner", "manager")
def offer(public_id: str) -> AnyResponse:
    """Show an offer; while it is a draft, with its form."""
    return _page(_find(public_id))


def _page(found: OfferPage, *, errors: dict[str, str] | None = None, status: int = 200) -> Response:
    own = found.offer
    page = show(
        "console/offer.html",
        shop(),
        found=found,
        errors=errors or {},
        start=start_of(own.starts_wall, own.zone) if own.starts_wall else None,
        end=end_of(own.ends_wall, own.zone) if own.ends_wall else None,
        news=request.args.get("news"),
    )
    return make_response(page, status)


@blueprint.route("/offers/<public_id>/draft")
@roles("owner", "manager")
def offer_draft(public_id: str) -> AnyResponse:
    """Show the form of a draft, filled in."""
    found = _find(public_id)
    return _form(Reading(_typed(found)), name=found.offer.public_id)


@blueprint.route("/offers/<public_id>", methods=["POST"])
@roles("owner", "manager")
def change_offer(public_id: str) -> AnyResponse:
    """Change a draft; what is published stays as it was promised."""
    found = _find(public_id)
    reading, who, now = Reading(form_body()), member(), ports().clock.now()
    draft = _draft(reading, shop())
    name = found.offer.public_id
    if reading.errors:
        return _form(reading, name=name, status=422)
    try:
        with ports().sessions.begin() as session:
            own = offers.get_offer(session, who.merchant_id, name)
            offers.edit_draft(session, own, draft, now=now)
            actions.note(session, who, "offer_changed", of=("offer", name), now=now)
    except (Conflict, Invalid) as error:
        reading.keep(error)
        return _form(reading, name=name, status=status_of(error))
    return redirect(url_for("console.offer", public_id=name), 303)


@blueprint.route("/offers/<public_id>/state", methods=["POST"])
@roles("owner", "manager")
def set_offer_state(public_id: str) -> AnyResponse:
    """Publish, pause, resume or end an offer."""
    found, form = _find(public_id), form_body()
    forms.refuse_unknown(form, {"act"})
    if form.get("act") not in ACTS:
        raise Invalid("invalid", field="act")
    who, now, name = member(), ports().clock.now(), found.offer.public_id
    try:
        with ports().sessions.begin() as session:
            own = offers.get_offer(session, who.merchant_id, name)
            _act(session, who, own, act=form["act"], now=now)
    except (Conflict, Invalid) as error:
        reading = Reading(form)
        reading.keep(error, at="form")
        return _page(found, errors=reading.errors, status=status_of(error))
    return redirect(url_for("console.offer", public_id=name, news=form["act"]), 303)


def _act(session: Session, who: Doer, own: Offer, *, act: str, now: datetime) -> None:
    thing = ("offer", own.public_id)
    if act == "publish":
        offer_life.publish(session, own, now=now)
        actions.note(session, who, "offer_published", of=thing, now=now)
    elif act == "pause":
        offer_life.pause(session, own, now=now)
        actions.note(session, who, "offer_paused", of=thing, now=now)
    elif act == "resume":
        offer_life.resume(session, own, now=now)
        actions.note(session, who, "offer_resumed", of=thing, now=now)
    else:
        offer_life.end(session, own, now=now)
        actions.note(session, who, "offer_ended", of=thing, now=now)


@blueprint.route("/offers/<public_id>/codes", methods=["POST"])
@roles("owner", "manager")
def make_offer_codes(public_id: str) -> AnyResponse:
    """Make many codes that are good once each; a job does the most of it."""
    found, reading = _find(public_id), Reading(form_body())
    forms.refuse_unknown(reading.form, {"count", "prefix"})
    count = reading.whole("count", least=1, most=codes.MOST_AT_ONCE)
    prefix = reading.line("prefix", longest=codes.LONGEST_PREFIX)
    who, now, name = member(), ports().clock.now(), found.offer.public_id
    if count is None and not reading.errors:
        reading.keep(Invalid("invalid_count", field="count"))
    if reading.errors or count is None:
        return _page(found, errors=reading.errors, status=422)
    try:
        with ports().sessions.begin() as session:
            own = offers.get_offer(session, who.merchant_id, name)
            codes.promise_batch(session, own, count=count, prefix=prefix, now=now)
            actions.note(session, who, "offer_codes_made", of=("offer", name), now=now, count=count)
    except (Conflict, Invalid) as error:
        reading.keep(error)
        return _page(found, errors=reading.errors, status=status_of(error))
    return redirect(url_for("console.offer", public_id=name, news="codes"), 303)


@blueprint.route("/offers/<public_id>/codes.csv")
@roles("owner", "manager")
def export_offer_codes(public_id: str) -> Response:
    """Give out a batch of codes, and which of them are used."""
    found = _find(public_id)
    batch = forms.count(request.args.get("batch"))
    with ports().reads() as session:
        rows = list(codes.export_batch(session, found.offer.id, batch))
    name = f"codes-{found.offer.public_id}-{batch}"
    return csv_answer(name, [("code", "state"), *rows])


def _find(public_id: str) -> OfferPage:
    with ports().reads() as session:
        return get_offer_page(
            session, member().merchant_id, named(public_id), now=ports().clock.now()
        )


def _draft(reading: Reading, merchant: MerchantView) -> Draft:
    form, currency = reading.form, merchant.currency
    picked = tuple(named(name.removeprefix(PICK)) for name in form if name.startswith(PICK))
    forms.refuse_unknown((name for name in form if not name.startswith(PICK)), FIELDS)
    benefit = _one_of(reading, "benefit", Benefit)
    return Draft(
        name=reading.line("name", longest=LONGEST_NAME, is_needed=True),
        kind=_one_of(reading, "kind", Kind),
        benefit=benefit,
        scope=_one_of(reading, "scope", Scope),
        rate_ppm=reading.percentage("rate") if benefit is Benefit.PERCENT else 0,
        value_minor=reading.price("value", currency) if benefit is not Benefit.PERCENT else 0,
        products=picked,
        code=reading.line("code", longest=LONGEST_CODE),
        starts=_moment(reading, "starts"),
        ends=_moment(reading, "ends"),
        quota=reading.whole("quota", least=1, most=MOST),
        budget_minor=_price_or_none(reading, "budget", currency),
        per_buyer_limit=reading.whole("per_buyer_limit", least=1, most=MOST),
        max_discount_minor=_price_or_none(reading, "max_discount", currency),
        min_spend_minor=_price_or_none(reading, "min_spend", currency) or 0,
        min_quantity=reading.whole("min_quantity", least=1, most=MOST) or 0,
        is_first_order_only=reading.box("is_first_order_only"),
        is_exclusive=reading.box("is_exclusive"),
        placement=reading.line("placement", longest=24),
        has_link=reading.box("has_link"),
        returns_use=reading.box("returns_use"),
    )


def _one_of(reading: Reading, name: str, kind: type[T]) -> T:
    given = reading.form.get(name)
    if given not in set(kind):
        reading.keep(Invalid("invalid", field=name))
        return next(iter(kind))
    return kind(given)


def _price_or_none(reading: Reading, name: str, currency: str) -> int | None:
    return reading.price(name, currency) if reading.form.get(name, "").strip() else None


def _moment(reading: Reading, name: str) -> str:
    """Read a date and, beside it, the time of day if there is one."""
    date = reading.line(name, longest=10)
    time = reading.line(f"{name}_time", longest=5)
    return f"{date}T{time}" if date and time else date


def _typed(found: OfferPage) -> dict[str, str]:
    own, currency = found.offer, found.offer.currency
    starts, _, starts_time = own.starts_wall.partition("T")
    ends, _, ends_time = own.ends_wall.partition("T")
    amounts = {
        "value": own.value_minor,
        "budget": own.budget_minor,
        "max_discount": own.max_discount_minor,
        "min_spend": own.min_spend_minor,
    }
    boxes = ("is_first_order_only", "is_exclusive", "returns_use")
    return {
        "name": own.name, "kind": own.kind, "code": found.code, "benefit": own.benefit,
        "rate": percent(own.rate_ppm) if own.rate_ppm else "", "scope": own.scope,
        "starts": starts, "starts_time": starts_time, "ends": ends, "ends_time": ends_time,
        "quota": str(own.quota or ""), "per_buyer_limit": str(own.per_buyer_limit or ""),
        "min_quantity": str(own.min_quantity or ""), "placement": found.placement or "",
        "has_link": "1" if own.link else "",
        **{name: decimal_text(Money(minor, currency)) for name, minor in amounts.items() if minor},
        **{name: "1" for name in boxes if getattr(own, name)},
        **{f"{PICK}{product}": "1" for product in found.products},
    }  # fmt: skip


def _form(reading: Reading, *, name: str | None = None, status: int = 200) -> Response:
    merchant = shop()
    with ports().reads() as session:
        choices = list_choices(session, merchant.id)
        spots = list_spots(session, merchant.id)
    page = show(
        "console/offer_form.html",
        merchant,
        name=name,
        form=reading.form,
        errors=reading.errors,
        choices=choices,
        spots=spots,
    )
    return make_response(page, status)
