"""A connection of a pool, lent to hot statements alone: there are no objects to be mapped, nothing
is flushed, and no transaction goes on. A session costs five times what it asks."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from storefront.db.running import fetch, finish, forget_told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Dialect, Engine, PoolProxiedConnection


BEGIN_READING = text("BEGIN")
BEGIN_WRITING = text("BEGIN IMMEDIATE")
"""It takes the write lock at once: a read transaction that is upgraded later fails with "database
is locked" without waiting."""


class Bare:
    """What `hot` needs to run statements. Each commits by itself, but for those `in_one`."""

    def __init__(self, engine: Engine, connection: PoolProxiedConnection) -> None:
        self._engine = engine
        self.connection = connection
        self.info: dict[Any, Any] = {}

    @property
    def dialect(self) -> Dialect:
        """Which database it is, as SQLAlchemy knows it."""
        return self._engine.dialect

    def exec_driver_sql(self, sql: str) -> None:
        """Ask SQLAlchemy to ask: what a lost server has left in the pool is thrown away."""
        self.connection.invalidate()
        with self._engine.connect() as other:
            other.exec_driver_sql(sql)


@contextmanager
def lend(engine: Engine) -> Iterator[Bare]:
    """Lend a connection of this engine, which goes back when the block ends. Raises what SQLAlchemy
    raises, for statements too."""
    connection = _taken_from(engine)
    try:
        yield Bare(engine, connection)
    finally:
        forget_told(connection)
        connection.close()


def _taken_from(engine: Engine) -> PoolProxiedConnection:
    try:
        return engine.raw_connection()
    except engine.dialect.loaded_dbapi.Error:
        engine.connect().close()  # raises what SQLAlchemy does, unless it has passed
        return engine.raw_connection()


def begin_to_read(bare: Bare) -> None:
    """Let SQLite's statements see one state until the connection goes back."""
    fetch(bare, BEGIN_READING, {})


@contextmanager
def in_one(bare: Bare) -> Iterator[None]:
    """Let SQLite's statements take effect together when the block ends well. Else the pool undoes
    them: it takes back no connection in the middle of something."""
    fetch(bare, BEGIN_WRITING, {})
    yield
    finish(bare)


@contextmanager
def committing(bare: Bare) -> Iterator[None]:
    """Let each statement of psycopg's commit by itself meanwhile."""
    driver: Any = bare.connection.driver_connection
    driver.autocommit = True
    try:
        yield
    finally:
        if not driver.closed:
            driver.autocommit = False
