"""Where people meet us: channels, campaigns, placements, and the hosts that may frame us."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storefront.db.base import Base
from storefront.models.catalog import Product
from storefront.models.merchant import Merchant


class Channel(Base):
    """A social network or site of a merchant."""

    __tablename__ = "storefront_channels"
    __table_args__ = (UniqueConstraint("merchant_id", "slug"),)

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    slug: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(120))


class Campaign(Base):
    """A merchant's label over placements."""

    __tablename__ = "storefront_campaigns"
    __table_args__ = (UniqueConstraint("merchant_id", "public_id"),)

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    public_id: Mapped[str] = mapped_column(String(24))
    name: Mapped[str] = mapped_column(String(120))


class Placement(Base):
    """One spot on a channel where our storefront is embedded. Its id is all that a host knows.
    `link_share` is the public id of the share whose link the merchant posts."""

    __tablename__ = "storefront_placements"
    __table_args__ = (
        UniqueConstraint("merchant_id", "public_id"),
        Index(None, "public_id"),
        CheckConstraint("kind IN ('product', 'collection')", name="kind_is_known"),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    channel_id: Mapped[int] = mapped_column(ForeignKey(Channel.id))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey(Campaign.id))
    public_id: Mapped[str] = mapped_column(String(24))
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(120))
    post_url: Mapped[str] = mapped_column(String(2000))
    link_share: Mapped[str | None] = mapped_column(String(24))
    first_loaded_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class PlacementProduct(Base):
    """A product that a placement shows, and where in the row."""

    __tablename__ = "storefront_placement_products"
    __table_args__ = (UniqueConstraint("merchant_id", "placement_id", "product_id"),)

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    placement_id: Mapped[int] = mapped_column(ForeignKey(Placement.id))
    product_id: Mapped[int] = mapped_column(ForeignKey(Product.id))
    position: Mapped[int] = mapped_column(Integer)


class AllowedHost(Base):
    """An origin that may frame a merchant's storefront, such as https://blog.example.com."""

    __tablename__ = "storefront_allowed_hosts"
    __table_args__ = (UniqueConstraint("merchant_id", "origin"),)

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    origin: Mapped[str] = mapped_column(String(300))
    added_at: Mapped[datetime]


class RefusedHost(Base):
    """An origin that tried to frame a merchant's storefront and is not allowed to, as browsers
    report it. Anybody can report anything: rows are few, and nothing follows from one."""

    __tablename__ = "storefront_refused_hosts"
    __table_args__ = (UniqueConstraint("merchant_id", "origin"),)

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    placement_id: Mapped[int] = mapped_column(ForeignKey(Placement.id))
    origin: Mapped[str] = mapped_column(String(300))
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    ignored_at: Mapped[datetime | None]
