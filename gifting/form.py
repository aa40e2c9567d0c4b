"""The form with which a gift is sent: what can be chosen, what was typed so far, and what that
comes to. Its routes are in `sending.py`."""

from __future__ import annotations

from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _
from sqlalchemy import and_, bindparam, select

from gifting import asking, wishes
from gifting.designs import DESIGNS
from gifting.models import GiftSettings
from gifting.terms import gift_terms
from storefront.db.hot import read, table_of
from storefront.domain.zones import zone_names
from storefront.errors import NotFound, StorefrontError
from storefront.kinds import Asking, Door, Form
from storefront.models import Merchant, Product
from storefront.services import carts, shelf
from storefront.services.offering import offer_lines
from storefront.services.order_lines import asked_line
from storefront.services.order_requests import buyer_key
from storefront.services.quotes import GIFT, Destination
from storefront.services.taxes import Place
from storefront.values import frozen
from storefront.web.context import ports
from storefront.web.formats import zone_text
from storefront.web.occasions import occasion_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from gifting.wishes import GiftWish
    from storefront.services.views import CartView, ProductView
    from storefront.web.frame import FrameState

TEMPLATE = "gift/form.html"
PAGE = "gift_form.show"
LONGEST_TYPED = 254
AREAS = {
    "Africa": _("Africa"),
    "America": _("America"),
    "Antarctica": _("Antarctica"),
    "Asia": _("Asia"),
    "Atlantic": _("Atlantic Ocean"),
    "Australia": _("Australia"),
    "Europe": _("Europe"),
    "Indian": _("Indian Ocean"),
    "Pacific": _("Pacific Ocean"),
}
_merchant, _product, _settings = map(table_of, (Merchant, Product, GiftSettings))
OPEN = (
    select(_settings.c.is_on, _product.c.is_giftable)
    .select_from(_merchant)
    .outerjoin(_settings, _settings.c.merchant_id == _merchant.c.id)
    .outerjoin(
        _product,
        and_(
            _product.c.merchant_id == _merchant.c.id, _product.c.public_id == bindparam("product")
        ),
    )
    .where(_merchant.c.id == bindparam("merchant_id"))
)
SOMEBODY = "somebody@example.com"
"""Stands for a friend who is not typed yet, while a total is reckoned."""


@frozen
class Moment:
    """When a gift will arrive: the moment that a wall clock in a zone means. It `is_moved` where
    the clocks skip what was typed, and `is_twice` where they show it two times."""

    at: datetime
    zone: str
    is_moved: bool
    is_twice: bool

    @property
    def here(self) -> datetime:
        """The moment on the clock of its zone, naive."""
        return self.at.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)


@frozen
class Summary:
    """What a gift comes to as far as it is typed: nothing where something stands against it."""

    cart: CartView | None = None
    moment: Moment | None = None
    fault: StorefrontError | None = None


def door(session: Session, merchant_id: int, product: str | None) -> Door | None:
    """Return the way to the form, for a product that can be given and for an amount."""
    is_on, is_giftable = _is_open(session, merchant_id, product)
    if not is_on:
        return None
    if product is not None and is_giftable:
        return Door(PAGE, gettext("Send as a gift"), "gift", {"product": product})
    return Door(PAGE, gettext("Send a gift card"), "gift")


def _is_open(session: Session, merchant_id: int, product: str | None) -> tuple[bool, bool]:
    """Return whether gifts are on, and whether this product can be given."""
    [found] = read(session, OPEN, merchant_id=merchant_id, product=product or "")
    # Without settings it is as most shops have it.
    return found.is_on is not False, bool(found.is_giftable)


def gift_form(session: Session, state: FrameState, body: Mapping[str, Any]) -> Form:
    """Return the form with what was typed, and what that comes to."""
    terms = gift_terms(session, state.placement.merchant.id)
    summary = summarise(session, state, body)
    return Form(
        TEMPLATE,
        {
            "terms": terms,
            "thing": _thing(session, state, body),
            "designs": DESIGNS,
            "numbers": wishes.NUMBERS,
            "rows": _rows(body),
            "zones": zones(),
            "zone": body.get("gift_zone") or state.placement.merchant.zone,
            "longest_words": wishes.LONGEST_WORDS,
            "summary": summary,
        },
        total=summary.cart.total if summary.cart else None,
        fault=summary.fault,
        holds_ours=True,
    )


