"""A shop under its supervisors as in life: `storefront run`, and the sandbox beside it as in the
demo. Its processes can be found and killed outright; whatever comes back does so by itself.

Run as a program, this is the supervisor of a sandbox: port, database, webhook address, secret."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from storefront.db.engine import Database
from storefront.programs import sandbox_program
from storefront.services import upkeep
from storefront.settings import read_settings
from storefront.supervisor import Supervisor
from tests.races.market import wait_until
from tests.races.servers import (
    WEBHOOK_SECRET,
    Address,
    Shop,
    end_processes,
    environment_of,
    free_port,
    is_well,
    settings_source,
    start_process,
    wait_for_answer,
)

LISTENING = "0A"


class SupervisedShop:
    """A running shop, its supervisors' processes, and how to kill each of their programs."""

    def __init__(self, shop: Shop, *, workers: int) -> None:
        self.shop = shop
        self.workers = workers
        self.kills: dict[str, Callable[[], float]] = {
            "web worker": self.kill_a_web_worker,
            "web": self.kill_the_web,
            "job worker": self.kill_the_job_worker,
            "sandbox": self.kill_the_sandbox,
        }

    def web(self) -> set[int]:
        """Return the process that has forked the web's workers."""
        return self._programs("storefront.serving")

    def web_workers(self) -> set[int]:
        """Return the processes that answer requests."""
        return {pid for web in self.web() for pid in children(web)}

    def job_workers(self) -> set[int]:
        """Return the processes that run jobs: one, or none while it is away."""
        return self._programs("work")

    def everybody(self) -> set[int]:
        """Return every process of the shop, the supervisors included."""
        found: set[int] = set()
        fresh = {process.pid for process in self.shop.processes}
        while fresh:
            found |= fresh
            fresh = {child for pid in fresh for child in children(pid)} - found
        return found

    def kill_a_web_worker(self) -> float:
        """Kill the oldest; return the seconds until as many listen. The rest goes on serving."""
        before = self.web_workers()
        kill({min(before)})
        return seconds_until(lambda: bool(self.web_workers() - before) and self._is_whole())

    def kill_the_web(self) -> float:
        """Kill what has forked the workers; return the seconds until new ones answer."""
        old = self.web() | self.web_workers()
        kill(self.web())
        return seconds_until(lambda: not any(map(is_alive, old)) and self._is_whole())

    def kill_the_job_worker(self) -> float:
        """Return the seconds until another has shown itself."""
        before = self.worker_seen()
        kill(self.job_workers())
        return seconds_until(lambda: self.worker_seen() != before)

    def kill_the_sandbox(self) -> float:
        """Return the seconds until it answers again."""
        old = set(children(self.shop.processes[1].pid))
        kill(old)
        return seconds_until(lambda: not any(map(is_alive, old)) and answers(self.shop.sandbox.url))

    def worker_seen(self) -> object:
        """Return the moment at which a job worker has shown itself last."""
        with self.shop.database.reads() as session:
            return upkeep.find_moment(session, upkeep.WORKER_SEEN)

    def _programs(self, word: str) -> set[int]:
        """Return the programs of `storefront run` with this word in their command line."""
        pids = children(self.shop.processes[0].pid)
        return {pid for pid in pids if word in command_line(pid)}

    def _is_whole(self) -> bool:
        port = urlsplit(self.shop.url).port or 0
        return listeners(port) == self.workers and is_well(self.shop)


@contextmanager
def supervised_shop(
    engine_url: str, folder: Path, *, workers: int = 2, **changes: Any
) -> Iterator[SupervisedShop]:
    """Run a shop on a migrated database; whatever is left of it at the end is killed.

    `changes` are settings, given as in the environment. The books of shop and sandbox are files.
    """
    url = f"http://localhost:{free_port()}"
    sandbox_port = free_port()
    sandbox_url = f"http://127.0.0.1:{sandbox_port}"
    source = settings_source(url, engine_url, sandbox_url, folder / "instance") | {
        f"STOREFRONT_{name.upper()}": str(value) for name, value in changes.items()
    }
    settings = read_settings(source)
    settings.instance_dir.mkdir(exist_ok=True)
    shop = Shop(url, Address(sandbox_url), settings, Database(engine_url), environment_of(source))
    supervised = SupervisedShop(shop, workers=workers)
    port = urlsplit(url).port
    run = (sys.executable, "-m", "storefront", "run", f"--port={port}", f"--workers={workers}")
    sandbox = (str(sandbox_port), str(folder / "sandbox.sqlite"), f"{url}/webhooks/stripe")
    try:
        shop.processes.append(start_process(run, shop, name="web"))
        command = (sys.executable, "-m", "tests.races.supervised", *sandbox, WEBHOOK_SECRET)
        shop.processes.append(start_process(command, shop, name="sandbox"))
        wait_for_answer(shop)
        wait_until(lambda: answers(sandbox_url), "the sandbox answers")
        yield supervised
    finally:
        left = supervised.everybody()
        end_processes(shop.processes)
        shop.nursery.close()
        for pid in filter(is_alive, left):
            os.kill(pid, signal.SIGKILL)
        shop.database.dispose()


def kill(pids: set[int]) -> None:
    """Kill outright."""
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def seconds_until(is_so: Callable[[], bool]) -> float:
    """Wait until what was killed is back; return how long it took."""
    begin = time.monotonic()
    wait_until(is_so, "what was killed is back")
    return time.monotonic() - begin


def children(pid: int) -> list[int]:
    """Return the processes that a process has made and that still run, oldest first."""
    return [child for child, parent in _parents().items() if parent == pid]


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that has ended and is not yet buried does not."""
    return pid in _parents()


def command_line(pid: int) -> list[str]:
    """Return the words with which a process was started; none when it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return []


def listeners(port: int) -> int:
    """Count the sockets that listen at a port of this machine; each web worker has its own."""
    rows = (row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return sum(row[1].endswith(f":{port:04X}") and row[3] == LISTENING for row in rows)


def answers(url: str) -> bool:
    """Tell whether somebody answers at an address of ours."""
    try:
        with urlopen(f"{url}/sandbox/books", timeout=2):  # noqa: S310 - our own address
            return True
    except (URLError, OSError):
        return False


def _parents() -> dict[int, int]:
    """Return the parent of each process that runs, in the order of their ids."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state != "Z":
            found[int(folder.name)] = int(parent)
    return dict(sorted(found.items()))


def main() -> None:
    """Keep a sandbox running."""
    port, database, webhook_url, secret = sys.argv[1:]
    keys = {"webhook-secret": secret, "settle-seconds": "0.2"}
    program = sandbox_program(int(port), Path(database), webhook_url=webhook_url, keys=keys)
    supervisor = Supervisor([program])
    supervisor.start()
    supervisor.run()


if __name__ == "__main__":
    main()
