"""Many HTTP clients at once: processes with threads that start together and share out requests.

Run as a program, this is one such process: a plan on standard input, answers on standard output.
It speaks plain http.client over connections that stay open, so that the clients cost little
beside the server that they race against."""

import http.client
import itertools
import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

PROCESSES = 2
PATIENCE = 60
LONGEST_RACE = 1800
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Request:
    """One request: `body` as text, `host` as name and port."""

    host: str
    path: str
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "POST"


@dataclass(frozen=True)
class Answer:
    """What came back; status 0 and the fault as the body when nothing did."""

    status: int
    body: str
    headers: dict[str, str]
    seconds: float

    @cached_property
    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The error's code, or the status in words of its own: "201"."""
        return str(self.json["code"]) if self.status >= 400 else str(self.status)


def race(requests: Sequence[Request], *, clients: int) -> list[Answer]:
    """Send all requests from `clients` threads in two processes that begin at one moment.

    Return the answers in the order of the requests.
    """
    shares = [requests[number::PROCESSES] for number in range(PROCESSES)]
    racers = [_start(share, threads=clients // PROCESSES) for share in shares if share]
    try:
        for racer in racers:
            assert _out(racer).readline() == b"ready\n"
        for racer in racers:
            _in(racer).write(b"go\n")
            _in(racer).flush()
        told = [racer.communicate(timeout=LONGEST_RACE)[0] for racer in racers]
    finally:
        for racer in racers:
            racer.kill()
            racer.wait()
    answers = [[Answer(**each) for each in json.loads(share)] for share in told]
    in_turn = itertools.chain.from_iterable(itertools.zip_longest(*answers))
    return [answer for answer in in_turn if answer is not None]


def ask(request: Request) -> Answer:
    """Send one request over a connection of its own."""
    connection = http.client.HTTPConnection(request.host, timeout=PATIENCE)
    try:
        return _ask(connection, request)
    finally:
        connection.close()


def ask_in_turn(requests: Sequence[Request], *, clients: int) -> list[Answer]:
    """Send requests that need not race, a few at a time and without processes of their own.

    Return the answers in the order of the requests.
    """
    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(ask, requests))


def count_codes(answers: Iterable[Answer]) -> dict[str, int]:
    """Count answers by code, 2xx by their status."""
    return dict(Counter(answer.code for answer in answers))


def percentiles(answers: Iterable[Answer]) -> str:
    """Say how long answers took, for people: half of them, 95 and 99 of 100, the slowest."""
    times = sorted(answer.seconds * 1000 for answer in answers)
    at = {name: times[int(part * (len(times) - 1))] for name, part in _PARTS.items()}
    return ", ".join(f"{name} {value:.0f} ms" for name, value in at.items())


_PARTS = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}


def _start(share: Sequence[Request], *, threads: int) -> subprocess.Popen[bytes]:
    racer = subprocess.Popen(
        [sys.executable, "-m", "tests.races.clients"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    plan = {"threads": threads, "requests": [asdict(request) for request in share]}
    _in(racer).write(json.dumps(plan).encode() + b"\n")
    _in(racer).flush()
    return racer


def _in(racer: subprocess.Popen[bytes]) -> Any:
    return racer.stdin


def _out(racer: subprocess.Popen[bytes]) -> Any:
    return racer.stdout


class _Client(threading.Thread):
    """One client: takes the next request until there is none."""

    def __init__(self, turns: "itertools.count[int]", start: threading.Barrier) -> None:
        super().__init__()
        self.answers: dict[int, Answer] = {}
        self.requests: Sequence[Request] = ()
        self._turns = turns
        self._start = start
        self._connections: dict[str, http.client.HTTPConnection] = {}

    def run(self) -> None:
        self._start.wait()
        for turn in self._turns:
            if turn >= len(self.requests):
                break
            self.answers[turn] = self._ask(self.requests[turn])
        for connection in self._connections.values():
            connection.close()

    def _ask(self, request: Request) -> Answer:
        connection = self._connections.setdefault(
            request.host, http.client.HTTPConnection(request.host, timeout=PATIENCE)
        )
        return _ask(connection, request)


def _ask(connection: http.client.HTTPConnection, request: Request) -> Answer:
    begin = time.monotonic()
    try:
        connection.request(request.method, request.path, request.body.encode(), request.headers)
        response = connection.getresponse()
        status, body = response.status, response.read().decode()
        headers = {name.lower(): value for name, value in response.getheaders()}
    except (OSError, http.client.HTTPException) as fault:
        connection.close()
        status, body, headers = 0, repr(fault), {}
    return Answer(status, body, headers, time.monotonic() - begin)


def main() -> None:
    """Race one share of the requests."""
    plan = json.loads(sys.stdin.readline())
    turns, start = itertools.count(), threading.Barrier(plan["threads"] + 1)
    clients = [_Client(turns, start) for _ in range(plan["threads"])]
    requests = [Request(**each) for each in plan["requests"]]
    for client in clients:
        client.requests = requests
        client.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    start.wait()
    answers: dict[int, Answer] = {}
    for client in clients:
        client.join()
        answers |= client.answers
    sys.stdout.write(json.dumps([asdict(answers[turn]) for turn in sorted(answers)]))


if __name__ == "__main__":
    main()
