"""Requests to a service that is asked again and again."""

import socket
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest
import stripe

from storefront.adapters.wire import Answer, Unanswered, Wire

callers: Counter[tuple[str, int]] = Counter()
asked: list[str] = []
had_enough = Event()

DRIPPED = {
    "/head": b"HTTP/1.1 200 OK\r\nX-Filler: " + b"x" * 10_000,
    "/body": b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n" + b"x" * 10_000,
}
"""Answers that take minutes, a byte at a time, whichever part of them it is."""


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was sent, and notes by whom."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        callers[self.client_address] += 1
        asked.append(self.path)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(402)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Request-Id", self.headers["X-Ours"])
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        """Drip: each byte comes soon after the last."""
        self.close_connection = True
        for byte in DRIPPED[self.path]:
            self.wfile.write(bytes((byte,)))
            if had_enough.wait(0.01):
                return

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    callers.clear()
    asked.clear()
    had_enough.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as found:
        thread = Thread(target=found.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{found.server_port}"
        had_enough.set()
        found.shutdown()
        thread.join()


@pytest.fixture
def wire() -> Iterator[Wire]:
    made = Wire(timeout=(2, 6), certificates=stripe.ca_bundle_path)
    yield made
    made.close()


def test_answers_come_as_they_are_over_one_connection(server: str, wire: Wire) -> None:
    answers = [
        wire.send("POST", f"{server}/v1/things", headers={"X-Ours": "r1"}, body=f"n={n}")
        for n in range(3)
    ]

    assert [(b"n=0", 402), (b"n=1", 402), (b"n=2", 402)] == [each[:2] for each in answers]
    assert {"r1"} == {headers["request-id"] for _, _, headers in answers}
    assert [3] == list(callers.values())


def test_a_proxy_of_the_surroundings_is_asked_instead(
    server: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server)
    monkeypatch.delenv("no_proxy", raising=False)
    wire.send("POST", "http://api.test/v1/things", headers={"X-Ours": "r1"}, body="n=1")

    assert ["http://api.test/v1/things"] == asked


def test_who_does_not_listen_may_do_so_later(wire: Wire) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/"

        with pytest.raises(Unanswered) as fault:
            wire.send("POST", url, headers={}, body="")
    assert fault.value.may_pass


@pytest.mark.parametrize("part", DRIPPED)
def test_an_answer_that_drips_is_none_once_its_time_is_up(server: str, part: str) -> None:
    """R-B12: no read takes long, all of them together would take minutes."""
    hasty = Wire(timeout=(2, 0.3), certificates=stripe.ca_bundle_path)
    with pytest.raises(Unanswered) as fault:
        hasty.send("GET", f"{server}{part}", headers={}, body=None)
    hasty.close()

    assert fault.value.may_pass


def test_a_line_has_all_its_time_again_for_the_next_answer() -> None:
    near, far = socket.socketpair()
    with near, far:
        near.settimeout(6)
        far.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        answer = Answer(near)
        answer.begin()
        answer.close()

        assert 6 == near.gettimeout()
