"""Products in the console: the list with its bulk acts, a new one, and the page of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import make_response, redirect, request, url_for

from storefront.errors import Conflict, Invalid
from storefront.services import actions, products
from storefront.services.products import FirstVariant, ProductDetails
from storefront.services.reporting.product_page import get_product_page
from storefront.services.reporting.products import SORTS, STATES, ProductsSought, list_products
from storefront.services.stock_entries import MOST_UNITS, a_hand
from storefront.web import forms
from storefront.web.auth import member, roles
from storefront.web.bodies import form_body
from storefront.web.console.blueprint import blueprint
from storefront.web.console.page import named, page_number, search, shop, show
from storefront.web.console.reading import Reading
from storefront.web.context import ports
from storefront.web.errors import status_of
from storefront.web.frame import picture_origins

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse

    from storefront.errors import StorefrontError

PICK = "pick-"
LONGEST_NAME = 200
LONGEST_DESCRIPTION = 5000
LONGEST_VARIANT = 120
LONGEST_SKU = 80
DETAILS = frozenset({"version", "name", "description", "is_giftable", "is_promotable"})
FIRST_VARIANT = frozenset({"variant", "sku", "price", "stock"})


@blueprint.route("/products", endpoint="products")
@roles("owner", "manager")
def list_of_products() -> str:
    """List products, searched, by state, in an order."""
    sought = products_sought()
    with ports().reads() as session:
        found = list_products(
            session, member().merchant_id, ports().settings, sought=sought, page=page_number()
        )
    pictures = [row.image for row in found.rows if row.image]
    return show(
        "console/products.html",
        shop(),
        images=picture_origins(pictures, but=ports().settings.base_url),
        found=found,
        sought=sought,
        sorts=SORTS,
        news=request.args.get("news"),
        count=forms.count(request.args.get("count")),
    )


def products_sought() -> ProductsSought:
    """Return which products the address asks for, and in what order."""
    state, sort = request.args.get("state", ""), request.args.get("sort", "")
    return ProductsSought(
        query=search(),
        state=state if state in STATES else "",
        sort=sort if sort in SORTS else SORTS[0],
    )


@blueprint.route("/products/changes", methods=["POST"])
@roles("owner", "manager")
def change_products() -> AnyResponse:
    """Withdraw the products that are ticked, put them back on sale, or give them out."""
    form = form_body()
    picked = [named(name.removeprefix(PICK)) for name in form if name.startswith(PICK)]
    act = form.get("act", "")
    if act == "export" and picked:
        return redirect(url_for("console.export_products", only=",".join(picked)), 303)
    if act not in {"withdraw", "put_back"}:
        raise Invalid("invalid", field="act")
    who, now = member(), ports().clock.now()
    with ports().sessions.begin() as session:
        if act == "withdraw":
            changed = products.withdraw(session, who.merchant_id, picked, now=now)
        else:
            changed = products.put_on_sale(session, who.merchant_id, picked)
        for public_id in picked if changed else ():
            of = ("product", public_id)
            if act == "withdraw":
                actions.note(session, who, "product_withdrawn", of=of, now=now)
            else:
                actions.note(session, who, "product_put_back", of=of, now=now)
    news = "withdrawn" if act == "withdraw" else "put_back"
    state = form.get("state") if form.get("state") in STATES else None
    return redirect(url_for("console.products", news=news, count=changed, state=state), 303)


@blueprint.route("/products/new")
@roles("owner", "manager")
def new_product() -> str:
    """Show the form of a product and its first variant."""
    return _new_page(Reading({"is_giftable": "1", "is_promotable": "1"}))


def _new_page(reading: Reading) -> str:
    return show("console/product_new.html", shop(), form=reading.form, errors=reading.errors)


@blueprint.route("/products", methods=["POST"])
@roles("owner", "manager")
def add_product() -> AnyResponse:
    """Add a product that can be bought at once."""
    form = form_body()
    forms.refuse_unknown(form, DETAILS | FIRST_VARIANT)
    merchant, reading = shop(), Reading(form)
    details = _details(reading)
    first = FirstVariant(
        name=reading.line("variant", longest=LONGEST_VARIANT),
        sku=reading.line("sku", longest=LONGEST_SKU),
        price_minor=reading.price("price", merchant.currency),
        stock=reading.whole("stock", least=0, most=MOST_UNITS),
    )
    if reading.errors:
        return make_response(_new_page(reading), 422)
    try:
        public_id = _add(details, first)
    except (Conflict, Invalid) as error:
        reading.keep(error)
        return make_response(_new_page(reading), status_of(error))
    return redirect(url_for("console.product", public_id=public_id, news="added"), 303)


def _details(reading: Reading) -> ProductDetails:
    return ProductDetails(
        name=reading.line("name", longest=LONGEST_NAME, is_needed=True),
        description=reading.text("description", longest=LONGEST_DESCRIPTION),
        is_giftable=reading.box("is_giftable"),
        is_promotable=reading.box("is_promotable"),
    )


def _add(details: ProductDetails, first: FirstVariant) -> str:
    who, now = member(), ports().clock.now()
    with ports().sessions.begin() as session:
        added = products.add_product(
            session, who.merchant_id, details, first=first, hand=a_hand(who.member_id, now)
        )
        actions.note(session, who, "product_added", of=("product", added.public_id), now=now)
        return added.public_id


@blueprint.route("/products/<public_id>")
@roles("owner", "manager")
def product(public_id: str) -> Response:
    """Show one product with everything that can be changed about it."""
    return product_page(named(public_id))


def product_page(
    public_id: str,
    *,
    reading: Reading | None = None,
    error: StorefrontError | None = None,
) -> Response:
    """Render a product's page; `reading` is a form of it that was refused."""
    settings = ports().settings
    with ports().reads() as session:
        page = get_product_page(session, member().merchant_id, public_id, settings=settings)
    pictures = [picture.view for picture in page.pictures]
    return make_response(
        show(
            "console/product.html",
            shop(),
            images=picture_origins(pictures, but=settings.base_url),
            product=page,
            form=reading.form if reading else None,
            errors=reading.errors if reading else {},
            news=request.args.get("news") if request.method == "GET" else None,
        ),
        status_of(error) if error else 422 if reading else 200,
    )


