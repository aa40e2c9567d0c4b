"""Many HTTP clients that cost little: one process, sockets that stay open, no library. It measures
the server and not itself: run as a program, it reads a plan and writes what came of it."""

import json
import selectors
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import cycle
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.rounds import percentile
from benchmarks.wire import Line, Sent, written

ROOT = Path(__file__).parents[1]
PATIENCE = 120


@dataclass(frozen=True)
class Load:
    """What clients were answered: how many a second, how slow (ms), and with which statuses."""

    count: int
    seconds: float
    p50: float
    p99: float
    statuses: Mapping[str, int]

    @property
    def rate(self) -> float:
        """Answers per second."""
        return self.count / self.seconds


def get(path: str, **headers: str) -> Sent:
    """Return a GET for `drive`."""
    return ("GET", path, headers, "")


def post(path: str, body: object, **headers: str) -> Sent:
    """Return a POST of JSON for `drive`."""
    told = {"Content-Type": "application/json", "Accept": "application/json", **headers}
    return ("POST", path, told, json.dumps(body))


def drive(
    url: str,
    requests: Sequence[Sent],
    *,
    clients: int,
    seconds: float | None = None,
    expect: int | None = 200,
) -> Load:
    """Send each request once, or all of them again and again for so many seconds.

    Raises `RuntimeError` when an answer has another status than is expected; None expects any.
    """
    host = urlsplit(url).netloc
    plan = {
        "port": urlsplit(url).port,
        "clients": clients,
        "seconds": seconds,
        "requests": [written(host, request) for request in requests],
    }
    told = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        input=json.dumps(plan),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    load = Load(**json.loads(told.stdout))
    if expect is not None and set(load.statuses) != {str(expect)}:
        message = f"{requests[0][1]} was answered with {load.statuses}"
        raise RuntimeError(message)
    return load


def run(port: int, requests: Sequence[bytes], *, clients: int, seconds: float | None) -> Load:
    """Drive the server at a port of this machine."""
    turns: Iterator[bytes] = iter(requests) if seconds is None else cycle(requests)
    statuses: Counter[str] = Counter()
    times: list[float] = []
    selector = selectors.DefaultSelector()
    busy = 0
    begin = time.perf_counter()
    end = None if seconds is None else begin + seconds
    for request, _ in zip(turns, range(clients), strict=False):
        line = Line(port)
        selector.register(line.socket, selectors.EVENT_READ, line)
        line.send(request)
        busy += 1
    while busy:
        for key, _ in selector.select(PATIENCE):
            line = key.data
            if not line.receive():
                continue
            now = time.perf_counter()
            times.append(1000 * (now - line.began))
            statuses[line.status] += 1
            following = next(turns, None) if end is None or now < end else None
            if following is None:
                selector.unregister(line.socket)
                line.socket.close()
                busy -= 1
            else:
                line.send(following)
    taken = time.perf_counter() - begin
    return Load(len(times), taken, percentile(times, 0.5), percentile(times, 0.99), dict(statuses))


def main() -> None:
    """Read a plan, follow it, and tell what came of it."""
    plan = json.load(sys.stdin)
    requests = [request.encode() for request in plan["requests"]]
    load = run(plan["port"], requests, clients=plan["clients"], seconds=plan["seconds"])
    sys.stdout.write(json.dumps(asdict(load)))


if __name__ == "__main__":
    main()
