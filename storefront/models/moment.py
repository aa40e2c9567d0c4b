"""Moment: a point in time that the installation remembers by its name."""

from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storefront.db.base import Base


class Moment(Base):
    """When something last happened: a worker showed itself, the daily tidying began. Under the
    name of an append-only table: rows from before may be forgotten, see `db/triggers.py`."""

    __tablename__ = "storefront_moments"
    __table_args__ = (UniqueConstraint("name"),)

    name: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]
