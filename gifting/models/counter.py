"""The counter: devices that a manager has enrolled, and who is at work on one."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storefront.db.base import Base
from storefront.models import Member, Merchant, Store


class CounterDevice(Base):
    """A phone or tablet at a store's counter. It is enrolled by a link that is good once and
    until `invited_until`; from then on its own secret, kept as a digest, is what it is known by."""

    __tablename__ = "storefront_counter_devices"
    __table_args__ = (
        UniqueConstraint("merchant_id", "public_id"),
        UniqueConstraint("merchant_id", "digest"),
        Index(None, "digest"),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    store_id: Mapped[int] = mapped_column(ForeignKey(Store.id))
    public_id: Mapped[str] = mapped_column(String(24))
    name: Mapped[str] = mapped_column(String(60))
    digest: Mapped[str] = mapped_column(String(64))
    invited_at: Mapped[datetime]
    invited_until: Mapped[datetime]
    enrolled_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class CounterShift(Base):
    """A member at work on a device, from their PIN until they leave or `ends_at`."""

    __tablename__ = "storefront_counter_shifts"
    __table_args__ = (
        UniqueConstraint("merchant_id", "digest"),
        Index(None, "digest"),
        Index(None, "device_id"),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    device_id: Mapped[int] = mapped_column(ForeignKey(CounterDevice.id))
    member_id: Mapped[int] = mapped_column(ForeignKey(Member.id))
    digest: Mapped[str] = mapped_column(String(64))
    started_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
