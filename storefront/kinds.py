"""LineKind: what a kind of thing that can be sold must answer, so that the shop can sell it
without knowing it. Goods are the shop's own kind; other packages bring theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.models.order import LineItem

    OnPaid = Callable[[Session, LineItem, datetime], None]
    BeforeRefund = Callable[[Session, LineItem, "Taken", datetime], None]
    AfterRefundFailed = Callable[[Session, LineItem, str, datetime], None]
    OnDispute = Callable[[Session, LineItem, tuple[str, str], datetime], None]


@dataclass(frozen=True)
class Taken:
    """What a refund takes from a line: units, and minor units of money; `reference` is the
    refund's public id, "" where no money moves. Forced, it is taken even if it was used up."""

    reference: str
    quantity: int
    minor: int
    is_forced: bool = False


def nothing_more(session: Session, line: LineItem, *what: object) -> None:
    """Do nothing: goods are handed over, and come back, by people's hands."""
    del session, line, what


@dataclass(frozen=True)
class LineKind:
    """One kind of line; each answer joins the transaction of what it answers to.

    `on_paid` runs when the order is marked paid, `before_refund` when money for a line is about
    to go back (it raises `Conflict` where the line is used up), `after_refund_failed` with the
    reference of a refund that came to nothing, and `on_dispute` with a cause (dispute,
    dispute_won, dispute_lost) and the dispute's public id.
    """

    name: str
    on_paid: OnPaid = nothing_more
    before_refund: BeforeRefund = nothing_more
    after_refund_failed: AfterRefundFailed = nothing_more
    on_dispute: OnDispute = nothing_more


GOODS = LineKind(name="goods")


def kind_named(name: str, kinds: Iterable[LineKind]) -> LineKind:
    """Return the kind of this name; raise `LookupError` where none of ours is called so."""
    for kind in kinds:
        if kind.name == name:
            return kind
    message = f"no kind of line is called {name!r}"
    raise LookupError(message)
