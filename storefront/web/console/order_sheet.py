"""An order as a row of a spreadsheet: plain numbers, and moments in the merchant's zone."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import pgettext

from storefront.web.console import words
from storefront.web.formats import decimal_text

if TYPE_CHECKING:
    from datetime import datetime

    from storefront.services.reporting.orders import OrderRow


def csv_header(zone: str) -> tuple[str, ...]:
    """Return the columns' names."""
    return (
        _("Number"),
        _("Order"),
        _("Placed (%(zone)s)", zone=zone),
        _("Paid (%(zone)s)", zone=zone),
        _("State"),
        _("Handing over"),
        _("Way"),
        pgettext("person", "Name"),
        _("E-mail"),
        _("Things"),
        _("Goods"),
        _("Discount"),
        pgettext("cost", "Shipping"),
        _("Tax"),
        _("Total"),
        _("Given back"),
        _("Currency"),
        _("Placement"),
        _("Channel"),
        _("Campaign"),
        _("Came by"),
    )


def csv_row(row: OrderRow, zone: str) -> tuple[object, ...]:
    """Return an order's cells, in the order of the header."""
    money = (row.goods, row.discount, row.shipping, row.tax, row.total, row.refunded)
    return (
        row.number,
        row.public_id,
        local_text(row.placed_at, zone),
        local_text(row.paid_at, zone),
        words.of(words.STATUSES, row.status.value),
        words.of(words.STAGES, row.stage.value),
        words.of(words.WAYS, row.fulfilment),
        row.name,
        row.email,
        row.units,
        *(decimal_text(amount) for amount in money),
        row.total.currency,
        row.placement,
        row.channel,
        row.campaign,
        words.of(words.ACTS, row.origin) or _("Direct"),
    )


def local_text(moment: datetime | None, zone: str) -> str:
    """Return a moment as a spreadsheet reads it, on the clock of a zone."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S") if moment else ""
