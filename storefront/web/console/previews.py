"""How a placement looks before anybody sees it: its frame, without effect, and its poster."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flask import make_response, request

from storefront import links, qr
from storefront.errors import Invalid, NotFound
from storefront.services import shelf
from storefront.services.interactions import share_token
from storefront.services.offer_shelf import offer_products
from storefront.services.offering import Entered, Occasion
from storefront.services.placement_offers import get_showable
from storefront.services.placements import get_placement
from storefront.services.reporting.placements import get_placement_report
from storefront.services.views import PlacementView, ShelfView
from storefront.web.auth import member, roles
from storefront.web.console.blueprint import blueprint
from storefront.web.console.page import named, shop, show
from storefront.web.console.placing import chosen_products
from storefront.web.context import ports
from storefront.web.frame import FrameState, picture_origins, render_frame

if TYPE_CHECKING:
    from flask import Response
    from sqlalchemy.orm import Session

    from storefront.services.reporting.placements import PlacementRow
    from storefront.services.views import ProductView

DRAFT = "plc_draft"
PAPERS = ("a4", "letter")


@blueprint.route("/placements/preview")
@roles("owner", "manager")
def preview_draft() -> Response:
    """Show the frame of a placement that is not made yet. It has no script and sends no form: it
    stands in a sandbox."""
    merchant, names = shop(), chosen_products(request.args)
    with ports().reads() as session:
        found = _with_offer(session, merchant.id, names, offer=request.args.get("offer", ""))
    placement = PlacementView(
        id=0,
        public_id=DRAFT,
        kind="product" if len(found) == 1 else "collection",
        name=request.args.get("name", "")[:120] or merchant.name,
        post_url="",
        channel="",
        is_loaded=True,
        merchant=merchant,
    )
    view = ShelfView(placement, found, query="", page=1, pages=1, total=len(found))
    return _frame(view)


def _with_offer(
    session: Session, merchant_id: int, names: tuple[str, ...], *, offer: str
) -> tuple[ProductView, ...]:
    """Return the products that are chosen, after those of the offer, at the prices of now."""
    now, links = ports().clock.now(), frozenset[str]()
    if offer:
        try:
            shown = get_showable(session, merchant_id, offer, now=now)
        except Invalid:
            pass  # it is over by now; the form says so when it is sent
        else:
            names = tuple(dict.fromkeys((*shown.products, *names)))
            links = frozenset({shown.link} if shown.link else ())
    found = shelf.list_named(session, merchant_id, names, settings=ports().settings)
    occasion = Occasion(now, None, Entered(links=links))
    return offer_products(session, merchant_id, found, occasion=occasion)


@blueprint.route("/placements/<public_id>/preview")
@roles("owner", "manager", "reports")
def preview_placement(public_id: str) -> Response:
    """Show the frame of a placement as it is now, without counting anything."""
    with ports().reads() as session:
        placement = get_placement(session, named(public_id))
        if placement.merchant.id != member().merchant_id:
            raise NotFound
        view = shelf.shelf(session, placement, ports().settings, now=ports().clock.now())
    return _frame(view)


def _frame(view: ShelfView) -> Response:
    settings = ports().settings
    merchant = replace(view.merchant, allowed_origins=(settings.base_url,))
    state = FrameState("frame", replace(view.placement, merchant=merchant))
    if not view.products:
        still = (
            "console/nothing_ticked" if view.placement.public_id == DRAFT else "embed/unavailable"
        )
        return make_response(render_frame(f"{still}.html", state, settings, is_still=True))
    template = "card" if view.placement.kind == "product" else "collection"
    return make_response(
        render_frame(
            f"embed/{template}.html",
            state,
            settings,
            shelf=view,
            cart=None,
            preview=None,
            is_still=True,
        )
    )


@blueprint.route("/placements/<public_id>/poster")
@roles("owner", "manager")
def poster(public_id: str) -> str:
    """Show a page to be printed and put on a wall, with a code for telephones."""
    merchant = shop()
    with ports().reads() as session:
        report = get_placement_report(session, merchant, named(public_id))
        names = [name for name, _ in report.products]
        products = shelf.list_named(session, merchant.id, names, settings=ports().settings)
    address = posted_link(report.row)
    return show(
        "console/poster.html",
        merchant,
        images=picture_origins(products, but=ports().settings.base_url),
        row=report.row,
        products=products,
        address=address,
        qr=qr.draw(address),
        headline=request.args.get("headline", "")[:80] or report.row.name,
        paper=request.args.get("paper") if request.args.get("paper") in PAPERS else PAPERS[0],
    )


def posted_link(row: PlacementRow) -> str:
    """Return the link to post: the one that counts whoever opens it, else the placement's page."""
    settings = ports().settings
    if row.link_share is None:
        return links.placement_page(settings, row.public_id)
    return links.share_link(settings, share_token(ports().sign, row.link_share))
