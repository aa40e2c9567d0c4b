"""What the two addresses that are asked for most will ask the database, asked ahead: a placement's
page and a shared link. The questions are those of whoever reads the answers, and so are their
values; nothing is decided here."""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, select

from storefront.db.foreseen import Put, as_one, ask_as_one, ask_each, with_found
from storefront.db.hot import is_sqlite, table_of
from storefront.models import Placement
from storefront.services.facade import SHOWN
from storefront.services.interactions import SHARE, share_of_token
from storefront.services.offer_terms import CANDIDATES, MODES, REMEMBERED, TARGETS
from storefront.services.placement_offers import LINKS
from storefront.services.placements import BY_ID, IN_USE
from storefront.services.price_history import PRICES_BEFORE
from storefront.services.shelf import FIRST_PAGE, IMAGES, VARIANTS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from storefront.db.bare import Bare
    from storefront.db.foreseen import AsOne, Question, Talk, Told, Values
    from storefront.kinds import LineKind

    Foresight = Told
    Questions = tuple[Question, ...]

_placement = table_of(Placement)
NOTHING_ENTERED: Values = MappingProxyType({"by_code": [], "seen": []})


def of_placement(bare: Bare, placement: str, *, kinds: Iterable[LineKind], now: datetime) -> Told:
    """Ask what a page of a placement will want to know at `now`, for whoever brings nothing."""
    doors = tuple(kind.door_question for kind in kinds if kind.door_question is not None)
    if is_sqlite(bare):
        return ask_each(bare, _about_placement(placement, doors, now))
    values = {"key": placement, "recently": now - REMEMBERED, **NOTHING_ENTERED}
    one = _placement_as_one(doors)
    return ask_as_one(bare, one, values, talk=lambda: _about_placement(placement, doors, now))


def _about_placement(placement: str, doors: Questions, now: datetime) -> Talk:
    spots = yield IN_USE, {"key": placement}
    if not spots:
        return
    own = {"merchant_id": spots[0].merchant_id}
    yield SHOWN, own
    goods = yield FIRST_PAGE, {**own, "placement_id": spots[0].id}
    products = {**own, "products": [row.id for row in goods]}
    variants = yield VARIANTS, products
    yield IMAGES, products
    offers = yield CANDIDATES, {**own, "recently": now - REMEMBERED, **NOTHING_ENTERED}
    if offers:
        yield TARGETS, {"offers": [row.id for row in offers]}
    if len(offers) > 1:
        yield MODES, own
    if any(row.link for row in offers):
        yield LINKS, {"placement_id": spots[0].id}
    pieces = sorted(row.id for row in variants)
    for start in sorted({row.starts_at for row in offers if row.starts_at}):
        yield PRICES_BEFORE, {"variants": pieces, "moment": start}
    product = goods[0].public_id if goods and spots[0].kind == "product" else ""
    for door in doors:
        yield door, {**own, "product": product}


@cache
def _placement_as_one(doors: Questions) -> AsOne:
    spot = (
        select(_placement.c.id, _placement.c.merchant_id, _placement.c.kind)
        .where(_placement.c.public_id == bindparam("key"), _placement.c.retired_at.is_(None))
        .cte("spot")
    )
    place = select(spot.c.id).scalar_subquery()
    own = {"merchant_id": select(spot.c.merchant_id).scalar_subquery()}
    goods = with_found(FIRST_PAGE, **own, placement_id=place).cte("goods")
    products = {**own, "products": select(goods.c.id).scalar_subquery()}
    pieces = with_found(VARIANTS, **products).cte("pieces")
    offers = with_found(CANDIDATES, **own).cte("known_offers")
    prices = with_found(
        PRICES_BEFORE,
        variants=select(pieces.c.id).scalar_subquery(),
        moment=offers.c.starts_at,
    )
    one = select(goods.c.public_id).where(spot.c.kind == "product").limit(1).scalar_subquery()
    of_door = {**own, "product": func.coalesce(one, "")}
    puts: dict[Question, Put] = {
        IN_USE: Put(IN_USE),
        SHOWN: Put(with_found(SHOWN, **own)),
        FIRST_PAGE: Put(select(goods)),
        VARIANTS: Put(select(pieces)),
        IMAGES: Put(with_found(IMAGES, **products)),
        CANDIDATES: Put(select(offers)),
        TARGETS: Put(with_found(TARGETS, offers=select(offers.c.id).scalar_subquery())),
        MODES: Put(with_found(MODES, **own)),
        LINKS: Put(with_found(LINKS, placement_id=place)),
        PRICES_BEFORE: Put(prices.add_columns(offers.c.starts_at), tag="moment"),
        **{door: Put(with_found(door, **of_door)) for door in doors},
    }
    return as_one(puts)


def of_share(bare: Bare, token: str) -> Told:
    """Ask what whoever opens a shared link will want to know."""
    values = {"public_id": share_of_token(token)}
    if is_sqlite(bare):
        return ask_each(bare, _about_share(values))
    return ask_as_one(bare, _share_as_one(), values, talk=lambda: _about_share(values))


def _about_share(values: Values) -> Talk:
    shares = yield SHARE, values
    if shares:
        spots = yield BY_ID, {"key": shares[0].placement_id}
        yield SHOWN, {"merchant_id": spots[0].merchant_id}


@cache
def _share_as_one() -> AsOne:
    share = SHARE.cte("share")
    place = select(share.c.placement_id).scalar_subquery()
    merchant = select(_placement.c.merchant_id).where(_placement.c.id == place).scalar_subquery()
    return as_one(
        {
            SHARE: Put(select(share)),
            BY_ID: Put(with_found(BY_ID, key=place)),
            SHOWN: Put(with_found(SHOWN, merchant_id=merchant)),
        }
    )
