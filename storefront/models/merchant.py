"""Merchant, the people who work for it, its stores, and the tokens of its machines."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from storefront.db.base import Base

ROLES = ("owner", "manager", "reports", "clerk")
"""What members are. `reports` is a manager who sees the figures and changes nothing."""

ROLE_CHECK = f"role IN {ROLES}"


class Merchant(Base):
    """The business that sells and is paid. One currency, one legal identity, one home: what is
    picked up is taxed there. Buyers may cancel for `cancel_minutes` after they paid, while
    nothing has been made ready for them."""

    __tablename__ = "storefront_merchants"
    __table_args__ = (
        UniqueConstraint("public_id"),
        UniqueConstraint("slug"),
        CheckConstraint("cancel_minutes >= 0", name="cancel_minutes_not_negative"),
    )

    public_id: Mapped[str] = mapped_column(String(24))
    slug: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(120))
    currency: Mapped[str] = mapped_column(String(3))
    zone: Mapped[str] = mapped_column(String(60))
    locale: Mapped[str] = mapped_column(String(20))
    accent: Mapped[str] = mapped_column(String(7))
    contact_email: Mapped[str] = mapped_column(String(254))
    stripe_account: Mapped[str] = mapped_column(String(60))
    country: Mapped[str] = mapped_column(String(2), server_default=text("''"))
    region: Mapped[str] = mapped_column(String(120), server_default=text("''"))
    prices_include_tax: Mapped[bool] = mapped_column(server_default=text("true"))
    next_order_number: Mapped[int] = mapped_column(Integer)
    tax_number: Mapped[str | None] = mapped_column(String(60))
    guide_hidden_at: Mapped[datetime | None]
    cancel_minutes: Mapped[int] = mapped_column(Integer, server_default=text("60"))
    created_at: Mapped[datetime]


class Member(Base):
    """A person who signs in; what they may do where is a Membership."""

    __tablename__ = "storefront_members"
    __table_args__ = (UniqueConstraint("public_id"), UniqueConstraint("email"))

    public_id: Mapped[str] = mapped_column(String(24))
    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(String(200))
    session_epoch: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime]


class Membership(Base):
    """A member's role at one merchant, until they leave."""

    __tablename__ = "storefront_memberships"
    __table_args__ = (
        UniqueConstraint("merchant_id", "member_id"),
        Index(None, "member_id"),
        CheckConstraint(ROLE_CHECK, name="role_is_known"),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    member_id: Mapped[int] = mapped_column(ForeignKey(Member.id))
    role: Mapped[str] = mapped_column(String(20))
    pin_hash: Mapped[str | None] = mapped_column(String(200))
    joined_at: Mapped[datetime]
    left_at: Mapped[datetime | None]


class Store(Base):
    """A merchant's physical place."""

    __tablename__ = "storefront_stores"
    __table_args__ = (UniqueConstraint("merchant_id", "public_id"),)

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    public_id: Mapped[str] = mapped_column(String(24))
    name: Mapped[str] = mapped_column(String(120))
    address: Mapped[str] = mapped_column(String(300))
    hours: Mapped[str] = mapped_column(String(300))
    position: Mapped[int] = mapped_column(Integer)
    closed_at: Mapped[datetime | None]


class ApiToken(Base):
    """A machine's bearer token, kept as a keyed digest; a store's token acts for that store.
    `used_at` is when it was last used, give or take a few minutes."""

    __tablename__ = "storefront_api_tokens"
    __table_args__ = (UniqueConstraint("merchant_id", "digest"), Index(None, "digest"))

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    store_id: Mapped[int | None] = mapped_column(ForeignKey(Store.id))
    public_id: Mapped[str] = mapped_column(String(24))
    name: Mapped[str] = mapped_column(String(120))
    digest: Mapped[str] = mapped_column(String(64))
    last_four: Mapped[str] = mapped_column(String(4))
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
