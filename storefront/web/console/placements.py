"""Placements in the console: what each brings, and the code that puts it on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request
from markupsafe import escape

from storefront import links
from storefront.services import hosts, shelf
from storefront.services.reporting.placements import get_placement_report, list_placements
from storefront.values import frozen
from storefront.web.auth import roles
from storefront.web.console.blueprint import blueprint
from storefront.web.console.channels import profile_of
from storefront.web.console.page import named, page_number, shop, show
from storefront.web.console.previews import posted_link
from storefront.web.context import ports
from storefront.web.frame import picture_origins
from storefront.web.previews import Preview, preview_of_collection, preview_of_product

if TYPE_CHECKING:
    from storefront.services.reporting.placements import PlacementRow
    from storefront.services.views import MerchantView, ProductView
    from storefront.settings import Settings


@frozen
class Snippets:
    """The three ways to put a placement on a page, as HTML to be copied; its own page, and the
    link to post, which counts whoever opens it."""

    embed: str
    iframe: str
    link: str
    page_url: str
    posted: str


@blueprint.route("/placements")
@roles("owner", "manager", "reports")
def placements() -> str:
    """List placements with what they bring."""
    merchant = shop()
    with ports().reads() as session:
        found = list_placements(session, merchant, page=page_number())
    return show("console/placements.html", merchant, found=found)


@blueprint.route("/placements/<public_id>")
@roles("owner", "manager", "reports")
def placement(public_id: str) -> str:
    """Show one placement and the code to copy."""
    merchant = shop()
    with ports().reads() as session:
        report = get_placement_report(session, merchant, named(public_id))
        refused = hosts.list_refused(session, merchant.id, placement=public_id)
        names = [name for name, _ in report.products]
        products = shelf.list_named(session, merchant.id, names, settings=ports().settings)
    row = report.row
    title, posted = f"{merchant.name}: {row.name}", posted_link(row)
    return show(
        "console/placement.html",
        merchant,
        holds_ours=True,
        images=picture_origins(products, but=ports().settings.base_url),
        row=row,
        last_seen_at=report.last_seen_at,
        products=report.products,
        offer=report.offer,
        refused=refused,
        profile=profile_of(report.channel_slug),
        card=_card(products, row, merchant, url=posted),
        snippets=make_snippets(ports().settings, row.public_id, title, posted=posted),
        news=request.args.get("news"),
    )


def _card(
    products: tuple[ProductView, ...], row: PlacementRow, merchant: MerchantView, *, url: str
) -> Preview | None:
    """Return how the link looks where it is posted; None when nothing is left to show."""
    if not products:
        return None
    if row.kind == "product":
        return preview_of_product(products[0], merchant, url)
    return preview_of_collection(row.name, products, merchant, url=url)


def make_snippets(settings: Settings, public_id: str, title: str, *, posted: str) -> Snippets:
    """Return the code for a placement. The link inside stays where our script cannot run."""
    page, frame = links.placement_page(settings, public_id), links.frame(settings, public_id)
    link = f'<a href="{escape(page)}">{escape(title)}</a>'
    return Snippets(
        embed=f'<div data-placement="{public_id}">{link}</div>\n'
        f'<script async src="{escape(links.root(settings))}/embed.js"></script>',
        iframe=f'<iframe src="{escape(frame)}" title="{escape(title)}"\n'
        '  width="100%" height="640" loading="lazy" allow="payment *"></iframe>',
        link=link,
        page_url=page,
        posted=posted,
    )
