"""An order's money, from list prices to the total: discounts, shipping and tax, each by itself.
Amounts only: which offers and which rates apply is decided elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storefront.domain.money import Money, exponent, split, total
from storefront.errors import Invalid
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

MILLION = 1_000_000
THREE_DECIMALS = 3


@frozen
class TaxTerms:
    """A rate in parts per million (8.875 % is 88,750), and whether prices include it."""

    is_included: bool
    rate_ppm: int


@frozen
class ShippingTerms:
    """A flat price for one parcel, nothing from an amount of goods on."""

    amount: Money
    free_from: Money | None = None


@frozen
class PricedLine:
    """A quantity of one thing at its list price."""

    unit: Money
    quantity: int

    @property
    def total(self) -> Money:
        """Unit price times quantity."""
        return self.unit * self.quantity


@frozen
class Part:
    """One part of an order: what it costs by the list, what comes off, and the tax on the rest."""

    listed: Money
    discount: Money
    tax: Money
    terms: TaxTerms

    @property
    def net(self) -> Money:
        """The list price without the discount: what the tax is reckoned on."""
        return self.listed - self.discount

    @property
    def total(self) -> Money:
        """What the buyer pays for it."""
        return self.net if self.terms.is_included else self.net + self.tax


@frozen
class Sums:
    """The parts of an order's total; `total` is always their sum."""

    lines: tuple[Part, ...]
    delivery: Part

    @property
    def currency(self) -> str:
        """What everything is counted in."""
        return self.delivery.listed.currency

    @property
    def is_tax_included(self) -> bool:
        """Whether the prices include the tax, which is then no further amount to pay."""
        return self.delivery.terms.is_included

    @property
    def goods(self) -> Money:
        """All lines at their list prices."""
        return total((line.listed for line in self.lines), self.currency)

    @property
    def discount(self) -> Money:
        """What comes off all lines."""
        return total((line.discount for line in self.lines), self.currency)

    @property
    def shipping(self) -> Money:
        """What delivery costs, without the tax that is added to it."""
        return self.delivery.listed

    @property
    def shipping_tax(self) -> Money:
        """The tax on the delivery."""
        return self.delivery.tax

    @property
    def tax(self) -> Money:
        """All tax, on lines and delivery."""
        return total((line.tax for line in self.lines), self.currency) + self.delivery.tax

    @property
    def total(self) -> Money:
        """What the buyer pays."""
        return total((line.total for line in self.lines), self.currency) + self.delivery.total


def price_order(
    lines: Sequence[PricedLine],
    discounts: Sequence[Money],
    *,
    shipping: Money,
    tax: Sequence[TaxTerms],
    shipping_tax: TaxTerms,
) -> Sums:
    """Return an order's sums in the shipping's currency: one discount and one tax for each line.

    Raises `ValueError` for a discount below zero or above its line, for a negative rate, for
    prices that include tax beside some that do not, and for mixed currencies.
    """
    parts = [
        _part(line.total, discount, terms)
        for line, discount, terms in zip(lines, discounts, tax, strict=True)
    ]
    delivery = _part(shipping, Money(0, shipping.currency), shipping_tax)
    if any(part.terms.is_included is not shipping_tax.is_included for part in parts):
        message = "prices of one order include tax, all of them, or none does"
        raise ValueError(message)
    sums = Sums(tuple(parts), delivery)
    sums.total  # noqa: B018 - raises here, not later, where currencies are mixed
    return sums


def _part(listed: Money, discount: Money, terms: TaxTerms) -> Part:
    if not Money(0, listed.currency) <= discount <= listed:
        message = f"a discount of {discount} does not fit {listed}"
        raise ValueError(message)
    return Part(listed, discount, tax_on(listed - discount, terms), terms)


def tax_on(net: Money, terms: TaxTerms) -> Money:
    """Return the tax on an amount, rounded once and half up.

    Tax that is added is rounded to what can be charged, so that the total can be charged too.
    """
    if terms.rate_ppm < 0:
        message = f"a tax rate is not below zero, got {terms.rate_ppm}"
        raise ValueError(message)
    if terms.is_included:
        minor = _half_up(net.minor * terms.rate_ppm, MILLION + terms.rate_ppm)
    else:
        step = charge_step(net.currency)
        minor = step * _half_up(net.minor * terms.rate_ppm, MILLION * step)
    return Money(minor, net.currency)


def _half_up(over: int, under: int) -> int:
    return (2 * over + under) // (2 * under)


def charge_step(currency: str) -> int:
    """Return the step in minor units in which cards are charged: amounts with three decimals end
    in 0, and ariary are charged whole (docs.stripe.com/currencies)."""
    if currency == "MGA":
        return 100
    return 10 if exponent(currency) == THREE_DECIMALS else 1


def refuse_unchargeable(amount: Money, *, field: str) -> None:
    """Raise `Invalid` amount_not_chargeable for what lies between two steps of its currency."""
    step = charge_step(amount.currency)
    if amount.minor % step:
        raise Invalid(
            "amount_not_chargeable",
            field=field,
            currency=amount.currency,
            step=Money(step, amount.currency),
        )


def split_in_steps(amount: int, weights: Sequence[int], *, step: int) -> tuple[int, ...]:
    """Split as `split` does; what can be charged is split into parts that can go back alone."""
    if amount % step:
        return split(amount, weights)
    return tuple(part * step for part in split(amount // step, weights))


def shipping_price(terms: ShippingTerms, goods: Money) -> Money:
    """Return what it costs to send goods of this price, discounts taken off."""
    if terms.free_from is not None and terms.free_from <= goods:
        return Money(0, goods.currency)
    return terms.amount
