"""HTTP as the figures' clients speak it: one connection that stays open, one request after the
other, no library. What clients cost is missing to the server, for they share its processors."""

import socket
import time
from typing import Final

CHUNK = 1 << 16
"""Longer answers are read in parts. A buffer for the longest would be fetched from the system, and
given back, with each read."""

WITHOUT_BODY = frozenset({"204", "304"})

Sent = tuple[str, str, dict[str, str], str]
"""Method, path, headers and body of a request."""


def written(host: str, request: Sent) -> str:
    """Return a request as it goes over the wire; bodies are ASCII."""
    method, path, headers, body = request
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", body])


class Line:
    """One connection: sends a request, and knows when its answer is whole."""

    def __init__(self, port: int) -> None:
        self.socket: Final = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.began = 0.0
        self.status = ""
        self.body = b""
        self._answer = b""

    def ask(self, request: bytes) -> None:
        """Send a request and wait for its answer."""
        self.send(request)
        while not self.receive():
            pass

    def send(self, request: bytes) -> None:
        """Send a request, and forget the last answer."""
        self._answer = b""
        self.began = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> bool:
        """Read on; return whether all is here, `status` and `body`."""
        chunk = self.socket.recv(CHUNK)
        if not chunk:
            raise ConnectionError(self._answer)
        self._answer = self._answer + chunk if self._answer else chunk
        head, gap, self.body = self._answer.partition(b"\r\n\r\n")
        self.status = head[9:12].decode()
        return bool(gap) and (self.status in WITHOUT_BODY or len(self.body) >= _length(head))


def _length(head: bytes) -> int:
    """Return how long a body is. Raises `ValueError` where the head does not tell."""
    _, _, told = head.lower().partition(b"\r\ncontent-length:")
    return int(told.partition(b"\r\n")[0])
