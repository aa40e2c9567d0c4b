"""Figures of gifts: what is outstanding, what moved it in a period, and what posts brought; on a
page, and each table as CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request, url_for
from flask_babel import gettext as _

from gifting.console import words
from gifting.console.blueprint import blueprint
from gifting.reporting.liability import movements, owed_now
from gifting.reporting.origins import by_origin
from storefront.web.auth import roles
from storefront.web.console.page import shop, show
from storefront.web.console.periods import FIELDS, PRESETS, asked_period
from storefront.web.context import ports
from storefront.web.formats import decimal_text
from storefront.web.spreadsheets import csv_answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Response
    from sqlalchemy.orm import Session

    from gifting.reporting.liability import Movement
    from gifting.reporting.origins import OriginRow
    from storefront.domain.periods import Period
    from storefront.services.views import MerchantView

CAMPAIGN = "campaign"
BROUGHT = "brought"
"""The table of what posts brought; the other one is of what moved the balance."""


@blueprint.route("/figures")
@roles("owner", "manager", "reports")
def figures() -> str:
    """Show what is owed on cards, and what came of gifts; no names."""
    merchant, now, is_live = shop(), ports().clock.now(), ports().settings.is_live
    asked = asked_period(merchant.zone, now)
    with ports().reads() as session:
        owed = owed_now(session, merchant.id, is_live=is_live, now=now)
        moved = _moved(session, merchant, asked.days)
        origins = _origins(session, merchant, asked.days)
    return show(
        "console/gift_figures.html",
        merchant,
        owed=owed,
        moved=moved,
        origins=origins,
        asked=asked,
        presets=PRESETS,
        is_by_campaign=_is_by_campaign(),
        address=_address,
    )


@blueprint.route("/figures.csv")
@roles("owner", "manager", "reports")
def figures_csv() -> Response:
    """Give one of the page's tables: exactly the rows that it shows."""
    merchant = shop()
    days = asked_period(merchant.zone, ports().clock.now()).days
    is_brought = request.args.get("table") == BROUGHT
    with ports().reads() as session:
        lines = (
            list(_origin_lines(_origins(session, merchant, days)))
            if is_brought
            else list(_moved_lines(_moved(session, merchant, days), days))
        )
    table = BROUGHT if is_brought else "moved"
    return csv_answer(f"{merchant.slug}-gifts-{days.first}-{days.last}-{table}", lines)


def _moved(session: Session, merchant: MerchantView, days: Period) -> tuple[Movement, ...]:
    return movements(
        session,
        merchant.id,
        since=days.starts_at,
        until=days.ends_at,
        is_live=ports().settings.is_live,
        now=ports().clock.now(),
    )


def _origins(session: Session, merchant: MerchantView, days: Period) -> tuple[OriginRow, ...]:
    return by_origin(
        session,
        merchant.id,
        since=days.starts_at,
        until=days.ends_at,
        currency=merchant.currency,
        is_live=ports().settings.is_live,
        is_by_campaign=_is_by_campaign(),
    )


def _is_by_campaign() -> bool:
    return request.args.get("by") == CAMPAIGN


def _address(endpoint: str = "gift_console.figures", **changes: object) -> str:
    """Return the address of these figures, but for some changes; None drops a field."""
    values: dict[str, Any] = {
        **{name: request.args.get(name) for name in (*FIELDS, "by")},
        **changes,
    }
    return url_for(endpoint, **{name: value for name, value in values.items() if value})


def _moved_lines(moved: tuple[Movement, ...], days: Period) -> Iterator[tuple[object, ...]]:
    yield (
        _("First day"),
        _("Last day"),
        _("Currency"),
        *(str(name) for name in words.MOVES.values()),
        _("Cards issued"),
    )
    for each in moved:
        yield (
            days.first.isoformat(),
            days.last.isoformat(),
            each.first.currency,
            *(decimal_text(getattr(each, key)) for key in words.MOVES),
            each.cards,
        )


def _origin_lines(origins: tuple[OriginRow, ...]) -> Iterator[tuple[object, ...]]:
    yield (
        _("Campaign") if _is_by_campaign() else _("Placement"),
        _("Gifts"),
        _("Paid for them"),
        _("Redeemed"),
        _("Spent on top"),
        _("Sales that followed"),
        _("Orders that followed"),
        _("Money in all"),
        _("Currency"),
    )
    for row in origins:
        yield (
            words.origin_name(row.name, is_by_campaign=_is_by_campaign()),
            row.gifts,
            decimal_text(row.paid),
            decimal_text(row.redeemed),
            decimal_text(row.on_top),
            decimal_text(row.follow_on),
            row.orders,
            decimal_text(row.brought),
            row.brought.currency,
        )
