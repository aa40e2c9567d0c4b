"""A database that is full: the buyer is told so, nothing is half-done, and with room it goes on.

SQLite is given so many pages and no more, and says what it says on a full disk."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from storefront.services.audit import audit
from tests.contents import nothing_changes
from tests.factories import order_json, world_on
from tests.fakes import Bench, make_bench

MANY = 2000


@contextmanager
def no_more_pages(bench: Bench) -> Iterator[None]:
    """Let the file grow no further for as long as the block lasts."""
    _limit(bench, 1)  # which SQLite takes for as many as there are
    yield
    _limit(bench, 2**32 - 2)


def _limit(bench: Bench, pages: int) -> None:
    with bench.database.writer.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")


def ask(client: Any, world: Any, number: int) -> Any:
    headers = {"Idempotency-Key": f"key-of-a-buyer-{number:022}", "Accept": "application/json"}
    return client.post("/orders", json=order_json(world), headers=headers)


def test_a_full_database_refuses_whole_orders_and_goes_on_when_there_is_room(
    sqlite_url: str, now: datetime, tmp_path: Path
) -> None:
    bench = make_bench(tmp_path, sqlite_url, now)
    world, client = world_on(bench, stock=None), bench.client()
    with no_more_pages(bench):
        answers = (ask(client, world, number) for number in range(MANY))
        refused = next(answer for answer in answers if answer.status_code != 201)
        with nothing_changes(bench.database):
            again = ask(client, world, MANY)
    with bench.database.reads() as session:
        findings = audit(session)
    after = ask(client, world, MANY)
    bench.database.dispose()

    assert (refused.status_code, refused.json["code"]) == (503, "storage_full")
    assert refused.headers["Retry-After"] == "60"
    assert (again.status_code, again.json["code"]) == (503, "storage_full")
    assert findings == []
    assert after.status_code == 201
