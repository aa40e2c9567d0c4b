"""Stock as a merchant changes it: restocked, counted, limited or not. Each change is an entry, and
one conditional update that leaves room for what is held and sold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from storefront.db.ids import random_symbols
from storefront.db.upsert import insert_if_new
from storefront.errors import Conflict, Invalid
from storefront.models import Member, StockEntry, Variant
from storefront.services.stock import watch
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

MOST_UNITS = 1_000_000
COUNT_REASONS = ("counted", "damaged", "lost", "found", "returned")
"""Why a count by hand differs from ours. Opening, restocked, limited, unlimited and imported are
the reasons of the other entries."""


@frozen
class Hand:
    """Who changes stock, when, and the key of the form: sent twice, it counts once."""

    member_id: int | None
    key: str
    at: datetime


def by_program(now: datetime) -> Hand:
    """Return the hand of a program, which repeats nothing."""
    return a_hand(None, now)


def a_hand(member_id: int | None, now: datetime) -> Hand:
    """Return the hand of somebody whose form cannot be sent twice."""
    return Hand(member_id, random_symbols(26), now)


def open_stock(session: Session, variant: Variant, *, hand: Hand) -> None:
    """Enter what a new variant begins with."""
    if variant.stock is not None:
        _enter(session, variant, variant.stock, reason="opening", hand=hand)


def restock(session: Session, variant: Variant, units: int, *, hand: Hand) -> None:
    """Put more units on sale; raise `Invalid`, or `Conflict` no_stock_limit."""
    if not 1 <= units <= MOST_UNITS:
        raise Invalid("invalid_units", field="units", least=1, most=MOST_UNITS)
    _change(session, variant, units, reason="restocked", hand=hand)


def count(
    session: Session,
    variant: Variant,
    counted: int,
    *,
    seen: int,
    reason: str,
    hand: Hand,
) -> None:
    """Correct the stock by what was `counted` on the shelf, where we said `seen`.

    Only the difference is booked, so what is sold between looking and sending stays sold.
    """
    if not 0 <= counted <= MOST_UNITS:
        raise Invalid("invalid_units", field="counted", least=0, most=MOST_UNITS)
    if reason not in COUNT_REASONS:
        raise Invalid("unknown_reason", field="reason", allowed=", ".join(COUNT_REASONS))
    _change(session, variant, counted - seen, reason=reason, hand=hand)


def set_left(session: Session, variant: Variant, left: int, *, hand: Hand, reason: str) -> None:
    """Make `left` units buyable, beside what is held and sold."""
    _lock(session, variant)
    if variant.stock is None:
        _begin_limit(session, variant, left, reason=reason, hand=hand)
    else:
        units = left - (variant.stock - variant.held - variant.sold)
        _change(session, variant, units, reason=reason, hand=hand)


def limit(session: Session, variant: Variant, left: int, *, hand: Hand) -> None:
    """Begin to count a variant that had no limit: `left` can be bought from now on."""
    if not 0 <= left <= MOST_UNITS:
        raise Invalid("invalid_units", field="left", least=0, most=MOST_UNITS)
    _lock(session, variant)
    if variant.stock is None:
        _begin_limit(session, variant, left, reason="limited", hand=hand)


def unlimit(session: Session, variant: Variant, *, hand: Hand) -> None:
    """Stop counting: the variant can always be bought."""
    _lock(session, variant)
    if variant.stock is None:
        return
    if _enter(session, variant, -variant.stock, reason="unlimited", hand=hand):
        _set(session, variant, None)
        watch(session, [variant.id], now=hand.at)


def list_entries(
    session: Session, variant: Variant, *, newest: int = 50
) -> Sequence[tuple[StockEntry, str | None]]:
    """Return a variant's latest entries, newest first, with who made each."""
    rows = session.execute(
        select(StockEntry, Member.name)
        .outerjoin(Member, Member.id == StockEntry.member_id)
        .where(StockEntry.merchant_id == variant.merchant_id, StockEntry.variant_id == variant.id)
        .order_by(StockEntry.id.desc())
        .limit(newest)
    )
    return [(entry, name) for entry, name in rows]


def _change(session: Session, variant: Variant, units: int, *, reason: str, hand: Hand) -> None:
    """Enter a difference and apply it, or raise and leave everything as it was."""
    if not _enter(session, variant, units, reason=reason, hand=hand):
        return
    changed = session.execute(
        update(Variant)
        .where(
            Variant.id == variant.id,
            Variant.held + Variant.sold <= Variant.stock + units,
        )
        .values(stock=Variant.stock + units)
        .returning(Variant.id)
        .execution_options(synchronize_session=False)
    ).first()
    if changed is None:
        _refuse(session, variant)
    watch(session, [variant.id], now=hand.at)


def _refuse(session: Session, variant: Variant) -> None:
    _lock(session, variant)
    if variant.stock is None:
        raise Conflict("no_stock_limit", field="units")
    raise Conflict("count_below_open", field="counted", left=variant.held)


def _begin_limit(session: Session, variant: Variant, left: int, *, reason: str, hand: Hand) -> None:
    stock = left + variant.held + variant.sold
    if _enter(session, variant, stock, reason=reason, hand=hand):
        _set(session, variant, stock)
        watch(session, [variant.id], now=hand.at)


def _lock(session: Session, variant: Variant) -> None:
    """Lock the variant and read its counters anew; the weaker lock, as in stock.py."""
    session.refresh(
        variant,
        attribute_names=["stock", "held", "sold"],
        with_for_update={"key_share": True},
    )


def _set(session: Session, variant: Variant, stock: int | None) -> None:
    session.execute(
        update(Variant)
        .where(Variant.id == variant.id)
        .values(stock=stock)
        .execution_options(synchronize_session=False)
    )


def _enter(session: Session, variant: Variant, units: int, *, reason: str, hand: Hand) -> bool:
    """Insert the entry; False when the same form has made it before."""
    made = insert_if_new(
        session,
        StockEntry,
        merchant_id=variant.merchant_id,
        variant_id=variant.id,
        key=hand.key,
        reason=reason,
        units=units,
        member_id=hand.member_id,
        made_at=hand.at,
    )
    return made is not None
