"""How processes that are ours alone begin: quickly, for whatever dies must be back in seconds.

What they load stays until they end, so the garbage collector need not look through it again and
again meanwhile: that is a fifth of the time a start takes. A host's collector is left alone."""

from __future__ import annotations

import gc
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

OBJECTS = 50_000
"""So many more than went away are looked at, instead of 700."""


NEVER_USED = ("httpx", "aiohttp")
"""What Stripe's library would load for asynchronous calls, which nobody here makes."""


def main() -> None:
    """Run `storefront …`."""
    gc.set_threshold(OBJECTS)
    from storefront.cli import main as run  # noqa: PLC0415 - only now, see above

    run()


def serve() -> Flask:
    """Return the standalone application for web servers that are ours alone."""
    gc.set_threshold(OBJECTS)
    with _without(NEVER_USED):
        from storefront import create_app  # noqa: PLC0415 - only now, see above
    from sqlalchemy.orm import configure_mappers  # noqa: PLC0415

    from storefront.logs import start_logging  # noqa: PLC0415

    app = create_app()
    configure_mappers()  # now, so that forks share what it makes
    start_logging(app.extensions["storefront"].ports.settings)
    return app


@contextmanager
def _without(names: tuple[str, ...]) -> Iterator[None]:
    """Let modules that are not loaded yet seem not to be installed."""
    hidden = [name for name in names if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
