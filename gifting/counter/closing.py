"""The close of a store's day, on screen and on paper."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask import request

from gifting.counter import access
from gifting.counter.blueprint import screen
from gifting.day_close import close_day
from storefront.domain.prices import read_price
from storefront.errors import Invalid
from storefront.web.context import ports
from storefront.web.sentences import sentence_of

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from storefront.domain.money import Money

FIRST_YEAR, END_YEAR = 2000, 2100


@screen.route("/day")
def day() -> AnyResponse:
    """Show what was taken and undone at this store on a day, by clerk, and what that differs by
    from what somebody counted."""
    shift, now = access.at_work(), ports().clock.now()
    on = _day(request.args.get("on", "")) or now.astimezone(ZoneInfo(shift.device.zone)).date()
    with ports().reads() as session:
        found = close_day(session, shift, on)
    counted, error = _counted(request.args.get("counted", ""), found.currency)
    return access.show(
        "counter/day.html",
        shift.device,
        shift=shift,
        day=found,
        on=on,
        now=now,
        typed=request.args.get("counted", "")[:40],
        gap=None if counted is None else counted - found.whole.net,
        counted=counted,
        error=error,
    )


def _day(typed: str) -> date | None:
    """Return the day that was asked for; None for one on which nobody has had a counter."""
    try:
        day = date.fromisoformat(typed[:10])
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year < END_YEAR else None


def _counted(typed: str, currency: str) -> tuple[Money | None, str | None]:
    """Return what a person counted, or what is wrong with it."""
    if not typed.strip():
        return None, None
    try:
        return read_price(typed, currency), None
    except Invalid as error:
        return None, sentence_of(error)
