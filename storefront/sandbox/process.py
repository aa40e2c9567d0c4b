"""A sandbox as a process of its own, started from Python: for tests, demos and supervisors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storefront.sandbox.config import SandboxConfig

_PATIENCE = 10
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class SandboxProcess:
    """A running sandbox and the address it answers at."""

    url: str
    process: subprocess.Popen[str]

    def stop(self) -> None:
        """End it in order; kill it if that takes too long."""
        self.process.terminate()
        try:
            self.process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
        if self.process.stdout:
            self.process.stdout.close()

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait(_PATIENCE)
        if self.process.stdout:
            self.process.stdout.close()


def start_sandbox(
    config: SandboxConfig, *, host: str = "127.0.0.1", port: int = 0
) -> SandboxProcess:
    """Start a sandbox and return once it answers; port 0 takes a free one."""
    command = [sys.executable, "-m", "storefront.sandbox", "--host", host, "--port", str(port)]
    command += _flags(config)
    path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    process = subprocess.Popen(  # noqa: S603 - our own program
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
    )
    url = process.stdout.readline().strip() if process.stdout else ""
    if not url:
        code = process.wait(_PATIENCE)
        if process.stdout:
            process.stdout.close()
        message = f"The sandbox ended with code {code} before it began to listen."
        raise RuntimeError(message)
    return SandboxProcess(url, process)


@contextmanager
def running_sandbox(config: SandboxConfig) -> Iterator[SandboxProcess]:
    """Have a sandbox on a free port for a while."""
    sandbox = start_sandbox(config)
    try:
        yield sandbox
    finally:
        sandbox.stop()


def _flags(config: SandboxConfig) -> list[str]:
    told = {
        "database": config.database,
        "webhook-url": config.webhook_url or "",
        "webhook-secret": config.webhook_secret,
        "secret-key": config.secret_key,
        "publishable-key": config.publishable_key,
        "settle-seconds": config.settle_seconds,
        "processing-seconds": config.processing_seconds,
        "dispute-seconds": config.dispute_seconds,
        "faults": json.dumps(config.faults.as_dict()),
    }
    return [part for name, value in told.items() for part in (f"--{name}", str(value))]
