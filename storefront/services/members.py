"""People who sign in: their passwords, their roles, and whether a session still counts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select, update

from storefront.db.ids import public_id
from storefront.errors import Conflict, Invalid, NotFound
from storefront.models import Member, Membership, Merchant
from storefront.models.merchant import ROLES

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 128
"""Longer ones are refused before hashing: a hash costs 100 ms and must not be a weapon."""


@dataclass(frozen=True)
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


@dataclass(frozen=True)
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
    if role not in ROLES:
        raise Invalid("unknown_role", field="role", allowed=", ".join(ROLES))
    address = normalise_email(email)
    member = session.scalars(select(Member).where(Member.email == address)).first()
    if member is None:
        member = Member(
            public_id=public_id("mem"),
            email=address,
            name=name,
            password_hash=hash_password(password),
            session_epoch=1,
            created_at=now,
        )
        session.add(member)
        session.flush()
    elif session.scalars(
        select(Membership).where(
            Membership.merchant_id == merchant_id, Membership.member_id == member.id
        )
    ).first():
        raise Conflict("already_member", field="email")
    session.add(
        Membership(
            merchant_id=merchant_id,
            member_id=member.id,
            role=role,
            pin_hash=_hasher().hash(pin) if pin else None,
            joined_at=now,
        )
    )
    return member.public_id


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
    session: Session, member_public_id: str, *, epoch: int | None = None
) -> SignedIn | None:
    """Return a member who still works somewhere; `epoch` must be their session's, if given."""
    row = session.execute(
        select(Member, Membership, Merchant)
        .join(Membership, Membership.member_id == Member.id)
        .join(Merchant, Merchant.id == Membership.merchant_id)
        .where(Member.public_id == member_public_id, Membership.left_at.is_(None))
        .order_by(Membership.id)
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


def leave(session: Session, merchant_id: int, member_public_id: str, *, now: datetime) -> None:
    """Let a member leave a merchant; their sessions end at once. Twice is as good as once.

    Raises `NotFound` when they never worked there.
    """
    membership = session.scalars(
        select(Membership)
        .join(Member, Member.id == Membership.member_id)
        .where(Membership.merchant_id == merchant_id, Member.public_id == member_public_id)
    ).first()
    if membership is None:
        raise NotFound
    membership.left_at = membership.left_at or now
    end_sessions(session, membership.member_id)


def end_sessions(session: Session, member_id: int) -> None:
    """End every session of a member, on whatever device."""
    session.execute(
        update(Member)
        .where(Member.id == member_id)
        .values(session_epoch=Member.session_epoch + 1)
        .execution_options(synchronize_session=False)
    )
