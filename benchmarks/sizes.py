"""F9 and F10: what a browser has to load before a shopper can press Buy, in brotli bytes."""

import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import brotli

from storefront.db import schema
from tests.factories import world_on
from tests.fakes import make_bench


def measure() -> dict[str, Any]:
    """Return the sizes of the host's script and of the card with its sheet and script."""
    with tempfile.TemporaryDirectory() as folder:
        bench = make_bench(Path(folder), f"sqlite:///{folder}/shop.sqlite", datetime.now(UTC))
        schema.upgrade(bench.database.writer)
        world = world_on(bench)
        client = bench.client()
        card = client.get(f"/e/{world.placement.public_id}").data
        parts = {
            "html": card,
            "css": client.get(_found(rb'href="([^"]+\.css)"', card)).data,
            "js": client.get(_found(rb'src="([^"]+\.js)"', card)).data,
        }
        script = client.get("/embed.js").data
        bench.database.dispose()
    sizes = {name: len(brotli.compress(data)) for name, data in parts.items()}
    return {
        "F9": {"what": "embed.js", "bytes": len(brotli.compress(script)), "must": 2000},
        "F10": {
            "what": "interactive card",
            "bytes": sum(sizes.values()),
            "parts": sizes,
            "requests": len(sizes),
            "must": 20_000,
        },
    }


def _found(pattern: bytes, page: bytes) -> str:
    match = re.search(pattern, page)
    assert match is not None
    return match[1].decode()
