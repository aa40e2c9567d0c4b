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
from dataclasses import field
from typing import TYPE_CHECKING, Protocol

from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

log = logging.getLogger("storefront.supervisor")

ENDINGS = (signal.SIGTERM, signal.SIGINT)

PR_SET_PDEATHSIG = 1
POLL_SECONDS = 0.1
RESTART_SECONDS = 1.0
"""The least between two starts of a program: one that dies at once must not use up the machine."""

GRACE_SECONDS = 10.0


class Process(Protocol):
    """A process that runs or has ended, with as much of `subprocess.Popen` as is needed here."""

    def poll(self) -> int | None:
        """Tell how it has ended; None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended; raise `subprocess.TimeoutExpired` when that takes too long."""

    def terminate(self) -> None:
        """Ask it to end."""

    def kill(self) -> None:
        """End it outright."""


class Kept(Protocol):
    """What a supervisor keeps running."""

    @property
    def name(self) -> str:
        """What the log calls it."""

    def start(self) -> Process:
        """Start it."""


@frozen
class Program:
    """A command line to be kept running; a quiet one's words on standard output are not shown."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    is_quiet: bool = False

    def start(self) -> Process:
        """Start it; it is asked to end when this process dies."""
        return subprocess.Popen(  # noqa: S603 - our own command lines
            self.command,
            env={**os.environ, **self.environment},
            stdout=subprocess.DEVNULL if self.is_quiet else None,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509
        )


@frozen
class Branch:
    """A function to be kept running in a fork of this process, which has all it needs loaded and
    has neither threads nor connections. It dies with this process."""

    name: str
    run: Callable[[], None]

    def start(self) -> Process:
        """Fork. Nobody's wish to end it is lost meanwhile: signals wait."""
        process = multiprocessing.get_context("fork").Process(target=self._grow, name=self.name)
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDINGS)
        return _Forked(process)

    def _grow(self) -> None:
        for number in ENDINGS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDINGS)
        die_with_parent()
        self.run()


class _Forked:
    """A forked process, spoken to like one with a command line of its own."""

    def __init__(self, process: multiprocessing.process.BaseProcess) -> None:
        self._process = process
        self.kill = process.kill
        self.terminate = process.terminate

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(self._process.name, timeout or 0)
        return self._process.exitcode


class Supervisor:
    """Runs programs until it is told to stop by SIGTERM, SIGINT or `stop()`; who then does not end
    within `grace` seconds is killed."""

    def __init__(self, programs: Sequence[Kept], *, grace: float = GRACE_SECONDS) -> None:
        self._programs = programs
        self._grace = grace
        self._running: dict[str, Process] = {}
        self._started_at: dict[str, float] = {}
        self._stopping = threading.Event()

    def start(self) -> None:
        """Start every program once."""
        for number in ENDINGS:
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
        deadline = time.monotonic() + self._grace
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
            ended = process.poll()
            if ended is None or is_early or self._stopping.is_set():
                continue
            log.warning("%s ended with %s; starting it again", program.name, ended)
            self._start(program)

    def _start(self, program: Kept) -> None:
        self._started_at[program.name] = time.monotonic()
        self._running[program.name] = program.start()


def _end_with_parent() -> None:
    """Ask Linux to end this process when its parent dies, so that none is left behind."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def die_with_parent() -> None:
    """Ask Linux to kill this process, which `multiprocessing` has made, when its parent dies: then
    nobody of the old ones answers beside the new ones. Elsewhere nothing is asked."""
    parent = multiprocessing.parent_process()
    if parent is None or sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent.pid:  # it was faster than we
        os.kill(os.getpid(), signal.SIGKILL)
