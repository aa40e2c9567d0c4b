"""Figures for those who watch: behind a token, added up over processes, and nobody's secret."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from storefront.programs import SERVED
from tests.engines import Databases
from tests.factories import World, make_world, pay, place, send_event, world_on
from tests.fakes import Bench, make_bench
from tests.races.market import wait_until
from tests.races.servers import Shop, running_shop
from tests.storefront.web.answers import PERSON

TOKEN = "t0ken-for-figures-0123456789-abcdefghij"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
REQUESTS = 40


@pytest.fixture
def watched(engine_url: str, tmp_path: Path, now: datetime) -> Iterator[Bench]:
    """Give a shop with a token for its figures."""
    bench = make_bench(tmp_path, engine_url, now, metrics_token=TOKEN)
    yield bench
    bench.database.dispose()


def figures(text: str) -> dict[tuple[str, ...], float]:
    """Read every sample: its name and the values of its labels."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scrape(client: Any) -> dict[tuple[str, ...], float]:
    answer = client.get("/metrics", headers=BEARER)
    assert answer.status_code == 200
    return figures(answer.text)


@pytest.mark.parametrize(
    "header", [None, "", "Bearer ", "Bearer wrong", TOKEN, f"Basic {TOKEN}", "Bearer ä"]
)
def test_without_the_token_there_is_nothing(watched: Bench, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}

    assert watched.client().get("/metrics", headers=headers).status_code == 404


def test_without_a_token_in_the_settings_nobody_has_it(bench: Bench) -> None:
    for header in ("Bearer ", f"Bearer {TOKEN}"):
        told = bench.client().get("/metrics", headers={"Authorization": header})
        assert told.status_code == 404


def test_a_sale_is_counted(watched: Bench) -> None:
    world, client = world_on(watched), watched.client()
    placed = place(watched, world)
    place(watched, world)
    pay(client, watched, placed)
    for _ in range(2):
        send_event(
            client, watched, placed.payment_reference, "payment_intent.succeeded",
            state="succeeded", event_id="evt_twice",
        )  # fmt: skip
    client.post("/webhooks/stripe", data="{}")
    told = scrape(client)

    assert told["storefront_orders_placed",] == 2
    assert told["storefront_orders_paid",] == 1
    assert told["storefront_jobs_pending",] >= 1
    assert told["storefront_jobs_given_up",] == 0
    assert told["storefront_webhooks_total", "received"] == 2
    assert told["storefront_webhooks_total", "duplicate"] == 1
    assert told["storefront_webhooks_total", "signature_missing"] == 1
    assert told["storefront_requests_total", "POST", "/webhooks/stripe", "200"] == 3
    assert told["storefront_request_seconds_count", "/webhooks/stripe"] == 4


def test_strangers_cannot_make_series(watched: Bench) -> None:
    client = watched.client()
    for number in range(20):
        client.open(f"/nowhere-{number}?t=canary", method=f"MAKE{number}")
        client.get(f"/s/canary-{number}")
    told = client.get("/metrics", headers=BEARER).text

    assert "canary" not in told
    assert "nowhere" not in told
    assert [name[1:] for name in figures(told) if name[0] == "storefront_requests_total"] == [
        ("other", "none", "404"),
        ("GET", "/s/<token>", "404"),
    ]


STRANGE = "storefront_strange_messages_total"


def tell(client: Any, *counts: object) -> list[int]:
    return [client.post("/strange", json={"count": count}).status_code for count in counts]


def test_what_frames_have_dropped_is_counted(watched: Bench) -> None:
    """Bad input 39, as the frame's script tells it (tests/browser/test_embed.py)."""
    client = watched.client()

    assert [204, 204] == tell(client, 3, 1000)
    assert 1003 == scrape(client)[STRANGE, "counted"]


@pytest.mark.parametrize("count", [0, -1, 1001, 1.5, True, "3", None, [3]])
def test_numbers_that_no_frame_of_ours_tells_are_refused(watched: Bench, count: object) -> None:
    client = watched.client()

    assert [422] == tell(client, count)
    assert STRANGE not in {name for name, *_ in scrape(client)}


def test_little_is_believed_of_what_anybody_can_tell(watched: Bench) -> None:
    client = watched.client()
    answers = tell(client, *[1000] * 12)
    watched.clock.pass_time(minutes=1)
    tell(client, 1)
    told = scrape(client)

    assert {204} == set(answers)
    assert (10_001, 2000) == (told[STRANGE, "counted"], told[STRANGE, "ignored"])


def test_figures_of_several_processes_are_added_up(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    folder = tmp_path / "figures"
    folder.mkdir()
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(folder))
    waiting = {"openings_wait_ms": "20", "metrics_token": TOKEN}
    with (
        databases.fresh("sqlite") as url,
        running_shop(url, tmp_path, job_workers=0, application=SERVED, **waiting) as shop,
    ):
        with shop.database.begin() as session:
            world = make_world(session, shop.sign, now)
        link = shared(shop, world)
        for _ in range(REQUESTS):
            httpx.get(f"{shop.url}/p/{world.placement.public_id}")
            httpx.get(link, headers=PERSON)
        wait_until(lambda: delayed(shop) == {"written": REQUESTS}, "all openings written")
        told = [
            scraped(shop)["storefront_requests_total", "GET", "/p/<placement>", "200"]
            for _ in range(6)
        ]
        counting = {file.stem.rpartition("_")[2] for file in folder.glob("counter_*.db")}

    assert told == [REQUESTS] * 6
    assert len(counting) == 2


def shared(shop: Shop, world: World) -> str:
    """Return the link of somebody who shares the world's placement."""
    body = {"placement": world.placement.public_id, "kind": "share"}
    answer = httpx.post(f"{shop.url}/interactions", json=body)
    return str(answer.json()["share_url"])


def delayed(shop: Shop) -> dict[str, float]:
    """Return what has become of the openings that waited."""
    told = scraped(shop).items()
    return {name[1]: count for name, count in told if name[0] == "storefront_delayed_rows_total"}


def scraped(shop: Shop) -> dict[tuple[str, ...], float]:
    return figures(httpx.get(f"{shop.url}/metrics", headers=BEARER).text)
