"""How far a merchant has come with connecting an account of their own: facts, and what follows."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import datetime


class ConnectionState(StrEnum):
    """Where a connection stands; always derived from its facts, never stored."""

    STARTED = "started"
    CHECKING = "checking"
    READY = "ready"
    STOPPED = "stopped"
    ENDED = "ended"


@frozen
class AccountTold:
    """What the gateway says of an account: whether its owner has answered everything asked at the
    start, whether it can be paid by buyers, and whether it is paid out."""

    has_submitted: bool
    can_charge: bool
    can_pay_out: bool


@frozen
class ConnectionFacts:
    """The dated facts of a connection; `None` means that it has not happened, or no longer
    holds: `stopped_at` is taken back when buyers can pay again."""

    submitted_at: datetime | None = None
    ready_at: datetime | None = None
    stopped_at: datetime | None = None
    ended_at: datetime | None = None


def state(facts: ConnectionFacts) -> ConnectionState:
    """Return where a connection stands."""
    if facts.ended_at:
        return ConnectionState.ENDED
    if facts.stopped_at:
        return ConnectionState.STOPPED
    if facts.ready_at:
        return ConnectionState.READY
    return ConnectionState.CHECKING if facts.submitted_at else ConnectionState.STARTED


def after(facts: ConnectionFacts, told: AccountTold | None, now: datetime) -> ConnectionFacts:
    """Return the facts once the gateway has spoken; None: the account is no longer ours to use.

    An account that has been ready is never merely waiting again: buyers tried to pay it.
    """
    if told is None:
        return replace(facts, ended_at=facts.ended_at or now)
    if told.has_submitted:
        facts = replace(facts, submitted_at=facts.submitted_at or now)
    if told.can_charge:
        return replace(facts, ready_at=facts.ready_at or now, stopped_at=None)
    return replace(facts, stopped_at=facts.stopped_at or now) if facts.ready_at else facts
