"""People who sign in: their passwords, their roles, and whether a session still counts."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import case, select, update

from storefront.db.ids import public_id
from storefront.errors import Conflict, Invalid, NotFound
from storefront.models import Member, Membership, Merchant
from storefront.models.merchant import ROLES
from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

OWNER = "owner"
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 128
"""Longer ones are refused before hashing: a hash costs 100 ms and must not be a weapon."""


@frozen
class SignedIn:
    """A member at work for one merchant."""

    member_id: int
    member_public_id: str
    name: str
    email: str
    merchant_id: int
    merchant_name: str
    merchant_slug: str
    role: str
    epoch: int


@frozen
class Workplace:
    """A merchant for whom somebody works, and as what."""

    merchant_id: int
    merchant_public_id: str
    name: str
    role: str


@frozen
class MemberRow:
    """Somebody who works for a merchant."""

    public_id: str
    name: str
    email: str
    role: str
    joined_at: datetime


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobody() -> str:
    """Return a hash to check when there is no such member, so that both take as long."""
    return _hasher().hash("no member has this password")


def normalise_email(email: str) -> str:
    """Return the address as accounts know it: trimmed and in lower case."""
    return email.strip().lower()


def check_password(password: str) -> str:
    """Return a password that may be set; raise `Invalid` password_length otherwise."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD or "\0" in password:
        raise Invalid(
            "password_length", field="password", least=SHORTEST_PASSWORD, most=LONGEST_PASSWORD
        )
    return password


def hash_password(password: str) -> str:
    """Return the hash of a password that may be set. Takes 100 ms: not within a transaction."""
    return _hasher().hash(check_password(password))


def set_password(session: Session, public_id: str, password_hash: str, *, epoch: int) -> bool:
    """Give a member a new password and end all their sessions.

    False, and nothing is done, when their sessions have ended since `epoch`.
    """
    changed = session.execute(
        update(Member)
        .where(Member.public_id == public_id, Member.session_epoch == epoch)
        .values(password_hash=password_hash, session_epoch=Member.session_epoch + 1)
        .returning(Member.id)
        .execution_options(synchronize_session=False)
    ).first()
    return changed is not None


def add_member(
    session: Session,
    merchant_id: int,
    *,
    email: str,
    name: str,
    password: str,
    role: str,
    now: datetime,
    pin: str | None = None,
) -> str:
    """Add a person to a merchant and return their public id.

    Somebody who is a member elsewhere keeps their password. Raises `Invalid` unknown_role or
    password_length, `Conflict` already_member.
    """
    is_known = find_member(session, email) is not None
    return join(
        session,
        merchant_id,
        email=email,
        name=name,
        password_hash=None if is_known else hash_password(password),
        role=role,
        now=now,
        pin_hash=_hasher().hash(pin) if pin else None,
    )


def find_member(session: Session, email: str) -> Member | None:
    """Return the person with this address, wherever they work or worked."""
    return session.scalars(select(Member).where(Member.email == normalise_email(email))).first()


def join(
    session: Session,
    merchant_id: int,
    *,
    email: str,
    name: str,
    password_hash: str | None,
    role: str,
    now: datetime,
    pin_hash: str | None = None,
) -> str:
    """Let a person work for a merchant, be it again, and return their public id.

    `password_hash` is for who is new; None will do for who has a password already. Raises
    `Invalid` unknown_role, `Conflict` already_member.
    """
    check_role(role)
    member = find_member(session, email)
    if member is None:
        member = Member(
            public_id=public_id("mem"),
            email=normalise_email(email),
            name=name,
            password_hash=password_hash or "",
            session_epoch=1,
            created_at=now,
        )
        session.add(member)
        session.flush()
    former = find_membership(session, merchant_id, member.public_id)
    if former is not None and former.left_at is None:
        raise Conflict("already_member", field="email")
    membership = former or Membership(merchant_id=merchant_id, member_id=member.id)
    membership.role, membership.pin_hash = role, pin_hash
    membership.joined_at, membership.left_at = now, None
    session.add(membership)
    session.flush()
    return member.public_id


def check_role(role: str) -> str:
    """Return the role if there is such; raise `Invalid` unknown_role otherwise."""
    if role not in ROLES:
        raise Invalid("unknown_role", field="role", allowed=", ".join(ROLES))
    return role


def find_membership(session: Session, merchant_id: int, member_public_id: str) -> Membership | None:
    """Return what somebody is or was at a merchant."""
    return session.scalars(
        select(Membership)
        .join(Member, Member.id == Membership.member_id)
        .where(Membership.merchant_id == merchant_id, Member.public_id == member_public_id)
        .execution_options(populate_existing=True)
    ).first()


