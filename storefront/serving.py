"""The web of a shop on Linux: one process loads the application and forks workers that have it.
Each is a granian, comes back when it dies, and leaves the others alone. Knows nothing of the
shop: it is given the name of a factory, whose application has no threads yet."""

from __future__ import annotations

import gc
import multiprocessing
from functools import partial
from importlib import import_module
from typing import Any

import click
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import MPServer

from storefront.supervisor import Branch, Supervisor
from storefront.values import frozen

KILL_SECONDS = 5
"""So long a worker may take to answer what it was asked when it is told to end."""

OBJECTS = 3_000
"""So many more than went away make a worker's collector look, which has little to look through: all
that was loaded is frozen. Seldom as while loading, garbage would take each worker 3 MiB."""


@frozen
class Address:
    """Where workers listen, all at the same port, and how many requests each answers at once."""

    host: str
    port: int
    threads: int


@click.command()
@click.argument("factory")
@click.option("--host", required=True)
@click.option("--port", type=int, required=True)
@click.option("--workers", type=int, required=True)
@click.option("--threads", type=int, required=True)
def main(factory: str, workers: int, **address: Any) -> None:
    """Serve what FACTORY returns, a function named as module:function, until told to stop."""
    gc.disable()
    application = load(factory)
    # What is frozen is never looked through again, so that forks go on sharing it.
    gc.freeze()
    gc.set_threshold(OBJECTS)
    gc.enable()
    multiprocessing.set_start_method("fork")
    run = partial(serve, application, Address(**address))
    branches = [Branch(f"web-{number}", run) for number in range(1, workers + 1)]
    supervisor = Supervisor(branches, grace=KILL_SECONDS)
    supervisor.start()
    supervisor.run()


def load(factory: str) -> Any:
    """Call a factory by its name."""
    module, _, name = factory.partition(":")
    return getattr(import_module(module), name)()


def serve(application: Any, address: Address) -> None:
    """Answer requests in this process until told to stop."""
    server = _Alone(
        "application",
        address=address.host,
        port=address.port,
        interface=Interfaces.WSGI,
        blocking_threads=address.threads,
        log_level=LogLevels.warning,
    )
    server.serve(target_loader=lambda: application, wrap_loader=False)


class _Alone(MPServer):
    """A granian whose only worker is its own process: what would watch another is the supervisor.

    Where a granian to come does not ask this method, it starts a process more, as it always does.
    """

    def _spawn_workers(self, spawn_target: Any, target_loader: Any) -> None:
        worker = self._spawn_worker(0, spawn_target, target_loader)
        worker.inner.run()
        self.signal_handler_interrupt()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
