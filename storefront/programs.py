"""The processes that make up a running shop, as command lines for the supervisor."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from storefront.supervisor import Program

if TYPE_CHECKING:
    from pathlib import Path

APPLICATION = "storefront.app:create_app"
SERVED = "storefront.app:serve"
"""The same application, for a web server's own processes: it writes their log lines too."""

WEB_WORKERS = 2
WEB_THREADS = 4


def web_program(
    application: str, *, host: str, port: int, workers: int, figures: Path | None = None
) -> Program:
    """Return the web server's command line; `application` is a factory.

    In the folder `figures` its workers add up what they count.
    """
    return Program(
        "web",
        (
            sys.executable,
            "-m",
            "granian",
            "--interface=wsgi",
            "--factory",
            f"--host={host}",
            f"--port={port}",
            f"--workers={workers}",
            f"--blocking-threads={WEB_THREADS}",
            "--respawn-failed-workers",
            "--respawn-interval=0.1",
            "--workers-kill-timeout=5",
            "--log-level=warning",
            application,
        ),
        {"PROMETHEUS_MULTIPROC_DIR": str(figures)} if figures else {},
    )


def worker_program() -> Program:
    """Return the job worker's command line."""
    return Program("worker", (sys.executable, "-m", "storefront", "work"))
