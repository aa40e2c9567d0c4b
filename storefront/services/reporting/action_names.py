"""What the members' log calls the things to which something was done, as long as they are there.
Whom they are about is not told: persons and invitations have no name here."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import select

from storefront.kinds import Thing
from storefront.models import (
    AllowedHost,
    ApiToken,
    Campaign,
    Channel,
    Member,
    Membership,
    Offer,
    Order,
    Placement,
    Product,
    ProductImport,
    RefusedHost,
    ShippingRate,
    Store,
    TaxRate,
    Variant,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sqlalchemy.orm import Session

    Ids = set[str]
    Name = Callable[[Session, int, Ids], Mapping[str, Thing]]

NAMED = {
    "campaign": (Campaign.public_id, Campaign.name),
    "channel": (Channel.slug, Channel.name),
    "import": (ProductImport.public_id, ProductImport.file_name),
    "offer": (Offer.public_id, Offer.name),
    "placement": (Placement.public_id, Placement.name),
    "product": (Product.public_id, Product.name),
    "shipping_rate": (ShippingRate.public_id, ShippingRate.name),
    "store": (Store.public_id, Store.name),
    "tax_rate": (TaxRate.public_id, TaxRate.name),
    "token": (ApiToken.public_id, ApiToken.name),
}
"""By what a thing is known, and what it is called, where one row says both."""


def name_things(
    session: Session, merchant_id: int, things: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], Thing]:
    """Return by kind and id what those of the shop's own things are called that still have a name;
    a statement for each kind that is asked for."""
    asked: dict[str, Ids] = defaultdict(set)
    for kind, public_id in things:
        asked[kind].add(public_id)
    return {
        (kind, public_id): thing
        for kind, ids in asked.items()
        for public_id, thing in _of_kind(session, merchant_id, ids, kind=kind).items()
    }


def _of_kind(session: Session, merchant_id: int, ids: Ids, *, kind: str) -> Mapping[str, Thing]:
    if kind in OTHERS:
        return OTHERS[kind](session, merchant_id, ids)
    if kind not in NAMED:
        return {}
    key, name = NAMED[kind]
    rows = session.execute(
        select(key, name).where(key.class_.merchant_id == merchant_id, key.in_(ids))
    )
    return {public_id: Thing(text) for public_id, text in rows}


def _orders(session: Session, merchant_id: int, ids: Ids) -> Mapping[str, Thing]:
    rows = session.execute(
        select(Order.public_id, Order.number).where(
            Order.merchant_id == merchant_id, Order.public_id.in_(ids), Order.number.is_not(None)
        )
    )
    return {public_id: Thing(f"#{number}") for public_id, number in rows}


def _variants(session: Session, merchant_id: int, ids: Ids) -> Mapping[str, Thing]:
    rows = session.execute(
        select(Variant.public_id, Product.name, Variant.name, Product.public_id)
        .join(Product, Product.id == Variant.product_id)
        .where(Variant.merchant_id == merchant_id, Variant.public_id.in_(ids))
    )
    return {
        public_id: Thing(f"{product}, {name}" if name else product, within=within)
        for public_id, product, name, within in rows
    }


def _members(session: Session, merchant_id: int, ids: Ids) -> Mapping[str, Thing]:
    rows = session.execute(
        select(Member.public_id, Member.name)
        .join(Membership, Membership.member_id == Member.id)
        .where(Membership.merchant_id == merchant_id, Member.public_id.in_(ids))
    )
    return {public_id: Thing(name) for public_id, name in rows}


def _hosts(
    session: Session, merchant_id: int, ids: Ids, *, table: type[AllowedHost | RefusedHost]
) -> Mapping[str, Thing]:
    rows = session.execute(
        select(table.id, table.origin).where(
            table.merchant_id == merchant_id, table.id.in_(map(int, ids))
        )
    )
    return {str(host_id): Thing(origin) for host_id, origin in rows}


OTHERS: Mapping[str, Name] = {
    "order": _orders,
    "variant": _variants,
    "member": _members,
    "host": partial(_hosts, table=AllowedHost),
    "refused_host": partial(_hosts, table=RefusedHost),
}
