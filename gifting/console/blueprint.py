"""The blueprint of gifts in the console, apart from its views so that each can import it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint
from flask_babel import lazy_gettext as _

from gifting.console import words as gift_words
from storefront.web.console import words
from storefront.web.console.deeds import add_reasons
from storefront.web.console.page import NAVIGATION, SETTINGS_PAGE, Place, add_place

if TYPE_CHECKING:
    from flask.blueprints import BlueprintSetupState

blueprint = Blueprint("gift_console", __name__, url_prefix="/console/gifts")

GIFTS = Place(
    "gift_console.gifts",
    _("Gifts"),
    "gift",
    ("gift_console.gift", "gift_console.figures"),
    otherwise="gift_console.figures",
)
TERMS = Place(
    "gift_console.terms",
    _("Gifts"),
    "gift",
    note=_("Whether you sell them, for how much, how long they are good and where."),
)


@blueprint.record_once
def _add_places(state: BlueprintSetupState) -> None:
    add_place(state.app, GIFTS, on=NAVIGATION)
    add_place(state.app, TERMS, on=SETTINGS_PAGE)
    add_reasons(state.app, gift_words.REASONS)


@blueprint.context_processor
def _words() -> dict[str, object]:
    return {"words": words, "gift_words": gift_words}
