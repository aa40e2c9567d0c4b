"""Placements in the console: what each brings, and the code that puts it on a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import escape

from storefront import links
from storefront.services.reporting.placements import get_placement_report, list_placements
from storefront.web.auth import roles
from storefront.web.console.blueprint import blueprint
from storefront.web.console.page import named, page_number, shop, show
from storefront.web.context import ports

if TYPE_CHECKING:
    from storefront.settings import Settings


@dataclass(frozen=True)
class Snippets:
    """The three ways to put a placement on a page, as HTML to be copied, and its own page."""

    embed: str
    iframe: str
    link: str
    page_url: str


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
    title = f"{merchant.name}: {report.row.name}"
    return show(
        "console/placement.html",
        merchant,
        row=report.row,
        products=report.products,
        snippets=make_snippets(ports().settings, report.row.public_id, title),
    )


def make_snippets(settings: Settings, public_id: str, title: str) -> Snippets:
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
    )
