"""Serving a sandbox: one process, a thread per connection.

Werkzeug's server rather than granian: granian runs a second process that outlives a killed parent
and keeps its port, while this one dies whole, which is how its tests and its supervisor need it.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from werkzeug.serving import BaseWSGIServer, ThreadedWSGIServer, WSGIRequestHandler

from storefront.sandbox.app import create_sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from storefront.sandbox.config import SandboxConfig


class _Handler(WSGIRequestHandler):
    """Connections that stay open, answers that leave at once, no log of each request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def connection_dropped(self, error: BaseException, environ: object = None) -> None:  # noqa: ARG002 - the signature of the base class
        """Read no more from a line that was hung up: half a request may be left on it."""
        self.close_connection = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing: an address can hold a client secret."""


class _Server(ThreadedWSGIServer):
    request_queue_size = 512
    daemon_threads = True


def make_server(config: SandboxConfig, *, host: str, port: int) -> BaseWSGIServer:
    """Bind a sandbox to an address; port 0 takes a free one, which `server.server_port` tells."""
    app = create_sandbox(config)
    server = _Server(host, port, app, handler=_Handler)
    app.extensions["sandbox"].start()
    return server


@contextmanager
def served_for_a_while(
    config: SandboxConfig, *, host: str, port: int, clock: Callable[[], float] = time.time
) -> Iterator[None]:
    """Serve a sandbox from a thread of this process: calls are answered, and nothing happens by
    itself. What waits for its time is kept for the next who serves from the same database."""
    server = _Server(host, port, create_sandbox(config, clock), handler=_Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def serve(config: SandboxConfig, *, host: str, port: int) -> None:
    """Run a sandbox until it is told to end. The first line on standard output is its address."""
    server = make_server(config, host=host, port=port)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    sys.stdout.write(f"http://{host}:{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
    server.server_close()
