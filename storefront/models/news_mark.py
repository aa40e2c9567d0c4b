"""NewsMark: how far the gateway's own lists were read, for what its messages did not tell."""

from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storefront.db.base import Base


class NewsMark(Base):
    """One of the gateway's accounts (empty: the installation's own), when its lists were last read
    to their end, and the newest refund and dispute that were seen in them."""

    __tablename__ = "storefront_news_marks"
    __table_args__ = (UniqueConstraint("account"),)

    account: Mapped[str] = mapped_column(String(60))
    asked_at: Mapped[datetime | None]
    refund: Mapped[str | None] = mapped_column(String(80))
    dispute: Mapped[str | None] = mapped_column(String(80))
