"""What is forgotten, and when: interactions that nothing needs, answers to request keys, jobs that
are done, the gateway's words, failures that no longer count, invitations that are over, mails kept
as files, pictures that nothing shows, and what kinds of lines need no more. History stays."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from sqlalchemy import and_, delete, or_, select, true

from storefront.models import (
    Attempt,
    IdempotentRequest,
    Interaction,
    Invitation,
    Job,
    Order,
    PaymentEvent,
    PaymentPayload,
    ProductImage,
    ShopPicture,
)
from storefront.services import upkeep
from storefront.services.import_faults import forget_lists
from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Column, ColumnElement

    from storefront.db.base import Base
    from storefront.ports import Ports

EVERY = timedelta(days=1)
TURN = "retention"
BATCH = 500
"""Rows that go in one transaction: few enough that no buyer waits for them."""

UNUSED_PICTURES_FOR = timedelta(days=1)
"""A picture that was uploaded so lately may be about to be shown."""

CLICKS = ("click", "buy")


@frozen
class Forgotten:
    """How many of each went."""

    interactions: int
    request_keys: int
    jobs: int
    payloads: int
    attempts: int
    invitations: int
    fault_lists: int
    mails: int
    pictures: int
    more: int


def forget_when_due(ports: Ports) -> Forgotten | None:
    """Forget once a day, whichever of several workers comes first; None when it is not the time."""
    with ports.sessions.begin() as session:
        is_turn = upkeep.take_turn(session, TURN, every=EVERY, now=ports.clock.now())
    return forget(ports) if is_turn else None


def forget(ports: Ports) -> Forgotten:
    """Forget what is older than the settings say."""
    settings, now = ports.settings, ports.clock.now()
    keys_before = now - settings.keep_request_keys
    is_old_key = and_(
        IdempotentRequest.created_at < keys_before, IdempotentRequest.leased_until < now
    )
    is_old_event = select(PaymentEvent.id).where(
        PaymentEvent.received_at < now - settings.keep_payloads
    )
    return Forgotten(
        interactions=_forget_interactions(ports, now - settings.keep_interactions),
        request_keys=_delete(ports, IdempotentRequest, is_old_key),
        jobs=_delete(ports, Job, Job.done_at < now - settings.keep_jobs),
        payloads=_delete(ports, PaymentPayload, PaymentPayload.payment_event_id.in_(is_old_event)),
        attempts=_delete(ports, Attempt, Attempt.ends_at <= now, may_change=True),
        invitations=_delete(
            ports, Invitation, Invitation.ends_at < now - settings.keep_invitations, may_change=True
        ),
        fault_lists=forget_lists(settings, now - settings.keep_jobs),
        mails=_forget_mails(ports, now - settings.keep_mails),
        pictures=_forget_pictures(ports, now - UNUSED_PICTURES_FOR),
        more=sum(kind.forget(ports, now) for kind in ports.kinds),
    )


def _forget_interactions(ports: Ports, before: datetime) -> int:
    """Let the table go of rows from before, then delete those that nothing needs.

    What others answer goes after its answers, so it is looked through until nothing is found.
    """
    with ports.sessions.begin() as session:
        upkeep.set_moment(session, Interaction.__tablename__, before)
    count = 0
    while gone := _delete(ports, Interaction, and_(Interaction.recorded_at < before, *_unneeded())):
        count += gone
    return count


def _unneeded() -> tuple[ColumnElement[bool], ...]:
    """No row of any table points at it, no interaction answers it, and it is not a click of
    somebody who bought, which the order's line shows."""
    pointing = (*_keys_to(Interaction), Interaction.parent_id)
    buyers = select(Order.visitor)
    is_no_click = or_(Interaction.kind.not_in(CLICKS), Interaction.visitor.is_(None))
    return (
        *(Interaction.id.not_in(select(key).where(key.is_not(None))) for key in pointing),
        or_(is_no_click, Interaction.visitor.not_in(buyers)),
    )


def _keys_to(table: type[Base]) -> list[Column[int]]:
    """Return every column that refers to a table, also those of other packages."""
    keys = (key for each in table.metadata.tables.values() for key in each.foreign_keys)
    return [key.parent for key in keys if key.column.table is table.__table__]


def _delete(
    ports: Ports, table: type[Base], is_old: ColumnElement[bool], *, may_change: bool = False
) -> int:
    """Delete what is old in short transactions; the search itself holds up no writer.

    Nothing comes to need a row meanwhile: orders look back less far than rows are kept, and a
    foreign key is the last guard. Rows that may change are looked at once more.
    """
    with ports.reads() as session:
        ids = list(session.scalars(select(table.id).where(is_old)))
    for start in range(0, len(ids), BATCH):
        with ports.sessions.begin() as session:
            session.execute(
                delete(table)
                .where(table.id.in_(ids[start : start + BATCH]), is_old if may_change else true())
                .execution_options(synchronize_session=False)
            )
    return len(ids)


def _forget_mails(ports: Ports, before: datetime) -> int:
    """Delete old files where mails are kept as files; a mail server has none of ours."""
    parts = urlsplit(ports.settings.mail_url)
    if parts.scheme != "file":
        return 0
    old = [
        file
        for file in Path(unquote(parts.path)).glob("*.eml")
        if file.stat().st_mtime < before.timestamp()
    ]
    for file in old:
        file.unlink(missing_ok=True)
    return len(old)


def _forget_pictures(ports: Ports, before: datetime) -> int:
    """Discard pictures that no product and no shop shows any more, of whatever merchant: who
    uploads the same pixels shares a file. Pictures that are shown to nobody were taken off, or
    their upload was refused."""
    count, old = 0, ports.pictures.kept_before(before)
    while files := list(islice(old, BATCH)):
        with ports.reads() as session:
            shown = {
                file
                for table in (ProductImage, ShopPicture)
                for file in session.scalars(select(table.file).where(table.file.in_(files)))
            }
        for file in set(files) - shown:
            count += ports.pictures.discard(file, kept_before=before)
    return count
