"""Messages that the frame's script got from others than its host and dropped (bad input 39): how
many there were is for /metrics. Anybody can make a number up, so that little is believed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, cast

from flask import Blueprint, current_app
from prometheus_client import Counter

from storefront.errors import Invalid
from storefront.web import forms
from storefront.web.bodies import json_body
from storefront.web.context import ports
from storefront.web.metrics import tally_of

if TYPE_CHECKING:
    from datetime import datetime

    from flask import Flask
    from prometheus_client import CollectorRegistry

blueprint = Blueprint("strange", __name__)

COUNTED = "storefront_strange"

MOST = 1000
"""So many at most are told of at once (static/js/channel.js)."""

MOST_A_MINUTE = 10_000
"""So many at most are counted in a minute, in each process."""


class Strange:
    """What one application counts of it in this process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._messages = Counter(
            "storefront_strange_messages",
            "Messages to frames that came from others than their hosts and were dropped,"
            " as browsers tell it: counted, or ignored beyond what is believed in a minute",
            ("outcome",),
            registry=registry,
        )
        self._guard = threading.Lock()
        self._minute: datetime | None = None
        self._left = 0

    def note(self, count: int, *, now: datetime) -> None:
        """Count messages, as far as this minute has room for them."""
        minute = now.replace(second=0, microsecond=0)
        with self._guard:
            if minute != self._minute:
                self._minute, self._left = minute, MOST_A_MINUTE
            believed = min(count, self._left)
            self._left -= believed
        for outcome, part in (("counted", believed), ("ignored", count - believed)):
            if part:
                self._messages.labels(outcome).inc(part)


def init_strange(app: Flask) -> None:
    """Count for `app`, whose requests are counted already."""
    app.extensions[COUNTED] = Strange(tally_of(app).registry)


@blueprint.post("/strange")
def note() -> tuple[str, int]:
    """Take what a frame has counted; the answer is empty, whatever is believed of it."""
    body = json_body()
    forms.refuse_unknown(body, frozenset({"count"}))
    count = body.get("count")
    if type(count) is not int or not 0 < count <= MOST:
        raise Invalid(field="count")
    cast("Strange", current_app.extensions[COUNTED]).note(count, now=ports().clock.now())
    return "", 204
