"""Variants in the console: a new one, its page, its place in the row, and its stock by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import make_response, redirect, request, url_for

from storefront.errors import Conflict, Invalid
from storefront.services import actions, products, stock_entries, variants
from storefront.services.products import FirstVariant
from storefront.services.reporting.product_page import get_variant_page
from storefront.services.stock_entries import COUNT_REASONS, MOST_UNITS, Hand, a_hand
from storefront.services.variants import VariantDetails
from storefront.web import forms
from storefront.web.auth import member, roles
from storefront.web.bodies import form_body
from storefront.web.console import words
from storefront.web.console.blueprint import blueprint
from storefront.web.console.page import named, shop, show
from storefront.web.console.products import LONGEST_SKU, LONGEST_VARIANT
from storefront.web.console.reading import Reading
from storefront.web.context import ports
from storefront.web.errors import status_of

if TYPE_CHECKING:
    from flask import Response
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as AnyResponse

    from storefront.errors import StorefrontError
    from storefront.models import Variant

FIRST = frozenset({"variant", "sku", "price", "stock"})
DETAILS = frozenset({"version", "variant", "sku", "price", "low_stock"})
STOCK = frozenset({"act", "key", "units", "counted", "seen", "reason", "left"})
SHORTEST_KEY = 20
STEPS = {"up": -1, "down": 1}


@blueprint.route("/products/<public_id>/variants/new")
@roles("owner", "manager")
def new_variant(public_id: str) -> str:
    """Show the form of another variant."""
    return _new_page(named(public_id), Reading({}))


def _new_page(public_id: str, reading: Reading) -> str:
    with ports().reads() as session:
        product = products.get_product(session, member().merchant_id, public_id)
    return show(
        "console/variant_new.html",
        shop(),
        product=product,
        form=reading.form,
        errors=reading.errors,
    )


@blueprint.route("/products/<public_id>/variants", methods=["POST"])
@roles("owner", "manager")
def add_variant(public_id: str) -> AnyResponse:
    """Add a variant after those that the product has."""
    name, form = named(public_id), form_body()
    forms.refuse_unknown(form, FIRST)
    reading = Reading(form)
    first = FirstVariant(
        name=reading.line("variant", longest=LONGEST_VARIANT, is_needed=True),
        sku=reading.line("sku", longest=LONGEST_SKU),
        price_minor=reading.price("price", shop().currency),
        stock=reading.whole("stock", least=0, most=MOST_UNITS),
    )
    if reading.errors:
        return make_response(_new_page(name, reading), 422)
    who, now = member(), ports().clock.now()
    try:
        with ports().sessions.begin() as session:
            product = products.get_product(session, who.merchant_id, name)
            added = products.add_variant(session, product, first, hand=a_hand(who.member_id, now))
            actions.note(session, who, "variant_added", of=("variant", added.public_id), now=now)
    except (Conflict, Invalid) as error:
        reading.keep(error)
        return make_response(_new_page(name, reading), status_of(error))
    return redirect(url_for("console.product", public_id=name, news="variant_added"), 303)


@blueprint.route("/products/<public_id>/variants/<variant_id>")
@roles("owner", "manager")
def variant(public_id: str, variant_id: str) -> Response:
    """Show one variant, its stock and how that came about."""
    return _page(named(public_id), named(variant_id))


def _page(
    public_id: str,
    variant_id: str,
    *,
    reading: Reading | None = None,
    error: StorefrontError | None = None,
) -> Response:
    with ports().reads() as session:
        page = get_variant_page(session, member().merchant_id, public_id, variant=variant_id)
    return make_response(
        show(
            "console/variant.html",
            shop(),
            variant=page,
            form=reading.form if reading else None,
            errors=reading.errors if reading else {},
            key=a_hand(None, ports().clock.now()).key,
            reason_choices=[(code, words.STOCK_REASONS[code]) for code in COUNT_REASONS],
            news=request.args.get("news") if request.method == "GET" else None,
        ),
        status_of(error) if error else 422 if reading else 200,
    )


@blueprint.route("/products/<public_id>/variants/<variant_id>", methods=["POST"])
@roles("owner", "manager")
def edit_variant(public_id: str, variant_id: str) -> AnyResponse:
    """Save what is said of a variant, unless somebody else did so meanwhile."""
    place, form = (named(public_id), named(variant_id)), form_body()
    forms.refuse_unknown(form, DETAILS)
    reading = Reading(form)
    details = VariantDetails(
        name=reading.line("variant", longest=LONGEST_VARIANT),
        sku=reading.line("sku", longest=LONGEST_SKU, is_needed=True),
        price_minor=reading.price("price", shop().currency),
        low_stock=reading.whole("low_stock", least=0, most=MOST_UNITS),
    )
    version = reading.whole("version", least=1, most=MOST_UNITS) or 0
    if reading.errors:
        return _page(*place, reading=reading)
    now = ports().clock.now()
    try:
        with ports().sessions.begin() as session:
            row = _locate(session, place)
            variants.edit_variant(session, row, details, version=version, now=now)
            actions.note(
                session,
                member(),
                "variant_edited",
                of=("variant", place[1]),
                now=now,
                price_minor=details.price_minor,
                was_minor=row.price_minor,
            )
    except (Conflict, Invalid) as error:
        reading.keep(error)
        return _page(*place, reading=reading, error=error)
    return _back(place, "saved")


def _locate(session: Session, place: tuple[str, str]) -> Variant:
    product = products.get_product(session, member().merchant_id, place[0])
    return variants.get_variant(session, product, place[1])


def _back(place: tuple[str, str], news: str) -> AnyResponse:
    product, name = place
    goal = url_for("console.variant", public_id=product, variant_id=name, news=news)
    return redirect(goal, 303)


@blueprint.route("/products/<public_id>/variants/<variant_id>/sale", methods=["POST"])
@roles("owner", "manager")
def set_variant_sale(public_id: str, variant_id: str) -> AnyResponse:
    """Put one variant on sale or take it off."""
    place, form = (named(public_id), named(variant_id)), form_body()
    on_sale = form.get("on_sale")
    if on_sale not in {"yes", "no"}:
        raise Invalid("invalid", field="on_sale")
    now = ports().clock.now()
    with ports().sessions.begin() as session:
        row = _locate(session, place)
        if on_sale == "yes":
            variants.put_variant_on_sale(session, row)
            actions.note(session, member(), "variant_put_back", of=("variant", place[1]), now=now)
        else:
            variants.withdraw_variant(session, row, now=now)
            actions.note(session, member(), "variant_withdrawn", of=("variant", place[1]), now=now)
    return _back(place, "put_back" if on_sale == "yes" else "withdrawn")


@blueprint.route("/products/<public_id>/variants/<variant_id>/place", methods=["POST"])
@roles("owner", "manager")
def move_variant(public_id: str, variant_id: str) -> AnyResponse:
    """Move a variant up or down in its product's row."""
    place, form = (named(public_id), named(variant_id)), form_body()
    if form.get("step") not in STEPS:
        raise Invalid("invalid", field="step")
    now = ports().clock.now()
    with ports().sessions.begin() as session:
        product = products.get_product(session, member().merchant_id, place[0])
        variants.move_variant(session, product, place[1], step=STEPS[form["step"]])
        actions.note(session, member(), "variant_moved", of=("variant", place[1]), now=now)
    return redirect(url_for("console.product", public_id=place[0], _anchor="variants"), 303)


