"""Prepared statements run past SQLAlchemy, whose way to there takes five times as long as SQLite's
answer: on SQLite's own cursor, or through PostgreSQL's pipe. Only `hot` knows sessions."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from storefront.db.pipe import Pipe, Said
from storefront.db.prepared import prepared

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection, Executable, PoolProxiedConnection

    from storefront.db.bare import Bare
    from storefront.db.prepared import AnyRow, Prepared

    Asked = tuple[Executable, Mapping[str, Any]]

MOST_TOGETHER = 1000
"""So many rows are sent to PostgreSQL before it is heard."""

COMMITTING = text("COMMIT")

PIPE = "storefront_pipe"
"""Where the pool keeps a connection's pipe."""


def fetch(
    connection: Connection | Bare, statement: Executable, values: Mapping[str, Any]
) -> list[AnyRow]:
    """Run a statement in the connection's transaction, and return its rows; none where it returns
    none. Raises what SQLAlchemy raises."""
    ready = prepared(statement, connection.dialect, values)
    found = _found(connection, ready, values)
    return ready.reading.rows(found) if ready.reading else []


def fetch_raw(
    connection: Connection | Bare, statement: Executable, values: Mapping[str, Any]
) -> Sequence[Sequence[Any]]:
    """Do so, and return the rows as the driver does."""
    return _found(connection, prepared(statement, connection.dialect, values), values)


def fetch_each(bare: Bare, asked: Sequence[Asked]) -> list[list[AnyRow]]:
    """Run statements of PostgreSQL's in one way there and back; return the rows of each."""
    ready = [prepared(statement, bare.dialect, values) for statement, values in asked]
    said = [_said(each, values) for each, (_, values) in zip(ready, asked, strict=True)]
    found = _piped(bare, said)
    return [
        each.reading.rows(rows) if each.reading else []
        for each, rows in zip(ready, found, strict=True)
    ]


def run_many(
    connection: Connection | Bare, statement: Executable, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Run a statement for each of some rows that name the same values."""
    ready = prepared(statement, connection.dialect, rows[0])
    if _is_piped(connection):
        for begin in range(0, len(rows), MOST_TOGETHER):
            portion = rows[begin : begin + MOST_TOGETHER]
            _piped(connection, [_said(ready, row) for row in portion])
        return
    cursor = connection.connection.cursor()
    try:
        cursor.executemany(ready.sql, [ready.parameters(row) for row in rows])
    except connection.dialect.loaded_dbapi.Error as error:
        raise as_sqlalchemy_says(connection, ready.sql, error) from error
    finally:
        cursor.close()


def tell(bare: Bare, statement: Executable, values: Mapping[str, Any]) -> None:
    """Run a statement whose rows nobody wants. To PostgreSQL it goes with the next that is asked
    for some or with COMMIT, and raises what it raises there."""
    if _is_piped(bare):
        said = _said(prepared(statement, bare.dialect, values), values)
        with _faults_of(bare) as pipe:
            pipe.tell(said)
    else:
        fetch(bare, statement, values)


def tell_now(bare: Bare) -> None:
    """Run what was told, for whoever uses the connection otherwise from now on."""
    if _is_piped(bare):
        _piped(bare, ())


def forget_told(connection: PoolProxiedConnection) -> None:
    """Drop what was told and will not be committed."""
    pipe = connection.info.get(PIPE)
    if pipe is not None:
        pipe.untold.clear()


def finish(bare: Bare) -> None:
    """Make durable what was done and told in the connection's transaction. Raises what SQLAlchemy
    raises."""
    if _is_piped(bare):
        with _faults_of(bare) as pipe:
            pipe.finish()
    else:
        fetch(bare, COMMITTING, {})


def _found(
    connection: Connection | Bare, ready: Prepared, values: Mapping[str, Any]
) -> Sequence[Sequence[Any]]:
    if _is_piped(connection):
        return _piped(connection, (_said(ready, values),))[0]
    cursor = connection.connection.cursor()
    try:
        cursor.execute(ready.sql, ready.parameters(values))
        return cursor.fetchall() if ready.reading else ()
    except connection.dialect.loaded_dbapi.Error as error:
        raise as_sqlalchemy_says(connection, ready.sql, error) from error
    finally:
        cursor.close()


def _is_piped(connection: Connection | Bare) -> bool:
    return connection.dialect.name != "sqlite"


def _said(ready: Prepared, values: Mapping[str, Any]) -> Said:
    return Said(ready.sql, ready.parameters(values))  # type: ignore[arg-type]


def _piped(connection: Connection | Bare, said: Sequence[Said]) -> Sequence[Sequence[Any]]:
    with _faults_of(connection) as pipe:
        return pipe.ask(said)


@contextmanager
def _faults_of(connection: Connection | Bare) -> Iterator[Pipe]:
    """Yield the connection's pipe; raise its faults as SQLAlchemy would."""
    pipe = _pipe_of(connection.connection)
    try:
        yield pipe
    except connection.dialect.loaded_dbapi.Error as error:
        raise as_sqlalchemy_says(connection, pipe.blamed, error) from error


def _pipe_of(connection: PoolProxiedConnection) -> Pipe:
    pipe: Pipe | None = connection.info.get(PIPE)
    if pipe is None:
        driver: Any = connection.driver_connection
        pipe = connection.info[PIPE] = Pipe(driver)
    return pipe


def as_sqlalchemy_says(
    connection: Connection | Bare, sql: str | bytes, error: Exception
) -> BaseException:
    """Return a driver's fault as SQLAlchemy would raise it. Where the connection is lost, it is
    asked once more by SQLAlchemy, which meets the same and throws away what the pool holds."""
    dialect = connection.dialect
    if dialect.is_disconnect(error, connection.connection.dbapi_connection, None):  # type: ignore[arg-type]
        connection.exec_driver_sql("SELECT 1")
    told = sql.decode() if isinstance(sql, bytes) else sql
    return DBAPIError.instance(
        told, None, error, dialect.loaded_dbapi.Error, hide_parameters=True, dialect=dialect
    )
