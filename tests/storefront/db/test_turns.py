"""Turns at a SQLite file: nobody overtakes, and nothing that ails the queue stops a writer, for
SQLite's own lock is what protects the file."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text

from storefront.db.engine import Database
from storefront.db.turns import Turns
from storefront.models import Moment
from storefront.services.tallies import BEGINNING

PATIENCE = 20
SOON = 0.05

OTHER = """
import fcntl, os, sys
from storefront.db.turns import DOOR, TURN, Turns

turns, log = Turns(sys.argv[1], patience=20), sys.argv[2]
probe = os.open(sys.argv[1] + "-turn", os.O_RDWR | os.O_CREAT)

def is_free(byte):
    try:
        fcntl.lockf(probe, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
    except OSError:
        return False
    fcntl.lockf(probe, fcntl.LOCK_UN, 1, byte)
    return True

turn = turns.take()
for line in sys.stdin:
    word = line.strip()
    if word == "take":
        turn.__enter__()
    if word in ("give", "give and take"):
        turn.__exit__(None, None, None)
        turn = turns.take()
    if word == "give and take":
        with turns.take():
            with open(log, "a") as file:
                file.write("other ")
    answer = {"door?": lambda: is_free(DOOR), "turn?": lambda: is_free(TURN)}.get(word)
    print(answer() if answer else "done", flush=True)
"""
"""Another process at the same file: it does as it is told, a line at a time."""


class Other:
    """The other process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def tell(self, words: str) -> None:
        """Tell it what to do next."""
        assert self.process.stdin
        self.process.stdin.write(f"{words}\n")
        self.process.stdin.flush()

    def ask(self, words: str) -> str:
        """Tell it what to do, and wait until that is done."""
        self.tell(words)
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def sees_somebody_at_the_door(self) -> bool:
        """Wait until it does; False when nobody comes there."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if self.ask("door?") == "False":
                return True
        return False


@contextmanager
def another(file: Path) -> Iterator[Other]:
    """Run another process at a database's queue; it ends with the block."""
    command = [sys.executable, "-c", OTHER, str(file), str(file.with_suffix(".log"))]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Other(process)
        finally:
            process.kill()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "shop.sqlite"


@contextmanager
def waiting(file: Path, other: Other) -> Iterator[None]:
    """Let a thread of ours wait for the turn that the other process has; it notes its turn."""

    def write() -> None:
        with Turns(str(file), patience=PATIENCE).take(), file.with_suffix(".log").open("a") as log:
            log.write("ours ")

    thread = threading.Thread(target=write)
    thread.start()
    assert other.sees_somebody_at_the_door()
    yield
    thread.join(PATIENCE)


def noted(file: Path) -> str:
    """Return whose turns it was, in their order."""
    log = file.with_suffix(".log")
    return log.read_text().strip() if log.exists() else ""


def test_one_process_waits_for_the_other(file: Path) -> None:
    with another(file) as other:
        other.ask("take")
        with waiting(file, other):
            before = noted(file)
            other.ask("give")

    assert ("", "ours") == (before, noted(file))


def test_who_has_just_written_comes_after_who_waits(file: Path) -> None:
    with another(file) as other:
        other.ask("take")
        with waiting(file, other):
            other.ask("give and take")

    assert "ours other" == noted(file)


def test_a_database_writes_when_it_is_its_turn(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    path = Path(str(database.writer.url.database))
    row = insert(Moment).values(name="moment", at=BEGINNING)

    def write() -> None:
        with database.begin() as session:
            session.execute(row)

    def written() -> list[str]:
        with database.reads() as session:
            return list(session.scalars(select(Moment.name)))

    with another(path) as other:
        other.ask("take")
        thread = threading.Thread(target=write)
        thread.start()
        assert other.sees_somebody_at_the_door()
        before = written()
        other.ask("give")
        thread.join(PATIENCE)
    after = written()
    database.dispose()

    assert ([], ["moment"]) == (before, after)


def test_the_turn_of_a_process_that_is_killed_is_free(file: Path) -> None:
    with another(file) as dying, another(file) as watching:
        dying.ask("take")
        assert watching.ask("turn?") == "False"
        dying.process.kill()
        dying.process.wait(PATIENCE)
        free = watching.ask("turn?")
        with Turns(str(file), patience=PATIENCE).take():
            held = watching.ask("turn?")

    assert ("True", "False") == (free, held)


def test_a_process_that_stands_still_is_not_waited_for_long(sqlite_url: str) -> None:
    path = sqlite_url.removeprefix("sqlite:///")
    with another(Path(path)) as other:
        other.ask("take")
        other.process.send_signal(signal.SIGSTOP)
        with Turns(path, patience=SOON).take():
            taken = True

    assert taken


def test_nothing_is_held_once_a_turn_is_over(file: Path) -> None:
    turns = Turns(str(file))
    with pytest.raises(LookupError), turns.take():
        raise LookupError
    with another(file) as other:
        free = other.ask("door?"), other.ask("turn?")
    turns.close()

    assert ("True", "True") == free


def test_a_queue_that_was_closed_opens_again(file: Path) -> None:
    turns = Turns(str(file))
    with another(file) as other:
        for _ in range(2):
            with turns.take():
                assert other.ask("turn?") == "False"
            turns.close()

    assert file.with_name("shop.sqlite-turn").exists()


def test_where_no_file_can_be_everybody_writes_at_once(sqlite_url: str) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    path.with_name(f"{path.name}-turn").mkdir()
    database = Database(sqlite_url)
    for name in ("one", "two"):
        with database.begin() as session:
            session.execute(insert(Moment).values(name=name, at=BEGINNING))
    with database.reads() as session:
        names = set(session.scalars(select(Moment.name)))
    database.dispose()

    assert {"one", "two"} == names


@pytest.mark.parametrize("place", [None, "", ":memory:", "file:shop?mode=memory", "/nowhere/shop"])
def test_a_database_that_is_no_file_has_no_queue(
    place: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Turns(place).take():
        beside = list(tmp_path.iterdir())

    assert [] == beside


def test_a_database_in_memory_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    database = Database("sqlite:///:memory:")
    with database.begin() as session:
        session.execute(text("CREATE TABLE things (id INTEGER PRIMARY KEY)"))
    database.dispose()

    assert [] == list(tmp_path.iterdir())
