"""LineKind: what a kind of thing that can be sold must answer, so that the shop can sell it
without knowing it. Goods are the shop's own kind; other packages bring theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.models.order import LineItem

    OnPaid = Callable[[Session, LineItem, datetime], None]


def nothing_more(session: Session, line: LineItem, now: datetime) -> None:
    """Do nothing when a line is paid: goods are handed over by people."""
    del session, line, now


@dataclass(frozen=True)
class LineKind:
    """One kind of line. `on_paid` runs in the transaction that marks the order paid."""

    name: str
    on_paid: OnPaid


GOODS = LineKind(name="goods", on_paid=nothing_more)
