"""What a merchant charges for delivery, and which tax is due where. Rates are never changed in
place: the old one retires, so that each order's moment can be explained."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storefront.db.base import Base
from storefront.domain.money import Money
from storefront.domain.pricing import ShippingTerms
from storefront.models.merchant import Merchant

IN_USE = text("retired_at IS NULL")


class ShippingRate(Base):
    """What it costs to send an order to one country, or to all that have no rate of their own."""

    __tablename__ = "storefront_shipping_rates"
    __table_args__ = (
        UniqueConstraint("merchant_id", "public_id"),
        Index(
            "uq_storefront_shipping_rates_in_use",
            "merchant_id",
            "country",
            unique=True,
            sqlite_where=IN_USE,
            postgresql_where=IN_USE,
        ),
        CheckConstraint("amount_minor >= 0", name="amount_not_negative"),
        CheckConstraint("free_from_minor > 0", name="free_from_positive"),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    public_id: Mapped[str] = mapped_column(String(24))
    country: Mapped[str] = mapped_column(String(2))
    name: Mapped[str] = mapped_column(String(60))
    amount_minor: Mapped[int]
    free_from_minor: Mapped[int | None]
    currency: Mapped[str] = mapped_column(String(3))
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]

    @property
    def terms(self) -> ShippingTerms:
        """The price as a value."""
        free_from = self.free_from_minor
        return ShippingTerms(
            Money(self.amount_minor, self.currency),
            None if free_from is None else Money(free_from, self.currency),
        )


class TaxRate(Base):
    """The tax of one country, or of one region of it, in parts per million. The empty region
    stands for the rest of the country."""

    __tablename__ = "storefront_tax_rates"
    __table_args__ = (
        UniqueConstraint("merchant_id", "public_id"),
        Index(
            "uq_storefront_tax_rates_in_use",
            "merchant_id",
            "country",
            "region",
            unique=True,
            sqlite_where=IN_USE,
            postgresql_where=IN_USE,
        ),
        CheckConstraint("rate_ppm >= 0 AND rate_ppm <= 1000000", name="rate_is_a_part"),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    public_id: Mapped[str] = mapped_column(String(24))
    country: Mapped[str] = mapped_column(String(2))
    region: Mapped[str] = mapped_column(String(120))
    name: Mapped[str] = mapped_column(String(60))
    rate_ppm: Mapped[int] = mapped_column(Integer)
    covers_shipping: Mapped[bool]
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
