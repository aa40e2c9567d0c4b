"""The tests' own tools keep their promises: no network, and a database of one's own."""

import socket

import pytest
from sqlalchemy import create_engine, text

from tests.conftest import part_of
from tests.engines import ENGINES, Databases
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
