"""The running demo, one for all tests that drive it, in a browser or without one."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.races.servers import environment_of

PATIENCE = 120


@dataclass(frozen=True)
class Demo:
    """A running demo: where its parts are, its placements by their post's name, and all that
    its demo.json tells."""

    shop: str
    host: str
    sandbox: str
    placements: dict[str, str]
    told: dict[str, Any]

    def page(self, name: str) -> str:
        """Return the address of a placement's own page."""
        return f"{self.shop}/p/{self.placements[name]}"

    def frame(self, name: str) -> str:
        """Return the address of a placement's frame."""
        return f"{self.shop}/e/{self.placements[name]}"

    def snippet(self, name: str) -> str:
        """Return what a merchant pastes for a placement."""
        return (
            f'<div data-placement="{self.placements[name]}">'
            f'<a href="{self.page(name)}">{name}</a></div>'
            f'<script async src="{self.shop}/embed.js"></script>'
        )


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Open the demo as `make demo` does, in a folder of its own."""
    folder = tmp_path_factory.mktemp("demo")
    port = _free_pair()
    command = [sys.executable, "-m", "storefront", "demo"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--port", str(port), "--instance", str(folder)],
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment_of({}),
        )
        try:
            _wait(process, f"http://localhost:{port}/healthz", folder / "log")
            yield _read(json.loads((folder / "demo.json").read_text()))
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)


def _read(told: dict[str, Any]) -> Demo:
    placements = {
        placement["name"]: placement["public_id"]
        for merchant in told["merchants"]
        for placement in merchant["placements"]
    }
    return Demo(told["shop_url"], told["host_url"], told["sandbox_url"], placements, told)


def _free_pair() -> int:
    """Find a free port whose next is free as well: the sandbox takes it."""
    for _ in range(50):
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return int(port)
    message = "no two neighbouring ports are free"
    raise RuntimeError(message)


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(url, timeout=2):  # noqa: S310 - our own address
                return
        except (URLError, OSError):
            time.sleep(0.2)
    message = f"the demo did not open:\n{log.read_text()}"
    raise RuntimeError(message)
