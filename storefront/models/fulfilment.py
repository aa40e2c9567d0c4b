"""How an order reached its buyer, and the words that members wrote about it. Rows here may go:
the history of the order keeps ids only."""

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storefront.db.base import Base
from storefront.models.merchant import Merchant
from storefront.models.order import Order, OrderEvent


class Shipment(Base):
    """Where a shipped order can be followed. What was not told is empty."""

    __tablename__ = "storefront_shipments"
    __table_args__ = (UniqueConstraint("merchant_id", "order_id"),)

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    order_id: Mapped[int] = mapped_column(ForeignKey(Order.id))
    carrier: Mapped[str] = mapped_column(String(60))
    tracking_number: Mapped[str] = mapped_column(String(80))
    tracking_url: Mapped[str] = mapped_column(String(500))


class OrderNote(Base):
    """What a member wrote, to the buyer or for their colleagues; its event says which and when."""

    __tablename__ = "storefront_order_notes"
    __table_args__ = (UniqueConstraint("merchant_id", "order_event_id"),)

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    order_event_id: Mapped[int] = mapped_column(ForeignKey(OrderEvent.id))
    words: Mapped[str] = mapped_column(Text)
