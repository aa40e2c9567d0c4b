"""`storefront run`: the web and the jobs of a shop on its own, each in processes of its own, which
load the shop for themselves. This one only watches them, so it needs no application."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import click

from storefront.logs import start_logging
from storefront.programs import SERVED, WEB_WORKERS, web_program, worker_program
from storefront.supervisor import Supervisor

if TYPE_CHECKING:
    from collections.abc import Callable

    from storefront.settings import Settings


def run_command(settings: Callable[[], Settings]) -> click.Command:
    """Return the command for a shop with these settings, which are read when it is run."""

    @click.command("run")
    @click.option("--host", default="127.0.0.1", show_default=True)
    @click.option("--port", default=8000, show_default=True)
    @click.option("--workers", default=WEB_WORKERS, show_default=True)
    def run(host: str, port: int, workers: int) -> None:
        """Serve the application and run its jobs; what dies is started again."""
        told = settings()
        start_logging(told)
        figures = told.instance_dir.absolute() / "figures"
        # What an earlier run has counted is over: counters begin at zero.
        shutil.rmtree(figures, ignore_errors=True)
        figures.mkdir(parents=True)
        web = web_program(SERVED, host=host, port=port, workers=workers, figures=figures)
        supervisor = Supervisor([web, worker_program()])
        supervisor.start()
        supervisor.run()

    return run
