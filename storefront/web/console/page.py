"""What every page of the console has in common: its places, its theme, its zone. No queries but
the one for the merchant at work."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from babel.numbers import format_percent
from flask import current_app, render_template, request
from flask_babel import get_locale
from flask_babel import lazy_gettext as _

from storefront.domain.money import FULL_SHARE
from storefront.errors import NotFound
from storefront.services.reporting.shop import get_shop
from storefront.values import frozen
from storefront.web import forms
from storefront.web.auth import member
from storefront.web.console import words
from storefront.web.console.blueprint import blueprint
from storefront.web.context import note_merchant, ports
from storefront.web.formats import use_zone
from storefront.web.headers import Policy, use_policy
from storefront.web.theme import theme_css

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.sansio.app import App
    from werkzeug.routing import Rule

    from storefront.services.views import MerchantView

LONGEST_SEARCH = 120


@frozen
class Place:
    """Somewhere to go in the console. `below` are further endpoints that belong to it; `note`
    says what is there, where it is shown as a card. Who may not go there is led to `otherwise`,
    if there is one."""

    endpoint: str
    words: Any
    icon: str
    below: tuple[str, ...] = ()
    note: Any = ""
    otherwise: str = ""

    @cached_property
    def endpoints(self) -> frozenset[str]:
        """Every endpoint at which this place is the present one."""
        return frozenset({self.endpoint, *self.below})


ORDERS = Place("console.orders", _("Orders"), "receipt", ("console.order", "console.refund"))
SETTINGS = (
    Place(
        "console.shop",
        _("Your shop"),
        "home",
        note=_("Name, colour, pictures; terms, privacy, returns, imprint."),
    ),
    Place(
        "console.payments",
        _("Payments"),
        "lock",
        note=_("The account that your sales are paid to."),
    ),
    Place(
        "console.delivery",
        _("Delivery and tax"),
        "box",
        (
            "console.shipping_rate",
            "console.new_shipping_rate",
            "console.tax_rate",
            "console.new_tax_rate",
        ),
        note=_("Where you send things, for how much, and which tax is due."),
    ),
    Place(
        "console.order_rules",
        _("Cancelling"),
        "clock",
        note=_("For how long buyers may take an order back."),
    ),
    Place("console.stores", _("Stores"), "store", note=_("Where orders are picked up.")),
    Place(
        "console.hosts",
        _("Sites"),
        "open",
        note=_("Which sites may show your shop in a frame, and which tried."),
    ),
    Place(
        "console.labels",
        _("Channels and campaigns"),
        "share",
        note=_("What the places and labels of your posts are called."),
    ),
    Place(
        "console.tokens",
        _("Tokens"),
        "key",
        note=_("What your tills and other programs sign in with."),
    ),
    Place(
        "console.list_members",
        _("Team"),
        "people",
        ("console.invite",),
        note=_("Who works here, and as what."),
    ),
    Place(
        "console.privacy",
        _("A person's data"),
        "lock",
        ("console.find_person", "console.erase_person"),
        note=_("What you know of somebody, and to forget them."),
    ),
    Place("console.log", _("What was done"), "clock", note=_("By whom, when, to what.")),
)
"""What is set once: a card each on the page of settings."""

PLACES = (
    Place("console.home", _("Home"), "home", ("console.list_of_given_up",)),
    ORDERS,
    Place(
        "console.placements",
        _("Placements"),
        "picture",
        ("console.placement", "console.new_placement", "console.edit_placement"),
    ),
    Place("console.shares", _("Shares"), "share"),
    Place(
        "console.offers",
        _("Offers"),
        "tag",
        ("console.offer", "console.new_offer", "console.offer_draft"),
    ),
    Place("console.report", _("Report"), "chart"),
    Place(
        "console.products",
        _("Products"),
        "box",
        (
            "console.product",
            "console.new_product",
            "console.variant",
            "console.new_variant",
            "console.imports",
            "console.product_import",
        ),
    ),
    Place(
        "console.settings",
        _("Settings"),
        "settings",
        tuple(endpoint for card in SETTINGS for endpoint in (card.endpoint, *card.below)),
    ),
)
CLERK = "clerk"
HOME = "/console/"
SETTINGS_PAGE, ACCOUNT_PAGE = "console.settings", "console.account"
NAVIGATION = "navigation"
"""Where other packages' places stand beside the shop's own, before its settings."""

FURTHER = "storefront_further_places"


def add_place(app: App, place: Place, *, on: str) -> None:
    """Give a page of settings or accounts a card that leads to another package's pages, or the
    navigation a place."""
    app.extensions.setdefault(FURTHER, []).append((on, place))


def further_places(on: str) -> tuple[Place, ...]:
    """Return what other packages have added to a page, as far as this member may go there."""
    added = current_app.extensions.get(FURTHER, ())
    asked = (_as_far_as_allowed(place) for page, place in added if page == on)
    return tuple(place for place in asked if may_go(place.endpoint))


def _as_far_as_allowed(place: Place) -> Place:
    if not place.otherwise or may_go(place.endpoint):
        return place
    return replace(place, endpoint=place.otherwise)


def _places() -> Iterator[Place]:
    """Yield where the member may go; who is on a page below settings is in settings."""
    for place in (*PLACES[:-1], *further_places(NAVIGATION), PLACES[-1]):
        if may_go(place.endpoint):
            below = [card.endpoints for card in further_places(place.endpoint)]
            yield replace(place, below=tuple(place.endpoints.union(*below)))


def _here() -> str | None:
    """Return the endpoint of the place that the present page belongs to, None for one's account.

    A page that answers a form belongs where the form is: at the same path, or at the longest of
    those that its own path is below.
    """
    asked = request.url_rule.rule if request.url_rule else ""
    pages = {rule.rule: rule.endpoint for rule in current_app.url_map.iter_rules() if _shows(rule)}
    above = [path for path in pages if path != HOME and asked.startswith(f"{path}/")]
    nearest = asked if asked in pages else max(above, key=len, default="")
    shown = {request.endpoint, pages.get(nearest)}
    return next((place.endpoint for place in _places() if shown & place.endpoints), None)


def _shows(rule: Rule) -> bool:
    return "GET" in (rule.methods or ())


@blueprint.app_template_filter("share")
def share_text(share: int) -> str:
    """Return parts of 10,000 as a percentage in the page's language."""
    part = Decimal(share) / FULL_SHARE
    return format_percent(part, locale=str(get_locale() or "en"), decimal_quantization=False)


