"""A whole shop on free ports, as it runs in life: granian with several workers, the sandbox, job
workers. For races and browsers; the database is the caller's, and what starts here ends here."""

import http.client
import itertools
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import gettempdir
from typing import Any, Protocol
from urllib.parse import urlsplit

from sqlalchemy import update

from gifting.kind import gift_kind
from storefront.db.engine import Database
from storefront.models import Job
from storefront.ports import Clock, Signer
from storefront.programs import APPLICATION, web_program
from storefront.sandbox import SandboxConfig, SandboxProcess, running_sandbox
from storefront.services.audit import Finding, audit
from storefront.settings import Settings, read_settings
from tests.fakes import make_signer
from tests.races.nursery import Nursery

ROOT = Path(__file__).parents[2]
WEBHOOK_SECRET = "whsec_of_the_running_shop"
START_SECONDS = 120
END_SECONDS = 15
COMPLAINTS = ("Traceback", "database is busy", "database cannot be reached", "fault", "locked")

_worker_numbers = itertools.count(1)


class Process(Protocol):
    """A process of a shop that can be ended."""

    @property
    def pid(self) -> int:
        """Its id."""

    def poll(self) -> int | None:
        """Tell whether it has ended; None while it runs."""

    def terminate(self) -> None:
        """Ask it to end."""

    def wait(self, timeout: float) -> int:
        """Wait until it has ended."""


@dataclass(frozen=True)
class Address:
    """Where something answers that is not ours to end."""

    url: str


@dataclass
class Shop:
    """A running shop: where it answers, and its database, which tests may read and arrange."""

    url: str
    sandbox: SandboxProcess | Address
    settings: Settings
    database: Database
    environment: Mapping[str, str]
    processes: list[Process] = field(default_factory=list)

    @cached_property
    def nursery(self) -> Nursery:
        """Where job workers come from."""
        return Nursery(self.environment)

    @property
    def host(self) -> str:
        """The name and port that requests are sent to."""
        return urlsplit(self.url).netloc

    @property
    def sign(self) -> Signer:
        """What the shop signs its tokens with."""
        return make_signer(self.settings)

    @property
    def clock(self) -> Clock:
        """The clock that every process of the shop looks at."""
        return Clock(self.settings.instance_dir / "clock")

    @property
    def mail_dir(self) -> Path:
        """Where the shop's mails land, one .eml each."""
        return Path(urlsplit(self.settings.mail_url).path)

    def pass_time(self, seconds: float) -> None:
        """Move the clock of every process of the shop forward; the sandbox keeps its own."""
        file = self.settings.instance_dir / "clock"
        offset = float(file.read_text()) if file.exists() else 0.0
        partial = file.with_suffix(".part")
        partial.write_text(str(offset + seconds))
        partial.replace(file)

    def start_worker(self) -> Process:
        """Start one more `storefront work`; it ends with the shop at the latest."""
        log = self.settings.instance_dir / f"worker-{next(_worker_numbers)}.log"
        process = self.nursery.start_worker(log)
        self.processes.append(process)
        return process

    def end_workers(self) -> None:
        """End the job workers; the web goes on."""
        end_processes(self.processes[1:])
        del self.processes[1:]

    def forget_jobs(self) -> None:
        """Give up every job that a race has left open, so that the next one finds none."""
        with self.database.begin() as session:
            session.execute(
                update(Job)
                .where(Job.done_at.is_(None), Job.given_up_at.is_(None))
                .values(given_up_at=self.clock.now(), last_fault="left behind by a race")
            )

    def findings(self) -> list[Finding]:
        """Return what the self-audit finds."""
        with self.database.reads() as session:
            return audit(session, [gift_kind(self.settings, self.sign)])

    def complaints(self) -> list[str]:
        """Return what the shop's processes have complained of, which no client need have seen."""
        logs = sorted(self.settings.instance_dir.glob("*.log"))
        lines = [line for log in logs for line in self.log(log.stem).splitlines()]
        return [line for line in lines if any(word in line for word in COMPLAINTS)]

    def log(self, name: str = "web") -> str:
        """Return what a process of the shop has said."""
        return (self.settings.instance_dir / f"{name}.log").read_text(errors="replace")


