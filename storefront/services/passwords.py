"""New passwords: changed by who knows the old one, or reset by a link that only their mailbox
has. Either way every session of the member ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from storefront.db.ids import random_symbols
from storefront.errors import Ended, Invalid
from storefront.services import alarms, attempts, jobs, members, sign_in
from storefront.services.attempts import Limit
from storefront.values import frozen

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from storefront.ports import Ports, Signer
    from storefront.services.members import SignedIn

PURPOSE = "password-reset"
LINK_TIME = timedelta(hours=1)
PARTS = 3
MAILS = Limit("reset_mail", 3, timedelta(hours=1))
"""A mailbox gets no more than these, whoever asks for them."""

REQUESTS = Limit("reset_request", 20, timedelta(hours=1))


@frozen
class ResetLink:
    """Whose password a link may set. Any new password or ended session makes it void, so that
    it works once."""

    member: str
    epoch: int
    ends_at: datetime


def ask_for_reset(ports: Ports, email: str, *, caller: str, locale: str) -> None:
    """Promise a mail with a link to whoever has this address.

    For an address that nobody has, the same rows are written and the worker sends nothing:
    neither the answer nor its time tells. Raises `TooMany` when the caller has asked too often.
    """
    now = ports.clock.now()
    mailbox = attempts.subject(ports.sign, MAILS, members.normalise_email(email))
    asking = attempts.subject(ports.sign, REQUESTS, caller)
    with ports.reads() as session:
        attempts.check(session, [asking], now=now)
    with ports.sessions.begin() as session:
        member = members.find_by_email(session, email)
        is_flooded = attempts.count_failure(session, [mailbox], now=now).refusal is not None
        attempts.count_failure(session, [asking], now=now)
        jobs.add(
            session,
            "send_password_reset",
            {
                "member": member.member_public_id if member and not is_flooded else "",
                "ends_at": int((now + LINK_TIME).timestamp()),
                "locale": locale,
                "reference": random_symbols(16),
            },
            merchant_id=member.merchant_id if member else alarms.INSTALLATION,
            now=now,
        )


def seal_link(sign: Signer, member: SignedIn, *, ends_at: int) -> str:
    """Return the token of a reset link; `ends_at` is in seconds since 1970."""
    return sign.seal(PURPOSE, [member.member_public_id, member.epoch, ends_at])


def read_link(session: Session, token: str, *, sign: Signer, now: datetime) -> ResetLink:
    """Return what a link may do; raise `Ended` when it is altered, too old or used."""
    value = sign.unseal(PURPOSE, token)
    if not isinstance(value, list) or len(value) != PARTS:
        raise Ended("reset_link_over")
    link = ResetLink(value[0], value[1], datetime.fromtimestamp(value[2], UTC))
    if now >= link.ends_at or not members.find_signed_in(session, link.member, epoch=link.epoch):
        raise Ended("reset_link_over")
    return link


def reset_password(ports: Ports, token: str, password: str, *, locale: str) -> None:
    """Set a new password with a reset link. Raises `Ended` or `Invalid` password_length."""
    now = ports.clock.now()
    with ports.reads() as session:
        link = read_link(session, token, sign=ports.sign, now=now)
    password_hash = members.hash_password(password)
    with ports.sessions.begin() as session:
        if not members.set_password(session, link.member, password_hash, epoch=link.epoch):
            raise Ended("reset_link_over")
        tell(session, link.member, "password", locale=locale, now=now)


def change_password(
    ports: Ports, member: SignedIn, *, old: str, new: str, caller: str, locale: str
) -> SignedIn:
    """Set a new password for who knows the old one; return the member as they sign in now.

    Raises `Invalid` password_wrong or password_length, and `TooMany`.
    """
    members.check_password(new)
    prove(ports, member, old, caller=caller)
    password_hash = members.hash_password(new)
    now = ports.clock.now()
    with ports.sessions.begin() as session:
        if not members.set_password(
            session, member.member_public_id, password_hash, epoch=member.epoch
        ):
            raise Ended("session_over")
        tell(session, member.member_public_id, "password", locale=locale, now=now)
        found = members.find_signed_in(session, member.member_public_id)
    if found is None:
        raise Ended("session_over")
    return found


def prove(ports: Ports, member: SignedIn, password: str, *, caller: str) -> None:
    """Let a signed-in member show that it is them; raise `Invalid` password_wrong otherwise."""
    if not 1 <= len(password) <= members.LONGEST_PASSWORD or "\0" in password:
        raise Invalid("password_wrong", field="old")
    try:
        sign_in.check_password(ports, member.email, password, caller=caller)
    except Invalid:
        raise Invalid("password_wrong", field="old") from None


def tell(session: Session, member: str, what: str, *, locale: str, now: datetime) -> None:
    """Promise a mail that says what has changed in a member's account."""
    found = members.find_signed_in(session, member)
    jobs.add(
        session,
        "send_account_changed",
        {"member": member, "what": what, "locale": locale, "reference": random_symbols(16)},
        merchant_id=found.merchant_id if found else alarms.INSTALLATION,
        now=now,
    )