@blueprint.context_processor
def _words() -> dict[str, object]:
    return {"words": words}


def shop() -> MerchantView:
    """Return the merchant for whom somebody is signed in."""
    with ports().reads() as session:
        return get_shop(session, member().merchant_id)


def show(
    template: str,
    merchant: MerchantView,
    *,
    images: tuple[str, ...] = (),
    holds_ours: bool = False,
    **values: object,
) -> str:
    """Render a page of the console in the merchant's zone and colour; `images` are the origins
    of pictures elsewhere that it shows, `holds_ours` says that a frame of ours stands in it."""
    theme = theme_css(merchant.accent)
    note_merchant(merchant.slug)
    use_policy(Policy(style=theme, images=images, holds_ours=holds_ours))
    use_zone(merchant.zone)
    return render_template(
        template,
        merchant=merchant,
        person=member(),
        places=tuple(_places()),
        standing_at=_here(),
        theme_css=theme,
        is_demo=ports().settings.demo,
        **values,
    )


def may_go(endpoint: str) -> bool:
    """Return whether the member's role opens this view; where it leads on at once, it does not."""
    allowed = getattr(current_app.view_functions[endpoint], "allowed_roles", ())
    return member().role in allowed and not (endpoint == "console.home" and is_clerk())


def is_clerk() -> bool:
    """Return whether the member hands orders over and sees no figures."""
    return member().role == CLERK


def named(public_id: str) -> str:
    """Return a public id from an address; raise `NotFound` for what never was one."""
    if not re.fullmatch(r"[a-z]{3}_[0-9a-z]{16}", public_id):
        raise NotFound
    return public_id


def page_number() -> int:
    """Return the page that the address names, the first one when it makes no sense."""
    given = request.args.get("page", "")
    return int(given) if re.fullmatch(r"[0-9]{1,6}", given, re.ASCII) else 1


def search() -> str:
    """Return what is searched for; raise `Invalid` when it cannot be."""
    return forms.line(request.args.get("q", ""), field="q", longest=LONGEST_SEARCH)
