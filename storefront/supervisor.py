"""Keep a set of processes running: start them, restart what dies, leave no orphans. Knows
nothing of the shop: it is given command lines."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field

log = logging.getLogger("storefront.supervisor")

PR_SET_PDEATHSIG = 1
POLL_SECONDS = 0.1
RESTART_SECONDS = 1.0
"""The least between two starts of a program: one that dies at once must not use up the machine."""

GRACE_SECONDS = 10.0


@dataclass(frozen=True)
class Program:
    """A process to be kept running; a quiet one's words on standard output are not shown."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    is_quiet: bool = False


class Supervisor:
    """Runs programs until it is told to stop by SIGTERM, SIGINT or `stop()`."""

    def __init__(self, programs: list[Program]) -> None:
        self._programs = programs
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._started_at: dict[str, float] = {}
        self._stopping = threading.Event()

    def start(self) -> None:
        """Start every program once."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stopping.set())
        for program in self._programs:
            self._start(program)

    def run(self) -> None:
        """Watch until told to stop, then end every program."""
        try:
            while not self._stopping.wait(POLL_SECONDS):
                self._restart_dead()
        finally:
            self.end()

    def stop(self) -> None:
        """Ask `run` to end."""
        self._stopping.set()

    @property
    def is_stopping(self) -> bool:
        """Whether somebody has asked for the end."""
        return self._stopping.is_set()

    def end(self) -> None:
        """End every program: politely first, then for certain."""
        for process in self._running.values():
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        for name, process in self._running.items():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.warning("%s does not end and is killed", name)
                process.kill()
                process.wait()
        self._running.clear()

    def _restart_dead(self) -> None:
        """Start what has died; none waits for another that dies again and again."""
        for program in self._programs:
            process = self._running[program.name]
            is_early = time.monotonic() < self._started_at[program.name] + RESTART_SECONDS
            if process.poll() is None or is_early or self._stopping.is_set():
                continue
            log.warning("%s ended with %s; starting it again", program.name, process.returncode)
            self._start(program)

    def _start(self, program: Program) -> None:
        self._started_at[program.name] = time.monotonic()
        self._running[program.name] = subprocess.Popen(  # noqa: S603 - our own command lines
            program.command,
            env={**os.environ, **program.environment},
            stdout=subprocess.DEVNULL if program.is_quiet else None,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509
        )


def _end_with_parent() -> None:
    """Ask Linux to end this process when its parent dies, so that none is left behind."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def die_with_server() -> None:
    """Ask Linux to kill this process when the web server that made it dies, so that no worker of
    the old server answers beside those of the new one. Elsewhere, and in a process that no
    server's `multiprocessing` has made, nothing is asked."""
    server = multiprocessing.parent_process()
    if server is None or sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != server.pid:  # it was faster than we
        os.kill(os.getpid(), signal.SIGKILL)
