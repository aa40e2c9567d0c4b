"""Files of products in the console: sent in, watched, read about, and given out again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, make_response, redirect, request, stream_with_context, url_for
from flask_babel import gettext as _

from storefront import links
from storefront.errors import Conflict, Invalid, NotFound
from storefront.feeds.writing import FORMATS, Sender, write
from storefront.services import actions, exports, imports
from storefront.services.import_faults import each_fault, has_list
from storefront.services.import_files import discard_file
from storefront.services.imports import Wishes
from storefront.services.reporting.imports import get_import, list_imports
from storefront.web import forms
from storefront.web.auth import member, roles
from storefront.web.bodies import IMPORT_LIMIT, upload_body
from storefront.web.console import words
from storefront.web.console.blueprint import blueprint
from storefront.web.console.page import named, page_number, shop, show
from storefront.web.console.products import products_sought
from storefront.web.console.reading import Reading
from storefront.web.context import ports
from storefront.web.errors import status_of
from storefront.web.spreadsheets import csv_answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from werkzeug.datastructures import FileStorage
    from werkzeug.wrappers import Response as AnyResponse

    from storefront.errors import StorefrontError

FIELDS = frozenset({"is_all_or_nothing", "sets_stock"})
REFRESH_SECONDS = 3


@blueprint.route("/products/imports", endpoint="imports")
@roles("owner", "manager")
def list_of_imports() -> Response:
    """Show the form that takes a file in, and what became of the last ones."""
    return _page(Reading({"is_all_or_nothing": "1"}))


def _page(reading: Reading, error: StorefrontError | None = None) -> Response:
    with ports().reads() as session:
        found = list_imports(session, member().merchant_id)
    page = show(
        "console/imports.html", shop(), found=found, form=reading.form, errors=reading.errors
    )
    return make_response(page, status_of(error) if error else 200)


@blueprint.route("/products/imports", methods=["POST"])
@roles("owner", "manager")
def add_import() -> AnyResponse:
    """Take a file in: it is checked and written by a worker."""
    reading = Reading({})
    try:
        form, file = upload_body("file", most=IMPORT_LIMIT)
        forms.refuse_unknown(form, FIELDS)
        reading = Reading(form)
        name = _begin(reading, file)
    except (Conflict, Invalid) as error:
        reading.keep(error, at="file")
        return _page(reading, error)
    return redirect(url_for("console.product_import", public_id=name), 303)


def _begin(reading: Reading, file: FileStorage | None) -> str:
    if file is None:
        raise Invalid("file_missing", field="file")
    who = member()
    name = imports.begin_import(
        ports(),
        who.merchant_id,
        file.stream,
        file_name=(file.filename or "").rpartition("/")[2].rpartition("\\")[2],
        wishes=Wishes(reading.box("is_all_or_nothing"), reading.box("sets_stock")),
        member_id=who.member_id,
    )
    with ports().sessions.begin() as session:
        now = ports().clock.now()
        actions.note(session, who, "import_begun", of=("import", name), now=now)
    return name


@blueprint.route("/products/imports/<public_id>")
@roles("owner", "manager")
def product_import(public_id: str) -> Response:
    """Show how far an import is, and what was wrong; it looks again by itself while it runs."""
    with ports().reads() as session:
        found = get_import(session, member().merchant_id, named(public_id), page=page_number())
    has_all = has_list(ports().settings, found.row.public_id)
    response = make_response(show("console/import.html", shop(), found=found, has_all=has_all))
    if found.state in {"checking", "writing"}:
        response.headers["Refresh"] = str(REFRESH_SECONDS)
    return response


@blueprint.route("/products/imports/<public_id>/faults.csv")
@roles("owner", "manager")
def import_faults(public_id: str) -> Response:
    """Give out all that was wrong with a file, however much it is."""
    name = named(public_id)
    with ports().reads() as session:
        if imports.find_import_id(session, member().merchant_id, name) is None:
            raise NotFound
    if not has_list(ports().settings, name):
        raise NotFound
    return csv_answer(f"{shop().slug}-import-faults", _fault_rows(name))


def _fault_rows(name: str) -> Iterator[Iterable[object]]:
    yield (_("Row"), _("Column"), _("Value"), _("What was wrong"))
    for fault in each_fault(ports().settings, name):
        yield (fault.row, fault.column, fault.value, words.fault(fault.code, fault.hint))


@blueprint.route("/products/imports/<public_id>/stop", methods=["POST"])
@roles("owner", "manager")
def stop_import(public_id: str) -> AnyResponse:
    """Stop an import where it is; what it has written stays."""
    name, who, now = named(public_id), member(), ports().clock.now()
    with ports().sessions.begin() as session:
        if imports.find_import_id(session, who.merchant_id, name) is None:
            raise NotFound
        imports.stop_import(session, who.merchant_id, name, now=now)
        actions.note(session, who, "import_stopped", of=("import", name), now=now)
    discard_file(ports().settings, name)
    return redirect(url_for("console.product_import", public_id=name), 303)


@blueprint.route("/products/export")
@roles("owner", "manager")
def export_products() -> Response:
    """Give out what the list shows, or what was ticked in it, in one of the formats."""
    form = request.args.get("format", "shopify")
    if form not in FORMATS:
        raise Invalid("invalid", field="format")
    merchant, settings = shop(), ports().settings
    only = [named(each) for each in request.args.get("only", "").split(",") if each]
    found = exports.each_product(ports(), merchant.id, products_sought(), only=only)
    sender = Sender(merchant.name, links.root(settings), merchant.currency)
    ending, kind = FORMATS[form]
    response = Response(stream_with_context(write(found, form, sender)), mimetype=kind)
    name = f"{merchant.slug}-products.{ending}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response
