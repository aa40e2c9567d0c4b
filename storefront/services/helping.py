"""Help from the machine's own command line for members who cannot sign in any more. Each help is
logged, rings at their merchant, and the member is told by mail."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from storefront import links
from storefront.errors import NotFound
from storefront.services import alarms, members, passwords, second_factor

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.ports import Ports
    from storefront.services.members import SignedIn

log = logging.getLogger("storefront.helping")

ALARM = "operator_helped"
LOCALE = "en"
"""Nobody's browser says in which language to write."""


def password_link(ports: Ports, email: str) -> str:
    """Return a link with which a member sets a new password within the hour. A second step is
    asked for all the same. Raises `NotFound`."""
    now = ports.clock.now()
    with ports.sessions.begin() as session:
        member = _get(session, email)
        _note(session, member, "made a link for a new password", now=now)
    ends_at = int((now + passwords.LINK_TIME).timestamp())
    token = passwords.seal_link(ports.sign, member, ends_at=ends_at)
    return links.password_reset(ports.settings, token)


def turn_second_step_off(ports: Ports, email: str) -> None:
    """Let a member sign in with their password only; where nothing was on, nothing is done.

    Raises `NotFound`.
    """
    now = ports.clock.now()
    with ports.sessions.begin() as session:
        member = _get(session, email)
        if second_factor.turn_off(session, member.member_id):
            _note(session, member, "turned the second step off", now=now)
            passwords.tell(
                session, member.member_public_id, "second_factor_off", locale=LOCALE, now=now
            )


def renew_recovery_codes(ports: Ports, email: str) -> tuple[str, ...]:
    """Return new recovery codes for a member; all older ones are void.

    Raises `NotFound`, and `Conflict` second_factor_off.
    """
    now = ports.clock.now()
    with ports.sessions.begin() as session:
        member = _get(session, email)
        codes = second_factor.renew_codes(session, member.member_id, sign=ports.sign)
        _note(session, member, "made new recovery codes", now=now)
        passwords.tell(session, member.member_public_id, "recovery_codes", locale=LOCALE, now=now)
    return codes


def _get(session: Session, email: str) -> SignedIn:
    member = members.find_by_email(session, email)
    if member is None:
        raise NotFound(field="email")
    return member


def _note(session: Session, member: SignedIn, what: str, *, now: datetime) -> None:
    log.warning("the operator %s for member %s", what, member.member_public_id)
    alarms.raise_alarm(session, member.merchant_id, ALARM, now=now)
