"""Sites that may frame a merchant's shop, and those that tried and may not. The latter is what
browsers report, and anybody can make a report up: few rows, few writes, and no consequence."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select, update

from storefront.db.upsert import insert_if_new
from storefront.models import AllowedHost, Placement, RefusedHost
from storefront.services import actions, attempts, merchants
from storefront.services.attempts import Limit
from storefront.services.placements import get_placement
from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Delete
    from sqlalchemy.orm import Session

    from storefront.ports import Ports
    from storefront.services.members import SignedIn
    from storefront.services.views import PlacementView

BY_CALLER = Limit("refusal_caller", 5, timedelta(hours=1))
BY_MERCHANT = Limit("refusal_merchant", 60, timedelta(hours=1))
MOST = 20
"""Rows that one merchant keeps; further hosts have to wait until some are old or decided on."""

OLD = timedelta(days=30)
QUIET = timedelta(hours=1)
"""A host that was seen so lately is not written down again."""


@frozen
class RefusedRow:
    """A site that tried to show the shop, and where."""

    origin: str
    placement: str
    placement_name: str
    first_seen_at: datetime
    last_seen_at: datetime


def allow(session: Session, who: SignedIn, origin: str, *, now: datetime) -> str:
    """Let a site frame the shop; raise `Invalid` invalid_origin for what is no site."""
    clean = merchants.clean_origin(origin)
    is_new = insert_if_new(
        session, AllowedHost, merchant_id=who.merchant_id, origin=clean, added_at=now
    )
    session.execute(_refused(who.merchant_id, clean))
    if is_new is not None:
        # By the row's number: a site's name may be a person's.
        actions.note(session, who, "host_allowed", of=("host", str(is_new)), now=now)
    return clean


def is_allowed_anywhere(session: Session, origin: str) -> bool:
    """Return whether a site may frame the shop of some merchant here."""
    found = session.scalar(select(AllowedHost.id).where(AllowedHost.origin == origin).limit(1))
    return found is not None


def _refused(merchant_id: int, origin: str) -> Delete:
    return delete(RefusedHost).where(
        RefusedHost.merchant_id == merchant_id, RefusedHost.origin == origin
    )


def forbid(session: Session, who: SignedIn, origin: str, *, now: datetime) -> None:
    """Let a site frame the shop no longer; twice is as good as once."""
    gone = session.execute(
        delete(AllowedHost)
        .where(AllowedHost.merchant_id == who.merchant_id, AllowedHost.origin == origin)
        .returning(AllowedHost.id)
    ).first()
    if gone is not None:
        actions.note(session, who, "host_forbidden", of=("host", str(gone.id)), now=now)


def ignore(session: Session, who: SignedIn, origin: str, *, now: datetime) -> None:
    """Name a refused site no more, however often it tries."""
    ignored = session.execute(
        update(RefusedHost)
        .where(
            RefusedHost.merchant_id == who.merchant_id,
            RefusedHost.origin == origin,
            RefusedHost.ignored_at.is_(None),
        )
        .values(ignored_at=now)
        .returning(RefusedHost.id)
    ).first()
    if ignored is not None:
        actions.note(session, who, "host_ignored", of=("refused_host", str(ignored.id)), now=now)


def list_refused(
    session: Session, merchant_id: int, *, placement: str | None = None
) -> tuple[RefusedRow, ...]:
    """Return the sites that tried and on which nobody has decided, latest first."""
    statement = (
        select(
            RefusedHost.origin,
            Placement.public_id,
            Placement.name,
            RefusedHost.first_seen_at,
            RefusedHost.last_seen_at,
        )
        .join(Placement, Placement.id == RefusedHost.placement_id)
        .where(RefusedHost.merchant_id == merchant_id, RefusedHost.ignored_at.is_(None))
        .order_by(RefusedHost.last_seen_at.desc(), RefusedHost.id.desc())
    )
    if placement is not None:
        statement = statement.where(Placement.public_id == placement)
    return tuple(RefusedRow(*row) for row in session.execute(statement))


def note_refusal(ports: Ports, placement: str, origin: str, *, caller: str) -> None:
    """Write down that a site was turned away at a placement.

    Raises `NotFound` for no placement of ours and `TooMany`; a site that is allowed, ignored,
    known, or one too many changes nothing.
    """
    now = ports.clock.now()
    with ports.reads() as session:
        view = get_placement(session, placement)
        if not _is_news(session, view, origin, now=now):
            return
    bound = [
        attempts.subject(ports.sign, BY_CALLER, caller),
        attempts.subject(ports.sign, BY_MERCHANT, "all", merchant_id=view.merchant.id),
    ]
    with ports.reads() as session:
        attempts.check(session, bound, now=now)
    with ports.sessions.begin() as session:
        if attempts.count_failure(session, bound, now=now).refusal is None:
            _write(session, view, origin, now=now)


def _is_news(session: Session, view: PlacementView, origin: str, *, now: datetime) -> bool:
    if origin in view.merchant.allowed_origins:
        return False
    known = session.execute(
        select(RefusedHost.last_seen_at, RefusedHost.ignored_at).where(
            RefusedHost.merchant_id == view.merchant.id, RefusedHost.origin == origin
        )
    ).first()
    return known is None or (known.ignored_at is None and known.last_seen_at <= now - QUIET)


def _write(session: Session, view: PlacementView, origin: str, *, now: datetime) -> None:
    merchant_id = view.merchant.id
    seen = session.execute(
        update(RefusedHost)
        .where(RefusedHost.merchant_id == merchant_id, RefusedHost.origin == origin)
        .values(last_seen_at=now, placement_id=view.id)
        .returning(RefusedHost.id)
    ).first()
    if seen is not None:
        return
    session.execute(
        delete(RefusedHost).where(
            RefusedHost.merchant_id == merchant_id, RefusedHost.last_seen_at <= now - OLD
        )
    )
    rows = select(func.count(RefusedHost.id)).where(RefusedHost.merchant_id == merchant_id)
    if (session.scalar(rows) or 0) < MOST:
        insert_if_new(
            session,
            RefusedHost,
            merchant_id=merchant_id,
            placement_id=view.id,
            origin=origin,
            first_seen_at=now,
            last_seen_at=now,
        )
