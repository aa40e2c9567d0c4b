"""The fields of an offer's form: read into a draft, and filled from an offer that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from storefront.domain.money import Money
from storefront.domain.offers import Base, Benefit, Kind, Lane, Scope
from storefront.errors import Invalid
from storefront.services.offers import Draft
from storefront.web import forms
from storefront.web.console.page import named
from storefront.web.formats import decimal_text, percent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from storefront.services.reporting.offers import OfferPage
    from storefront.services.views import MerchantView
    from storefront.web.console.reading import Reading

T = TypeVar("T", Base, Benefit, Kind, Lane, Scope)

PICK, WITH = "pick-", "with-"
"""A box for each product, each variant and each other offer: a field given twice is refused."""

VARIANT = "var_"
LONGEST_NAME = 120
LONGEST_CODE = 40
LONGEST_ID = 24
MOST = 1_000_000
MOST_RANK = 1000
FIELDS = frozenset(
    {
        "name", "kind", "code", "code_uses", "benefit", "rate", "value", "scope", "starts",
        "starts_time", "ends", "ends_time", "quota", "per_buyer_limit", "budget", "max_discount",
        "min_spend", "min_quantity", "needed", "is_first_order_only", "is_exclusive", "lane",
        "priority", "base", "placement", "has_link", "returns_use", "stage",
    }
)  # fmt: skip


def read_draft(reading: Reading, merchant: MerchantView) -> Draft:
    """Return the draft that a form describes; what is wrong is kept beside its field."""
    form, currency = reading.form, merchant.currency
    picked, goes_with = _boxes(form, PICK), _boxes(form, WITH)
    forms.refuse_unknown((name for name in form if not name.startswith((PICK, WITH))), FIELDS)
    benefit = _one_of(reading, "benefit", Benefit)
    needed = reading.line("needed", longest=LONGEST_ID)
    return Draft(
        name=reading.line("name", longest=LONGEST_NAME, is_needed=True),
        kind=_one_of(reading, "kind", Kind),
        benefit=benefit,
        scope=_one_of(reading, "scope", Scope),
        rate_ppm=reading.percentage("rate") if benefit is Benefit.PERCENT else 0,
        value_minor=reading.price("value", currency) if benefit is not Benefit.PERCENT else 0,
        products=tuple(each for each in picked if not each.startswith(VARIANT)),
        variants=tuple(each for each in picked if each.startswith(VARIANT)),
        code=reading.line("code", longest=LONGEST_CODE),
        code_uses=reading.whole("code_uses", least=1, most=MOST),
        starts=moment(form, "starts"),
        ends=moment(form, "ends"),
        quota=reading.whole("quota", least=1, most=MOST),
        budget_minor=_price_or_none(reading, "budget", currency),
        per_buyer_limit=reading.whole("per_buyer_limit", least=1, most=MOST),
        max_discount_minor=_price_or_none(reading, "max_discount", currency),
        min_spend_minor=_price_or_none(reading, "min_spend", currency) or 0,
        min_quantity=reading.whole("min_quantity", least=1, most=MOST) or 0,
        needed_products=(needed,) if needed else (),
        is_first_order_only=reading.box("is_first_order_only"),
        lane=_one_of(reading, "lane", Lane, unless=Lane.DEFAULT),
        priority=reading.whole("priority", least=-MOST_RANK, most=MOST_RANK) or 0,
        base=_one_of(reading, "base", Base, unless=Base.DISCOUNTED),
        is_exclusive=reading.box("is_exclusive"),
        combines_with=goes_with if reading.box("is_exclusive") else (),
        placement=reading.line("placement", longest=LONGEST_ID),
        has_link=reading.box("has_link"),
        returns_use=reading.box("returns_use"),
    )


def _boxes(form: Mapping[str, str], prefix: str) -> tuple[str, ...]:
    return tuple(named(name.removeprefix(prefix)) for name in form if name.startswith(prefix))


def _one_of(reading: Reading, name: str, kind: type[T], *, unless: T | None = None) -> T:
    given = reading.form.get(name)
    if given is None and unless is not None:
        return unless
    if given not in set(kind):
        reading.keep(Invalid("invalid", field=name))
        return next(iter(kind))
    return kind(given)


def _price_or_none(reading: Reading, name: str, currency: str) -> int | None:
    return reading.price(name, currency) if reading.form.get(name, "").strip() else None


def moment(form: Mapping[str, str], name: str) -> str:
    """Return a date and, after a T, the time of day beside it if there is one."""
    date, time = form.get(name, "").strip()[:10], form.get(f"{name}_time", "").strip()[:5]
    return f"{date}T{time}" if date and time else date


def typed_of(found: OfferPage) -> dict[str, str]:
    """Return the fields as somebody would have typed them for this offer."""
    own, currency = found.offer, found.offer.currency
    starts, _, starts_time = own.starts_wall.partition("T")
    ends, _, ends_time = own.ends_wall.partition("T")
    amounts = {
        "value": own.value_minor,
        "budget": own.budget_minor,
        "max_discount": own.max_discount_minor,
        "min_spend": own.min_spend_minor,
    }
    boxes = ("is_first_order_only", "is_exclusive", "returns_use")
    picked = (*found.products, *found.variants)
    return {
        "name": own.name, "kind": own.kind, "code": found.code,
        "code_uses": str(found.code_uses or ""), "benefit": own.benefit,
        "rate": percent(own.rate_ppm) if own.rate_ppm else "", "scope": own.scope,
        "starts": starts, "starts_time": starts_time, "ends": ends, "ends_time": ends_time,
        "quota": str(own.quota or ""), "per_buyer_limit": str(own.per_buyer_limit or ""),
        "min_quantity": str(own.min_quantity or ""), "needed": next(iter(found.needed), ""),
        "lane": own.lane, "priority": str(own.priority or ""), "base": own.base,
        "placement": found.placement or "", "has_link": "1" if own.link else "",
        **{name: decimal_text(Money(minor, currency)) for name, minor in amounts.items() if minor},
        **{name: "1" for name in boxes if getattr(own, name)},
        **{f"{PICK}{each}": "1" for each in picked},
        **{f"{WITH}{each}": "1" for each, _ in found.goes_with},
    }  # fmt: skip


def again(found: OfferPage) -> dict[str, str]:
    """Return the fields of a new offer like this one: without its window, which is to be chosen
    anew, and without its code, which stays the old offer's."""
    anew = {"starts", "starts_time", "ends", "ends_time", "code", "code_uses"}
    return {name: value for name, value in typed_of(found).items() if name not in anew}
