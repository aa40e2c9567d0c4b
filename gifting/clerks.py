"""Who may work at a counter, and with which PIN. What they do there begins in shifts.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from gifting.models import CounterShift
from storefront.errors import NotAllowed, NotFound
from storefront.models import Member, Membership
from storefront.services import actions
from storefront.services.members import OWNER, find_membership
from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.services.members import SignedIn

CLERK = "clerk"
ROLES = (OWNER, "manager", CLERK)
"""Who may stand at a counter. Who is limited to reports changes nothing anywhere."""


@frozen
class ClerkRow:
    """Somebody who may work at the counter."""

    member_id: int
    public_id: str
    name: str
    role: str
    has_pin: bool


def list_clerks(session: Session, merchant_id: int) -> tuple[ClerkRow, ...]:
    """Return who may work at a merchant's counters, by name."""
    rows = session.execute(
        select(
            Member.id,
            Member.public_id,
            Member.name,
            Membership.role,
            Membership.pin_hash.is_not(None),
        )
        .join(Membership, Membership.member_id == Member.id)
        .where(
            Membership.merchant_id == merchant_id,
            Membership.left_at.is_(None),
            Membership.role.in_(ROLES),
        )
        .order_by(Member.name, Member.id)
    )
    return tuple(ClerkRow(*row) for row in rows)


def may_set(who: SignedIn, member_public_id: str, role: str) -> bool:
    """Return whether a member may set a PIN: everybody their own, owners all, managers a clerk's.

    A manager who knew an owner's PIN could redeem in the owner's name.
    """
    return (
        who.member_public_id == member_public_id
        or who.role == OWNER
        or (who.role == "manager" and role == CLERK)
    )


def set_pin(
    session: Session,
    who: SignedIn,
    member_public_id: str,
    *,
    pin_hash: str | None,
    now: datetime,
) -> bool:
    """Give a member of the merchant another PIN, or none; their shifts end at once.

    Returns whether they had one before. Raises `NotFound` for who does not work here, `NotAllowed`
    for whose PIN is not theirs to set.
    """
    membership = find_membership(session, who.merchant_id, member_public_id)
    if membership is None or membership.left_at is not None or membership.role not in ROLES:
        raise NotFound
    if not may_set(who, member_public_id, membership.role):
        raise NotAllowed
    had_one = membership.pin_hash is not None
    membership.pin_hash = pin_hash
    end_shifts(session, who.merchant_id, membership.member_id, now=now)
    thing = ("member", member_public_id)
    if pin_hash is None:
        actions.note(session, who, "pin_removed", of=thing, now=now)
    else:
        actions.note(session, who, "pin_set", of=thing, now=now)
    return had_one


def end_shifts(session: Session, merchant_id: int, member_id: int, *, now: datetime) -> None:
    """End every shift of a member at a merchant's counters."""
    session.execute(
        update(CounterShift)
        .where(
            CounterShift.merchant_id == merchant_id,
            CounterShift.member_id == member_id,
            CounterShift.left_at.is_(None),
        )
        .values(left_at=now)
        .execution_options(synchronize_session=False)
    )
