"""Gifts in the console: the list, the same as a spreadsheet, and the page of one."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask import make_response, request
from flask_babel import gettext as _

from gifting import cards
from gifting.console import words as gift_words
from gifting.console.blueprint import blueprint
from gifting.console.searching import address, asked, gift_search
from gifting.reporting.dossier import get_gift_dossier
from gifting.reporting.gifts import every_gift, list_gifts
from gifting.reporting.liability import owed_now
from storefront.web.auth import roles
from storefront.web.console import words
from storefront.web.console.page import named, page_number, shop, show
from storefront.web.context import ports
from storefront.web.errors import status_of
from storefront.web.formats import decimal_text
from storefront.web.sentences import sentence_of
from storefront.web.spreadsheets import csv_answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse

    from gifting.reporting.gifts import GiftRow
    from gifting.reporting.search import GiftSearch
    from storefront.errors import StorefrontError
    from storefront.services.views import MerchantView


@blueprint.route("")
@roles("owner", "manager")
def gifts() -> str:
    """List gifts, with names; figures without them are on a page of their own."""
    merchant, now, search = shop(), ports().clock.now(), gift_search()
    with ports().reads() as session:
        found = list_gifts(session, merchant.id, search, now=now, page=page_number())
        owed = owed_now(session, merchant.id, is_live=ports().settings.is_live, now=now)
    return show(
        "console/gifts.html",
        merchant,
        found=found,
        owed=owed,
        search=search,
        asked=asked(),
        address=address,
    )


@blueprint.route("/list.csv")
@roles("owner", "manager")
def gifts_csv() -> Response:
    """Give exactly the gifts that the list's filters choose, all of them."""
    merchant = shop()
    return csv_answer(f"{merchant.slug}-gifts", _csv_rows(merchant, gift_search()))


def _csv_rows(merchant: MerchantView, search: GiftSearch) -> Iterator[Iterable[object]]:
    zone = merchant.zone
    yield (
        _("Gift"), _("Code ends in"), _("What"), _("State"), _("Delivery"), _("Way"),
        _("Worth"), _("Left"), _("Paid"), _("Currency"), _("From"), _("To"), _("E-mail"),
        _("Order"), _("Ordered (%(zone)s)", zone=zone), _("Opened (%(zone)s)", zone=zone),
        _("Good until"),
    )  # fmt: skip
    with ports().reads() as session:
        for row in every_gift(session, merchant.id, search, now=ports().clock.now()):
            yield _csv_row(row, zone)


def _csv_row(row: GiftRow, zone: str) -> tuple[object, ...]:
    return (
        row.public_id,
        row.last_four,
        row.title,
        words.of(gift_words.STATUSES, row.status.value),
        words.of(gift_words.TRAVELS, row.travel.value),
        words.of(gift_words.WAYS, row.way),
        decimal_text(row.face),
        decimal_text(row.balance),
        decimal_text(row.paid),
        row.face.currency,
        row.giver,
        row.recipient,
        row.email,
        row.number or row.order,
        _local(row.placed_at, zone),
        _local(row.opened_at, zone),
        row.expires_on.isoformat() if row.expires_on else "",
    )


def _local(moment: datetime | None, zone: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S") if moment else ""


@blueprint.route("/<public_id>")
@roles("owner", "manager")
def gift(public_id: str) -> AnyResponse:
    """Show one gift and all that happened to it."""
    return gift_page(named(public_id))


def gift_page(name: str, error: StorefrontError | None = None) -> Response:
    """Render the page of one gift, with what a step of a member was refused for."""
    merchant = shop()
    with ports().reads() as session:
        dossier = get_gift_dossier(
            session,
            merchant.id,
            name,
            now=ports().clock.now(),
            thanks_percent=ports().settings.thanks_percent,
        )
    page = show(
        "console/gift.html",
        merchant,
        dossier=dossier,
        gift=dossier.row,
        card=dossier.card,
        error=sentence_of(error) if error else None,
        wrong=error.field if error else None,
        typed=request.form if error else {},
        news=request.args.get("news"),
        reasons={
            "block": cards.BLOCK_REASONS,
            "unblock": cards.UNBLOCK_REASONS,
            "void": cards.VOID_REASONS,
            "adjust": cards.ADJUST_REASONS,
        },
        key=secrets.token_urlsafe(24),
        is_live=ports().settings.is_live,
    )
    response = make_response(page, status_of(error) if error else 200)
    response.headers["Cache-Control"] = "private, no-store"
    return response
