"""F9 and F10: what a browser has to load before a shopper can press Buy, in brotli bytes."""

import re
from datetime import UTC, datetime, timedelta

import brotli

from benchmarks.rounds import MACHINE, Found, Sizes
from benchmarks.serving import Machine
from tests.factories import running_offer, world_on
from tests.fakes import Bench, make_bench

WEEK = timedelta(days=7)
PARTS = (rb'href="([^"]+\.css)"', rb'src="([^"]+\.js)"')


def run(host: Machine, _sizes: Sizes) -> dict[str, Found]:
    """Weigh the host's script, and the card with an offer, its sheet and its script."""
    folder, place = host.new_folder(), host.fresh("sqlite")
    bench = make_bench(folder, place.url, datetime.now(UTC))
    try:
        return weigh(bench)
    finally:
        bench.database.dispose()


def weigh(bench: Bench) -> dict[str, Found]:
    """Weigh what a shop serves."""
    world = world_on(bench)
    running_offer(bench, world, ends=f"{bench.clock.now() + WEEK:%Y-%m-%d}")
    client = bench.client()
    card = client.get(f"/e/{world.placement.public_id}").data
    files = [card, *(client.get(_found(pattern, card)).data for pattern in PARTS)]
    script, parts = Found(), Found()
    script.add(MACHINE, {"size": _size(client.get("/embed.js").data)})
    parts.add(MACHINE, {"size": sum(map(_size, files)), "requests": len(files)})
    return {"F9": script, "F10": parts}


def _size(data: bytes) -> int:
    return len(brotli.compress(data))


def _found(pattern: bytes, page: bytes) -> str:
    match = re.search(pattern, page)
    assert match is not None
    return match[1].decode()
