"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, DateTime, Integer, String, TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy import Dialect
    from sqlalchemy.types import TypeEngine

Key = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit key. SQLite's INTEGER is 64 bits wide, and only that spelling counts up by itself."""


class _Compared(TypeDecorator.Comparator[Any], DateTime.Comparator[Any]):
    """What a column of moments can be compared with, and how it is added to."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC moment. SQLite keeps text of one width, so that it sorts as time does."""

    impl = DateTime(timezone=True)
    cache_ok = True
    # One for all: SQLAlchemy makes each column a class of its own, which are two hundred.
    comparator_factory = _Compared

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Keep text on SQLite and timestamptz elsewhere."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(26))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse naive moments: they mean different things to different people."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = f"{value!r} has no time zone; moments are kept in UTC"
            raise ValueError(message)
        utc = value.astimezone(UTC)
        if dialect.name == "sqlite":
            return utc.replace(tzinfo=None).isoformat(timespec="microseconds")
        return utc

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return an aware moment in UTC; within JSON, PostgreSQL tells it as text."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
        moment: datetime = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment.astimezone(UTC)
