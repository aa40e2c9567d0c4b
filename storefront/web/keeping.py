"""Pages that are kept as they were drawn. The key is all that they are made of: an address, a
language, and what the database has said, word for word; so nothing here can be out of date,
whatever other processes do. What moves by the second is told anew each time."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from flask import current_app, g, request

from storefront.web.context import ports
from storefront.web.languages import asked_language

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from flask import Flask

KEY = "storefront_kept_pages"
MOST = 512
"""So many are kept in each process, at some ten kilobytes each."""

_OPEN_CLOCK = re.compile(r"\x1a(\d{4}-[\d:T.+-]+)\x1a")


class Lasting(Protocol):
    """Something that is good for a while."""

    def is_good(self, now: datetime) -> bool:
        """Return whether it is good at `now`."""


L = TypeVar("L", bound=Lasting)


class KeptPages:
    """Pages by all that they are made of, but for the time. Once there are too many, all go: what
    is asked for often is back at once."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._pages: dict[Hashable, Any] = {}

    def find(self, key: Hashable, *, now: datetime) -> Any:
        """Return what is kept under this key and still good, None if nothing is."""
        page = self._pages.get(key)
        return page if page is not None and page.is_good(now) else None

    def get(self, key: Hashable, draw: Callable[[], L], *, now: datetime) -> L:
        """Return what is kept under this key and still good, drawn now if nothing is."""
        page: L | None = self.find(key, now=now)
        if page is None:
            page = draw()
            if len(self._pages) >= self._most:
                self._pages.clear()
            self._pages[key] = page
        return page


def init_keeping(app: Flask) -> None:
    """Keep pages of this application, in each of its processes."""
    app.extensions[KEY] = KeptPages()
    app.jinja_env.globals.update(milliseconds_until=milliseconds_until)


def kept(key: Hashable, draw: Callable[[], L], *, now: datetime) -> L:
    """Return the page at the present address that is made of this, its clocks open."""
    pages: KeptPages = current_app.extensions[KEY]
    address = (request.script_root, request.path, request.query_string)
    whole = (address, asked_language(), key)
    return pages.get(whole, lambda: _with_open_clocks(draw), now=now)


def find_kept(
    app: Flask, environ: Mapping[str, Any], key: Hashable, *, language: str, now: datetime
) -> Any:
    """Return the page at a WSGI server's address that is made of this, its clocks open; None where
    none is kept in this language."""
    pages: KeptPages = app.extensions[KEY]
    query = environ.get("QUERY_STRING", "").encode("latin1")
    address = (environ["SCRIPT_NAME"], environ["PATH_INFO"], query)
    return pages.find((address, language, key), now=now)


def _with_open_clocks(draw: Callable[[], L]) -> L:
    g.storefront_clocks_are_open = True
    try:
        return draw()
    finally:
        del g.storefront_clocks_are_open


def tell_clocks(page: str, now: datetime) -> str:
    """Return a page that was kept with its clocks told now."""
    return _OPEN_CLOCK.sub(
        lambda found: str(_milliseconds(now, datetime.fromisoformat(found[1]))), page
    )


def milliseconds_until(moment: datetime) -> int | str:
    """Return how long it is until then, asked as late as can be: while the page is written, or, in
    one that is kept, while it is answered."""
    if "storefront_clocks_are_open" in g:
        return f"\x1a{moment.isoformat()}\x1a"
    return _milliseconds(ports().clock.now(), moment)


def _milliseconds(now: datetime, moment: datetime) -> int:
    return int((moment - now).total_seconds() * 1000)
