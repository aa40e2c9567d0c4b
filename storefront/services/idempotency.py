"""Request keys: the first request does the work, a repeat gets the same answer."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select, update

from storefront.db.hot import run, table_of
from storefront.db.upsert import insert_if_new
from storefront.errors import Conflict, Invalid
from storefront.models import IdempotentRequest
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

LEASE = timedelta(seconds=12)
"""Longer than a call to the gateway may take, all its tries together: after it, whoever began is
dead, or waits for the database, and a repeat takes over. Taking over from the living is harmless:
both go on with one order, under one key of the gateway's, to one answer."""

_request = table_of(IdempotentRequest)
_this = update(_request).where(_request.c.id == bindparam("row_id"))
NAME = _this.values(subject=bindparam("new_subject"))
KEEP = _this.values(status=bindparam("new_status"), answer=bindparam("new_answer"))

SHORTEST_ANONYMOUS_KEY = 22
LONGEST_KEY = 255


@frozen
class RequestKey:
    """A key in its scope, with the hash of what was asked under it."""

    merchant_id: int
    caller: str
    route: str
    key: str
    body_hash: str


@frozen
class Turn:
    """What to do with a request: `answer` is to be repeated; else go on, with the `subject`
    that an earlier try under this key has already made, if any. The first try is new."""

    id: int
    subject: str | None = None
    answer: Mapping[str, Any] | None = None
    status: int | None = None
    is_new: bool = False


def check_key(key: str | None, *, is_anonymous: bool) -> str:
    """Return the key if it can be used; raise `Invalid` that says what is wrong with it."""
    if not key:
        raise Invalid("idempotency_key_required", field="Idempotency-Key")
    shortest = SHORTEST_ANONYMOUS_KEY if is_anonymous else 1
    if not shortest <= len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise Invalid(
            "idempotency_key_invalid", field="Idempotency-Key", least=shortest, most=LONGEST_KEY
        )
    return key


def hash_body(body: Mapping[str, Any]) -> str:
    """Return a hash by meaning: the order of keys does not matter."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def is_known(session: Session, request: RequestKey) -> bool:
    """Return whether a request under this key was ever begun; it may have been another body's."""
    found = session.execute(select(IdempotentRequest.id).where(*_same_key(request))).first()
    return found is not None


def take_turn(
    session: Session, request: RequestKey, *, now: datetime, subject: str | None = None
) -> Turn:
    """Claim the key, or find the earlier answer. `subject` is what a new request is about to make
    in this transaction.

    Raises `Conflict` in_progress while the first request still runs, `Invalid`
    idempotency_mismatch when the key was used for another body.
    """
    row_id = insert_if_new(
        session,
        IdempotentRequest,
        merchant_id=request.merchant_id,
        caller=request.caller,
        route=request.route,
        request_key=request.key,
        body_hash=request.body_hash,
        subject=subject,
        created_at=now,
        leased_until=now + LEASE,
    )
    return Turn(row_id, is_new=True) if row_id is not None else _repeat(session, request, now=now)


def _repeat(session: Session, request: RequestKey, *, now: datetime) -> Turn:
    row = session.scalars(select(IdempotentRequest).where(*_same_key(request))).one()
    if row.body_hash != request.body_hash:
        raise Invalid("idempotency_mismatch", field="Idempotency-Key")
    if row.answer is not None:
        return Turn(row.id, subject=row.subject, answer=row.answer, status=row.status)
    taken_over = session.execute(
        update(IdempotentRequest)
        .where(IdempotentRequest.id == row.id, IdempotentRequest.leased_until <= now)
        .values(leased_until=now + LEASE)
        .returning(IdempotentRequest.id)
    ).first()
    if taken_over is None:
        raise Conflict("in_progress", retry_after=1)
    return Turn(row.id, subject=row.subject)


def _same_key(request: RequestKey) -> tuple[ColumnElement[bool], ...]:
    return (
        IdempotentRequest.merchant_id == request.merchant_id,
        IdempotentRequest.caller == request.caller,
        IdempotentRequest.route == request.route,
        IdempotentRequest.request_key == request.key,
    )


def name_subject(session: Session, turn: Turn, subject: str | None) -> None:
    """Note what this request has made, so that a repeat goes on with it; None: start anew."""
    run(session, NAME, row_id=turn.id, new_subject=subject)


def keep_answer(session: Session, turn: Turn, *, status: int, answer: Mapping[str, Any]) -> None:
    """Store the answer that every repeat will get."""
    run(session, KEEP, **kept(turn, status=status, answer=answer))


def kept(turn: Turn, *, status: int, answer: Mapping[str, Any]) -> dict[str, object]:
    """Return what `KEEP` wants to be told, for who runs it with another statement."""
    return {"row_id": turn.id, "new_status": status, "new_answer": dict(answer)}


def end_turn(session: Session, turn: Turn, *, now: datetime) -> None:
    """Let go of the key without an answer: a passing fault is never stored."""
    session.execute(
        update(IdempotentRequest)
        .where(IdempotentRequest.id == turn.id, IdempotentRequest.answer.is_(None))
        .values(leased_until=now)
    )
