"""Stock that many want at once: every change is one conditional update, in id order. What a
merchant changes by hand is in stock_entries.py."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, ScalarSelect, bindparam, case, func, or_, select, update

from storefront.db.hot import read, read_one, run, table_of
from storefront.domain.catalog import StockCount, why_not_taken
from storefront.errors import Conflict
from storefront.models import LineItem, Order, Variant
from storefront.services import offer_counters
from storefront.services.alarms import raise_alarm
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session


@frozen
class Wanted:
    """A quantity of one variant at the price that the buyer was quoted; without a price, at
    whatever it costs by now, because the buyer has paid already."""

    variant_id: int
    quantity: int
    unit_minor: int | None


_variant, _line = table_of(Variant), table_of(LineItem)
_this = update(_variant).where(_variant.c.id == bindparam("variant_id"))
_is_enough = or_(
    _variant.c.stock.is_(None),
    _variant.c.held + _variant.c.sold + bindparam("wanted") <= _variant.c.stock,
)
THERE = select(_variant.c.id).where(_variant.c.id == bindparam("variant_id"), _is_enough)
HOLD = (
    _this.where(_is_enough)
    .values(held=_variant.c.held + bindparam("wanted"))
    .returning(_variant.c.id)
)
HOLD_AT = HOLD.where(
    _variant.c.price_minor == bindparam("unit_minor"), _variant.c.withdrawn_at.is_(None)
)
LOCK = (
    select(_variant.c.id)
    .where(
        _variant.c.id.in_(
            select(_line.c.variant_id).where(_line.c.order_id == bindparam("order_id"))
        )
    )
    .order_by(_variant.c.id)
    .with_for_update(key_share=True)
)
LET_GO = select(_line.c.variant_id, _line.c.quantity).where(
    _line.c.order_id == bindparam("order_id"),
    _line.c.released_at.is_not(None),
    _line.c.sold_at.is_(None),
)
SELL_LINES = (
    update(_line)
    .where(_line.c.order_id == bindparam("whose"), _line.c.sold_at.is_(None))
    .values(sold_at=bindparam("now"), released_at=None)
    .returning(_line.c.variant_id, _line.c.quantity)
)
SELL = _this.values(
    held=_variant.c.held - bindparam("units"), sold=_variant.c.sold + bindparam("units")
).returning(
    # As `_is_newly_low`: no more are unsold than the merchant wants to be told of.
    _variant.c.low_at.is_(None) & (_variant.c.stock - _variant.c.sold <= _variant.c.low_stock)
)


def refuse_what_is_gone(session: Session, wanted: Iterable[Wanted], *, now: datetime) -> None:
    """Raise as `hold` would where a look shows that it must: nothing is written, nobody waits.

    What passes here may still be refused by `hold`, which alone decides.
    """
    for want in sorted(wanted, key=lambda want: want.variant_id):
        if not _is_there(session, want) and not _is_there(session, want, ended_at=now):
            _refuse(session, want, now=now)


def _is_there(session: Session, want: Wanted, *, ended_at: datetime | None = None) -> bool:
    """Return whether so much is free, or would be without the holds that have ended by then."""
    if ended_at is None:
        asked = {"variant_id": want.variant_id, "wanted": want.quantity}
        return read_one(session, THERE, **asked) is not None
    ended = _ended(want.variant_id, ended_at)
    found = session.execute(
        select(Variant.id).where(
            Variant.id == want.variant_id,
            or_(
                Variant.stock.is_(None),
                Variant.held + Variant.sold + want.quantity - ended <= Variant.stock,
            ),
        )
    ).first()
    return found is not None


def _ended(variant_id: int, now: datetime) -> ScalarSelect[int]:
    units = select(func.coalesce(func.sum(LineItem.quantity), 0))
    return units.where(*_is_ended(variant_id, now)).scalar_subquery()


def hold(session: Session, wanted: Iterable[Wanted], *, now: datetime) -> None:
    """Hold all of it or raise `Conflict`: sold_out, too_few_left, all_held or price_changed."""
    for want in sorted(wanted, key=lambda want: want.variant_id):
        if not _hold_one(session, want) and not _hold_after_freeing(session, want, now=now):
            _refuse(session, want, now=now)


def _hold_one(session: Session, want: Wanted) -> bool:
    asked = {"variant_id": want.variant_id, "wanted": want.quantity}
    if want.unit_minor is None:
        return read_one(session, HOLD, **asked) is not None
    return read_one(session, HOLD_AT, **asked, unit_minor=want.unit_minor) is not None


def _hold_after_freeing(session: Session, want: Wanted, *, now: datetime) -> bool:
    """Try once more without the holds that have ended.

    The variant is locked before its lines, as everywhere: somebody else may be letting go of the
    same hold at this moment. We wait for them, and then it is free even if we freed nothing.
    """
    session.execute(
        select(Variant.id).where(Variant.id == want.variant_id).with_for_update(key_share=True)
    )
    free_expired(session, want.variant_id, now=now)
    return _hold_one(session, want)


def _enough(quantity: int) -> ColumnElement[bool]:
    return or_(Variant.stock.is_(None), Variant.held + Variant.sold + quantity <= Variant.stock)


def free_expired(session: Session, variant_id: int, *, now: datetime) -> int:
    """Release what expired orders still hold of a variant; return how many units came back.

    An order whose payment is being processed keeps its hold: the bank has not decided.
    """
    freed = session.execute(
        update(LineItem)
        .where(*_is_ended(variant_id, now))
        .values(released_at=now)
        .returning(LineItem.quantity)
        .execution_options(synchronize_session=False)
    ).scalars()
    units = sum(freed)
    if units:
        _let_go(session, {variant_id: units})
    return units


def _is_ended(variant_id: int, now: datetime) -> list[ColumnElement[bool]]:
    """Return what is true of lines whose hold on a variant has ended."""
    expired = select(Order.id).where(
        Order.id == LineItem.order_id,
        Order.held_until <= now,
        Order.paid_at.is_(None),
        Order.processing_at.is_(None),
    )
    return [
        LineItem.variant_id == variant_id,
        LineItem.sold_at.is_(None),
        LineItem.released_at.is_(None),
        expired.exists(),
    ]


def _refuse(session: Session, want: Wanted, *, now: datetime) -> None:
    row = session.execute(
        select(
            Variant.stock,
            Variant.held,
            Variant.sold,
            Variant.price_minor,
            Variant.withdrawn_at,
            Variant.public_id,
        ).where(Variant.id == want.variant_id)
    ).one()
    if row.withdrawn_at is not None:
        raise Conflict("sold_out", field=row.public_id)
    if row.price_minor != want.unit_minor:
        raise Conflict("price_changed", field=row.public_id)
    count = StockCount(row.stock, row.held, row.sold)
    code = why_not_taken(count, want.quantity)
    left = max(0, (row.stock or 0) - row.sold - row.held)
    wait = _earliest_release(session, want.variant_id, now=now) if code == "all_held" else None
    raise Conflict(code, field=row.public_id, retry_after=wait, left=left)


def _earliest_release(session: Session, variant_id: int, *, now: datetime) -> int | None:
    moment = session.scalar(
        select(func.min(Order.held_until))
        .join(LineItem, LineItem.order_id == Order.id)
        .where(
            LineItem.variant_id == variant_id,
            LineItem.released_at.is_(None),
            LineItem.sold_at.is_(None),
        )
    )
    return max(1, int((moment - now).total_seconds()) + 1) if moment else None


def lock(session: Session, order_id: int, *, uses_offers: bool = True) -> None:
    """Lock what the order holds before the order itself, in one order for everybody: variants by
    their ids, then offers by theirs. Who knows that it uses none says so.

    The weaker lock lets others refer to a variant: an order that is being written down does so
    line by line, in the buyer's order, and would wait for us while we wait for it.
    """
    run(session, LOCK, order_id=order_id)
    if uses_offers:
        offer_counters.lock(session, order_id)


def release(session: Session, order_id: int, *, now: datetime) -> None:
    """Give back whatever the order still holds, units and uses of offers. Call `lock` first."""
    freed = session.execute(
        update(LineItem)
        .where(
            LineItem.order_id == order_id,
            LineItem.sold_at.is_(None),
            LineItem.released_at.is_(None),
        )
        .values(released_at=now)
        .returning(LineItem.variant_id, LineItem.quantity)
        .execution_options(synchronize_session=False)
    ).all()
    _let_go(session, _by_variant(freed))
    offer_counters.release(session, order_id, now=now)


def sell(session: Session, order_id: int, *, now: datetime, has_let_go: bool = True) -> bool:
    """Turn the order's holds into sales, taking again what was let go meanwhile, unless it is known
    that nothing was.

    Returns False, with nothing changed, when something is no longer there. Call `lock` first.
    """
    missing = _by_variant(read(session, LET_GO, order_id=order_id)) if has_let_go else {}
    if not _take_again(session, missing, now=now):
        return False
    sold = read(session, SELL_LINES, whose=order_id, now=now)
    scarce = []
    for variant_id, quantity in sorted(_by_variant(sold).items()):
        row = read_one(session, SELL, variant_id=variant_id, units=quantity)
        scarce += [variant_id] if row and row[0] else []
    watch(session, scarce, now=now)
    return True


def _is_newly_low() -> ColumnElement[bool]:
    """Whether no more are unsold than the merchant wants to be told of, and nobody was told yet.
    What is only held may come back, so it does not count."""
    return Variant.low_at.is_(None) & (Variant.stock - Variant.sold <= Variant.low_stock)


def watch(session: Session, variant_ids: Sequence[int], *, now: datetime) -> None:
    """Note which of these variants have become low, with one alarm for each, and which no longer
    are. The variants are locked already, or nobody else is in sight of them."""
    if not variant_ids:
        return
    own = update(Variant).where(Variant.id.in_(variant_ids))
    fallen = session.execute(
        own.where(_is_newly_low())
        .values(low_at=now)
        .returning(Variant.merchant_id)
        .execution_options(synchronize_session=False)
    ).scalars()
    for merchant_id in fallen.all():
        raise_alarm(session, merchant_id, "low_stock", now=now)
    session.execute(
        own.where(Variant.low_at.is_not(None), _is_plenty())
        .values(low_at=None)
        .execution_options(synchronize_session=False)
    )


def _is_plenty() -> ColumnElement[bool]:
    return or_(
        Variant.stock.is_(None),
        Variant.low_stock.is_(None),
        Variant.stock - Variant.sold > Variant.low_stock,
    )


def _take_again(session: Session, missing: dict[int, int], *, now: datetime) -> bool:
    if not missing:
        return True
    savepoint = session.begin_nested()
    for variant_id, quantity in sorted(missing.items()):
        want = Wanted(variant_id, quantity, unit_minor=None)
        if not _hold_one(session, want) and not _hold_after_freeing(session, want, now=now):
            savepoint.rollback()
            return False
    savepoint.commit()
    return True


def put_back(session: Session, variant_id: int, quantity: int) -> None:
    """Put sold units back on sale. Call `lock` first."""
    if quantity:
        session.execute(
            update(Variant)
            .where(Variant.id == variant_id)
            .values(
                sold=Variant.sold - quantity,
                low_at=case(
                    (Variant.stock - Variant.sold + quantity > Variant.low_stock, None),
                    else_=Variant.low_at,
                ),
            )
            .execution_options(synchronize_session=False)
        )


def sell_again(session: Session, variant_id: int, quantity: int, *, now: datetime) -> bool:
    """Take units that were put back on sale again, from holds that have ended if need be; False
    where others have them by now. Call `lock` first."""
    is_sold = _sell_one(session, variant_id, quantity)
    if not is_sold and free_expired(session, variant_id, now=now):
        is_sold = _sell_one(session, variant_id, quantity)
    if is_sold:
        watch(session, [variant_id], now=now)
    return is_sold


def _sell_one(session: Session, variant_id: int, quantity: int) -> bool:
    taken = session.execute(
        update(Variant)
        .where(Variant.id == variant_id, _enough(quantity))
        .values(sold=Variant.sold + quantity)
        .returning(Variant.id)
        .execution_options(synchronize_session=False)
    ).first()
    return taken is not None


def _let_go(session: Session, units: dict[int, int]) -> None:
    for variant_id, quantity in sorted(units.items()):
        session.execute(
            update(Variant)
            .where(Variant.id == variant_id)
            .values(held=Variant.held - quantity)
            .execution_options(synchronize_session=False)
        )


def _by_variant(rows: Iterable[Row[int | None, int]]) -> dict[int, int]:
    """Count the units of each variant; a line that is a value has no stock to count."""
    units: defaultdict[int, int] = defaultdict(int)
    for variant_id, quantity in rows:
        if variant_id is not None:
            units[variant_id] += quantity
    return dict(units)
