"""The databases that tests have open in this process, by their URL. One object is kept for each:
what SQLAlchemy has compiled for one test serves the next, and so may its connections."""

from collections import defaultdict
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import event

from storefront.db.engine import Database

_idle: dict[str, Database] = {}
_lent: dict[str, list[Database]] = defaultdict(list)
_server_processes: WeakKeyDictionary[Database, set[int]] = WeakKeyDictionary()


def open_database(url: str) -> Database:
    """Open a database, with the statements that were compiled for the last test at its URL. Who
    asks again before that test is over gets another one, as another process would."""
    database = _idle.pop(url, None) or _new(url)
    _lent[url].append(database)
    return database


def _new(url: str) -> Database:
    database = Database(url)
    processes = _server_processes[database] = set()

    def note(connection: Any, _record: object) -> None:
        processes.add(connection.info.backend_pid)

    if not database.is_sqlite:
        event.listen(database.writer, "connect", note)
        event.listen(database.reader, "connect", note)
    return database


def take_back(url: str) -> None:
    """Close what a test has opened, and keep one object for the next test at the same URL."""
    for database in _lent.pop(url, []):
        database.dispose()
        _idle[url] = database


def take_back_connected(url: str) -> set[int]:
    """Do the same, but leave the connections of what is kept open; return the processes of the
    PostgreSQL server at their other end."""
    *others, kept = _lent.pop(url, None) or [_idle.pop(url, None)]
    for database in others:
        database.dispose()
    if kept is None:
        return set()
    _idle[url] = kept
    return _server_processes[kept]


def disconnect(url: str) -> None:
    """Close the connections that were kept at a URL."""
    if url in _idle:
        _idle[url].dispose()
