"""Action: who did what in the console, kept for ever. No names and no words of people."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storefront.db.base import Base
from storefront.db.triggers import append_only
from storefront.models.merchant import Member, Merchant


class Action(Base):
    """One thing that a member did to one object; `figures` are plain numbers and codes."""

    __tablename__ = "storefront_actions"
    __table_args__ = (Index(None, "merchant_id", "done_at"), Index(None, "member_id"))

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    member_id: Mapped[int] = mapped_column(ForeignKey(Member.id))
    action: Mapped[str] = mapped_column(String(60))
    object_kind: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[str] = mapped_column(String(60))
    figures: Mapped[dict[str, Any]] = mapped_column(JSON)
    done_at: Mapped[datetime]


append_only(Action.__table__)  # type: ignore[arg-type]
