"""Who did what: the members' log, by person, action and day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, literal, select, tuple_

from storefront.models import Action, Member
from storefront.services.reporting.pages import Slice, cut
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

PAGE_SIZE = 50
PORTION = 500


@frozen
class Sought:
    """Which actions are asked for; None is any. The days are `[since, until)`."""

    member: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_narrow(self) -> bool:
        """Whether anything is left out."""
        return any((self.member, self.action, self.since, self.until))


@frozen
class ActionRow:
    """One thing that somebody did."""

    done_at: datetime
    member: str
    action: str
    object_kind: str
    object_id: str
    figures: Mapping[str, Any]


@frozen
class ActionList:
    """One page of what was done. `members` (public id, name) and `actions` are what there is to
    choose from."""

    rows: tuple[ActionRow, ...]
    slice: Slice
    members: tuple[tuple[str, str], ...]
    actions: tuple[str, ...]


def list_actions(
    session: Session, merchant_id: int, sought: Sought, *, page: int = 1
) -> ActionList:
    """Return a page of the log, latest first."""
    conditions = _conditions(merchant_id, sought)
    total = session.scalar(
        select(func.count(Action.id)).join(Member, Member.id == Action.member_id).where(*conditions)
    )
    cutting = cut(total or 0, page, size=PAGE_SIZE)
    rows = session.execute(_rows(conditions).limit(cutting.size).offset(cutting.offset))
    return ActionList(
        rows=tuple(ActionRow(*row) for row in rows),
        slice=cutting,
        members=_members(session, merchant_id),
        actions=_actions(session, merchant_id),
    )


def every_action(session: Session, merchant_id: int, sought: Sought) -> Iterator[ActionRow]:
    """Yield all that is asked for, latest first, without holding it whole."""
    conditions = _conditions(merchant_id, sought)
    statement = _rows(conditions).add_columns(Action.id).limit(PORTION)
    rows = session.execute(statement).all()
    while rows:
        yield from (ActionRow(*row[:-1]) for row in rows)
        last = tuple_(literal(rows[-1].done_at, Action.done_at.type), rows[-1].id)
        earlier = tuple_(Action.done_at, Action.id) < last
        rows = session.execute(statement.where(earlier)).all() if len(rows) == PORTION else []


def _rows(conditions: list[ColumnElement[bool]]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Action.done_at,
            Member.name,
            Action.action,
            Action.object_kind,
            Action.object_id,
            Action.figures,
        )
        .join(Member, Member.id == Action.member_id)
        .where(*conditions)
        .order_by(Action.done_at.desc(), Action.id.desc())
    )


def _conditions(merchant_id: int, sought: Sought) -> list[ColumnElement[bool]]:
    conditions = [Action.merchant_id == merchant_id]
    if sought.member:
        conditions.append(Member.public_id == sought.member)
    if sought.action:
        conditions.append(Action.action == sought.action)
    if sought.since:
        conditions.append(Action.done_at >= sought.since)
    if sought.until:
        conditions.append(Action.done_at < sought.until)
    return conditions


def _members(session: Session, merchant_id: int) -> tuple[tuple[str, str], ...]:
    rows = session.execute(
        select(Member.public_id, Member.name)
        .where(Member.id.in_(select(Action.member_id).where(Action.merchant_id == merchant_id)))
        .order_by(Member.name, Member.id)
    )
    return tuple((public_id, name) for public_id, name in rows)


def _actions(session: Session, merchant_id: int) -> tuple[str, ...]:
    return tuple(
        session.scalars(
            select(Action.action)
            .where(Action.merchant_id == merchant_id)
            .distinct()
            .order_by(Action.action)
        )
    )