@contextmanager
def running_shop(
    engine_url: str,
    tmp_path: Path,
    *,
    workers: int = 2,
    job_workers: int = 1,
    application: str = APPLICATION,
    has_webhooks: bool = True,
    **changes: Any,
) -> Iterator[Shop]:
    """Run a shop on a migrated database: web workers, job workers and a sandbox of its own.

    `application` is a factory as granian names it; without `has_webhooks` the sandbox sends no
    events and the test does. `changes` are settings, given as in the environment:
    `hold_minutes="1"`. Raises `RuntimeError` with the log when the shop does not answer in time.
    """
    port = free_port()
    url = f"http://localhost:{port}"
    sandbox_config = SandboxConfig(
        database=tmp_path / "sandbox.sqlite",
        webhook_url=f"{url}/webhooks/stripe" if has_webhooks else None,
        webhook_secret=WEBHOOK_SECRET,
        settle_seconds=0.2,
        processing_seconds=0.5,
    )
    with running_sandbox(sandbox_config) as sandbox:
        source = settings_source(url, engine_url, sandbox.url, tmp_path / "instance") | {
            f"STOREFRONT_{name.upper()}": str(value) for name, value in changes.items()
        }
        settings = read_settings(source)
        settings.instance_dir.mkdir(exist_ok=True)
        database = Database(engine_url)
        shop = Shop(url, sandbox, settings, database, environment_of(source))
        try:
            web = web_program(application, host="127.0.0.1", port=port, workers=workers)
            shop.processes.append(start_process(web.command, shop, name="web"))
            for _ in range(job_workers):
                shop.start_worker()
            wait_for_answer(shop)
            yield shop
        finally:
            end_processes(shop.processes)
            shop.nursery.close()
            database.dispose()


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def settings_source(url: str, engine_url: str, sandbox_url: str, instance: Path) -> dict[str, str]:
    """Return the settings of a shop at `url`, as its environment names them."""
    return {
        "STOREFRONT_SECRET_KEY": "k3y-for-running-shops-0123456789-abcdefgh",
        "STOREFRONT_PEPPER": "p3pper-for-running-shops-0123456789-abcde",
        "STOREFRONT_MODE": "sandbox",
        "STOREFRONT_BASE_URL": url,
        "STOREFRONT_INSTANCE_DIR": str(instance),
        "STOREFRONT_DATABASE_URL": engine_url,
        "STOREFRONT_STRIPE_API_KEY": "sk_test_sandbox",
        "STOREFRONT_STRIPE_PUBLISHABLE_KEY": "pk_test_sandbox",
        "STOREFRONT_STRIPE_WEBHOOK_SECRETS": WEBHOOK_SECRET,
        "STOREFRONT_STRIPE_API_URL": sandbox_url,
        "STOREFRONT_STRIPE_JS_URL": f"{sandbox_url}/v3/",
        "STOREFRONT_MAIL_URL": f"file://{instance}/mail",
        "STOREFRONT_MAIL_FROM": "Shop <hello@shop.test>",
    }


def environment_of(source: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the shop's processes: ours, without settings of other shops.

    What Python has compiled it keeps, as in life, and not in the folders that are tested.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STOREFRONT_")}
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    compiled = str(Path(gettempdir()) / f"storefront-bytecode-{os.getuid()}")
    return {
        **kept,
        **source,
        "PYTHONPATH": path,
        "PYTHONPYCACHEPREFIX": compiled,
        "FLASK_APP": APPLICATION,
    }


def start_process(command: tuple[str, ...], shop: Shop, *, name: str) -> subprocess.Popen[bytes]:
    """Start a process in a group of its own, so that all of its children can be ended with it."""
    with (shop.settings.instance_dir / f"{name}.log").open("wb") as log:
        return subprocess.Popen(
            command,
            env=dict(shop.environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def wait_for_answer(shop: Shop) -> None:
    """Wait until the shop answers; raise `RuntimeError` with its log when it does not."""
    deadline = time.monotonic() + START_SECONDS
    while not is_well(shop):
        if shop.processes[0].poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"The shop does not answer.\n{shop.log()}")
        time.sleep(0.05)


def is_well(shop: Shop) -> bool:
    """Tell whether the web answers and finds its database."""
    connection = http.client.HTTPConnection(shop.host, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def end_processes(processes: list[Process]) -> None:
    """End every process: politely first, then its whole group for certain."""
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + END_SECONDS
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.1, deadline - time.monotonic()))
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(END_SECONDS)
