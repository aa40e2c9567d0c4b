"""The present: what is given by whom to whom, and every try to hand it over."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storefront.db.base import Base
from storefront.db.triggers import append_only
from storefront.domain.money import Money
from storefront.models import LineItem, Merchant, Order, Variant
from storefront.models.interaction import Interaction

WAYS = ("email", "link", "self")
"""How a gift reaches its recipient: a mail, a link that the buyer sends on, or the buyer's own."""


class Gift(Base):
    """A present to one recipient. It is written when the order is placed and issued when that is
    paid; a gift with no `issued_at` has no card and no code.

    `face_minor` is what it is worth, `paid_minor` its share of what the buyer paid. `deliver_at`
    None is at once; the wall clock and zone are what the buyer chose. `link_number` is part of
    its link: a higher one makes the old link worthless. A bound gift is its recipient's alone.
    Whoever wants no reminders of one gift (`reminders_off_at`) gets none of any gift of this
    merchant at their address.
    """

    __tablename__ = "storefront_gifts"
    __table_args__ = (
        UniqueConstraint("merchant_id", "public_id"),
        UniqueConstraint("merchant_id", "line_item_id", "position"),
        Index(None, "public_id"),
        Index(None, "line_item_id"),
        Index(None, "merchant_id", "order_id"),
        Index(None, "merchant_id", "issued_at"),
        Index(None, "origin_interaction_id"),
        CheckConstraint(f"way IN {WAYS}", name="way_is_known"),
        CheckConstraint("face_minor > 0", name="face_positive"),
        CheckConstraint("paid_minor >= 0", name="paid_not_negative"),
        CheckConstraint("link_number > 0", name="link_counted"),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    public_id: Mapped[str] = mapped_column(String(24))
    order_id: Mapped[int] = mapped_column(ForeignKey(Order.id))
    line_item_id: Mapped[int] = mapped_column(ForeignKey(LineItem.id))
    position: Mapped[int] = mapped_column(Integer)
    variant_id: Mapped[int | None] = mapped_column(ForeignKey(Variant.id))
    title: Mapped[str] = mapped_column(String(320))
    currency: Mapped[str] = mapped_column(String(3))
    face_minor: Mapped[int]
    paid_minor: Mapped[int]
    design: Mapped[str] = mapped_column(String(20))
    way: Mapped[str] = mapped_column(String(10))
    is_bound: Mapped[bool] = mapped_column(server_default=false())
    deliver_at: Mapped[datetime | None]
    wall_clock: Mapped[str] = mapped_column(String(16), server_default=text("''"))
    zone: Mapped[str] = mapped_column(String(60), server_default=text("''"))
    link_number: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    resent: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    visitor: Mapped[str] = mapped_column(String(26))
    origin_interaction_id: Mapped[int | None] = mapped_column(ForeignKey(Interaction.id))
    opened_interaction_id: Mapped[int | None] = mapped_column(ForeignKey(Interaction.id))
    placed_at: Mapped[datetime]
    issued_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    undeliverable_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    thanked_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    reminders_off_at: Mapped[datetime | None]

    contact: Mapped["GiftContact | None"] = relationship()

    @property
    def face(self) -> Money:
        """What it is worth."""
        return Money(self.face_minor, self.currency)

    @property
    def paid(self) -> Money:
        """What the buyer paid for it."""
        return Money(self.paid_minor, self.currency)


class GiftContact(Base):
    """From whom and to whom, and what they wrote: a gift's personal data, in a row that can go.

    `words` are the giver's, `thanks` the recipient's. The giver's address is the order's.
    """

    __tablename__ = "storefront_gift_contacts"
    __table_args__ = (
        UniqueConstraint("merchant_id", "gift_id"),
        Index(None, "merchant_id", "email"),
        Index(None, "gift_id"),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    gift_id: Mapped[int] = mapped_column(ForeignKey(Gift.id))
    sender: Mapped[str] = mapped_column(String(120))
    recipient: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(254))
    words: Mapped[str] = mapped_column(String(500))
    thanks: Mapped[str] = mapped_column(String(500), server_default=text("''"))
    locale: Mapped[str] = mapped_column(String(20))


class GiftDelivery(Base):
    """One try to hand a gift over, and what came of it: sent, refused. `cause` is why it was
    made: gift, resent, corrected, reminder, receipt. No addresses and no words."""

    __tablename__ = "storefront_gift_deliveries"
    __table_args__ = (Index(None, "merchant_id", "gift_id"),)

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    gift_id: Mapped[int] = mapped_column(ForeignKey(Gift.id))
    cause: Mapped[str] = mapped_column(String(20))
    outcome: Mapped[str] = mapped_column(String(20))
    detail: Mapped[str] = mapped_column(String(60))
    occurred_at: Mapped[datetime]


append_only(GiftDelivery.__table__)  # type: ignore[arg-type]
