"""Where a merchant's own till calls; what answers is in `api.py`, which the first call loads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storefront.web.api import Call, Part

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask_smorest import Blueprint


def _load() -> Iterable[Blueprint]:
    from gifting.api import blueprint  # noqa: PLC0415 - see above

    return (blueprint,)


PART = Part(
    (
        Call("POST", "/gift-cards/lookup", "api_gifts.look"),
        Call("POST", "/redemptions", "api_gifts.take"),
        Call("POST", "/redemptions/<public_id>/reversal", "api_gifts.undo"),
    ),
    _load,
)
