"""The page that leads to everything that is set once: each card is a place in `SETTINGS`."""

from __future__ import annotations

from storefront.web.auth import roles
from storefront.web.console.blueprint import blueprint
from storefront.web.console.page import (
    SETTINGS,
    SETTINGS_PAGE,
    further_places,
    may_go,
    shop,
    show,
)


@blueprint.route("/settings")
@roles("owner", "manager")
def settings() -> str:
    """List the settings that this member may see."""
    cards = [card for card in SETTINGS if may_go(card.endpoint)]
    return show("console/settings.html", shop(), cards=[*cards, *further_places(SETTINGS_PAGE)])
