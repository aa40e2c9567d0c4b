"""A stand-in for Stripe that always gives one answer, and remembers what it was asked with."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


class Answering:
    """Answers every POST with one status and body."""

    def __init__(self, status: int, body: Any) -> None:
        self.keys: list[str | None] = []
        self._status = status
        self._body = (body if isinstance(body, str) else json.dumps(body)).encode()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        answering = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                answering.keys.append(self.headers["Idempotency-Key"])
                self.send_response(answering._status)
                self.send_header("Content-Length", str(len(answering._body)))
                self.end_headers()
                self.wfile.write(answering._body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler
