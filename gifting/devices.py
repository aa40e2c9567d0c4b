"""Phones and tablets at a counter: enrolled by a link that is good once, renamed, revoked. Who is
at work on one is in shifts.py, the link in enrolment.py."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import case, func, select

from gifting.models import CounterDevice, CounterShift
from storefront.db.ids import public_id
from storefront.errors import Invalid, NotFound
from storefront.models import Member, Membership, Merchant, Store
from storefront.services import actions
from storefront.services.stores import open_store_id
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.ports import Signer
    from storefront.services.members import SignedIn

PURPOSE = "counter_device"
GOOD_FOR = timedelta(minutes=15)


@frozen
class DeviceRow:
    """A device as the console lists it. `state` is waiting, late, enrolled; `clerk` is who is at
    work on it."""

    public_id: str
    name: str
    store: str
    state: str
    invited_until: datetime
    enrolled_at: datetime | None
    seen_at: datetime | None
    clerk: str | None


@frozen
class Device:
    """An enrolled device, and where it stands."""

    id: int
    public_id: str
    name: str
    merchant_id: int
    merchant_name: str
    merchant_slug: str
    accent: str
    currency: str
    zone: str
    store_id: int
    store_name: str


def invite(session: Session, who: SignedIn, *, name: str, store: str, now: datetime) -> str:
    """Prepare a place for a device at a store and return its public id.

    Raises `Invalid` invalid_label, or unknown_store for one that is closed or somebody else's.
    """
    store_id = open_store_id(session, who.merchant_id, store)
    device = CounterDevice(
        merchant_id=who.merchant_id,
        store_id=store_id,
        public_id=public_id("dev"),
        name=_named(name),
        # Nobody knows what this is the digest of, until the link is used.
        digest=secrets.token_hex(32),
        invited_at=now,
        invited_until=now + GOOD_FOR,
    )
    session.add(device)
    session.flush()
    actions.note(session, who, "device_invited", of=("device", device.public_id), now=now)
    return device.public_id


def invite_again(session: Session, who: SignedIn, device: str, *, now: datetime) -> None:
    """Give a device that was never enrolled a new link; the former one is void from now on."""
    found = _get(session, who.merchant_id, device)
    if found.enrolled_at is not None:
        raise NotFound
    found.invited_at, found.invited_until = now, now + GOOD_FOR
    actions.note(session, who, "device_invited", of=("device", device), now=now)


def rename(session: Session, who: SignedIn, device: str, *, name: str, now: datetime) -> None:
    """Call a device something else. Raises `NotFound`, or `Invalid` invalid_label."""
    found = _get(session, who.merchant_id, device)
    found.name = _named(name)
    actions.note(session, who, "device_renamed", of=("device", device), now=now)


def _named(name: str) -> str:
    if not name:
        raise Invalid("invalid_label", field="name")
    return name


def revoke(session: Session, who: SignedIn, device: str, *, now: datetime) -> None:
    """Make a device a stranger; whoever is at work on it is out at once."""
    _get(session, who.merchant_id, device).revoked_at = now
    actions.note(session, who, "device_revoked", of=("device", device), now=now)


def _get(session: Session, merchant_id: int, device: str) -> CounterDevice:
    found = session.scalars(
        select(CounterDevice)
        .where(
            CounterDevice.merchant_id == merchant_id,
            CounterDevice.public_id == device,
            CounterDevice.revoked_at.is_(None),
        )
        .with_for_update()
    ).first()
    if found is None:
        raise NotFound
    return found


def list_devices(session: Session, merchant_id: int, *, now: datetime) -> Sequence[DeviceRow]:
    """Return a merchant's devices that are not revoked, by store and age."""
    at_work = (
        select(CounterShift.device_id, func.max(CounterShift.member_id).label("member_id"))
        .join(
            Membership,
            (Membership.member_id == CounterShift.member_id)
            & (Membership.merchant_id == CounterShift.merchant_id),
        )
        .where(
            CounterShift.merchant_id == merchant_id,
            CounterShift.left_at.is_(None),
            CounterShift.ends_at > now,
            Membership.left_at.is_(None),
        )
        .group_by(CounterShift.device_id)
        .subquery()
    )
    state = case(
        (CounterDevice.enrolled_at.is_not(None), "enrolled"),
        (CounterDevice.invited_until > now, "waiting"),
        else_="late",
    )
    rows = session.execute(
        select(
            CounterDevice.public_id,
            CounterDevice.name,
            Store.name,
            state,
            CounterDevice.invited_until,
            CounterDevice.enrolled_at,
            CounterDevice.seen_at,
            Member.name,
        )
        .join(Store, Store.id == CounterDevice.store_id)
        .outerjoin(at_work, at_work.c.device_id == CounterDevice.id)
        .outerjoin(Member, Member.id == at_work.c.member_id)
        .where(CounterDevice.merchant_id == merchant_id, CounterDevice.revoked_at.is_(None))
        .order_by(Store.position, Store.id, CounterDevice.id)
    )
    return tuple(DeviceRow(*row) for row in rows)


def find_device(session: Session, secret: str, *, sign: Signer) -> Device | None:
    """Return the enrolled device with this secret, None for strangers and revoked ones."""
    row = session.execute(
        select(CounterDevice, Store.name, Merchant)
        .join(Store, Store.id == CounterDevice.store_id)
        .join(Merchant, Merchant.id == CounterDevice.merchant_id)
        .where(
            CounterDevice.digest == sign.digest(PURPOSE, secret),
            CounterDevice.enrolled_at.is_not(None),
            CounterDevice.revoked_at.is_(None),
        )
    ).first()
    if row is None:
        return None
    device, store_name, merchant = row
    return Device(
        id=device.id,
        public_id=device.public_id,
        name=device.name,
        merchant_id=merchant.id,
        merchant_name=merchant.name,
        merchant_slug=merchant.slug,
        accent=merchant.accent,
        currency=merchant.currency,
        zone=merchant.zone,
        store_id=device.store_id,
        store_name=store_name,
    )
