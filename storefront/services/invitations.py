"""Invitations to work for a merchant: sent by mail, good once, for a week. What joining means is
decided in services/members.py."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from storefront.db.ids import public_id
from storefront.errors import Conflict, Ended, Invalid, NotFound
from storefront.models import Invitation, Member, Merchant
from storefront.services import actions, attempts, jobs, members
from storefront.services.attempts import Limit
from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from storefront.ports import Ports, Signer
    from storefront.services.members import SignedIn

PURPOSE = "invitation"
PARTS = 2
GOOD_FOR = timedelta(days=7)
MAILS = Limit("invitation_mail", 30, timedelta(hours=1))
"""What one merchant may send: nobody's console is a way to fill strangers' mailboxes."""


@frozen
class OpenInvitation:
    """An invitation that can be accepted. `is_known` says whether the person has a password."""

    id: int
    public_id: str
    merchant_id: int
    merchant_name: str
    accent: str
    email: str
    role: str
    number: int
    inviter: str
    ends_at: datetime
    is_known: bool


@frozen
class InvitationRow:
    """An invitation that nobody has accepted yet; `is_over` when its time has passed."""

    public_id: str
    email: str
    role: str
    sent_at: datetime
    ends_at: datetime
    is_over: bool


def invite(ports: Ports, who: SignedIn, *, email: str, role: str, locale: str) -> str:
    """Invite somebody by mail and return the invitation's public id.

    Raises `Invalid` unknown_role, `Conflict` already_member or already_invited, `TooMany`.
    """
    now, address = ports.clock.now(), members.normalise_email(email)
    members.check_role(role)
    with ports.sessions.begin() as session:
        _refuse_present(session, who.merchant_id, address)
        _count_mail(session, who, sign=ports.sign, now=now)
        invitation = Invitation(
            merchant_id=who.merchant_id,
            invited_by_id=who.member_id,
            public_id=public_id("inv"),
            email=address,
            role=role,
            number=1,
            sent_at=now,
            ends_at=now + GOOD_FOR,
        )
        session.add(invitation)
        session.flush()
        thing = ("invitation", invitation.public_id)
        actions.note(session, who, "member_invited", of=thing, now=now, role=role)
        _promise_mail(session, invitation, locale=locale, now=now)
        return invitation.public_id


def _refuse_present(session: Session, merchant_id: int, email: str) -> None:
    """Refuse who works here already, and who has an invitation that can be sent again."""
    member = members.find_member(session, email)
    if member is not None:
        membership = members.find_membership(session, merchant_id, member.public_id)
        if membership is not None and membership.left_at is None:
            raise Conflict("already_member", field="email")
    open_one = select(Invitation.id).where(
        Invitation.merchant_id == merchant_id, Invitation.email == email, *_unanswered()
    )
    if session.scalar(open_one) is not None:
        raise Conflict("already_invited", field="email")


def _count_mail(session: Session, who: SignedIn, *, sign: Signer, now: datetime) -> None:
    limit = attempts.subject(sign, MAILS, "all", merchant_id=who.merchant_id)
    refusal = attempts.count_failure(session, [limit], now=now).refusal
    if refusal is not None:
        raise refusal


def _unanswered() -> tuple[ColumnElement[bool], ...]:
    return Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None)


def send_again(ports: Ports, who: SignedIn, invitation: str, *, locale: str) -> None:
    """Send a new link, good for another week; the former one is void from now on.

    Raises `NotFound`, also for one that was accepted or withdrawn, and `TooMany`.
    """
    now = ports.clock.now()
    with ports.sessions.begin() as session:
        found = _get(session, who.merchant_id, invitation)
        _count_mail(session, who, sign=ports.sign, now=now)
        found.number, found.sent_at, found.ends_at = found.number + 1, now, now + GOOD_FOR
        actions.note(session, who, "invitation_sent_again", of=("invitation", invitation), now=now)
        _promise_mail(session, found, locale=locale, now=now)


def withdraw(session: Session, who: SignedIn, invitation: str, *, now: datetime) -> None:
    """Make an invitation void; raise `NotFound` when there is none to be accepted."""
    _get(session, who.merchant_id, invitation).withdrawn_at = now
    actions.note(session, who, "invitation_withdrawn", of=("invitation", invitation), now=now)


def _get(session: Session, merchant_id: int, invitation: str) -> Invitation:
    found = session.scalars(
        select(Invitation)
        .where(
            Invitation.merchant_id == merchant_id,
            Invitation.public_id == invitation,
            *_unanswered(),
        )
        .with_for_update()
    ).first()
    if found is None:
        raise NotFound
    return found


def _promise_mail(session: Session, invitation: Invitation, *, locale: str, now: datetime) -> None:
    jobs.add(
        session,
        "send_invitation",
        {"invitation": invitation.public_id, "number": invitation.number, "locale": locale},
        merchant_id=invitation.merchant_id,
        now=now,
    )


def list_invitations(
    session: Session, merchant_id: int, *, now: datetime
) -> tuple[InvitationRow, ...]:
    """Return what has not been answered, latest first."""
    rows = session.scalars(
        select(Invitation)
        .where(Invitation.merchant_id == merchant_id, *_unanswered())
        .order_by(Invitation.sent_at.desc(), Invitation.id.desc())
    )
    return tuple(
        InvitationRow(
            row.public_id, row.email, row.role, row.sent_at, row.ends_at, row.ends_at <= now
        )
        for row in rows
    )


def seal_link(sign: Signer, invitation: str, number: int) -> str:
    """Return the token of an invitation's mail number `number`."""
    return sign.seal(PURPOSE, [invitation, number])


