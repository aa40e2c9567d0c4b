"""Codes that bring an offer: one that a merchant chose, or many at once that nobody can guess."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select, update

from storefront.db.ids import random_symbols
from storefront.db.upsert import insert_if_new
from storefront.domain.offers import Kind, TypedCode, normalise_code
from storefront.errors import Conflict, Invalid
from storefront.models import Offer, OfferCode
from storefront.services import jobs
from storefront.services.free_uses import free_by_code
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.ports import Ports
    from storefront.services.free_uses import Asker

CHOSEN = 0
"""The batch of codes that somebody chose."""

LONGEST = 40
LONGEST_PREFIX = 16
RANDOM_SYMBOLS = 10
"""50 bits: a million codes, and a guesser still needs a thousand million tries for one of them."""

MOST_AT_ONCE = 100_000
PORTION = 500
"""So many codes are made in one transaction, so that selling goes on meanwhile."""

MOST_USES = 1_000_000

MOST_ENTERED = 5
"""A cart carries at most so many codes."""


def set_chosen(
    session: Session, offer: Offer, text: str, *, now: datetime, max_uses: int | None = None
) -> None:
    """Give a code offer the code that its merchant chose, in place of an earlier choice; it is
    good so many times, or as often as the offer.

    Raises `Invalid` invalid_code, or `Conflict` code_taken when another offer has it.
    """
    present = session.scalars(
        select(OfferCode).where(OfferCode.offer_id == offer.id, OfferCode.batch == CHOSEN)
    ).first()
    wanted = text.strip() if offer.kind == Kind.CODE.value else ""
    if present and (present.shown, present.max_uses) == (wanted, max_uses):
        return
    if present:
        session.delete(present)
        session.flush()
    if wanted:
        _add(session, offer, wanted, max_uses=max_uses, now=now)


def _add(
    session: Session, offer: Offer, shown: str, *, max_uses: int | None, now: datetime
) -> None:
    code = normalise_code(shown)
    if not 1 <= len(code) <= LONGEST or len(shown) > LONGEST:
        raise Invalid("invalid_code", field="code")
    added = insert_if_new(
        session,
        OfferCode,
        merchant_id=offer.merchant_id,
        offer_id=offer.id,
        code=code,
        shown=shown,
        batch=CHOSEN,
        max_uses=max_uses,
        held=0,
        used=0,
        created_at=now,
    )
    if added is None:
        raise Conflict("code_taken", field="code")


def has_any(session: Session, offer_id: int) -> bool:
    """Return whether the offer has a code that is good."""
    found = select(OfferCode.id).where(
        OfferCode.offer_id == offer_id, OfferCode.withdrawn_at.is_(None)
    )
    return session.scalar(found.limit(1)) is not None


def promise_batch(
    session: Session, offer: Offer, *, count: int, prefix: str, now: datetime, uses: int = 1
) -> int:
    """Promise so many codes that are good so many times each; return the number of their batch.

    Raises `Invalid` for a number or prefix that cannot be, `Conflict` for an automatic offer.
    """
    if offer.kind != Kind.CODE.value:
        raise Conflict("offer_takes_no_codes")
    if not 1 <= count <= MOST_AT_ONCE:
        raise Invalid("invalid_count", field="count")
    if not 1 <= uses <= MOST_USES:
        raise Invalid("invalid_count", field="uses")
    clean = normalise_code(prefix)
    if len(clean) > LONGEST_PREFIX or not clean.isascii():
        raise Invalid("invalid_code", field="prefix")
    last = session.scalar(select(func.max(OfferCode.batch)).where(OfferCode.offer_id == offer.id))
    batch = (last or CHOSEN) + 1
    # The first portion is there at once, so that the next batch has another number.
    first = Portion(batch, clean, min(count, PORTION), uses)
    _make_portion(session, offer, first, now=now)
    if count > PORTION:
        jobs.add(
            session,
            "make_codes",
            {"offer_id": offer.id, "batch": batch, "prefix": clean, "count": count, "uses": uses},
            merchant_id=offer.merchant_id,
            now=now,
            unique_key=f"{offer.id}-{batch}",
        )
    return batch


def make_codes(
    ports: Ports, offer_id: int, *, batch: int, prefix: str, count: int, uses: int = 1
) -> None:
    """Make what is missing of a batch, a portion at a time; a repeat goes on where it stopped."""
    while True:
        with ports.sessions.begin() as session:
            offer = session.get_one(Offer, offer_id)
            made = count_batch(session, offer_id, batch)
            if made >= count:
                return
            portion = Portion(batch, prefix, min(count - made, PORTION), uses)
            _make_portion(session, offer, portion, now=ports.clock.now())


def count_batch(session: Session, offer_id: int, batch: int) -> int:
    """Return how many codes of a batch are made by now."""
    counted = select(func.count()).where(OfferCode.offer_id == offer_id, OfferCode.batch == batch)
    return session.scalar(counted) or 0


@frozen
class Portion:
    """Codes to be made in one transaction, each good for so many `uses`."""

    batch: int
    prefix: str
    count: int
    uses: int


def _make_portion(session: Session, offer: Offer, portion: Portion, *, now: datetime) -> None:
    """Make codes. Two alike come up once in millions of years; then the job is repeated."""
    fresh = {random_symbols(RANDOM_SYMBOLS).upper() for _ in range(portion.count)}
    prefix = portion.prefix
    session.execute(
        insert(OfferCode),
        [
            {
                "merchant_id": offer.merchant_id,
                "offer_id": offer.id,
                "code": f"{prefix}{symbols}",
                "shown": "-".join(filter(None, (prefix, symbols[:5], symbols[5:]))),
                "batch": portion.batch,
                "max_uses": portion.uses,
                "held": 0,
                "used": 0,
                "created_at": now,
            }
            for symbols in sorted(fresh)
        ],
    )


def export_batch(session: Session, offer_id: int, batch: int) -> Iterator[tuple[str, str]]:
    """Yield (code, state) of a batch: unused, held, used or withdrawn."""
    rows = session.execute(
        select(OfferCode.shown, OfferCode.held, OfferCode.used, OfferCode.withdrawn_at)
        .where(OfferCode.offer_id == offer_id, OfferCode.batch == batch)
        .order_by(OfferCode.id)
    )
    for shown, held, used, withdrawn_at in rows:
        yield shown, _state(held=held, used=used, is_withdrawn=withdrawn_at is not None)


def _state(*, held: int, used: int, is_withdrawn: bool) -> str:
    if is_withdrawn:
        return "withdrawn"
    if used:
        return "used"
    return "held" if held else "unused"


def withdraw(session: Session, offer_id: int, text: str, *, now: datetime) -> bool:
    """Let a code be good no more; return whether there was such a code."""
    withdrawn = session.execute(
        update(OfferCode)
        .where(
            OfferCode.offer_id == offer_id,
            OfferCode.code == normalise_code(text),
            OfferCode.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now)
        .returning(OfferCode.id)
        .execution_options(synchronize_session=False)
    ).first()
    return withdrawn is not None


def find_typed(
    session: Session, merchant_id: int, texts: Iterable[str], *, asker: Asker
) -> dict[str, Typed]:
    """Return what is known of codes as they were entered, by their normal form."""
    wanted = sorted({normalise_code(text) for text in texts} - {""})[:MOST_ENTERED]
    if not wanted:
        return {}
    rows = session.scalars(
        select(OfferCode).where(
            OfferCode.merchant_id == merchant_id,
            OfferCode.code.in_(wanted),
            OfferCode.withdrawn_at.is_(None),
        )
    ).all()
    tight = [row.id for row in rows if row.max_uses is not None and row.held]
    free = {key: each.uses for key, each in free_by_code(session, tight, asker).items()}
    found = {row.code: row for row in rows}
    return {code: (_typed(code, found.get(code), free), found.get(code)) for code in wanted}


Typed = tuple[TypedCode, OfferCode | None]


def _typed(code: str, row: OfferCode | None, free: Mapping[int, int]) -> TypedCode:
    if row is None:
        return TypedCode(code)
    held = row.held - free.get(row.id, 0)
    left = None if row.max_uses is None else max(0, row.max_uses - held - row.used)
    return TypedCode(code, row.offer_id, left)
