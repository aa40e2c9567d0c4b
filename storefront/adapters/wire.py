"""HTTP to a service that is asked again and again: connections stay open, an answer is whole in its
time, and what surroundings say of proxies is read once. What answers mean is for whoever asks."""

from __future__ import annotations

import ssl
import time
from functools import cached_property
from http.client import HTTPResponse
from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, ProxyManager, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, SSLError

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

CONNECTIONS = 64
"""So many are kept open; one more is closed when its answer is there."""


class Unanswered(Exception):
    """There was no answer, and whether another try may bring one."""

    def __init__(self, reason: str, *, may_pass: bool) -> None:
        super().__init__(reason)
        self.may_pass = may_pass


class Wire:
    """Sends requests: `timeout` is for connecting and for a whole answer, in seconds;
    `certificates` is a file of those that are believed."""

    def __init__(self, *, timeout: tuple[float, float], certificates: str) -> None:
        connect, read = timeout
        self._timeout = Timeout(connect=connect, read=read)
        self._certificates = certificates
        self._ways: dict[tuple[str, str], PoolManager] = {}

    def send(
        self, method: str, url: str, *, headers: Mapping[str, str], body: str | bytes | None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Return an answer's body, status and headers; raise `Unanswered` where none came."""
        way = self._way_to(url)
        told = {**headers, "Accept-Encoding": "gzip"}
        try:
            answer = way.request(
                method, url, body=body, headers=told, redirect=False, retries=False
            )
        except HTTPError as error:
            reason = f"{type(error).__name__}: {error}"
            raise Unanswered(reason, may_pass=not isinstance(error, SSLError)) from error
        return answer.data, answer.status, answer.headers

    def close(self) -> None:
        """Close every connection."""
        for way in self._ways.values():
            way.clear()

    def _way_to(self, url: str) -> PoolManager:
        """Return what connects to a host: itself, or through the proxy that is set for it."""
        parts = urlsplit(url)
        place = (parts.scheme, parts.netloc)
        if place not in self._ways:
            proxy = None if proxy_bypass(parts.netloc) else getproxies().get(parts.scheme)
            context = self._trusted if parts.scheme == "https" else None
            way = (
                ProxyManager(proxy, maxsize=CONNECTIONS, timeout=self._timeout, ssl_context=context)
                if proxy
                else PoolManager(maxsize=CONNECTIONS, timeout=self._timeout, ssl_context=context)
            )
            way.pool_classes_by_scheme = POOLS
            self._ways[place] = way
        return self._ways[place]

    @cached_property
    def _trusted(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._certificates)


class _UntilThen(RawIOBase):
    """Reads from a socket until the time is up that it has for one read: by itself, a socket begins
    that anew at every byte."""

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