@blueprint.route("/products/<public_id>/variants/<variant_id>/stock", methods=["POST"])
@roles("owner", "manager")
def change_stock(public_id: str, variant_id: str) -> AnyResponse:
    """Restock, count, limit or stop limiting: once for each key that the form was given."""
    place, form = (named(public_id), named(variant_id)), form_body()
    forms.refuse_unknown(form, STOCK)
    reading = Reading(form)
    key = form.get("key", "")
    if len(key) < SHORTEST_KEY:
        raise Invalid("idempotency_key_required", field="key")
    try:
        with ports().sessions.begin() as session:
            hand = Hand(member().member_id, f"{place[1]}:{key}"[:40], ports().clock.now())
            _change_stock(session, _locate(session, place), reading, hand=hand)
    except (Conflict, Invalid) as error:
        reading.keep(error)
        return _page(*place, reading=reading, error=error)
    return _back(place, "stock")


def _change_stock(session: Session, row: Variant, reading: Reading, *, hand: Hand) -> None:
    act = reading.form.get("act")
    if act == "restock":
        stock_entries.restock(session, row, _whole(reading, "units"), hand=hand)
    elif act == "count":
        stock_entries.count(
            session,
            row,
            _whole(reading, "counted"),
            seen=_whole(reading, "seen"),
            reason=reading.form.get("reason", ""),
            hand=hand,
        )
    elif act == "limit":
        stock_entries.limit(session, row, _whole(reading, "left"), hand=hand)
    elif act == "unlimit":
        stock_entries.unlimit(session, row, hand=hand)
    else:
        raise Invalid("invalid", field="act")
    of = ("variant", row.public_id)
    actions.note(session, member(), "stock_changed", of=of, now=hand.at, act=act)


def _whole(reading: Reading, name: str) -> int:
    found = reading.whole(name, least=-MOST_UNITS, most=MOST_UNITS)
    if found is None:
        raise Invalid("invalid_units", field=name, least=0, most=MOST_UNITS)
    return found
