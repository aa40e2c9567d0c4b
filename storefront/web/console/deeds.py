"""What a member did, as the log tells it: what the thing is called, where its page is, and the
figures of the act in words. Nothing is left out: a figure without words stands there as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import current_app, url_for
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from storefront.domain.money import Money
from storefront.services.reporting.action_names import name_things
from storefront.values import frozen
from storefront.web.console import words
from storefront.web.context import ports
from storefront.web.countries import country_name
from storefront.web.formats import money, percent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from flask.sansio.app import App
    from sqlalchemy.orm import Session

    from storefront.kinds import Thing
    from storefront.services.reporting.actions import ActionRow
    from storefront.services.views import MerchantView

FURTHER = "storefront_further_reasons"

PAGES = {
    "order": "console.order",
    "placement": "console.placement",
    "offer": "console.offer",
    "product": "console.product",
    "import": "console.product_import",
}
"""Where a thing has a page of its own, at its public id."""

OWN_NAMES: Mapping[str, Mapping[str, Any]] = {
    "shop_text": {
        "terms": _("Terms"),
        "privacy": _("Privacy"),
        "returns": _("Returns"),
        "imprint": _("Imprint"),
    },
    "shop_picture": {"logo": _("Logo"), "cover": _("Cover")},
}
"""What things are called of which a shop has one each."""

STOCK_ACTS = {
    "restock": _("restocked"),
    "count": _("counted"),
    "limit": _("counted from now on"),
    "unlimit": _("no longer counted"),
}
NAMELESS = frozenset({"person", "invitation"})
"""Whom they are about is nobody's business here."""


@frozen
class Deed:
    """One thing that somebody did: to what, by its name and page, and its figures in words. `mark`
    stands for what has no name any more."""

    row: ActionRow
    name: str
    mark: str
    address: str | None
    figures: tuple[str, ...]


def add_reasons(app: App, reasons: Mapping[str, Any]) -> None:
    """Give the log words for another package's reasons."""
    app.extensions.setdefault(FURTHER, {}).update(reasons)


def deeds(session: Session, merchant: MerchantView, rows: Iterable[ActionRow]) -> list[Deed]:
    """Return rows of the log as people read them."""
    shown = tuple(rows)
    things = [*(_thing(row) for row in shown), *(_store(row) for row in shown)]
    named = name_things(session, merchant.id, things)
    for kind in ports().kinds:
        named |= kind.name_things(session, merchant.id, things)
    return [_deed(row, merchant, named) for row in shown]


def _thing(row: ActionRow) -> tuple[str, str]:
    return row.object_kind, row.object_id


def _store(row: ActionRow) -> tuple[str, str]:
    """Return the store that a figure of the row may name."""
    return "store", str(row.figures.get("store") or "")


def _deed(row: ActionRow, merchant: MerchantView, named: Mapping[tuple[str, str], Thing]) -> Deed:
    thing = named.get(_thing(row))
    name = thing.name if thing else _own_name(row, merchant)
    return Deed(
        row,
        name,
        "" if name or row.object_kind in NAMELESS else row.object_id,
        _address(row, thing),
        tuple(_figures(row, merchant, named)),
    )


def _own_name(row: ActionRow, merchant: MerchantView) -> str:
    """Return what something is called that is no row of its own; "" where it has no name."""
    if row.object_kind == "merchant":
        return merchant.name
    return str(OWN_NAMES.get(row.object_kind, {}).get(row.object_id, ""))


def _address(row: ActionRow, thing: Thing | None) -> str | None:
    if thing and thing.endpoint:
        return url_for(thing.endpoint, public_id=thing.public_id)
    if thing and row.object_kind == "variant":
        return url_for("console.variant", public_id=thing.within, variant_id=row.object_id)
    endpoint = PAGES.get(row.object_kind)
    return url_for(endpoint, public_id=row.object_id) if endpoint else None


def _figures(
    row: ActionRow, merchant: MerchantView, named: Mapping[tuple[str, str], Thing]
) -> Iterator[str]:
    """Yield the figures of an act in words; what it was before stands beside what it is now."""
    figures = {name: value for name, value in row.figures.items() if value is not None}
    store = named.get(_store(row))
    if store:
        figures.pop("store")
        yield store.name
    currency = str(figures.pop("currency", merchant.currency))
    for now, before in CHANGES:
        if now in figures:
            told = [_written(name, figures.pop(name, None), currency) for name in (now, before)]
            yield _changed(*told)
    for name, value in figures.items():
        if name not in UNTOLD:
            yield str(WORDS[name](value)) if name in WORDS else f"{name.replace('_', ' ')} {value}"


CHANGES = (
    ("amount_minor", "before_minor"),
    ("price_minor", "was_minor"),
    ("ppm", "before_ppm"),
    ("role", "former"),
)
"""Figures, each with the one that says what it was before."""

UNTOLD = frozenset({"refund"})
"""Names that only programs know something by; the CSV has them."""


def _written(name: str, value: Any, currency: str) -> str:
    if value is None:
        return ""
    if name.endswith("_minor"):
        return money(Money(value, currency))
    return percent(value) if name.endswith("ppm") else words.of(words.ROLES, value)


def _changed(now: str, before: str) -> str:
    if before in {"", now}:
        return now
    return str(gettext("%(now)s instead of %(before)s", now=now, before=before))


def _reason(code: str) -> str:
    further: dict[str, Any] = current_app.extensions.get(FURTHER, {})
    return words.of({**words.REASONS, **further}, code)


WORDS: Mapping[str, Callable[[Any], str]] = {
    "act": lambda code: words.of(STOCK_ACTS, code),
    "alarm": lambda code: words.of(words.ALARMS, code),
    "count": lambda count: ngettext("%(num)s entry", "%(num)s entries", count),
    "country": country_name,
    "includes_tax": lambda does: (
        gettext("prices include tax") if does else gettext("tax comes on top")
    ),
    "job": lambda code: words.of(words.JOBS, code),
    "letters": lambda count: ngettext("%(num)s character", "%(num)s characters", count),
    "minutes": lambda count: ngettext("%(num)s minute", "%(num)s minutes", count),
    "number": lambda count: ngettext("%(num)s time so far", "%(num)s times so far", count),
    "products": lambda count: ngettext("%(num)s product", "%(num)s products", count),
    "reason": _reason,
}
"""What a figure says to people."""