@blueprint.route("/products/<public_id>", methods=["POST"])
@roles("owner", "manager")
def edit_product(public_id: str) -> AnyResponse:
    """Save what is said of a product, unless somebody else did so meanwhile."""
    name, form = named(public_id), form_body()
    forms.refuse_unknown(form, DETAILS)
    reading = Reading(form)
    details = _details(reading)
    version = reading.whole("version", least=1, most=MOST_UNITS) or 0
    if reading.errors:
        return product_page(name, reading=reading)
    who, now = member(), ports().clock.now()
    try:
        with ports().sessions.begin() as session:
            found = products.get_product(session, who.merchant_id, name)
            products.edit_product(session, found, details, version=version)
            actions.note(session, who, "product_edited", of=("product", name), now=now)
    except Conflict as error:
        reading.keep(error)
        return product_page(name, reading=reading, error=error)
    return redirect(url_for("console.product", public_id=name, news="saved"), 303)


@blueprint.route("/products/<public_id>/sale", methods=["POST"])
@roles("owner", "manager")
def set_sale(public_id: str) -> AnyResponse:
    """Put one product on sale or take it off."""
    name, form = named(public_id), form_body()
    is_on_sale = _is_on_sale(form)
    who, now = member(), ports().clock.now()
    with ports().sessions.begin() as session:
        products.get_product(session, who.merchant_id, name)
        if is_on_sale:
            products.put_on_sale(session, who.merchant_id, [name])
            actions.note(session, who, "product_put_back", of=("product", name), now=now)
        else:
            products.withdraw(session, who.merchant_id, [name], now=now)
            actions.note(session, who, "product_withdrawn", of=("product", name), now=now)
    news = "put_back" if is_on_sale else "withdrawn"
    return redirect(url_for("console.product", public_id=name, news=news), 303)


def _is_on_sale(form: Mapping[str, str]) -> bool:
    if form.get("on_sale") not in {"yes", "no"}:
        raise Invalid("invalid", field="on_sale")
    return form["on_sale"] == "yes"
