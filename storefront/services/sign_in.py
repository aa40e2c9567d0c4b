"""Who may sign in: a password checked against the limits on guessing. Limits bind whoever
guesses, never the account: its owner gets in from any other address, whatever others try."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from storefront.errors import Invalid
from storefront.services import alarms, attempts, members, second_factor
from storefront.services.attempts import Limit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from storefront.ports import Ports, Signer
    from storefront.services.attempts import Subject
    from storefront.services.members import SignedIn

ACCOUNT_TRIES = Limit("sign_in_account", 10, timedelta(minutes=10))
ADDRESS_TRIES = Limit("sign_in_address", 20, timedelta(hours=1))
CODE_TRIES = Limit("code_account", 10, timedelta(minutes=10))
TELEPHONE_TRIES = Limit("code_member", 30, timedelta(hours=1))
"""Six digits can be guessed from many addresses by who has the password: this limit binds the
account, for codes of the telephone alone. With a recovery code its owner gets in all the same."""


def check_password(ports: Ports, email: str, password: str, *, caller: str) -> SignedIn:
    """Return the member with this address and password; `caller` is who asks, on the network.

    Raises `Invalid` sign_in_failed, the same for an unknown address and for a wrong password,
    and `TooMany` when the caller has failed too often, even if this password were right.
    """
    bound = _bound(ports.sign, members.normalise_email(email), caller)
    with ports.reads() as session:
        attempts.check(session, bound, now=ports.clock.now())
        found = members.find_by_password(session, email, password)
    now = ports.clock.now()
    if found is None:
        count_failure(ports, bound, email=email, now=now)
        raise Invalid("sign_in_failed", field="password")
    with ports.reads() as session:
        # Tries that ran beside this one may have failed meanwhile.
        attempts.check(session, bound, now=now)
    return found


def check_code(ports: Ports, member: SignedIn, code: str, *, caller: str) -> None:
    """Use up a code of the second step. Raises `Invalid` code_wrong, and `TooMany`."""
    now, sign = ports.clock.now(), ports.sign
    bound = [
        attempts.subject(sign, CODE_TRIES, member.member_public_id, caller),
        attempts.subject(sign, ADDRESS_TRIES, caller),
    ]
    if second_factor.is_from_telephone(code):
        bound.append(attempts.subject(sign, TELEPHONE_TRIES, member.member_public_id))
    with ports.sessions.begin() as session:
        attempts.check(session, bound, now=now)
        is_good = second_factor.use_code(session, member.member_id, code, sign=sign, now=now)
    if not is_good:
        count_failure(ports, bound, email=member.email, now=now)
        raise Invalid("code_wrong", field="code")


def count_failure(
    ports: Ports, bound: Sequence[tuple[Limit, Subject]], *, email: str, now: datetime
) -> None:
    """Count a failure at somebody's account and call a person when a limit is reached.

    Raises `TooMany` where the limit had been reached already.
    """
    with ports.sessions.begin() as session:
        counted = attempts.count_failure(session, bound, now=now)
        if counted.has_reached:
            member = members.find_by_email(session, email)
            merchant_id = member.merchant_id if member else alarms.INSTALLATION
            alarms.raise_alarm(session, merchant_id, "sign_in_guessed", now=now)
    if counted.refusal:
        raise counted.refusal


def _bound(sign: Signer, account: str, caller: str) -> tuple[tuple[Limit, Subject], ...]:
    return (
        attempts.subject(sign, ACCOUNT_TRIES, account, caller),
        attempts.subject(sign, ADDRESS_TRIES, caller),
    )
