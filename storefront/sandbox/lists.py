"""Lists as Stripe pages them: newest first, by cursor, with filters on time and topic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storefront.sandbox.errors import invalid, no_such
from storefront.sandbox.params import integer, moment, needed_text, texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storefront.sandbox.params import Params, Schema
    from storefront.sandbox.store import Object
    from storefront.sandbox.work import Work

PAGING: Schema = {
    "limit": integer,
    "starting_after": needed_text,
    "ending_before": needed_text,
    "created": moment,
    "expand": texts,
}
_COMPARE = {"eq": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_USUAL = 10
_MOST = 100


def list_objects(
    work: Work, kind: str, params: Params, *, url: str, topics: Sequence[str] = ()
) -> Object:
    """Return a page of this account's objects; topics are matched as globs, any of them will do."""
    limit = _limit(params)
    where = ["account = ?", "kind = ?"]
    values: list[object] = [work.account, kind]
    if topics:
        where.append(f"({' OR '.join(['topic GLOB ?'] * len(topics))})")
        values.extend(topics)
    for how, second in params.get("created", {}).items():
        where.append(f"created {_COMPARE[how]} ?")
        values.append(second)
    order = _cursor(work, kind, params, where=where, values=values)
    condition = f"{' AND '.join(where)} ORDER BY seq {order}"
    found = work.tx.select(condition, values, limit=limit + 1)
    data = found[:limit] if order == "DESC" else found[:limit][::-1]
    return {"object": "list", "data": data, "has_more": len(found) > limit, "url": url}


def _cursor(
    work: Work, kind: str, params: Params, *, where: list[str], values: list[object]
) -> str:
    for name, compare, order in (("starting_after", "<", "DESC"), ("ending_before", ">", "ASC")):
        if name in params:
            seq = work.tx.seq(work.account, kind, params[name])
            if seq is None:
                raise no_such(kind, params[name], param=name)
            where.append(f"seq {compare} ?")
            values.append(seq)
            return order
    return "DESC"


def _limit(params: Params) -> int:
    limit = int(params.get("limit", _USUAL))
    if not 1 <= limit <= _MOST:
        message = f"Invalid limit: must be between 1 and {_MOST}"
        raise invalid(message, code="parameter_invalid_integer", param="limit")
    return limit
