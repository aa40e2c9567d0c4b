"""A stand-in for Stripe that always gives one answer, and remembers what it was asked with."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


class Answering:
    """Answers every POST with one status and body. Where lines are `kept`, the second request of
    each is read and the line is cut: its caller cannot know whether anything was done."""

    def __init__(self, status: int, body: Any, *, is_kept: bool = False) -> None:
        self.keys: list[str | None] = []
        self.lines: list[tuple[str, int]] = []
        self._is_kept = is_kept
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
            protocol_version = "HTTP/1.1" if answering._is_kept else "HTTP/1.0"

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                answering.keys.append(self.headers["Idempotency-Key"])
                answering.lines.append(self.client_address)
                if answering.lines.count(self.client_address) > 1:
                    self.close_connection = True
                    return
                self.send_response(answering._status)
                self.send_header("Content-Length", str(len(answering._body)))
                self.end_headers()
                self.wfile.write(answering._body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler
