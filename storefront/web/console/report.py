"""The report: what a stretch of days brought and from where, as pictures, tables and CSV."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

from flask import request, url_for
from flask_babel import gettext as _

from storefront.domain.money import FULL_SHARE
from storefront.domain.periods import Period, Preset, preset_period
from storefront.errors import Invalid
from storefront.services.reporting.report import get_report
from storefront.services.reporting.report_acts import By
from storefront.web.auth import roles
from storefront.web.console.blueprint import blueprint
from storefront.web.console.charts import columns, pairs
from storefront.web.console.page import shop, show
from storefront.web.console.words import row_name
from storefront.web.context import ports
from storefront.web.formats import decimal_text
from storefront.web.spreadsheets import csv_answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Response

    from storefront.services.reporting.report import Report

SHOWN_PAIRS = 8
TABLES = ("rows", "days")


@blueprint.route("/report")
@roles("owner", "manager", "reports")
def report() -> str:
    """Show what a period brought."""
    merchant = shop()
    found = _found()
    return show(
        "console/report.html",
        merchant,
        report=found,
        days=columns(found.bars),
        pairs=pairs(found.rows[:SHOWN_PAIRS]),
        presets=list(Preset),
        chosen=_preset(),
        by_all=list(By),
        address=address,
    )


@blueprint.route("/report.csv")
@roles("owner", "manager", "reports")
def report_csv() -> Response:
    """Give one of the report's tables: exactly the rows that the page shows."""
    table = request.args.get("table", "rows")
    found, merchant = _found(), shop()
    rows = _day_lines(found) if table == "days" else _row_lines(found)
    period = f"{found.period.first}-{found.period.last}"
    return csv_answer(
        f"{merchant.slug}-report-{period}-{table if table in TABLES else 'rows'}", rows
    )


def address(endpoint: str = "console.report", **changes: object) -> str:
    """Return the address of this report, but for some changes; None drops a field."""
    kept = {name: request.args.get(name) for name in ("period", "since", "until", "by")}
    values: dict[str, Any] = {**kept, **changes}
    return url_for(endpoint, **{name: value for name, value in values.items() if value})


def _found() -> Report:
    merchant, now = shop(), ports().clock.now()
    preset = _preset()
    period = preset_period(preset, now, merchant.zone) if preset else _typed(merchant.zone)
    asked = request.args.get("by", "")
    with ports().reads() as session:
        return get_report(
            session, merchant, period, by=By(asked) if asked in set(By) else By.CHANNEL
        )


def _preset() -> Preset | None:
    """Return the preset that the address names; None where it names days of its own."""
    given = request.args.get("period", "")
    if given in set(Preset):
        return Preset(given)
    return None if request.args.get("since") or request.args.get("until") else Preset.MONTH


def _typed(zone: str) -> Period:
    return Period(_day("since"), _day("until"), zone)


def _day(field: str) -> date:
    given = request.args.get(field, "")
    try:
        day = date.fromisoformat(given) if re.fullmatch(r"20[0-9]{2}-[0-9-]{5}", given) else None
    except ValueError:
        day = None
    if day is None:
        raise Invalid("invalid_period", field=field)
    return day


def _row_lines(found: Report) -> Iterator[tuple[object, ...]]:
    yield (
        _("Name"),
        _("Where"),
        _("Seen"),
        _("Checkouts"),
        _("Paid orders"),
        _("Paid orders, linear"),
        _("Money, last touch"),
        _("Money, linear"),
        _("Money before, last touch"),
        _("Currency"),
    )
    for row in found.rows:
        yield (
            row_name(row.name, found.by.value),
            row.name.note,
            row.views,
            row.checkouts,
            row.orders,
            f"{row.orders_linear / FULL_SHARE:.2f}",
            decimal_text(row.net),
            decimal_text(row.net_linear),
            decimal_text(row.before),
            row.net.currency,
        )


def _day_lines(found: Report) -> Iterator[tuple[object, ...]]:
    yield (_("First day"), _("Paid orders"), _("Money"), _("Money before"), _("Currency"))
    for bar in found.bars:
        yield (
            bar.step.first.isoformat(),
            bar.orders,
            decimal_text(bar.net),
            decimal_text(bar.before),
            bar.net.currency,
        )
