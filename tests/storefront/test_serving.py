"""The web's processes: workers that one process forks, which come back alone and end with it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from storefront.programs import web_program
from storefront.serving import OBJECTS
from tests.races.market import wait_until
from tests.races.servers import environment_of, free_port
from tests.races.supervised import children, is_alive, listeners

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere granian forks")

APPLICATION = "tests.storefront.who_answers:create_app"
PATIENCE = 60


class Web:
    """A web with two workers."""

    def __init__(self) -> None:
        self.port = free_port()
        program = web_program(APPLICATION, host="127.0.0.1", port=self.port, workers=2)
        self.process = subprocess.Popen(
            program.command,
            cwd=Path(__file__).parents[2],
            env=environment_of({}),
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def workers(self) -> set[int]:
        return set(children(self.process.pid))

    def everybody(self) -> set[int]:
        return {self.process.pid, *self.workers()}

    def answer(self) -> int | None:
        """Return the process that answers, if any does."""
        url = f"http://127.0.0.1:{self.port}/"
        with suppress(URLError, OSError), urlopen(url, timeout=PATIENCE) as answer:
            return int(answer.read())
        return None

    def wait_until_whole(self) -> None:
        wait_until(lambda: listeners(self.port) == 2 and bool(self.answer()), "both listen")


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web()
    try:
        web.wait_until_whole()
        yield web
    finally:
        with suppress(ProcessLookupError):
            os.killpg(web.process.pid, signal.SIGKILL)
        web.process.wait(PATIENCE)


def test_a_worker_that_is_killed_again_and_again_comes_back_and_the_other_stays(web: Web) -> None:
    staying, *_ = kept = sorted(web.workers())
    dying = kept[1]
    for _ in range(2):
        os.kill(dying, signal.SIGKILL)
        wait_until(
            lambda gone=dying: gone not in web.workers() and len(web.workers()) == 2, "it is back"
        )
        web.wait_until_whole()
        [dying] = web.workers() - {staying}

    assert is_alive(staying)
    assert web.answer() in web.workers()
    with urlopen(f"http://127.0.0.1:{web.port}/garbage", timeout=PATIENCE) as looks_for_garbage:
        assert f"True {OBJECTS}" == looks_for_garbage.read().decode()


def test_killed_outright_it_takes_its_workers_along(web: Web) -> None:
    everybody = web.everybody()
    web.process.kill()
    web.process.wait(PATIENCE)
    wait_until(lambda: not any(map(is_alive, everybody)), "all are gone")

    assert len(everybody) == 3
    assert listeners(web.port) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_it_ends_its_workers_first(web: Web, number: signal.Signals) -> None:
    everybody = web.everybody()
    web.process.send_signal(number)

    assert web.process.wait(PATIENCE) == 0
    assert [pid for pid in everybody if is_alive(pid)] == []
