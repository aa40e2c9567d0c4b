"""Job workers that begin at once: one process loads all that `storefront work` needs, and forks as
often as it is told to. Loading takes most of a start, and a race is about what comes after it.

Run as a program, this is that process: each line it reads names a log, each line it says is the id
of a worker. It ends when nobody talks to it any more; its workers do not end with it."""

import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import IO, NoReturn

from storefront import starting

LOADED = ("storefront.app", "storefront.cli")
ROOT = Path(__file__).parents[2]
POLL_SECONDS = 0.02
END_SECONDS = 15


class ForkedWorker:
    """A worker, with as much of `subprocess.Popen` as is needed here."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def terminate(self) -> None:
        """Ask it to end."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGTERM)

    def poll(self) -> int | None:
        """Tell whether it has ended; None while it runs."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return 0
        return None

    def wait(self, timeout: float = END_SECONDS) -> int:
        """Wait until it has ended; raise `subprocess.TimeoutExpired` when that takes too long."""
        deadline = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("storefront work", timeout)
            time.sleep(POLL_SECONDS)
        return 0


class Nursery:
    """A process that has everything loaded, started when the first worker is wanted."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._process: subprocess.Popen[str] | None = None

    def start_worker(self, log: Path) -> ForkedWorker:
        """Start `storefront work`, whose words go to a log."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.races.nursery"],
                cwd=ROOT,
                env=dict(self._environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        talk, listen = _pipes(self._process)
        talk.write(f"{log}\n")
        talk.flush()
        return ForkedWorker(int(listen.readline()))

    def close(self) -> None:
        """End it, once its workers have ended."""
        if self._process is not None:
            for pipe in _pipes(self._process):
                pipe.close()
            self._process.wait(END_SECONDS)


def _pipes(process: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout


def main() -> None:
    """Load everything, and fork a worker for each line."""
    for name in LOADED:
        import_module(name)
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody here asks how a worker has ended
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            _work(Path(line.strip()))
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


def _work(log: Path) -> NoReturn:
    """Become `storefront work`, in a group of its own."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with log.open("wb") as words, Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
        for number in (1, 2):
            os.dup2(words.fileno(), number)
    sys.argv = ["storefront", "work"]
    starting.main()
    raise SystemExit


if __name__ == "__main__":
    main()
