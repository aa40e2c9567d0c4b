"""Codes of an offer that are made many at once, and the file that has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, request, url_for

from storefront.errors import Conflict, Invalid
from storefront.services import actions, codes, offers
from storefront.web import forms
from storefront.web.auth import member, roles
from storefront.web.bodies import form_body
from storefront.web.console.blueprint import blueprint
from storefront.web.console.offers import find_offer, offer_page
from storefront.web.console.reading import Reading
from storefront.web.context import ports
from storefront.web.errors import status_of
from storefront.web.spreadsheets import csv_answer

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse


@blueprint.route("/offers/<public_id>/codes", methods=["POST"])
@roles("owner", "manager")
def make_offer_codes(public_id: str) -> AnyResponse:
    """Make many codes that are good once each, or more often; a job does the most of it."""
    found, reading = find_offer(public_id), Reading(form_body())
    forms.refuse_unknown(reading.form, {"count", "prefix", "uses"})
    count = reading.whole("count", least=1, most=codes.MOST_AT_ONCE)
    uses = reading.whole("uses", least=1, most=codes.MOST_USES)
    prefix = reading.line("prefix", longest=codes.LONGEST_PREFIX)
    who, now, name = member(), ports().clock.now(), found.offer.public_id
    if count is None and not reading.errors:
        reading.keep(Invalid("invalid_count", field="count"))
    if reading.errors or count is None:
        return offer_page(found, errors=reading.errors, status=422)
    try:
        with ports().sessions.begin() as session:
            own = offers.get_offer(session, who.merchant_id, name)
            codes.promise_batch(session, own, count=count, prefix=prefix, uses=uses or 1, now=now)
            actions.note(session, who, "offer_codes_made", of=("offer", name), now=now, count=count)
    except (Conflict, Invalid) as error:
        reading.keep(error)
        return offer_page(found, errors=reading.errors, status=status_of(error))
    return redirect(url_for("console.offer", public_id=name, news="codes"), 303)


@blueprint.route("/offers/<public_id>/codes.csv")
@roles("owner", "manager")
def export_offer_codes(public_id: str) -> Response:
    """Give out a batch of codes, and which of them are used."""
    found = find_offer(public_id)
    batch = forms.count(request.args.get("batch"))
    with ports().reads() as session:
        rows = list(codes.export_batch(session, found.offer.id, batch))
    name = f"codes-{found.offer.public_id}-{batch}"
    return csv_answer(name, [("code", "state"), *rows])
