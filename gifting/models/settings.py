"""How a merchant sells gifts."""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storefront.db.base import Base
from storefront.models import Merchant


class GiftSettings(Base):
    """A merchant's terms for gifts that are bought from now on; without a row the defaults hold.

    Amounts are minor units of the merchant's currency. `months_valid` None is for ever; `stores`
    are the ids of those that accept gifts, None is all of them.
    """

    __tablename__ = "storefront_gift_settings"
    __table_args__ = (
        UniqueConstraint("merchant_id"),
        CheckConstraint(
            "least_minor > 0 AND most_minor >= least_minor", name="limits_are_in_order"
        ),
        CheckConstraint("months_valid IS NULL OR months_valid >= 60", name="valid_long_enough"),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    is_on: Mapped[bool] = mapped_column(server_default=text("true"))
    least_minor: Mapped[int]
    most_minor: Mapped[int]
    presets: Mapped[list[int]] = mapped_column(JSON)
    months_valid: Mapped[int | None] = mapped_column(Integer)
    are_promotable: Mapped[bool] = mapped_column(server_default=text("false"))
    stores: Mapped[list[int] | None] = mapped_column(JSON(none_as_null=True))
    remind_unopened_days: Mapped[int | None] = mapped_column(Integer)
    remind_expiry_days: Mapped[int | None] = mapped_column(Integer)
    changed_at: Mapped[datetime]
