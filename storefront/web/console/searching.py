"""Which orders the address of a list asks for, and addresses that ask for a little else."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypeVar

from flask import request, url_for

from storefront.domain.fulfilment import Stage
from storefront.domain.orders import OrderStatus
from storefront.domain.window import end_of, start_of
from storefront.services.reporting.order_search import OrderSearch, Sort
from storefront.web.console.page import search as words_asked_for

FIELDS = (
    "q", "status", "stage", "placement", "campaign", "since", "until", "disputed", "sort",
)  # fmt: skip
LONGEST = 120
Choice = TypeVar("Choice", bound=StrEnum)


def asked() -> dict[str, str]:
    """Return what the address asks for, field by field; what is not asked for is missing."""
    given = {name: request.args.get(name, "").strip()[:LONGEST] for name in FIELDS}
    return {name: value for name, value in given.items() if value}


def order_search(zone: str) -> OrderSearch:
    """Return the search that the address means; days are the merchant's, the last one included.

    A choice that does not exist is no choice. Raises `Invalid` for words or days that cannot be.
    """
    given = asked()
    return OrderSearch(
        words=words_asked_for(),
        status=_one_of(OrderStatus, given.get("status")),
        stage=_one_of(Stage, given.get("stage")),
        placement=given.get("placement"),
        campaign=given.get("campaign"),
        since=start_of(given["since"][:10], zone, field="since").at if "since" in given else None,
        until=end_of(given["until"][:10], zone, field="until").at if "until" in given else None,
        is_disputed="disputed" in given,
        sort=_one_of(Sort, given.get("sort")) or Sort.NEWEST,
    )


def address(endpoint: str = "console.orders", **changes: object) -> str:
    """Return the address of what is asked for now, but for some changes; None drops a field."""
    values: dict[str, Any] = {**asked(), **changes}
    return url_for(endpoint, **values)


def _one_of(choices: type[Choice], value: str | None) -> Choice | None:
    return choices(value) if value in set(choices) else None
