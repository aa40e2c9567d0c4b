"""What the counter's pages share: the till at which a shift is worked, the keys of requests, and
how a refusal is shown."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

from gifting import shifts
from gifting.tills import Till
from storefront.errors import Invalid
from storefront.web.sentences import sentence_of

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from gifting.shifts import Shift
    from storefront.errors import StorefrontError

KEY = re.compile(r"[\w-]{22}", re.ASCII)


def new_key() -> str:
    """Return a fresh key for a request."""
    return secrets.token_urlsafe(16)


def till_of(shift: Shift) -> Till:
    """Return the till at which a shift is worked."""

    def confirm(session: Session, now: datetime) -> None:
        shifts.confirm(session, shift, now=now)

    return Till(
        merchant_id=shift.merchant_id,
        store_id=shift.device.store_id,
        caller=shift.device.public_id,
        member_id=shift.member_id,
        device_id=shift.device.id,
        is_senior=shift.is_senior,
        confirm=confirm,
    )


class Problem:
    """A refusal as the screen says it: what to look at again is yellow, the rest is red."""

    def __init__(self, error: StorefrontError) -> None:
        self.sentence = sentence_of(error)
        self.code = error.code
        is_typed = isinstance(error, Invalid) or error.code == "insufficient_balance"
        self.tone = "look" if is_typed else "bad"
