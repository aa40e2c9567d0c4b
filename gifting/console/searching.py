"""Which gifts the address of a list asks for, and addresses that ask for a little else."""

from __future__ import annotations

from enum import Enum
from typing import Any, TypeVar

from flask import request, url_for

from gifting.domain import Status
from gifting.models.gift import WAYS
from gifting.reporting.search import GiftSearch, Opening, Sort, Travel
from storefront.web.console.page import search as words_asked_for

FIELDS = ("q", "status", "way", "travel", "opening", "sort")
LONGEST = 120
Choice = TypeVar("Choice", bound=Enum)


def asked() -> dict[str, str]:
    """Return what the address asks for, field by field; what is not asked for is missing."""
    given = {name: request.args.get(name, "").strip()[:LONGEST] for name in FIELDS}
    return {name: value for name, value in given.items() if value}


def gift_search() -> GiftSearch:
    """Return the search that the address means; a choice that does not exist is no choice."""
    given = asked()
    way = given.get("way")
    return GiftSearch(
        words=words_asked_for(),
        status=_one_of(Status, given.get("status")),
        way=way if way in WAYS else None,
        travel=_one_of(Travel, given.get("travel")),
        opening=_one_of(Opening, given.get("opening")),
        sort=_one_of(Sort, given.get("sort")) or Sort.NEWEST,
    )


def address(endpoint: str = "gift_console.gifts", **changes: object) -> str:
    """Return the address of what is asked for now, but for some changes; None drops a field."""
    values: dict[str, Any] = {**asked(), **changes}
    return url_for(endpoint, **values)


def _one_of(choices: type[Choice], value: str | None) -> Choice | None:
    return next((choice for choice in choices if choice.value == value), None)
