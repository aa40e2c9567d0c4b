"""The processes that make up a running shop, as command lines for the supervisor."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from storefront.supervisor import Program

if TYPE_CHECKING:
    from collections.abc import Mapping

APPLICATION = "storefront.app:create_app"
SERVED = "storefront.starting:serve"
"""The same application, for a web server's own processes: it writes their log lines too."""

WEB_WORKERS = 2
WEB_THREADS = 4

ARENAS = "MALLOC_ARENA_MAX"
"""How many heaps glibc gives a process. By itself it gives each thread one, which keeps what it had
at most; Python's threads take turns anyway, so one heap does."""

ZONE = "TZ"
LOCAL_TIME = Path("/etc/localtime")
"""The machine's time zone, as a file. Where TZ does not name it, pytz looks for the file of every
zone in the world, a fiftieth of a start, to learn what the name of the machine's means."""


def web_program(
    application: str, *, host: str, port: int, workers: int, figures: Path | None = None
) -> Program:
    """Return the command line of a web with so many workers; `application` is a factory.

    On Linux each worker has a server of its own at the same port (`serving.py`): a server gives up
    when one of its workers dies twice within seconds, and then the others must go on serving. In
    the folder `figures` all workers add up what they count.
    """
    web = _servers if sys.platform == "linux" else _server
    environment = {ARENAS: os.environ.get(ARENAS, "1")}
    if ZONE not in os.environ and LOCAL_TIME.exists():
        environment[ZONE] = f":{LOCAL_TIME}"
    if figures:
        environment["PROMETHEUS_MULTIPROC_DIR"] = str(figures)
    flags = (f"--host={host}", f"--port={port}", f"--workers={workers}")
    return Program("web", (sys.executable, *web(), *flags, application), environment)


def _servers() -> tuple[str, ...]:
    return ("-m", "storefront.serving", f"--threads={WEB_THREADS}")


def _server() -> tuple[str, ...]:
    return (
        "-m",
        "granian",
        "--interface=wsgi",
        "--factory",
        f"--blocking-threads={WEB_THREADS}",
        "--respawn-failed-workers",
        "--respawn-interval=0.1",
        "--workers-kill-timeout=5",
        "--log-level=warning",
    )


def worker_program() -> Program:
    """Return the job worker's command line."""
    return Program("worker", (sys.executable, "-m", "storefront", "work"))


def sandbox_program(
    port: int, database: Path, *, webhook_url: str, keys: Mapping[str, str]
) -> Program:
    """Return the sandbox's command line; `keys` are its secrets by the names of its flags."""
    told = {"port": port, "database": database, "webhook-url": webhook_url, **keys}
    flags = [word for name, value in told.items() for word in (f"--{name}", str(value))]
    command = (sys.executable, "-m", "storefront.sandbox", *flags)
    return Program("sandbox", command, is_quiet=True)
