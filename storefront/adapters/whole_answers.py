"""Connections whose answer is there as a whole within its time, however slowly it drips: a time-out
of a socket begins anew at every byte. What is asked and answered is not known here."""

from __future__ import annotations

import time
from http.client import HTTPResponse
from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING, Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

if TYPE_CHECKING:
    import socket


class _UntilThen(RawIOBase):
    """Reads from a socket as long as the time lasts that the socket has for one read."""

    def __init__(self, line: RawIOBase, connection: socket.socket) -> None:
        super().__init__()
        self._line = line
        self._connection = connection
        self._whole = connection.gettimeout()
        self._ends = time.monotonic() + (self._whole or 0)

    def readable(self) -> bool:
        """Say that it is there to be read."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read what there is; raise `TimeoutError` when the time is up."""
        if self._whole is None:
            return self._line.readinto(buffer)
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer was not whole in time")
        self._connection.settimeout(left)
        try:
            return self._line.readinto(buffer)
        finally:
            # The next request on this connection has all its time.
            self._connection.settimeout(self._whole)

    def close(self) -> None:
        """Close the line, too."""
        self._line.close()
        super().close()


class Answer(HTTPResponse):
    """An answer for which the socket's time-out is the time for all of it."""

    def __init__(self, sock: socket.socket, *args: Any, **named: Any) -> None:
        super().__init__(sock, *args, **named)
        self.fp = BufferedReader(_UntilThen(self.fp.detach(), sock))


class _Connection(HTTPConnection):
    response_class = Answer


class _SecureConnection(HTTPSConnection):
    response_class = Answer


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


POOLS = {"http": _Pool, "https": _SecurePool}
"""What a pool manager of urllib3 takes as its `pool_classes_by_scheme`."""
