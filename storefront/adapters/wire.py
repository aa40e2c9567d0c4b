"""HTTP to a service that is asked again and again: connections stay open, and what surroundings say
of proxies is read once. What the answers mean is for whoever asks."""

from __future__ import annotations

import ssl
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from urllib3 import PoolManager, ProxyManager, Timeout
from urllib3.exceptions import HTTPError, SSLError

from storefront.adapters.whole_answers import POOLS

if TYPE_CHECKING:
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
