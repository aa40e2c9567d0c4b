"""Who the shop is: its name, colour and language, its pictures, and the texts that law wants."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from flask import make_response, redirect, request, url_for

from storefront.domain.zones import zone_names
from storefront.errors import Invalid
from storefront.languages import LANGUAGES, SOURCE
from storefront.services import profile
from storefront.web import forms
from storefront.web.auth import member, roles
from storefront.web.bodies import PICTURE_LIMIT, form_body, upload_body
from storefront.web.console.blueprint import blueprint
from storefront.web.console.page import shop, show
from storefront.web.context import ports, wants_json
from storefront.web.errors import status_of
from storefront.web.sentences import sentence_of
from storefront.web.theme import shades

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.datastructures import FileStorage
    from werkzeug.wrappers import Response as AnyResponse

    from storefront.ports import KeptPicture

FIELDS = frozenset({"name", "contact_email", "accent", "zone", "locale", "tax_number"})
LONGEST_NAME, LONGEST_NUMBER, LONGEST_ALT = 120, 60, 300
LONGEST_ADDRESS, LONGEST_TEXT = 2000, 20_000
TEXT_LIMIT = 256 * 1024
"""A text of 20,000 Chinese characters, as a form sends it."""


@blueprint.route("/shop", endpoint="shop")
@roles("owner", "manager")
def show_profile() -> AnyResponse:
    """Show what the shop says of itself."""
    return _page()


@blueprint.route("/shop", methods=["POST"])
@roles("owner", "manager")
def change_profile() -> AnyResponse:
    """Change it; every frame, page and mail says so from now on."""
    form = form_body()
    forms.refuse_unknown(form, FIELDS)
    try:
        wish = profile.ProfileWish(
            name=_line(form, "name", LONGEST_NAME, code="invalid_label"),
            contact_email=forms.email(form.get("contact_email"), field="contact_email"),
            accent=form.get("accent", ""),
            zone=form.get("zone", "")[:60],
            locale=form.get("locale", "") if form.get("locale") in LANGUAGES else SOURCE,
            tax_number=_line(form, "tax_number", LONGEST_NUMBER),
        )
        with ports().sessions.begin() as session:
            profile.change_profile(session, member(), wish, now=ports().clock.now())
    except Invalid as error:
        return _page(error)
    return redirect(url_for("console.shop", news="changed"), 303)


@blueprint.route("/shop/texts/<kind>", methods=["POST"])
@roles("owner", "manager")
def set_shop_text(kind: str) -> AnyResponse:
    """Set one of the texts: its words, or the address where it stands."""
    request.max_content_length = request.max_form_memory_size = TEXT_LIMIT
    form = form_body()
    try:
        url = _line(form, "url", LONGEST_ADDRESS, code="invalid_address_of_page")
        body = forms.text(form.get("body", ""), field="body", longest=LONGEST_TEXT)
        with ports().sessions.begin() as session:
            profile.set_text(session, member(), kind, url=url, body=body, now=ports().clock.now())
    except Invalid as error:
        return _page(error, of=kind)
    news = "text" if url or body else "no-text"
    return redirect(url_for("console.shop", news=news, _anchor=kind), 303)


@blueprint.route("/shop/pictures/<kind>", methods=["POST"])
@roles("owner", "manager")
def set_shop_picture(kind: str) -> AnyResponse:
    """Show an uploaded picture as the shop's logo or cover, or take it away."""
    try:
        form, file = upload_body("picture", most=PICTURE_LIMIT)
        alt = _line(form, "alt", LONGEST_ALT)
        kept = None if form.get("act") == "remove" else _keep(file)
        with ports().sessions.begin() as session:
            profile.set_picture(
                session, member(), kind, kept=kept, alt=alt, now=ports().clock.now()
            )
    except Invalid as error:
        return _page(error, of=kind)
    return redirect(url_for("console.shop", news="changed", _anchor=kind), 303)


def _keep(file: FileStorage | None) -> KeptPicture:
    """Decode an upload before the transaction begins: it takes a moment."""
    if file is None:
        raise Invalid("picture_missing", field="picture")
    return ports().pictures.keep(file.stream)


def _line(form: dict[str, str], field: str, longest: int, *, code: str = "invalid_text") -> str:
    return forms.line(form.get(field, ""), field=field, longest=longest, code=code)


def _page(error: Invalid | None = None, *, of: str = "shop") -> Response:
    """Show everything; what was refused stays typed, with its sentence at the field."""
    if error and wants_json():
        raise error
    merchant = shop()
    with ports().reads() as session:
        texts = profile.list_texts(session, merchant.id)
        tax_number = profile.tax_number_of(session, merchant.id)
    errors: defaultdict[str, dict[str, str]] = defaultdict(dict)
    if error:
        errors[of][error.field or "name"] = sentence_of(error)
    said = {
        "name": merchant.name,
        "contact_email": merchant.contact_email,
        "accent": merchant.accent,
        "zone": merchant.zone,
        "locale": merchant.locale,
        "tax_number": tax_number,
    }
    page = show(
        "console/shop.html",
        merchant,
        given=request.form if error and of == "shop" else said,
        typed={of: request.form} if error else {},
        errors=errors,
        texts=texts,
        shades=shades(merchant.accent),
        locales=list(LANGUAGES.items()),
        zones=sorted(zone for zone in zone_names() if "/" in zone),
        news=request.args.get("news"),
    )
    return make_response(page, status_of(error) if error else 200)
