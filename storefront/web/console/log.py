"""Who did what, on a page and as CSV. Nothing here changes anything."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask import request

from storefront.errors import Invalid
from storefront.services.reporting.actions import Sought, every_action, list_actions
from storefront.web.auth import roles
from storefront.web.console import words
from storefront.web.console.blueprint import blueprint
from storefront.web.console.deeds import deeds
from storefront.web.console.page import page_number, shop, show
from storefront.web.context import ports
from storefront.web.spreadsheets import csv_answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Response

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(9998, 12, 31)
"""Beyond them the midnight of some zone is no moment that a computer knows."""

COLUMNS = ("done_at", "member", "action", "object_kind", "object_id", "figures")


@blueprint.route("/log")
@roles("owner", "manager")
def log() -> str:
    """List what members did, latest first."""
    merchant = shop()
    sought = _sought(merchant.zone)
    with ports().reads() as session:
        found = list_actions(session, merchant.id, sought, page=page_number())
        told = deeds(session, merchant, found.rows)
    return show(
        "console/log.html",
        merchant,
        found=found,
        deeds=told,
        sought=sought,
        asked={name: request.args.get(name, "") for name in ("member", "action", "since", "until")},
    )


@blueprint.route("/log.csv")
@roles("owner", "manager")
def log_csv() -> Response:
    """Give exactly the rows that the page's filters choose, all of them."""
    merchant = shop()
    rows = _csv_rows(merchant.id, _sought(merchant.zone))
    return csv_answer(f"{merchant.slug}-log", rows)


def _csv_rows(merchant_id: int, sought: Sought) -> Iterator[tuple[object, ...]]:
    yield COLUMNS
    with ports().reads() as session:
        for row in every_action(session, merchant_id, sought):
            figures = "; ".join(f"{name}={value}" for name, value in row.figures.items())
            yield (
                row.done_at.isoformat(timespec="seconds"),
                row.member,
                row.action,
                row.object_kind,
                row.object_id,
                figures,
            )


def _sought(zone: str) -> Sought:
    """Return what the address asks for; days are the merchant's, the last one included."""
    name, action = request.args.get("member", ""), request.args.get("action", "")
    until = _day(request.args.get("until", ""), "until")
    return Sought(
        member=name if re.fullmatch(r"mem_[0-9a-z]{16}", name) else None,
        action=action if action in words.ACTIONS else None,
        since=_midnight(_day(request.args.get("since", ""), "since"), zone),
        until=_midnight(until + timedelta(days=1) if until else None, zone),
    )


def _day(given: str, field: str) -> date | None:
    if not given:
        return None
    try:
        day = date.fromisoformat(given[:10])
    except ValueError:
        raise Invalid("invalid_day", field=field) from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise Invalid("invalid_day", field=field)
    return day


def _midnight(day: date | None, zone: str) -> datetime | None:
    return datetime.combine(day, time(), ZoneInfo(zone)) if day else None
