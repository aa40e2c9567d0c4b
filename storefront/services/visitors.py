"""Visitor marks: the pseudonym that travels in a signed token instead of a cookie."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from storefront.db.ids import dated_symbols
from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from storefront.ports import Signer

PURPOSE = "visitor"
PARTS = 4
LONGEST = timedelta(days=90)
KEY_LENGTH = 26
SHORT = 6


@frozen
class Visitor:
    """A pseudonymous person who is looking. `evidence` is verified when their mark was ours,
    unverified when it was altered, foreign or too old, none when they brought none.
    `arrival` is the opening of a shared link that brought them here, if one did: its id, or its
    public id where it had no other yet. `key` is as `new_key` makes it."""

    key: str
    evidence: str
    arrival: int | str | None = None

    @property
    def is_known(self) -> bool:
        """Whether they are who their mark says."""
        return self.evidence == "verified"


def new_key(now: datetime) -> str:
    """Return the key of somebody who comes now: it begins with the second; 95 bits are random.
    Most act when they have just come, so new rows lie at one end of an index by visitor."""
    return dated_symbols(KEY_LENGTH, now)


def short(key: str) -> str:
    """Return as much of a key as people are shown: its end, for those who come together begin
    alike."""
    return key[-SHORT:]


def read_mark(sign: Signer, mark: str | None, merchant_public_id: str, *, now: datetime) -> Visitor:
    """Return who carries this mark; a bad mark makes a new visitor, never an error."""
    if not mark:
        return Visitor(new_key(now), "none")
    value = sign.unseal(PURPOSE, mark, max_age=LONGEST)
    if not isinstance(value, list) or len(value) != PARTS or value[0] != merchant_public_id:
        return Visitor(new_key(now), "unverified")
    _, key, arrival, is_doubtful = value
    return Visitor(str(key), "unverified" if is_doubtful else "verified", arrival)


def make_mark(sign: Signer, visitor: Visitor, merchant_public_id: str) -> str:
    """Return the mark that this visitor carries from now on.

    The doubt about a bad mark is kept in the new one, so that the order still knows of it.
    """
    is_doubtful = visitor.evidence == "unverified"
    value = [merchant_public_id, visitor.key, visitor.arrival, int(is_doubtful)]
    return sign.seal(PURPOSE, value, is_dated=True)
