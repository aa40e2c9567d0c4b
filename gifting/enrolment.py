"""The link that makes a telephone or tablet a counter: good once, and for a quarter of an hour.
What it leaves on the device is known by `devices.py`."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from gifting.devices import PURPOSE
from gifting.models import CounterDevice
from storefront.errors import Ended, NotFound
from storefront.models import Merchant, Store
from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.ports import Signer

LINK = "counter_enrolment"
PARTS = 2


@frozen
class Enrolment:
    """What an open link would make of the telephone that it is opened on."""

    device_id: int
    name: str
    store: str
    merchant_name: str
    accent: str


def open_link(session: Session, merchant_id: int, device: str, *, sign: Signer) -> str:
    """Return the token of a device's link; raise `NotFound` once it is enrolled."""
    found = session.scalars(
        select(CounterDevice).where(
            CounterDevice.merchant_id == merchant_id,
            CounterDevice.public_id == device,
            CounterDevice.revoked_at.is_(None),
            CounterDevice.enrolled_at.is_(None),
        )
    ).first()
    if found is None:
        raise NotFound
    return sign.seal(LINK, [found.public_id, _mark(found.invited_at)])


def _mark(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def read_link(session: Session, token: str, *, sign: Signer, now: datetime) -> Enrolment:
    """Return what a link enrols; raise `Ended` device_link_over when it is altered, used, void
    or too old."""
    value = sign.unseal(LINK, token)
    if not isinstance(value, list) or len(value) != PARTS:
        raise Ended("device_link_over")
    row = session.execute(
        select(CounterDevice, Store.name, Merchant.name, Merchant.accent)
        .join(Store, Store.id == CounterDevice.store_id)
        .join(Merchant, Merchant.id == CounterDevice.merchant_id)
        .where(
            CounterDevice.public_id == str(value[0]),
            CounterDevice.enrolled_at.is_(None),
            CounterDevice.revoked_at.is_(None),
            CounterDevice.invited_until > now,
        )
    ).first()
    if row is None or _mark(row[0].invited_at) != value[1]:
        raise Ended("device_link_over")
    device, store, merchant_name, accent = row
    return Enrolment(device.id, device.name, store, merchant_name, accent)


def enrol(session: Session, token: str, *, sign: Signer, now: datetime) -> str:
    """Use a link up and return the device's secret, which is kept nowhere but on the device.

    Raises `Ended` device_link_over, also for the second of two who come at the same moment.
    """
    found = read_link(session, token, sign=sign, now=now)
    secret = secrets.token_urlsafe(32)
    taken = session.execute(
        update(CounterDevice)
        .where(
            CounterDevice.id == found.device_id,
            CounterDevice.enrolled_at.is_(None),
            CounterDevice.revoked_at.is_(None),
        )
        .values(digest=sign.digest(PURPOSE, secret), enrolled_at=now, seen_at=now)
        .returning(CounterDevice.id)
        .execution_options(synchronize_session=False)
    ).first()
    if taken is None:
        raise Ended("device_link_over")
    return secret
