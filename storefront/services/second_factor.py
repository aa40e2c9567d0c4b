"""The second factor: codes that a telephone makes from a shared secret and the time (TOTP), and
recovery codes for when it is lost. Limits on guessing are in sign_in.py."""

from __future__ import annotations

import hmac
import re
import unicodedata
from typing import TYPE_CHECKING

import pyotp
from sqlalchemy import delete, func, insert, or_, select, update

from storefront.db.ids import random_symbols
from storefront.errors import Conflict, Invalid
from storefront.models import RecoveryCode, SecondFactor
from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.ports import Signer

STEP_SECONDS = 30
EARLY_AND_LATE = (0, -1, 1)
"""The steps whose codes are taken, from now: clocks differ, and people need time to type."""

SECRET_PURPOSE = "second-factor"  # noqa: S105 - the name of a purpose
RECOVERY_PURPOSE = "recovery-code"
RECOVERY_CODES = 10
RECOVERY_SYMBOLS = 10
"""50 random bits: nobody guesses one, whatever the limits."""

LONGEST_CODE = 40
LOOKALIKES = str.maketrans("oil", "011")


@frozen
class Setup:
    """What a member's telephone is given: the secret, and the same as an address for a QR code."""

    secret: str
    uri: str


@frozen
class State:
    """Whether a member has a second factor, and how many recovery codes are left."""

    is_on: bool
    codes_left: int


def state(session: Session, member_id: int) -> State:
    """Return how a member stands."""
    left = session.scalar(
        select(func.count())
        .select_from(RecoveryCode)
        .where(RecoveryCode.member_id == member_id, RecoveryCode.used_at.is_(None))
    )
    return State(is_on(session, member_id), left or 0)


def is_on(session: Session, member_id: int) -> bool:
    """Return whether signing in asks this member for a code."""
    found = session.scalar(
        select(SecondFactor.id).where(
            SecondFactor.member_id == member_id, SecondFactor.confirmed_at.is_not(None)
        )
    )
    return found is not None


def start(session: Session, member_id: int, *, sign: Signer, now: datetime) -> None:
    """Make a fresh secret that waits for its first code. Raises `Conflict` second_factor_on."""
    if is_on(session, member_id):
        raise Conflict("second_factor_on")
    session.execute(delete(SecondFactor).where(SecondFactor.member_id == member_id))
    session.execute(
        insert(SecondFactor).values(
            member_id=member_id,
            encrypted_secret=sign.encrypt(SECRET_PURPOSE, pyotp.random_base32()),
            started_at=now,
        )
    )


def find_setup(
    session: Session, member_id: int, *, email: str, issuer: str, sign: Signer
) -> Setup | None:
    """Return what the telephone is still to be given, or None when nothing waits."""
    row = session.scalars(
        select(SecondFactor).where(
            SecondFactor.member_id == member_id, SecondFactor.confirmed_at.is_(None)
        )
    ).first()
    secret = sign.decrypt(SECRET_PURPOSE, row.encrypted_secret) if row else None
    if secret is None:
        return None
    return Setup(secret, pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=issuer))


def confirm(
    session: Session, member_id: int, code: str, *, sign: Signer, now: datetime
) -> tuple[str, ...]:
    """Turn the second factor on with its first code, and return the recovery codes: the only
    time that they can be read. Raises `Invalid` code_wrong."""
    step = _step(session, member_id, _clean(code), sign=sign, now=now)
    confirmed = (
        step is not None
        and session.execute(
            update(SecondFactor)
            .where(SecondFactor.member_id == member_id, SecondFactor.confirmed_at.is_(None))
            .values(confirmed_at=now, last_step=step)
            .returning(SecondFactor.id)
            .execution_options(synchronize_session=False)
        ).first()
    )
    if not confirmed:
        raise Invalid("code_wrong", field="code")
    return _make_codes(session, member_id, sign=sign)


def renew_codes(session: Session, member_id: int, *, sign: Signer) -> tuple[str, ...]:
    """Put new recovery codes in place of all that there were, and return them: the only time that
    they can be read. Raises `Conflict` second_factor_off."""
    if not is_on(session, member_id):
        raise Conflict("second_factor_off")
    session.execute(delete(RecoveryCode).where(RecoveryCode.member_id == member_id))
    return _make_codes(session, member_id, sign=sign)


def _make_codes(session: Session, member_id: int, *, sign: Signer) -> tuple[str, ...]:
    codes = tuple(random_symbols(RECOVERY_SYMBOLS) for _ in range(RECOVERY_CODES))
    session.execute(
        insert(RecoveryCode),
        [{"member_id": member_id, "digest": _digest(sign, member_id, each)} for each in codes],
    )
    return tuple(f"{each[:5]}-{each[5:]}" for each in codes)


def use_code(session: Session, member_id: int, code: str, *, sign: Signer, now: datetime) -> bool:
    """Use up a code from the telephone or a recovery code; False when it is not good (again)."""
    clean = _clean(code)
    if not is_from_telephone(clean):
        return _use_recovery_code(session, _digest(sign, member_id, clean), now=now)
    step = _step(session, member_id, clean, sign=sign, now=now)
    if step is None:
        return False
    used = session.execute(
        update(SecondFactor)
        .where(
            SecondFactor.member_id == member_id,
            SecondFactor.confirmed_at.is_not(None),
            or_(SecondFactor.last_step.is_(None), SecondFactor.last_step < step),
        )
        .values(last_step=step)
        .returning(SecondFactor.id)
        .execution_options(synchronize_session=False)
    ).first()
    return used is not None


def is_from_telephone(code: str) -> bool:
    """Return whether this looks like what a telephone shows: six digits."""
    return re.fullmatch(r"[0-9]{6}", _clean(code), re.ASCII) is not None


def turn_off(session: Session, member_id: int) -> bool:
    """Forget the secret and all recovery codes; return whether there was a second factor."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.member_id == member_id))
    gone = session.execute(
        delete(SecondFactor)
        .where(SecondFactor.member_id == member_id)
        .returning(SecondFactor.confirmed_at)
    ).first()
    return gone is not None and gone.confirmed_at is not None


def _use_recovery_code(session: Session, digest: str, *, now: datetime) -> bool:
    used = session.execute(
        update(RecoveryCode)
        .where(RecoveryCode.digest == digest, RecoveryCode.used_at.is_(None))
        .values(used_at=now)
        .returning(RecoveryCode.id)
        .execution_options(synchronize_session=False)
    ).first()
    return used is not None


def _step(
    session: Session, member_id: int, code: str, *, sign: Signer, now: datetime
) -> int | None:
    """Return the time step to which a telephone's code belongs, or None."""
    sealed = session.scalar(
        select(SecondFactor.encrypted_secret).where(SecondFactor.member_id == member_id)
    )
    secret = sign.decrypt(SECRET_PURPOSE, sealed) if sealed else None
    if secret is None or not is_from_telephone(code):
        return None
    present = int(now.timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(secret)
    steps = (present + offset for offset in EARLY_AND_LATE)
    return next(
        (each for each in steps if hmac.compare_digest(totp.generate_otp(each), code)), None
    )


def _clean(code: str) -> str:
    """Forgive how people type: spaces, dashes, capitals, wide digits, letters for digits."""
    if len(code) > LONGEST_CODE:
        return ""
    plain = unicodedata.normalize("NFKC", code).lower()
    return re.sub(r"[\s\-\u2010-\u2015]", "", plain).translate(LOOKALIKES)


def _digest(sign: Signer, member_id: int, code: str) -> str:
    return sign.digest(RECOVERY_PURPOSE, f"{member_id}:{code}")
