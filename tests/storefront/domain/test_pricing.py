"""An order's money: whatever is bought, taken off, sent and taxed, the parts make the total."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.domain.money import Money
from storefront.domain.pricing import (
    MILLION,
    PricedLine,
    ShippingTerms,
    Sums,
    TaxTerms,
    charge_step,
    price_order,
    shipping_price,
    tax_on,
)

FREE, VAT, SALES_TAX = TaxTerms(True, 0), TaxTerms(True, 230_000), TaxTerms(False, 88_750)


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def one_line(unit: int, *, off: int = 0, shipping: int = 0, terms: TaxTerms = FREE) -> Sums:
    return price_order(
        [PricedLine(usd(unit), 1)],
        [usd(off)],
        shipping=usd(shipping),
        tax=[terms],
        shipping_tax=terms,
    )


def test_tax_beside_the_price_is_added_to_it() -> None:
    sums = one_line(1000, shipping=500, terms=SALES_TAX)

    assert (usd(89), usd(44)) == (sums.lines[0].tax, sums.shipping_tax)
    assert (usd(133), usd(1633)) == (sums.tax, sums.total)


def test_tax_in_the_price_changes_no_total() -> None:
    sums = one_line(1230, shipping=615, terms=VAT)

    assert (usd(230), usd(115)) == (sums.lines[0].tax, sums.shipping_tax)
    assert usd(1845) == sums.total


def test_tax_is_due_on_what_is_left_after_the_discount() -> None:
    sums = one_line(1000, off=400, terms=SALES_TAX)

    assert (usd(600), usd(53), usd(653)) == (sums.lines[0].net, sums.tax, sums.total)


def test_tax_is_rounded_once_and_half_up() -> None:
    half = TaxTerms(is_included=False, rate_ppm=500_000)

    assert [1, 1, 2] == [tax_on(usd(minor), half).minor for minor in (1, 2, 3)]


@pytest.mark.parametrize(("currency", "step"), [("KWD", 10), ("MGA", 100), ("USD", 1), ("JPY", 1)])
def test_added_tax_leaves_a_total_that_cards_can_be_charged_with(currency: str, step: int) -> None:
    tax = tax_on(Money(12_300, currency), TaxTerms(is_included=False, rate_ppm=51_234))

    assert (step, 0) == (charge_step(currency), tax.minor % step)


def test_shipping_is_free_from_its_amount_on() -> None:
    terms = ShippingTerms(usd(500), free_from=usd(4000))

    assert [usd(500), usd(0)] == [shipping_price(terms, usd(goods)) for goods in (3999, 4000)]
    assert usd(500) == shipping_price(ShippingTerms(usd(500)), usd(10**9))


@pytest.mark.parametrize(
    "broken",
    [
        lambda: one_line(100, off=101),
        lambda: one_line(100, off=-1),
        lambda: one_line(100, terms=TaxTerms(is_included=False, rate_ppm=-1)),
        lambda: price_order([PricedLine(usd(1), 1)], [], shipping=usd(0), tax=[], shipping_tax=VAT),
        lambda: price_order(
            [PricedLine(usd(1), 1)], [usd(0)], shipping=usd(0), tax=[VAT], shipping_tax=SALES_TAX
        ),
        lambda: price_order(
            [PricedLine(Money(1, "EUR"), 1)],
            [Money(0, "EUR")],
            shipping=usd(0),
            tax=[FREE],
            shipping_tax=FREE,
        ),
    ],
)
def test_what_cannot_be_priced_is_refused(broken: Callable[[], Sums]) -> None:
    with pytest.raises(ValueError, match=r"fit|below zero|longer|shorter|include|cannot mix"):
        broken()


@st.composite
def orders(draw: st.DrawFn) -> Sums:
    """Draw any order in a currency of no, two or three decimals."""
    currency = draw(st.sampled_from(["JPY", "USD", "KWD"]))
    is_included = draw(st.booleans())
    rates = st.integers(0, MILLION).map(lambda ppm: TaxTerms(is_included, ppm))
    lines = draw(
        st.lists(
            st.builds(
                PricedLine,
                st.integers(0, 10**9).map(lambda minor: Money(minor, currency)),
                st.integers(1, 99),
            ),
            max_size=20,
        )
    )
    return price_order(
        lines,
        [Money(draw(st.integers(0, line.total.minor)), currency) for line in lines],
        shipping=Money(draw(st.integers(0, 10**6)), currency),
        tax=[draw(rates) for _ in lines],
        shipping_tax=draw(rates),
    )


@given(orders())
def test_the_parts_of_any_order_make_its_total(sums: Sums) -> None:
    added = 0 if sums.is_tax_included else sums.tax.minor
    parts = sums.goods.minor - sums.discount.minor + sums.shipping.minor + added

    assert parts == sums.total.minor
    assert sums.total == sum((line.total for line in sums.lines), start=sums.delivery.total)


@given(orders())
def test_every_line_of_any_order_is_the_sum_of_its_own_parts(sums: Sums) -> None:
    for part in (*sums.lines, sums.delivery):
        added = 0 if sums.is_tax_included else part.tax.minor
        assert part.listed.minor - part.discount.minor + added == part.total.minor
        assert 0 <= part.tax.minor <= part.total.minor


@given(orders())
def test_no_tax_is_off_by_more_than_half_a_step(sums: Sums) -> None:
    for part in (*sums.lines, sums.delivery):
        whole = MILLION + (part.terms.rate_ppm if sums.is_tax_included else 0)
        step = 1 if sums.is_tax_included else charge_step(sums.currency)
        error = abs(part.tax.minor * whole - part.net.minor * part.terms.rate_ppm)
        assert 2 * error <= step * whole
