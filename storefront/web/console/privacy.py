"""What a shop knows of a person, as a document to hand over, and how it is forgotten."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from flask import make_response, redirect, request, url_for

from storefront.errors import Conflict, Invalid, NotFound
from storefront.services import privacy
from storefront.services.privacy import Person
from storefront.web import forms
from storefront.web.auth import member, roles
from storefront.web.bodies import form_body
from storefront.web.console.blueprint import blueprint
from storefront.web.console.page import shop, show
from storefront.web.context import ports, wants_json
from storefront.web.errors import status_of
from storefront.web.sentences import sentence_of

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse

    from storefront.errors import StorefrontError


@blueprint.route("/privacy", endpoint="privacy")
@roles("owner")
def people() -> AnyResponse:
    """Ask for an address."""
    return _page()


@blueprint.route("/privacy", methods=["POST"])
@roles("owner")
def find_person() -> AnyResponse:
    """Say what is known of an address. It is sent in the body: addresses stay out of logs."""
    try:
        return _page(_person())
    except Invalid as error:
        return _page(error=error)


@blueprint.route("/privacy/export", methods=["POST"])
@roles("owner")
def export_person() -> Response:
    """Give everything that is known of a person as one JSON document."""
    person = _person()
    now = ports().clock.now()
    with ports().sessions.begin() as session:
        document = privacy.export_person(session, member(), person, kinds=ports().kinds, now=now)
    response = make_response(json.dumps(document, ensure_ascii=False, indent=2))
    response.mimetype = "application/json"
    response.headers["Content-Disposition"] = 'attachment; filename="person.json"'
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.route("/privacy/erasure", methods=["POST"])
@roles("owner")
def erase_person() -> AnyResponse:
    """Erase a person."""
    person, now = _person(), ports().clock.now()
    try:
        with ports().sessions.begin() as session:
            privacy.erase_person(session, member(), person, kinds=ports().kinds, now=now)
    except (Conflict, NotFound) as error:
        if wants_json():
            raise
        return _page(person, error=error)
    return redirect(url_for("console.privacy", news="erased"), 303)


def _person() -> Person:
    return Person(member().merchant_id, forms.email(form_body().get("email")))


def _page(person: Person | None = None, *, error: StorefrontError | None = None) -> Response:
    merchant, known = shop(), None
    if person is not None:
        with ports().reads() as session:
            known = privacy.find_person(session, person, kinds=ports().kinds)
    page = show(
        "console/privacy.html",
        merchant,
        known=known,
        email=person.email if person else request.form.get("email", ""),
        wrong=sentence_of(error) if error else "",
        news=request.args.get("news"),
    )
    response = make_response(page, status_of(error) if error else 200)
    response.headers["Cache-Control"] = "no-store"
    return response
