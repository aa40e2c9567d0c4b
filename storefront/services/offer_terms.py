"""Read the offers that may count for somebody here and now, as values that `evaluate` takes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, or_, select

from storefront.db.hot import read, table_of
from storefront.db.types import UtcDateTime
from storefront.domain.offers import Kind, Lane, Mode
from storefront.models import Offer, OfferLane, OfferTarget
from storefront.models.offer import terms_of
from storefront.services import codes
from storefront.services.free_uses import Asker, free_by_offer
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.db.hot import AnyRow
    from storefront.domain.offers import OfferTerms, TypedCode
    from storefront.services.free_uses import Free

REMEMBERED = timedelta(days=1)
"""So long after its end an offer is still named, as one that is over."""

_offer, _target, _lane = map(table_of, (Offer, OfferTarget, OfferLane))
_recently = bindparam("recently", type_=UtcDateTime())
CANDIDATES = (
    select(_offer)
    .where(
        _offer.c.merchant_id == bindparam("merchant_id"),
        _offer.c.published_at.is_not(None),
        or_(
            (_offer.c.kind == Kind.AUTOMATIC.value)
            & or_(_offer.c.ends_at.is_(None), _offer.c.ends_at > _recently)
            & or_(_offer.c.ended_at.is_(None), _offer.c.ended_at > _recently),
            _offer.c.id.in_(bindparam("by_code", expanding=True)),
            _offer.c.public_id.in_(bindparam("seen", expanding=True)),
        ),
    )
    .order_by(_offer.c.id)
)
TARGETS = (
    select(_target.c.offer_id, _target.c.role, _target.c.product_id, _target.c.variant_id)
    .where(_target.c.offer_id.in_(bindparam("offers", expanding=True)))
    .order_by(_target.c.id)
)
MODES = select(_lane.c.lane, _lane.c.mode).where(_lane.c.merchant_id == bindparam("merchant_id"))


@frozen
class Named:
    """What people see of an offer: the world's name for it, and the merchant's."""

    public_id: str
    name: str


@frozen
class KnownOffers:
    """The offers of one merchant that matter for a question, with what names them.

    `shown` tells how each code is written, by the form in which it is compared; `code_ids` and
    `typed` are those that were entered.
    """

    terms: tuple[OfferTerms, ...] = ()
    names: Mapping[int, Named] = field(default_factory=dict)
    typed: tuple[TypedCode, ...] = ()
    shown: Mapping[str, str] = field(default_factory=dict)
    code_ids: Mapping[str, int] = field(default_factory=dict)
    modes: Mapping[Lane, Mode] = field(default_factory=dict)

    def by_public_id(self, public_id: str) -> OfferTerms | None:
        """Return the terms of the offer with this public id, if it is here."""
        return next(
            (each for each in self.terms if self.names[each.id].public_id == public_id), None
        )


def offers_for(
    session: Session,
    merchant_id: int,
    *,
    now: datetime,
    entered: Sequence[str] = (),
    seen: Iterable[str] = (),
    visitor: str | None = None,
) -> KnownOffers:
    """Return the merchant's automatic offers, those of the entered codes and those once seen.

    What a known `visitor` holds in orders of their own counts as free.
    """
    asker = Asker(now, visitor)
    typed = codes.find_typed(session, merchant_id, entered, asker=asker)
    by_code = {code.offer_id for code, _ in typed.values() if code.offer_id}
    rows = read(
        session,
        CANDIDATES,
        merchant_id=merchant_id,
        recently=now - REMEMBERED,
        by_code=list(by_code),
        seen=list(seen),
    )
    targets = _targets(session, [row.id for row in rows])
    return KnownOffers(
        terms=_without_free_holds(session, [terms_of(row, targets[row.id]) for row in rows], asker),
        names={row.id: Named(row.public_id, row.name) for row in rows},
        typed=tuple(code for code, _ in typed.values()),
        shown={code: row.shown if row else code for code, (_, row) in typed.items()},
        code_ids={code: row.id for code, (_, row) in typed.items() if row},
        modes=modes_of(session, merchant_id) if len(rows) > 1 else {},  # one has no rival
    )


def _targets(session: Session, offer_ids: Sequence[int]) -> Mapping[int, Sequence[AnyRow]]:
    """Return what each offer is about."""
    found: defaultdict[int, list[AnyRow]] = defaultdict(list)
    if offer_ids:
        for row in read(session, TARGETS, offers=offer_ids):
            found[row.offer_id].append(row)
    return found


def modes_of(session: Session, merchant_id: int) -> dict[Lane, Mode]:
    """Return how offers compete in each of the merchant's lanes where it is not by the best."""
    rows = read(session, MODES, merchant_id=merchant_id)
    return {Lane(lane): Mode(mode) for lane, mode in rows}


def _without_free_holds(
    session: Session, offers: Sequence[OfferTerms], asker: Asker
) -> tuple[OfferTerms, ...]:
    """Return the offers as they are without the holds that are free for the asker.

    Asked only where holds seem to leave too little: elsewhere it makes no difference.
    """
    tight = [each.id for each in offers if each.counts.held and _is_tight(each)]
    free = free_by_offer(session, tight, asker)
    return tuple(_less(each, free[each.id]) if each.id in free else each for each in offers)


def _is_tight(terms: OfferTerms) -> bool:
    return terms.counts.is_gone or terms.counts.budget_minor is not None


def _less(terms: OfferTerms, free: Free) -> OfferTerms:
    counts = terms.counts
    held, spent = counts.held - free.uses, counts.spent_minor - free.minor
    return replace(terms, counts=replace(counts, held=held, spent_minor=spent))
