"""The counter's blueprints, apart from their views so that each of them can import these: the
screen in the store, and its pages in the console."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint
from flask_babel import lazy_gettext as _

from storefront.web.console import words
from storefront.web.console.page import ACCOUNT_PAGE, SETTINGS_PAGE, Place, add_place
from storefront.web.ways_on import add_beginning

if TYPE_CHECKING:
    from flask.blueprints import BlueprintSetupState

screen = Blueprint("counter", __name__, url_prefix="/counter")
console = Blueprint("counter_console", __name__, url_prefix="/console/counter")

COUNTER = Place(
    "counter_console.counter",
    _("Counter"),
    "phone",
    ("counter_console.device",),
    note=_("The devices that redeem gifts in your stores, and everybody's PIN."),
)
PIN = Place(
    "counter_console.own_pin",
    _("Your PIN at the counter"),
    "lock",
    note=_("Six digits to begin with on a device in the store."),
)


@console.record_once
def _add_places(state: BlueprintSetupState) -> None:
    add_place(state.app, COUNTER, on=SETTINGS_PAGE)
    add_place(state.app, PIN, on=ACCOUNT_PAGE)
    add_beginning(state.app, "/counter/", "counter.counter")


@console.context_processor
def _words() -> dict[str, object]:
    return {"words": words}
