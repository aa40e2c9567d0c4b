"""What watchers are told: the process, and the whole shop."""

from datetime import datetime
from pathlib import Path

import pytest

from storefront.db.schema import downgrade, upgrade
from storefront.services import upkeep
from tests.engines import ENGINES, Databases
from tests.fakes import Bench, make_bench


def note_worker(bench: Bench) -> None:
    with bench.database.begin() as session:
        upkeep.note_worker(session, now=bench.clock.now())


def test_a_shop_without_a_worker_is_well_and_not_ready(bench: Bench) -> None:
    client = bench.client()
    health, ready = client.get("/healthz"), client.get("/readyz")

    assert (health.status_code, health.json) == (200, {"status": "ok"})
    assert ready.status_code == 503
    assert ready.json == {
        "status": "not_ready",
        "database": "ok",
        "schema": "ok",
        "worker": "not_seen",
    }


def test_a_shop_with_a_worker_is_ready(bench: Bench) -> None:
    note_worker(bench)
    ready = bench.client().get("/readyz")

    assert (ready.status_code, ready.json["status"], ready.json["worker"]) == (200, "ok", "ok")


@pytest.mark.parametrize("revision", ["0001", "base"])
@pytest.mark.parametrize("engine", ENGINES)
def test_a_schema_that_is_behind_is_not_ready_and_comes_up_to_date(
    databases: Databases, tmp_path: Path, now: datetime, engine: str, revision: str
) -> None:
    with databases.fresh(engine) as url:
        bench = make_bench(tmp_path, url, now)
        downgrade(bench.database.writer, revision)
        behind = bench.client().get("/readyz")
        upgrade(bench.database.writer)
        note_worker(bench)
        current = bench.client().get("/readyz")
        bench.database.dispose()

    assert (behind.status_code, behind.json["schema"]) == (503, "behind")
    assert behind.json["do"] == "Run `storefront db upgrade`."
    assert (current.status_code, current.json["schema"]) == (200, "ok")


@pytest.mark.parametrize("engine", ENGINES)
def test_what_meets_a_schema_that_is_behind_is_told_so_and_the_log_says_what_to_do(
    databases: Databases,
    tmp_path: Path,
    now: datetime,
    caplog: pytest.LogCaptureFixture,
    *,
    engine: str,
) -> None:
    with databases.fresh(engine) as url:
        bench = make_bench(tmp_path, url, now)
        downgrade(bench.database.writer, "base")
        told = bench.client().get("/healthz", headers={"Accept": "application/json"})
        upgrade(bench.database.writer)
        well = bench.client().get("/healthz")
        bench.database.dispose()

    assert (told.status_code, told.json["code"]) == (503, "being_updated")
    assert told.headers["Retry-After"] == "60"
    assert "storefront db upgrade" in caplog.text
    assert well.status_code == 200


def test_a_database_that_is_away_is_not_ready(tmp_path: Path, now: datetime) -> None:
    bench = make_bench(tmp_path, "postgresql+psycopg://nobody@127.0.0.1:9/none", now)
    ready = bench.client().get("/readyz", headers={"Accept": "application/json"})

    assert (ready.status_code, ready.json["code"]) == (503, "busy")
