"""`expand[]`: ids replaced by their objects, where Stripe allows it and the sandbox has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storefront.sandbox.errors import invalid
from storefront.sandbox.lists import list_objects

if TYPE_CHECKING:
    from collections.abc import Iterable

    from storefront.sandbox.store import Object
    from storefront.sandbox.work import Work

_FIELDS = {
    "payment_intent": {"latest_charge": "charge", "payment_method": "payment_method"},
    "charge": {"payment_intent": "payment_intent", "refunds": "refund"},
    "dispute": {"charge": "charge", "payment_intent": "payment_intent"},
    "refund": {
        "charge": "charge",
        "payment_intent": "payment_intent",
        "payment_method": "payment_method",
    },
}


def check_expand(kind: str, paths: Iterable[str]) -> None:
    """Refuse a path that leads nowhere, before anything is done."""
    for path in paths:
        here = kind
        for step in path.removeprefix("data.").split("."):
            if step not in _FIELDS.get(here, {}):
                raise invalid(f"This property cannot be expanded ({path}).", param="expand")
            here = _FIELDS[here][step]


def expand(work: Work, body: Object, paths: Iterable[str]) -> Object:
    """Return the answer with the objects that were asked for in place of their ids."""
    for path in paths:
        steps = path.removeprefix("data.").split(".")
        for subject in body["data"] if body["object"] == "list" else [body]:
            _walk(work, subject, steps)
    return body


def _walk(work: Work, subject: Object, steps: list[str]) -> None:
    step, *rest = steps
    if step == "refunds":
        subject["refunds"] = _refunds(work, subject)
        return
    if isinstance(subject[step], str):
        subject[step] = work.get(_FIELDS[subject["object"]][step], subject[step])
    if rest and subject[step]:
        _walk(work, subject[step], rest)


def _refunds(work: Work, charge: Object) -> Object:
    url = f"/v1/charges/{charge['id']}/refunds"
    topics = [charge["payment_intent"]]
    page = list_objects(work, "refund", {}, topics=topics, url=url)
    # Refunds are listed by their intent, of which this charge may be a failed one.
    page["data"] = [refund for refund in page["data"] if refund["charge"] == charge["id"]]
    return page