def find_by_password(session: Session, email: str, password: str) -> SignedIn | None:
    """Return the member with this address and password, or None: nobody is told which is wrong."""
    if len(password) > LONGEST_PASSWORD or "\0" in password or "\0" in email:
        raise Invalid("password_length", field="password", least=1, most=LONGEST_PASSWORD)
    member = session.scalars(select(Member).where(Member.email == normalise_email(email))).first()
    try:
        _hasher().verify(member.password_hash if member else _nobody(), password)
    except (VerificationError, InvalidHashError):
        return None
    return find_signed_in(session, member.public_id) if member else None


def find_signed_in(
    session: Session,
    member_public_id: str,
    *,
    epoch: int | None = None,
    merchant_id: int | None = None,
) -> SignedIn | None:
    """Return a member who still works somewhere; `epoch` must be their session's, if given.

    Who works for several merchants is at `merchant_id`, or where they began first.
    """
    row = session.execute(
        select(Member, Membership, Merchant)
        .join(Membership, Membership.member_id == Member.id)
        .join(Merchant, Merchant.id == Membership.merchant_id)
        .where(Member.public_id == member_public_id, Membership.left_at.is_(None))
        .order_by(case((Membership.merchant_id == merchant_id, 0), else_=1), Membership.id)
        # What this session has read before may have ended since.
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        return None
    member, membership, merchant = row
    if epoch is not None and member.session_epoch != epoch:
        return None
    return SignedIn(
        member_id=member.id,
        member_public_id=member.public_id,
        name=member.name,
        email=member.email,
        merchant_id=merchant.id,
        merchant_name=merchant.name,
        merchant_slug=merchant.slug,
        role=membership.role,
        epoch=member.session_epoch,
    )


def find_by_email(session: Session, email: str) -> SignedIn | None:
    """Return the member with this address, if they still work somewhere."""
    public_id = session.scalar(
        select(Member.public_id).where(Member.email == normalise_email(email))
    )
    return find_signed_in(session, public_id) if public_id else None


def list_members(session: Session, merchant_id: int) -> tuple[MemberRow, ...]:
    """Return who works for a merchant, longest first."""
    rows = session.execute(
        select(Member.public_id, Member.name, Member.email, Membership.role, Membership.joined_at)
        .join(Membership, Membership.member_id == Member.id)
        .where(Membership.merchant_id == merchant_id, Membership.left_at.is_(None))
        .order_by(Membership.id)
    )
    return tuple(MemberRow(*row) for row in rows)


def list_workplaces(session: Session, member_id: int) -> tuple[Workplace, ...]:
    """Return the merchants for whom somebody works, longest first."""
    rows = session.execute(
        select(Merchant.id, Merchant.public_id, Merchant.name, Membership.role)
        .join(Membership, Membership.merchant_id == Merchant.id)
        .where(Membership.member_id == member_id, Membership.left_at.is_(None))
        .order_by(Membership.id)
    )
    return tuple(Workplace(*row) for row in rows)


def leave(session: Session, merchant_id: int, member_public_id: str, *, now: datetime) -> None:
    """Let a member leave a merchant; their sessions end at once. Twice is as good as once.

    Raises `NotFound` when they never worked there, `Conflict` last_owner.
    """
    membership = _get_guarded(session, merchant_id, member_public_id, role=None)
    membership.left_at = membership.left_at or now
    end_sessions(session, membership.member_id)


def change_role(session: Session, merchant_id: int, member_public_id: str, *, role: str) -> str:
    """Give a member another role and return the former one.

    Raises `Invalid` unknown_role, `NotFound`, `Conflict` last_owner.
    """
    membership = _get_guarded(session, merchant_id, member_public_id, role=check_role(role))
    if membership.left_at is not None:
        raise NotFound
    former, membership.role = membership.role, role
    return former


def _get_guarded(
    session: Session, merchant_id: int, member_public_id: str, *, role: str | None
) -> Membership:
    """Return a membership that may become `role` (None: end), for an owner is left.

    The owners are locked first: of two who leave at the same moment, the second waits, and then
    sees that they are the last.
    """
    owners = set(
        session.scalars(
            select(Membership.id)
            .where(
                Membership.merchant_id == merchant_id,
                Membership.role == OWNER,
                Membership.left_at.is_(None),
            )
            .order_by(Membership.id)
            .with_for_update()
        )
    )
    membership = find_membership(session, merchant_id, member_public_id)
    if membership is None:
        raise NotFound
    if role != OWNER and owners == {membership.id}:
        raise Conflict("last_owner")
    return membership


def end_sessions(session: Session, member_id: int) -> None:
    """End every session of a member, on whatever device."""
    session.execute(
        update(Member)
        .where(Member.id == member_id)
        .values(session_epoch=Member.session_epoch + 1)
        .execution_options(synchronize_session=False)
    )
