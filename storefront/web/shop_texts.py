"""The texts that law wants a shop to show, on pages of their own: in a new tab from every frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, make_response, redirect, render_template

from storefront.services import profile
from storefront.services.reporting.shop import get_shop
from storefront.web.context import note_merchant, ports
from storefront.web.formats import use_zone
from storefront.web.headers import Policy, use_policy
from storefront.web.theme import theme_css

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

blueprint = Blueprint("shop_texts", __name__)


@blueprint.get("/shops/<merchant>/<any(terms, privacy, returns, imprint):kind>")
def text(merchant: str, kind: str) -> AnyResponse:
    """Show a text of the shop, or lead to where it stands."""
    with ports().reads() as session:
        found, row = profile.get_text(session, merchant, kind)
        view, tax_number = get_shop(session, found.id), found.tax_number
    if row.url:
        return redirect(row.url, 302)
    theme = theme_css(view.accent)
    note_merchant(view.slug)
    use_policy(Policy(style=theme))
    use_zone(view.zone)
    return make_response(
        render_template(
            "embed/shop_text.html",
            merchant=view,
            row=row,
            paragraphs=[part for part in row.body.split("\n\n") if part.strip()],
            tax_number=tax_number if kind == "imprint" else "",
            theme_css=theme,
            is_demo=ports().settings.demo,
        )
    )
