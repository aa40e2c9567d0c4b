"""A shop's webhook address for tests: keeps what it is sent and answers as it is told."""

import json
import threading
from collections import deque
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATIENCE = 15


@dataclass(frozen=True)
class Received:
    body: bytes
    signature: str

    @property
    def event(self) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(self.body)
        return event


class Receiver:
    """Listens from its making; `answers` are given in turn, 200 when none is left.

    With `together` set, no delivery is answered before so many are there at once.
    """

    def __init__(self, port: int = 0) -> None:
        self.answers: deque[int] = deque()
        self.together: threading.Barrier | None = None
        self._received: list[Received] = []
        self._changed = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/webhooks/stripe"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def about(self, object_id: str) -> list[dict[str, Any]]:
        """Return the events received so far about an object or an intent's charge."""
        events = [received.event for received in list(self._received)]
        return [event for event in events if object_id in json.dumps(event["data"]["object"])]

    def wait_for(self, topic: str, object_id: str, *, times: int = 1) -> Received:
        """Return the last of so many deliveries of an event; fails when they do not come."""

        def matching() -> list[Received]:
            return [
                received
                for received in self._received
                if received.event["type"] == topic
                and object_id in json.dumps(received.event["data"]["object"])
            ]

        with self._changed:
            came = self._changed.wait_for(lambda: len(matching()) >= times, PATIENCE)
        told = [event["type"] for event in self.about(object_id)]
        assert came, f"{topic} did not come {times} times; what came: {told}"
        return matching()[times - 1]

    def _take(self, received: Received) -> int:
        with self._changed:
            self._received.append(received)
            self._changed.notify_all()
            return self.answers.popleft() if self.answers else 200

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                body = self.rfile.read(length)
                if len(body) < length:  # The sender died in the middle of it.
                    self.close_connection = True
                    return
                status = receiver._take(Received(body, self.headers["Stripe-Signature"]))
                if receiver.together:
                    receiver.together.wait(PATIENCE)
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        return Handler
