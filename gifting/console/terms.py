"""How a merchant sells gifts: the form of its terms."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flask import make_response, redirect, request, url_for
from sqlalchemy import select

from gifting.console.blueprint import blueprint
from gifting.terms import gift_terms
from gifting.terms_setting import LEAST_MONTHS, MOST_DAYS, MOST_MONTHS, TermsWish, set_terms
from storefront.domain.prices import read_charge
from storefront.errors import Invalid
from storefront.models import Store
from storefront.services import stores
from storefront.web.auth import member, roles
from storefront.web.bodies import form_body
from storefront.web.console.page import shop, show
from storefront.web.console.reading import Reading
from storefront.web.context import ports
from storefront.web.formats import decimal_text

if TYPE_CHECKING:
    from flask import Response
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as AnyResponse

    from gifting.terms import GiftTerms

STORE = "store-"
LONGEST_PRESETS = 200


@blueprint.route("/terms")
@roles("owner", "manager")
def terms() -> AnyResponse:
    """Show how gifts are sold."""
    return _page()


@blueprint.route("/terms", methods=["POST"])
@roles("owner", "manager")
def set_gift_terms() -> AnyResponse:
    """Set how gifts are sold from now on."""
    merchant, reading = shop(), Reading(form_body())
    wish = _wish(reading, merchant.currency)
    if not reading.errors:
        try:
            with ports().sessions.begin() as session:
                set_terms(session, member(), wish, now=ports().clock.now())
        except Invalid as error:
            reading.keep(error)
        else:
            return redirect(url_for("gift_console.terms", kept=1), 303)
    return _page(reading)


def _wish(reading: Reading, currency: str) -> TermsWish:
    months = reading.whole("months", least=LEAST_MONTHS, most=MOST_MONTHS)
    chosen = tuple(name.removeprefix(STORE) for name in reading.form if name.startswith(STORE))
    if reading.form.get("validity") == "months" and months is None:
        reading.keep(
            Invalid("gift_ends_too_soon", field="months", least=LEAST_MONTHS, most=MOST_MONTHS)
        )
    return TermsWish(
        is_on=reading.box("is_on"),
        least_minor=reading.price("least", currency),
        most_minor=reading.price("most", currency),
        presets=_presets(reading, currency),
        months_valid=months if reading.form.get("validity") == "months" else None,
        are_promotable=reading.box("are_promotable"),
        stores=chosen if reading.form.get("where") == "some" else None,
        remind_unopened_days=reading.whole("unopened", least=1, most=MOST_DAYS),
        remind_expiry_days=reading.whole("expiry", least=1, most=MOST_DAYS),
    )


def _presets(reading: Reading, currency: str) -> tuple[int, ...]:
    """Read amounts with spaces or semicolons between them."""
    typed = re.split(r"[\s;]+", reading.form.get("presets", "")[:LONGEST_PRESETS].strip())
    try:
        return tuple(read_charge(each, currency).minor for each in typed if each)
    except Invalid as error:
        reading.keep(error, at="presets")
        return ()


def _page(reading: Reading | None = None) -> Response:
    merchant = shop()
    with ports().reads() as session:
        terms = gift_terms(session, merchant.id)
        found = stores.list_all_stores(session, merchant.id)
        accepting = _accepting(session, terms)
    form = dict(reading.form) if reading else _form(terms, accepting)
    page = show(
        "console/gift_terms.html",
        merchant,
        form=form,
        errors=reading.errors if reading else {},
        stores=[store for store in found if not store.is_closed],
        least_months=LEAST_MONTHS,
        is_news="kept" in request.args,
    )
    return make_response(page, 422 if reading else 200)


def _accepting(session: Session, terms: GiftTerms) -> list[str]:
    rows = select(Store.public_id).where(Store.id.in_(terms.stores or ()))
    return list(session.scalars(rows))


def _form(terms: GiftTerms, accepting: list[str]) -> dict[str, str]:
    """Return the form as the terms fill it."""
    boxes = {"is_on": terms.is_on, "are_promotable": terms.are_promotable}
    return {
        **{name: "1" for name, is_ticked in boxes.items() if is_ticked},
        **{f"{STORE}{name}": "1" for name in accepting},
        "least": decimal_text(terms.least),
        "most": decimal_text(terms.most),
        "presets": "  ".join(decimal_text(preset) for preset in terms.presets),
        "validity": "months" if terms.months_valid else "ever",
        "months": str(terms.months_valid or ""),
        "where": "all" if terms.stores is None else "some",
        "unopened": str(terms.remind_unopened_days or ""),
        "expiry": str(terms.remind_expiry_days or ""),
    }
