"""Requests to a service that is asked again and again."""

import socket
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import stripe

from storefront.adapters.wire import Unanswered, Wire

callers: Counter[tuple[str, int]] = Counter()
asked: list[str] = []


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

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    callers.clear()
    asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as found:
        thread = Thread(target=found.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{found.server_port}"
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
