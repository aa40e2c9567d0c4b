"""All that a placement's page asks the database, asked ahead. The questions are those of whoever
reads the answers, and so are their values; nothing is decided here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import bindparam, func, select

from storefront.db.foreseen import as_one, foresee, rows_of, tell, with_found
from storefront.db.hot import is_sqlite, table_of
from storefront.db.prepared import fetch_raw
from storefront.models import Placement
from storefront.services.facade import SHOWN
from storefront.services.offer_terms import CANDIDATES, MODES, REMEMBERED, TARGETS
from storefront.services.placement_offers import LINKS
from storefront.services.placements import IN_USE
from storefront.services.price_history import PRICES_BEFORE
from storefront.services.shelf import FIRST_PAGE, IMAGES, VARIANTS

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Executable
    from sqlalchemy.orm import Session

    from storefront.db.bare import Bare
    from storefront.db.foreseen import Answer, Question, Raw
    from storefront.db.hot import AnyRow
    from storefront.kinds import LineKind

    Values = Mapping[str, object]
    Questions = tuple[Question, ...]
    Talk = Generator[tuple[Question, Values], Sequence[AnyRow], None]

_placement = table_of(Placement)
NOTHING_ENTERED: Values = MappingProxyType({"by_code": [], "seen": []})


def _talk(placement: str, doors: Questions, now: datetime) -> Talk:
    """Yield each question with its values, and be sent its rows."""
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


@dataclass(frozen=True)
class Told:
    """What the database has said about a placement at `now`: its `words` as they came, and what
    they answer."""

    placement: str
    now: datetime
    words: tuple[Raw, ...]
    answers: Callable[[], Iterable[Answer]]

    def answer_in(self, session: Session) -> None:
        """Let a session know all this, so that it need not ask for it."""
        foresee(session, self.answers())


def ask(bare: Bare, placement: str, *, kinds: Iterable[LineKind], now: datetime) -> Told:
    """Ask what a page of a placement will want to know at `now`, for whoever brings nothing."""
    doors = tuple(kind.door_question for kind in kinds if kind.door_question is not None)
    if is_sqlite(bare):
        return _ask_each(bare, placement, doors, now=now)
    return _ask_as_one(bare, placement, doors, now=now)


def _lead(talk: Talk, find: Callable[[Question, Values], Sequence[AnyRow]]) -> list[Answer]:
    """Answer all questions of a talk with what is found."""
    answers: list[Answer] = []
    rows: Sequence[AnyRow] | None = None
    try:
        while True:
            question, values = next(talk) if rows is None else talk.send(rows)
            rows = find(question, values)
            answers.append((question, values, rows))
    except StopIteration:
        return answers


def _ask_each(bare: Bare, placement: str, doors: Questions, *, now: datetime) -> Told:
    words: list[Raw] = []

    def find(question: Question, values: Values) -> Sequence[AnyRow]:
        words.append(tell(bare, question, values))
        return rows_of(bare.dialect, question, words[-1])

    answers = _lead(_talk(placement, doors, now), find)
    return Told(placement, now, tuple(words), lambda: answers)


def _ask_as_one(bare: Bare, placement: str, doors: Questions, *, now: datetime) -> Told:
    statement, places = _as_one(doors)
    values = {"key": placement, "recently": now - REMEMBERED, **NOTHING_ENTERED}
    [found] = fetch_raw(bare, statement, values)
    words = tuple(found)

    def find(question: Question, values: Values) -> Sequence[AnyRow]:
        place = places[question]
        rows = rows_of(bare.dialect, place.question, words[place.number])
        if question is PRICES_BEFORE:
            return [row for row in rows if row.starts_at == values["moment"]]
        return rows

    return Told(placement, now, words, lambda: _lead(_talk(placement, doors, now), find))


class _Place(NamedTuple):
    """Where a question stands among those that are asked as one, and how it is put there."""

    number: int
    question: Question


@cache
def _as_one(doors: Questions) -> tuple[Executable, Mapping[Question, _Place]]:
    """Return the questions of `_talk` as one, in which each finds its values by itself."""
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
    one = select(goods.c.public_id).where(spot.c.kind == "product").limit(1).scalar_subquery()
    put: dict[Question, Question] = {
        IN_USE: IN_USE,
        SHOWN: with_found(SHOWN, **own),
        FIRST_PAGE: select(goods),
        VARIANTS: select(pieces),
        IMAGES: with_found(IMAGES, **products),
        CANDIDATES: select(offers),
        TARGETS: with_found(TARGETS, offers=select(offers.c.id).scalar_subquery()),
        MODES: with_found(MODES, **own),
        LINKS: with_found(LINKS, placement_id=place),
        PRICES_BEFORE: with_found(
            PRICES_BEFORE,
            variants=select(pieces.c.id).scalar_subquery(),
            moment=offers.c.starts_at,
        ).add_columns(offers.c.starts_at),
        **{door: with_found(door, **own, product=func.coalesce(one, "")) for door in doors},
    }
    places = {key: _Place(number, each) for number, (key, each) in enumerate(put.items())}
    return as_one(tuple(put.values())), places