def read_link(session: Session, token: str, *, sign: Signer, now: datetime) -> OpenInvitation:
    """Return what a link invites to; raise `Ended` when it is altered, used, void or too old."""
    value = sign.unseal(PURPOSE, token)
    if not isinstance(value, list) or len(value) != PARTS:
        raise Ended("invitation_over")
    found = find_open(session, str(value[0]), number=int(value[1]), now=now)
    if found is None:
        raise Ended("invitation_over")
    return found


def find_open(
    session: Session, invitation: str, *, number: int, now: datetime
) -> OpenInvitation | None:
    """Return an invitation whose mail number `number` is the latest and still good."""
    row = session.execute(
        select(Invitation, Merchant.name, Merchant.accent, Member.name)
        .join(Merchant, Merchant.id == Invitation.merchant_id)
        .join(Member, Member.id == Invitation.invited_by_id)
        .where(
            Invitation.public_id == invitation,
            Invitation.number == number,
            Invitation.ends_at > now,
            *_unanswered(),
        )
    ).first()
    if row is None:
        return None
    found, merchant_name, accent, inviter = row
    return OpenInvitation(
        id=found.id,
        public_id=found.public_id,
        merchant_id=found.merchant_id,
        merchant_name=merchant_name,
        accent=accent,
        email=found.email,
        role=found.role,
        number=found.number,
        inviter=inviter,
        ends_at=found.ends_at,
        is_known=members.find_member(session, found.email) is not None,
    )


def accept(ports: Ports, token: str, *, name: str, password: str) -> SignedIn:
    """Join the merchant that a link invites to; who has a password already keeps it.

    Raises `Ended` invitation_over, `Invalid` invalid_name or password_length, `Conflict`
    already_member.
    """
    now = ports.clock.now()
    with ports.reads() as session:
        found = read_link(session, token, sign=ports.sign, now=now)
    if not found.is_known and not name:
        raise Invalid("invalid_name", field="name")
    password_hash = None if found.is_known else members.hash_password(password)
    with ports.sessions.begin() as session:
        _take(session, found, now=now)
        joined = members.join(
            session,
            found.merchant_id,
            email=found.email,
            name=name,
            password_hash=password_hash,
            role=found.role,
            now=now,
        )
        who = members.find_signed_in(session, joined, merchant_id=found.merchant_id)
        if who is None:
            raise Ended("invitation_over")
        actions.note(session, who, "member_joined", of=("member", joined), now=now, role=who.role)
    return who


def _take(session: Session, found: OpenInvitation, *, now: datetime) -> None:
    """Use the invitation up: of two who come at the same moment, one is too late."""
    taken = session.execute(
        update(Invitation)
        .where(Invitation.id == found.id, Invitation.number == found.number, *_unanswered())
        .values(accepted_at=now)
        .returning(Invitation.id)
        .execution_options(synchronize_session=False)
    ).first()
    if taken is None:
        raise Ended("invitation_over")
