"""What a shopper may be told about stock, and why something could not be taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.domain.catalog import (
    LOW_STOCK,
    Availability,
    StockCount,
    availability,
    why_not_taken,
)

COUNTS = st.integers(0, 50)


@pytest.mark.parametrize(
    ("stock", "held", "sold", "expected"),
    [
        (None, 0, 0, Availability("in_stock", None)),
        (None, 40, 900, Availability("in_stock", None)),
        (99, 0, 0, Availability("in_stock", None)),
        (99, 1, 0, Availability("in_stock", 98)),
        (6, 0, 0, Availability("in_stock", 6)),
        (5, 0, 0, Availability("low", 5)),
        (10, 3, 2, Availability("low", 5)),
        (10, 4, 5, Availability("low", 1)),
        (10, 5, 5, Availability("held", 0)),
        (1, 1, 0, Availability("held", 0)),
        (10, 0, 10, Availability("sold_out", 0)),
        (0, 0, 0, Availability("sold_out", 0)),
        (3, 0, 4, Availability("sold_out", 0)),
    ],
)
def test_counters_become_words(
    stock: int | None, held: int, sold: int, expected: Availability
) -> None:
    assert availability(StockCount(stock, held, sold)) == expected


@given(st.none() | COUNTS, COUNTS, COUNTS)
def test_something_is_buyable_when_one_unit_is_free(
    stock: int | None, held: int, sold: int
) -> None:
    is_free = stock is None or stock - held - sold > 0

    assert availability(StockCount(stock, held, sold)).is_buyable == is_free


@given(COUNTS, COUNTS, COUNTS)
def test_nobody_is_told_of_less_than_nothing(stock: int, held: int, sold: int) -> None:
    left = availability(StockCount(stock, held, sold)).left

    assert left == max(0, stock - held - sold)


@given(COUNTS, COUNTS, COUNTS)
def test_low_means_few_and_not_none(stock: int, held: int, sold: int) -> None:
    told = availability(StockCount(stock, held, sold))

    assert (told.state == "low") == (0 < stock - held - sold <= LOW_STOCK)


@pytest.mark.parametrize(
    ("stock", "held", "sold", "quantity", "reason"),
    [
        (10, 0, 10, 1, "sold_out"),
        (0, 0, 0, 1, "sold_out"),
        (3, 0, 5, 1, "sold_out"),
        (10, 10, 0, 1, "all_held"),
        (10, 4, 6, 2, "all_held"),
        (10, 4, 6, 5, "too_few_left"),
        (10, 0, 8, 3, "too_few_left"),
        (10, 8, 0, 3, "too_few_left"),
        (10, 1, 8, 2, "too_few_left"),
    ],
)
def test_a_refusal_has_the_reason_that_helps(
    stock: int, held: int, sold: int, quantity: int, reason: str
) -> None:
    assert why_not_taken(StockCount(stock, held, sold), quantity) == reason


@given(COUNTS, COUNTS, COUNTS, st.integers(1, 99))
def test_all_held_promises_that_waiting_may_help(
    stock: int, held: int, sold: int, quantity: int
) -> None:
    reason = why_not_taken(StockCount(stock, held, sold), quantity)

    assert reason != "all_held" or stock - sold >= quantity


@given(COUNTS, COUNTS, COUNTS, st.integers(1, 99))
def test_sold_out_is_said_only_where_nothing_can_come_back(
    stock: int, held: int, sold: int, quantity: int
) -> None:
    is_over = stock - sold <= 0

    assert (why_not_taken(StockCount(stock, held, sold), quantity) == "sold_out") == is_over
