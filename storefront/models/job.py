"""Job: work promised in a row, written in the transaction that causes it.

Not a queue that forgets: a row is claimed with a lease, and is done only when it says so."""

from datetime import datetime

from sqlalchemy import Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storefront.db.base import Base


class Job(Base):
    """One promise: run `name` with `payload` (ids and figures only) at `run_at` or later. One that
    was given up is done when a person has set it aside."""

    __tablename__ = "storefront_jobs"
    __table_args__ = (
        UniqueConstraint("merchant_id", "name", "unique_key"),
        Index(
            "ix_storefront_jobs_due",
            "run_at",
            sqlite_where=text("done_at IS NULL AND given_up_at IS NULL"),
            postgresql_where=text("done_at IS NULL AND given_up_at IS NULL"),
        ),
    )

    merchant_id: Mapped[int]
    name: Mapped[str] = mapped_column(String(60))
    unique_key: Mapped[str] = mapped_column(String(80))
    payload: Mapped[dict]  # type: ignore[type-arg]
    created_at: Mapped[datetime]
    run_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(Integer)
    lease: Mapped[str | None] = mapped_column(String(26))
    leased_until: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    given_up_at: Mapped[datetime | None]
    last_fault: Mapped[str | None] = mapped_column(String(200))
