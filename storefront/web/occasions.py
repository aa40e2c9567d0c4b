"""When and where a page is shown, and what its shopper brought along: what prices depend on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from storefront.services import carts
from storefront.services.offering import Entered, Occasion
from storefront.services.visitors import read_mark
from storefront.web.context import ports

if TYPE_CHECKING:
    from datetime import datetime

    from storefront.web.frame import FrameState


def entered_of(state: FrameState) -> Entered:
    """Return the codes and links that the shopper's cart carries."""
    merchant = state.placement.merchant
    return carts.read_entered(ports().sign, state.cart_token, merchant.public_id)


def occasion_of(
    state: FrameState, *, codes: tuple[str, ...] = (), now: datetime | None = None
) -> Occasion:
    """Return the present occasion; `codes` are entered besides those in the cart."""
    entered = entered_of(state)
    entered = replace(entered, codes=(*entered.codes, *codes))
    now = now or ports().clock.now()
    visitor = read_mark(ports().sign, state.mark, state.placement.merchant.public_id, now=now)
    return Occasion(
        now,
        state.placement.id,
        entered,
        visitor=visitor.key if visitor.is_known else None,
    )
