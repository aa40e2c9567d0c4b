"""F13: how long a shop takes to answer, how long an empty one takes to come into being, and the
memory that its web servers have under load."""

import subprocess
import sys
import time
from pathlib import Path

from benchmarks import processor, stage
from benchmarks.load import drive, get
from benchmarks.rounds import ENGINES, Found, Sizes
from benchmarks.serving import Machine, Place, serving_on
from tests.races.servers import environment_of, settings_source

CLIENTS = 8


def run(host: Machine, sizes: Sizes) -> dict[str, Found]:
    """Start shops in rounds: an empty one with its migrations, and the same once more."""
    found = Found()
    for engine in ENGINES:
        for _ in range(sizes.rounds):
            found.add(engine, _round(host, engine, sizes))
    return {"F13": found}


def _round(host: Machine, engine: str, sizes: Sizes) -> dict[str, float]:
    place = host.bare(engine)
    begin = time.perf_counter()
    _upgrade(place, host.new_folder())
    with serving_on(place, host.new_folder()) as served:
        empty = served.answered_at - begin
    with serving_on(place, host.new_folder()) as served:
        start = served.answered_at - served.started_at
        world = stage.merchant(served, stock=10)
        page = [get(f"/e/{world.placement.public_id}", Accept="text/html")]
        drive(served.url, page, clients=CLIENTS, seconds=sizes.seconds)
        memory = processor.memory(served.web)
    return {"start": start, "empty shop with migrations": empty, "memory under load": memory}


def _upgrade(place: Place, instance: Path) -> None:
    """Run `storefront db upgrade`."""
    source = settings_source("http://localhost:1", place.url, "http://localhost:2", instance)
    subprocess.run(
        [sys.executable, "-m", "storefront", "db", "upgrade"],
        env=environment_of(source),
        check=True,
        capture_output=True,
    )
