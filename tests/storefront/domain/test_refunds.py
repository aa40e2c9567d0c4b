"""What a refund takes: never more than is left, and always to the cent."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.domain.refunds import Left, LineLeft, RefundPlan, by_amount, by_lines, in_full
from storefront.errors import Conflict, Invalid, StorefrontError

LEFT = Left((LineLeft(1, 3, 1000), LineLeft(2, 1, 450)), 500)
NOTHING = Left((LineLeft(1, 0, 0),), 0)


def after(left: Left, plan: RefundPlan) -> Left:
    """Return what is left when a plan has been carried out."""
    taken = {part.line_id: part for part in plan.parts}
    lines = tuple(
        LineLeft(
            line.line_id,
            line.quantity - (taken[line.line_id].quantity if line.line_id in taken else 0),
            line.minor - (taken[line.line_id].minor if line.line_id in taken else 0),
        )
        for line in left.lines
    )
    return Left(lines, left.shipping - plan.shipping)


def test_a_whole_refund_takes_all_that_is_left() -> None:
    plan = in_full(LEFT)

    assert 1950 == plan.total
    assert [(1, 3, 1000), (2, 1, 450)] == [
        (part.line_id, part.quantity, part.minor) for part in plan.parts
    ]


def test_units_come_at_the_average_of_what_is_left_of_their_line() -> None:
    first = by_lines(LEFT, {1: 1})
    rest = by_lines(after(LEFT, first), {1: 2})

    assert (333, 667) == (first.total, rest.total)
    assert 0 == first.shipping


def test_an_amount_is_taken_from_all_parts_in_proportion() -> None:
    plan = by_amount(LEFT, 195)

    assert ([100, 45], 50) == ([part.minor for part in plan.parts], plan.shipping)
    assert {0} == {part.quantity for part in plan.parts}


@pytest.mark.parametrize(
    ("asked", "error", "code"),
    [
        (lambda: in_full(NOTHING), Conflict, "already_refunded"),
        (lambda: by_amount(NOTHING, 1), Conflict, "already_refunded"),
        (lambda: by_lines(NOTHING, {1: 1}), Conflict, "already_refunded"),
        (lambda: by_amount(LEFT, 1951), Conflict, "refund_too_large"),
        (lambda: by_lines(LEFT, {1: 4}), Conflict, "refund_too_large"),
        (lambda: by_lines(LEFT, {1: 0}), Invalid, "invalid_quantity"),
        (lambda: by_lines(LEFT, {9: 1}), Invalid, "unknown_line"),
        (lambda: by_lines(LEFT, {}), Invalid, "unknown_line"),
        (lambda: by_amount(LEFT, 0), Invalid, "invalid_refund_amount"),
        (
            lambda: by_lines(Left((LineLeft(1, 1, 0), LineLeft(2, 1, 5)), 0), {1: 1}),
            Conflict,
            "already_refunded",
        ),
        (
            lambda: by_lines(Left((LineLeft(1, 0, 0), LineLeft(2, 1, 5)), 0), {1: 1}),
            Conflict,
            "already_refunded",
        ),
    ],
)
def test_what_cannot_go_back_is_refused(
    asked: Callable[[], RefundPlan], error: type[StorefrontError], code: str
) -> None:
    with pytest.raises(error) as refused:
        asked()

    assert code == refused.value.code


amounts = st.integers(min_value=0, max_value=10**9)
lefts = st.builds(
    lambda lines, shipping: Left(
        tuple(LineLeft(number, quantity, minor) for number, (quantity, minor) in enumerate(lines)),
        shipping,
    ),
    st.lists(st.tuples(st.integers(1, 99), amounts), min_size=1, max_size=20),
    amounts,
)


@given(lefts, st.data())
def test_any_run_of_refunds_ends_with_nothing_and_never_below(
    left: Left, data: st.DataObject
) -> None:
    whole, gone = left.total, 0
    while left.total:
        plan = by_amount(left, data.draw(st.integers(1, left.total)))
        assert all(part.minor >= 0 for part in plan.parts)
        left = after(left, plan)
        assert min([line.minor for line in left.lines] + [left.shipping]) >= 0
        gone += plan.total
        if gone < whole and data.draw(st.booleans()):
            gone += in_full(left).total
            break

    assert whole == gone
