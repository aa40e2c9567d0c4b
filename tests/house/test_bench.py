"""The tests' own tools keep their promises: no network, and a database of one's own."""

import socket
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from tests.conftest import part_of
from tests.engines import ENGINES, Databases
from tests.factories import place, world_on
from tests.fakes import make_bench
from tests.sockets import OutsideWorld


@pytest.mark.parametrize("host", ["192.0.2.1", "shop.example", "2001:db8::1"])
def test_a_test_cannot_reach_the_outside_world(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as client, pytest.raises(OutsideWorld):
        client.connect((host, 443))


def test_a_test_reaches_its_own_machine() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as client:
        client.connect(server.getsockname())

        assert client.getpeername() == server.getsockname()


@pytest.mark.parametrize("engine", ENGINES)
def test_what_one_test_writes_another_does_not_see(databases: Databases, engine: str) -> None:
    with databases.fresh(engine) as one, databases.fresh(engine) as other:
        _run(one, "CREATE TABLE left_behind (id INTEGER)")
        _run(one, "SELECT * FROM left_behind")

        with pytest.raises(Exception, match="left_behind"):
            _run(other, "SELECT * FROM left_behind")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_database_goes_when_its_test_is_over(databases: Databases, engine: str) -> None:
    with databases.fresh(engine) as url:
        _run(url, "SELECT 1")

    with pytest.raises(Exception, match=r"unable to open|does not exist"):
        _run(url, "SELECT 1")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_database_that_is_used_again_is_as_if_it_were_new(
    databases: Databases, tmp_path: Path, now: datetime, engine: str
) -> None:
    ids = []
    for _ in range(2):
        with databases.used_again(engine) as url:
            bench = make_bench(tmp_path, url, now)
            world = world_on(bench)
            place(bench, world)
            ids.append((world.merchant.id, world.variant.id))

    assert ids == [(1, 1), (1, 1)]


def test_what_a_test_does_to_tables_is_gone_with_it(databases: Databases) -> None:
    with databases.used_again("postgresql") as url:
        _run(url, "CREATE INDEX stray ON storefront_orders (placed_at)")
    with databases.used_again("postgresql") as url:
        _run(url, "CREATE INDEX stray ON storefront_orders (placed_at)")


def test_what_a_test_leaves_open_does_not_last(databases: Databases) -> None:
    lock = "LOCK TABLE storefront_orders"
    with databases.used_again("postgresql") as url:
        left = create_engine(url)
        connection = left.connect()
        connection.execute(text(lock))
    with databases.used_again("postgresql") as url:
        _run(url, lock)

    with pytest.raises(OperationalError):
        connection.execute(text("SELECT 1"))
    connection.close()
    left.dispose()


def _run(url: str, statement: str) -> None:
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            connection.execute(text(statement))
    finally:
        engine.dispose()


@pytest.mark.parametrize(
    ("nodeid", "part"),
    [
        ("tests/house/test_bench.py::test_x", "house"),
        ("tests/storefront/domain/test_money.py::test_x", "domain"),
        ("tests/gifting/test_codes.py::test_x", "gifting"),
        ("tests/browser/test_feed.py::test_x[phone]", "browser"),
    ],
)
def test_a_test_belongs_to_the_part_it_lies_in(nodeid: str, part: str) -> None:
    assert part_of(nodeid) == part
