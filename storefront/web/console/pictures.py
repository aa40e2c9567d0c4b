"""A product's pictures in the console: uploaded or by address, described, moved, taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, url_for

from storefront.errors import Conflict, Invalid
from storefront.services import actions, pictures, products
from storefront.web import forms
from storefront.web.auth import member, roles
from storefront.web.bodies import PICTURE_LIMIT, form_body, upload_body
from storefront.web.console.blueprint import blueprint
from storefront.web.console.page import named
from storefront.web.console.products import product_page
from storefront.web.console.reading import Reading
from storefront.web.context import ports

if TYPE_CHECKING:
    from sqlalchemy.orm import Session
    from werkzeug.datastructures import FileStorage
    from werkzeug.wrappers import Response as AnyResponse

LONGEST_ALT = 300
ADDED = frozenset({"alt", "address"})
CHANGED = frozenset({"act", "alt"})
STEPS = {"earlier": -1, "later": 1}


@blueprint.route("/products/<public_id>/pictures", methods=["POST"])
@roles("owner", "manager")
def add_picture(public_id: str) -> AnyResponse:
    """Add a picture: a file, or the https address of one."""
    name = named(public_id)
    try:
        form, file = upload_body("picture", most=PICTURE_LIMIT)
    except Invalid as error:
        return _again(name, Reading({}), error)
    forms.refuse_unknown(form, ADDED)
    reading = Reading(form)
    alt = reading.line("alt", longest=LONGEST_ALT)
    if reading.errors:
        return product_page(name, reading=reading)
    try:
        _add(name, file, address=form.get("address", ""), alt=alt)
    except (Conflict, Invalid) as error:
        return _again(name, reading, error)
    return redirect(url_for("console.product", public_id=name, _anchor="pictures"), 303)


def _again(name: str, reading: Reading, error: Conflict | Invalid) -> AnyResponse:
    reading.keep(error)
    return product_page(name, reading=reading, error=error)


def _add(name: str, file: FileStorage | None, *, address: str, alt: str) -> None:
    """Decode before the transaction begins: it takes a moment, and nobody should wait for it."""
    kept = ports().pictures.keep(file.stream) if file else None
    if kept is None and not address.strip():
        raise Invalid("picture_missing", field="picture")
    who, now = member(), ports().clock.now()
    with ports().sessions.begin() as session:
        product = products.get_product(session, who.merchant_id, name)
        if kept:
            pictures.add_kept_picture(session, product, kept, alt=alt)
        else:
            pictures.add_picture_elsewhere(session, product, address, alt=alt)
        actions.note(session, who, "picture_added", of=("product", name), now=now)


@blueprint.route("/products/<public_id>/pictures/<picture_id>", methods=["POST"])
@roles("owner", "manager")
def change_picture(public_id: str, picture_id: str) -> AnyResponse:
    """Describe a picture, move it, or take it away."""
    name, picture, form = named(public_id), named(picture_id), form_body()
    forms.refuse_unknown(form, CHANGED)
    who, now = member(), ports().clock.now()
    alt = forms.line(form.get("alt"), field="alt", longest=LONGEST_ALT)
    with ports().sessions.begin() as session:
        _change(session, name, picture, act=form.get("act", ""), alt=alt)
        actions.note(session, who, "picture_changed", of=("product", name), now=now)
    return redirect(url_for("console.product", public_id=name, _anchor="pictures"), 303)


def _change(session: Session, name: str, picture: str, *, act: str, alt: str) -> None:
    product = products.get_product(session, member().merchant_id, name)
    if act == "describe":
        pictures.describe_picture(session, product, picture, alt=alt)
    elif act in STEPS:
        pictures.move_picture(session, product, picture, step=STEPS[act])
    elif act == "remove":
        pictures.remove_picture(session, product, picture)
    else:
        raise Invalid("invalid", field="act")
