"""The report: what a stretch of days brought and from where, as pictures, tables and CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request, url_for
from flask_babel import gettext as _

from storefront.domain.money import FULL_SHARE
from storefront.services.reporting.report import get_report
from storefront.services.reporting.report_acts import By
from storefront.web.auth import roles
from storefront.web.console.blueprint import blueprint
from storefront.web.console.charts import columns, pairs
from storefront.web.console.page import shop, show
from storefront.web.console.periods import FIELDS, PRESETS, AskedPeriod, asked_period
from storefront.web.console.words import row_name
from storefront.web.context import ports
from storefront.web.formats import decimal_text
from storefront.web.spreadsheets import csv_answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Response

    from storefront.services.reporting.report import Report
    from storefront.services.views import MerchantView

SHOWN_PAIRS = 8
TABLES = ("rows", "days")


@blueprint.route("/report")
@roles("owner", "manager", "reports")
def report() -> str:
    """Show what a period brought."""
    merchant = shop()
    asked = _asked(merchant)
    found = _found(merchant, asked)
    return show(
        "console/report.html",
        merchant,
        report=found,
        days=columns(found.bars),
        pairs=pairs(found.rows[:SHOWN_PAIRS]),
        asked=asked,
        presets=PRESETS,
        by_all=list(By),
        address=address,
    )


@blueprint.route("/report.csv")
@roles("owner", "manager", "reports")
def report_csv() -> Response:
    """Give one of the report's tables: exactly the rows that the page shows."""
    table = request.args.get("table", "rows")
    merchant = shop()
    found = _found(merchant, _asked(merchant))
    rows = _day_lines(found) if table == "days" else _row_lines(found)
    period = f"{found.period.first}-{found.period.last}"
    return csv_answer(
        f"{merchant.slug}-report-{period}-{table if table in TABLES else 'rows'}", rows
    )


def address(endpoint: str = "console.report", **changes: object) -> str:
    """Return the address of this report, but for some changes; None drops a field."""
    kept = {name: request.args.get(name) for name in (*FIELDS, "by")}
    values: dict[str, Any] = {**kept, **changes}
    return url_for(endpoint, **{name: value for name, value in values.items() if value})


def _asked(merchant: MerchantView) -> AskedPeriod:
    return asked_period(merchant.zone, ports().clock.now())


def _found(merchant: MerchantView, asked: AskedPeriod) -> Report:
    given = request.args.get("by", "")
    by = By(given) if given in set(By) else By.CHANNEL
    with ports().reads() as session:
        return get_report(session, merchant, asked.days, by=by)


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
