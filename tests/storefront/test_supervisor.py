"""The supervisor as a process of its own: it starts again what dies, and leaves nobody behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from storefront.programs import (
    APPLICATION,
    ARENAS,
    LOCAL_TIME,
    ZONE,
    web_program,
    worker_program,
)

ROOT = Path(__file__).parents[2]
PATIENCE = 30
SUPERVISE = """
import sys
from storefront.supervisor import Program, Supervisor

child = '''
import os, pathlib, signal, sys, time
for number in sys.argv[2:]:
    signal.signal(int(number), signal.SIG_IGN)
note = pathlib.Path(sys.argv[1])
with note.open("a") as file:
    file.write(f"{os.getpid()} {os.environ['COLOUR']}\\\\n")
time.sleep(600)
'''
folder, *ignored = sys.argv[1:]
supervisor = Supervisor([
    Program(name, (sys.executable, "-c", child, f"{folder}/{name}", *ignored), {"COLOUR": colour})
    for name, colour in {"one": "red", "two": "blue"}.items()
], grace=0.5 if ignored else 10)
supervisor.start()
supervisor.run()
"""


@dataclass
class Running:
    """A supervisor with two children, each of which notes its process id when it starts."""

    process: subprocess.Popen[bytes]
    folder: Path

    def notes(self, name: str) -> list[tuple[int, str]]:
        file = self.folder / name
        lines = file.read_text().splitlines() if file.exists() else []
        return [(int(line.split()[0]), line.split()[1]) for line in lines]

    def children(self, *, starts: int = 1) -> list[int]:
        """Wait until each child has started so often; return the newest process ids."""
        wait_for(lambda: all(len(self.notes(name)) >= starts for name in ("one", "two")))
        return [self.notes(name)[-1][0] for name in ("one", "two")]


def wait_for(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that has ended and is not yet buried does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


Start = Callable[..., Running]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Running] = []

    def start(*ignored: int) -> Running:
        command = [sys.executable, "-c", SUPERVISE, str(tmp_path), *map(str, ignored)]
        process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
        started.append(Running(process, tmp_path))
        return started[-1]

    yield start
    for running in started:
        running.process.kill()
        running.process.wait(PATIENCE)
        for name in ("one", "two"):
            for pid, _ in running.notes(name):
                if is_alive(pid):
                    os.kill(pid, signal.SIGKILL)


def test_every_program_is_started_with_its_own_environment(start: Start) -> None:
    running = start()
    running.children()

    assert [running.notes(name)[0][1] for name in ("one", "two")] == ["red", "blue"]


def test_a_child_that_dies_is_started_again_and_the_other_stays(start: Start) -> None:
    running = start()
    first, second = running.children()
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: len(running.notes("one")) == 2)

    assert running.notes("one")[1][0] != first
    assert [pid for pid, _ in running.notes("two")] == [second]
    assert is_alive(second)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_it_ends_its_children_first(start: Start, number: signal.Signals) -> None:
    running = start()
    children = running.children()
    running.process.send_signal(number)

    assert running.process.wait(PATIENCE) == 0
    assert [pid for pid in children if is_alive(pid)] == []


def test_a_child_that_does_not_listen_is_killed(start: Start) -> None:
    running = start(signal.SIGTERM)
    children = running.children()
    running.process.terminate()

    assert running.process.wait(PATIENCE) == 0
    assert [pid for pid in children if is_alive(pid)] == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of a parent's death")
def test_killed_outright_it_leaves_no_orphans(start: Start) -> None:
    running = start()
    children = running.children()
    running.process.kill()
    running.process.wait(PATIENCE)
    wait_for(lambda: not any(map(is_alive, children)))

    assert [len(running.notes(name)) for name in ("one", "two")] == [1, 1]


def test_the_shops_own_programs_run_under_this_interpreter() -> None:
    programs = [web_program(APPLICATION, host="127.0.0.1", port=8000, workers=3), worker_program()]

    assert {program.command[0] for program in programs} == {sys.executable}
    assert "--workers=3" in programs[0].command
    assert programs[0].command[-1] == APPLICATION


def test_a_webs_threads_share_one_heap_unless_the_operator_says_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(ARENAS, raising=False)
    alone = web_program(APPLICATION, host="127.0.0.1", port=8000, workers=2)
    monkeypatch.setenv(ARENAS, "8")
    told = web_program(APPLICATION, host="127.0.0.1", port=8000, workers=2)

    assert ("1", "8") == (alone.environment[ARENAS], told.environment[ARENAS])


@pytest.mark.skipif(not LOCAL_TIME.exists(), reason="this machine does not tell its time zone")
def test_a_web_reads_the_machines_time_zone_from_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ZONE, raising=False)
    web = web_program(APPLICATION, host="127.0.0.1", port=8000, workers=2)

    assert f":{LOCAL_TIME}" == web.environment[ZONE]


def test_an_operators_time_zone_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ZONE, "Asia/Tokyo")

    assert ZONE not in web_program(APPLICATION, host="::1", port=8000, workers=2).environment
