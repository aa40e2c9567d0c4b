"""Signals for hosts, sent after commit with the storefront's name as sender and public ids as
data. The shop itself never listens to them: what must happen is a job, not a signal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blinker import Namespace

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_namespace = Namespace()
order_paid = _namespace.signal("storefront-order-paid")

_BY_NAME = {"order_paid": order_paid}
_PENDING = "storefront_signals"


def announce(session: Session, name: str, **data: str) -> None:
    """Promise to send the signal `name` once this session's transaction has committed."""
    session.info.setdefault(_PENDING, []).append((name, data))


def send_pending(session: Session) -> None:
    """Send what was announced in a transaction that has just committed."""
    for name, data in session.info.pop(_PENDING, []):
        _BY_NAME[name].send("storefront", **data)
