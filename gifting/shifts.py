"""Who is at work on a device: from their PIN until they lock it, or for twelve hours. Every
redemption at a counter is made in a shift."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from gifting.clerks import CLERK, ROLES
from gifting.devices import find_device
from gifting.models import CounterDevice, CounterShift
from storefront.errors import Invalid, NotSignedIn
from storefront.models import Member, Membership
from storefront.services import alarms, attempts, pins
from storefront.services.attempts import Limit
from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from gifting.devices import Device
    from storefront.ports import Ports, Signer

PURPOSE = "counter_shift"
LONGEST = timedelta(hours=12)
DEVICE_TRIES = Limit("pin_device", 10, timedelta(minutes=10))
HOUR_TRIES = Limit("pin_device_hour", 20, timedelta(hours=1))
"""Wrong PINs lock a device for a while, never the member nor the store: at another counter, also
behind the same address, they get in."""


@frozen
class Shift:
    """A member at work on a device. `role` is what they are to the merchant now."""

    id: int
    device: Device
    member_id: int
    member_public_id: str
    member_name: str
    role: str
    started_at: datetime
    ends_at: datetime

    @property
    def merchant_id(self) -> int:
        """For whom they work."""
        return self.device.merchant_id

    @property
    def is_senior(self) -> bool:
        """Whether they may undo what others have taken."""
        return self.role != CLERK


def start(ports: Ports, device: Device, member: str, *, pin: str) -> str:
    """Let a member begin on a device with their PIN, and return the shift's secret.

    Whoever was at work on it before is out. Raises `Invalid` pin_wrong, the same for a stranger
    and for a wrong PIN, and `TooMany`.
    """
    now, merchant_id = ports.clock.now(), device.merchant_id
    bound = [
        attempts.subject(ports.sign, limit, device.public_id, merchant_id=merchant_id)
        for limit in (DEVICE_TRIES, HOUR_TRIES)
    ]
    with ports.reads() as session:
        attempts.check(session, bound, now=now)
        found = _find_clerk(session, merchant_id, member)
    member_id, pin_hash = found or (None, None)
    if not pins.is_pin(pin) or not pins.is_right(pin_hash, pin) or member_id is None:
        _count_failure(ports, bound, merchant_id=merchant_id, now=now)
        raise Invalid("pin_wrong", field="pin")
    with ports.sessions.begin() as session:
        # Tries that ran beside this one may have failed meanwhile, and the PIN be another.
        attempts.check(session, bound, now=now)
        if _find_clerk(session, merchant_id, member) != found:
            raise Invalid("pin_wrong", field="pin")
        return _begin(session, device, member_id, sign=ports.sign, now=now)


def _find_clerk(session: Session, merchant_id: int, member: str) -> tuple[int, str | None] | None:
    row = session.execute(
        select(Member.id, Membership.pin_hash)
        .join(Membership, Membership.member_id == Member.id)
        .where(
            Member.public_id == member,
            Membership.merchant_id == merchant_id,
            Membership.left_at.is_(None),
            Membership.role.in_(ROLES),
        )
    ).first()
    return (row[0], row[1]) if row else None


def _count_failure(
    ports: Ports,
    bound: list[tuple[Limit, attempts.Subject]],
    *,
    merchant_id: int,
    now: datetime,
) -> None:
    with ports.sessions.begin() as session:
        counted = attempts.count_failure(session, bound, now=now)
        if counted.has_reached:
            alarms.raise_alarm(session, merchant_id, "pin_guessed", now=now)
    if counted.refusal:
        raise counted.refusal


def _begin(session: Session, device: Device, member_id: int, *, sign: Signer, now: datetime) -> str:
    secret = secrets.token_urlsafe(32)
    _end_all(session, device, now=now)
    session.add(
        CounterShift(
            merchant_id=device.merchant_id,
            device_id=device.id,
            member_id=member_id,
            digest=sign.digest(PURPOSE, secret),
            started_at=now,
            ends_at=now + LONGEST,
        )
    )
    session.execute(
        update(CounterDevice)
        .where(CounterDevice.id == device.id)
        .values(seen_at=now)
        .execution_options(synchronize_session=False)
    )
    return secret


def _end_all(session: Session, device: Device, *, now: datetime) -> None:
    session.execute(
        update(CounterShift)
        .where(CounterShift.device_id == device.id, CounterShift.left_at.is_(None))
        .values(left_at=now)
        .execution_options(synchronize_session=False)
    )


def lock(session: Session, shift: Shift, *, now: datetime) -> None:
    """End a shift: whoever is next types their PIN."""
    _end_all(session, shift.device, now=now)


def find_shift(
    session: Session, device_secret: str, secret: str, *, sign: Signer, now: datetime
) -> Shift | None:
    """Return who is at work, None when nobody is any more.

    A revoked device, a member who has left or is limited to reports by now, and twelve hours
    each end a shift without a row being written.
    """
    device = find_device(session, device_secret, sign=sign)
    if device is None:
        return None
    row = session.execute(
        select(CounterShift, Member, Membership.role)
        .join(Member, Member.id == CounterShift.member_id)
        .join(
            Membership,
            (Membership.member_id == CounterShift.member_id)
            & (Membership.merchant_id == CounterShift.merchant_id),
        )
        .where(
            CounterShift.digest == sign.digest(PURPOSE, secret),
            CounterShift.device_id == device.id,
            CounterShift.left_at.is_(None),
            CounterShift.ends_at > now,
            Membership.left_at.is_(None),
            Membership.joined_at <= CounterShift.started_at,
            Membership.role.in_(ROLES),
        )
    ).first()
    if row is None:
        return None
    shift, member, role = row
    return Shift(
        id=shift.id,
        device=device,
        member_id=member.id,
        member_public_id=member.public_id,
        member_name=member.name,
        role=role,
        started_at=shift.started_at,
        ends_at=shift.ends_at,
    )


def confirm(session: Session, shift: Shift, *, now: datetime) -> None:
    """Raise `NotSignedIn` when a shift has ended since it was found: in the transaction that
    acts, so that nobody who was let go takes one more card."""
    still = session.scalar(
        select(CounterShift.id)
        .join(CounterDevice, CounterDevice.id == CounterShift.device_id)
        .join(
            Membership,
            (Membership.member_id == CounterShift.member_id)
            & (Membership.merchant_id == CounterShift.merchant_id),
        )
        .where(
            CounterShift.id == shift.id,
            CounterShift.left_at.is_(None),
            CounterShift.ends_at > now,
            CounterDevice.revoked_at.is_(None),
            Membership.left_at.is_(None),
            Membership.role.in_(ROLES),
        )
    )
    if still is None:
        raise NotSignedIn
