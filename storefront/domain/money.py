"""Money: whole minor units of one ISO 4217 currency. Formatting and gateways live elsewhere."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from iso4217 import Currency

from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FULL_SHARE = 10_000
"""One whole, in the units in which attribution is shared out (a hundredth of a per cent)."""


@cache
def exponent(currency: str) -> int:
    """Return how many decimal places the currency has (ISO 4217); raise `ValueError` if unknown."""
    try:
        places = Currency(currency).exponent
    except ValueError:
        message = f"{currency!r} is not an ISO 4217 currency code"
        raise ValueError(message) from None
    if places is None:
        message = f"{currency} has no minor unit and cannot be charged"
        raise ValueError(message)
    return int(places)


def is_currency(code: str) -> bool:
    """Return whether three letters are a currency that can be charged."""
    try:
        exponent(code)
    except ValueError:
        return False
    return True


def split(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Split `total` by `weights` so that the parts sum to it exactly (largest remainder).

    Ties go to the earlier part, so the same input always splits the same way.
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        message = f"weights must be non-negative and not all zero, got {list(weights)}"
        raise ValueError(message)
    sign = -1 if total < 0 else 1
    shares = [divmod(abs(total) * weight, whole) for weight in weights]
    missing = abs(total) - sum(share for share, _ in shares)
    by_remainder = sorted(range(len(shares)), key=lambda index: (-shares[index][1], index))
    extra = set(by_remainder[:missing])
    return tuple(sign * (share + (index in extra)) for index, (share, _) in enumerate(shares))


@frozen
class Money:
    """An amount in whole minor units. Mixing currencies raises `ValueError`."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            message = f"money is counted in whole minor units, got {self.minor!r}"
            raise TypeError(message)
        exponent(self.currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other).minor, self.currency)

    def __mul__(self, times: int) -> Money:
        return Money(self.minor * times, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other).minor

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other).minor

    def allocate(self, weights: Sequence[int]) -> tuple[Money, ...]:
        """Split by `weights`; the parts always sum to the whole."""
        return tuple(Money(part, self.currency) for part in split(self.minor, weights))

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            message = f"cannot mix {self.currency} with {other.currency}"
            raise ValueError(message)
        return other


def total(amounts: Iterable[Money], currency: str) -> Money:
    """Return the sum of `amounts`, which may be none, in `currency`."""
    result = Money(0, currency)
    for amount in amounts:
        result = result + amount
    return result