def _thing(session: Session, state: FrameState, body: Mapping[str, Any]) -> ProductView | None:
    """Return the product that is given, None where it is an amount."""
    variant = str(body.get("gift_variant") or "")
    if not variant:
        return None
    merchant_id, settings = state.placement.merchant.id, ports().settings
    found = shelf.products_of_variants(session, merchant_id, [variant], settings=settings)
    if variant not in found:
        return None
    return found[variant][0]


def thing_named(session: Session, state: FrameState, product: str) -> ProductView:
    """Return a product that this placement shows and that can be given; raise `NotFound`."""
    _, is_giftable = _is_open(session, state.placement.merchant.id, product)
    if not is_giftable:
        raise NotFound
    occasion = occasion_of(state)
    return shelf.get_product(
        session, state.placement, product, settings=ports().settings, now=occasion.now
    )


def _rows(body: Mapping[str, Any]) -> int:
    """Return how many friends are shown: three without script, or up to the last one typed."""
    filled = [
        number
        for number in wishes.NUMBERS
        if body.get(f"gift_name_{number}") or body.get(f"gift_email_{number}")
    ]
    return max([3, *filled])


def zones() -> Mapping[str, list[tuple[str, str]]]:
    """Return the time zones that people live in, by area: (zone, its city)."""
    return _zones_in(str(get_locale() or "en"))


@cache
def _zones_in(_language: str) -> Mapping[str, list[tuple[str, str]]]:
    """Name the zones once for each language, which is the present request's."""
    found: dict[str, list[tuple[str, str]]] = {str(AREAS[area]): [] for area in AREAS}
    for zone in zone_names():
        area, _slash, place = zone.partition("/")
        if place and area in AREAS:
            found[str(AREAS[area])].append((zone, zone_text(zone)))
    return {area: sorted(cities, key=itemgetter(1)) for area, cities in found.items()}


def summarise(session: Session, state: FrameState, body: Mapping[str, Any]) -> Summary:
    """Return what the gifts cost, and when they arrive; names and addresses are not asked for."""
    now = ports().clock.now()
    try:
        wish = wishes.parse(dict(_enough(body)))
        if wish is None:
            return Summary()
        key = buyer_key(ports().sign, str(body.get("email") or ""))
        return Summary(_cart(session, state, wish, buyer=key), _moment(wish, now))
    except StorefrontError as fault:
        return Summary(fault=fault)


def _enough(body: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield what was typed, with somebody in each row that is not empty."""
    for field in ("amount", "other", "variant", "way", "when", "at", "zone"):
        yield f"gift_{field}", body.get(f"gift_{field}")
    yield "gift_from", "x"
    for number in wishes.NUMBERS:
        is_filled = body.get(f"gift_name_{number}") or body.get(f"gift_email_{number}")
        if number == 1 or is_filled:
            yield f"gift_name_{number}", "x"
            yield f"gift_email_{number}", f"{number}.{SOMEBODY}"


def _cart(session: Session, state: FrameState, wish: GiftWish, *, buyer: str) -> CartView:
    merchant, occasion = state.placement.merchant, occasion_of(state)
    asker = Asking(merchant.id, buyer, occasion.visitor or "", occasion.now)
    asked = asking.ask(session, wish, asker)
    lines = [asked_line(session, state.placement, asked)]
    offered = offer_lines(session, merchant.id, lines, occasion=occasion)
    where = Destination(GIFT, Place())
    return carts.cart_of(session, merchant, lines, offered=offered, destination=where)


def _moment(wish: GiftWish, now: datetime) -> Moment | None:
    if not wish.at:
        return None
    typed = asking.deliver_at(wish.at, wish.zone, now=now)
    return Moment(typed.at, wish.zone, typed.is_moved, typed.is_twice)
