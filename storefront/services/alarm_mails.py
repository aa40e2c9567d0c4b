"""Mails about alarms: owners hear of their merchant's, the operator of the installation's. What
has rung is gathered, so that nobody gets more than one in an hour."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from email.utils import formataddr, parseaddr
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sqlalchemy import or_, select, update

from storefront import links
from storefront.db.ids import random_symbols
from storefront.models import Alarm
from storefront.ports import Message
from storefront.services import jobs, members
from storefront.services.alarms import INSTALLATION
from storefront.services.merchants import DEFAULT_ACCENT
from storefront.services.reporting.shop import get_shop
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.ports import Ports
    from storefront.settings import Settings

QUIET = timedelta(hours=1)
OWNER = "owner"
OPERATOR = ""
"""Who gets a mail about the installation: nobody's member."""

ABOUT_THESE_MAILS = "gave_up_send_alarms"
"""Never mailed: a mail server that refuses us would be told so for ever."""


def promise(session: Session, *, has_operator: bool, now: datetime) -> None:
    """Promise mails about what has rung since the last; the operator may have no address.

    Of several workers who look at once, one promises.
    """
    for merchant_id, kinds in _take_rung(session, now=now).items():
        for member in _readers(session, merchant_id, has_operator=has_operator):
            jobs.add(
                session,
                "send_alarms",
                {
                    "merchant_id": merchant_id,
                    "member": member,
                    "kinds": ",".join(kinds),
                    "reference": random_symbols(16),
                },
                merchant_id=merchant_id,
                now=now,
            )


def _take_rung(session: Session, *, now: datetime) -> Mapping[int, Sequence[str]]:
    """Return the kinds that nobody was told of, by merchant, and note that they are told now."""
    just_told = select(Alarm.merchant_id).where(Alarm.mailed_at > now - QUIET)
    rows = session.execute(
        update(Alarm)
        .where(
            Alarm.kind != ABOUT_THESE_MAILS,
            or_(Alarm.mailed_at.is_(None), Alarm.last_seen_at > Alarm.mailed_at),
            Alarm.merchant_id.not_in(just_told),
        )
        .values(mailed_at=now)
        .returning(Alarm.merchant_id, Alarm.kind)
        .execution_options(synchronize_session=False)
    ).all()
    rung: dict[int, list[str]] = defaultdict(list)
    for merchant_id, kind in sorted((row.merchant_id, row.kind) for row in rows):
        rung[merchant_id].append(kind)
    return rung


def _readers(session: Session, merchant_id: int, *, has_operator: bool) -> Sequence[str]:
    if merchant_id == INSTALLATION:
        return [OPERATOR] if has_operator else []
    people = members.list_members(session, merchant_id)
    return [each.public_id for each in people if each.role == OWNER]


@frozen
class _Letterhead:
    """From whom a mail about alarms seems to come."""

    name: str
    accent: str
    locale: str
    zone: str
    answers_to: str


@frozen
class _Reader:
    """Who gets a mail; nobody's name is known of the operator."""

    address: str
    name: str = ""


def send_alarms(ports: Ports, *, merchant_id: int, member: str, kinds: str, reference: str) -> None:
    """Tell an owner or the operator what has rung; who is no owner any more gets nothing."""
    if merchant_id == INSTALLATION:
        head, readers, url = _installation(ports.settings), [_operator(ports.settings)], ""
    else:
        with ports.reads() as session:
            people = members.list_members(session, merchant_id)
            shop = get_shop(session, merchant_id)
        head = _Letterhead(shop.name, shop.accent, shop.locale, shop.zone, shop.contact_email)
        readers = [
            _Reader(each.email, each.name)
            for each in people
            if each.public_id == member and each.role == OWNER
        ]
        url = links.console(ports.settings)
    for reader in readers:
        values = {"merchant": head, "name": reader.name, "kinds": kinds.split(","), "url": url}
        _send(ports, reader, values, reference=reference)


def _installation(settings: Settings) -> _Letterhead:
    name = urlsplit(settings.base_url).netloc
    _, sender = parseaddr(settings.mail_from)
    return _Letterhead(name, DEFAULT_ACCENT, "en", "UTC", sender)


def _operator(settings: Settings) -> _Reader:
    return _Reader(settings.operator_email)


def _send(ports: Ports, reader: _Reader, values: Mapping[str, Any], *, reference: str) -> None:
    head = values["merchant"]
    subject, text, html = ports.letters.write(
        "alarms", head.locale, {**values, "is_demo": ports.settings.demo}
    )
    _, address = parseaddr(ports.settings.mail_from)
    ports.mailer.send(
        Message(
            to=reader.address,
            sender=formataddr((head.name, address)),
            reply_to=formataddr((head.name, head.answers_to)),
            subject=subject,
            text=text,
            html=html,
            message_id=f"<alarms.{reference}@{address.rpartition('@')[2]}>",
        )
    )
