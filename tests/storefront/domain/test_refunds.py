"""What a refund takes: never more than is left, always to the cent, and from the stored parts."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.domain.refunds import (
    Left,
    LineLeft,
    Part,
    Parts,
    RefundPlan,
    by_amount,
    by_lines,
    in_full,
)
from storefront.errors import Conflict, Invalid, StorefrontError


def line(number: int, quantity: int, minor: int) -> LineLeft:
    return LineLeft(number, quantity, Parts(minor))


LEFT = Left((line(1, 3, 1000), line(2, 1, 450)), Parts(500))
NOTHING = Left((line(1, 0, 0),), Parts(0))


def less(first: Parts, second: Parts) -> Parts:
    """Return what is left of some parts."""
    return Parts(
        first.net - second.net,
        first.tax - second.tax,
        first.discount - second.discount,
        first.is_tax_included,
    )


def after(left: Left, plan: RefundPlan) -> Left:
    """Return what is left when a plan has been carried out."""
    taken = {part.line_id: part for part in plan.parts}
    lines = tuple(
        LineLeft(
            each.line_id,
            each.quantity - taken[each.line_id].quantity,
            less(each.parts, taken[each.line_id].parts),
        )
        if each.line_id in taken
        else each
        for each in left.lines
    )
    return replace(left, lines=lines, shipping=less(left.shipping, plan.shipping))


def all_parts(left: Left) -> list[Parts]:
    return [*(each.parts for each in left.lines), left.shipping]


def test_a_whole_refund_takes_all_that_is_left() -> None:
    plan = in_full(LEFT)

    assert 1950 == plan.total
    assert [(1, 3, 1000), (2, 1, 450)] == [
        (part.line_id, part.quantity, part.parts.minor) for part in plan.parts
    ]


def test_the_shipping_stays_where_the_merchant_says_so() -> None:
    assert 1450 == in_full(LEFT, with_shipping=False).total
    assert 950 == by_lines(LEFT, {2: 1}, with_shipping=True).total
    assert 0 == by_amount(LEFT, 145, with_shipping=False).shipping.minor


def test_units_come_at_the_average_of_what_is_left_of_their_line() -> None:
    first = by_lines(LEFT, {1: 1})
    rest = by_lines(after(LEFT, first), {1: 2})

    assert (333, 667) == (first.total, rest.total)
    assert 0 == first.shipping.minor


def test_a_unit_takes_its_share_of_discount_and_tax() -> None:
    taxed = Parts(net=900, tax=90, discount=300, is_tax_included=False)
    plan = by_lines(Left((LineLeft(1, 3, taxed),), Parts(0)), {1: 1})

    assert (Part(1, 1, Parts(300, 30, 100, is_tax_included=False)),) == plan.parts
    assert (330, 30, 400) == (plan.total, plan.tax, plan.parts[0].parts.listed)


def test_an_amount_is_taken_from_all_parts_in_proportion() -> None:
    plan = by_amount(LEFT, 195)

    assert ([100, 45], 50) == ([part.parts.minor for part in plan.parts], plan.shipping.minor)
    assert {0} == {part.quantity for part in plan.parts}


@pytest.mark.parametrize(
    ("asked", "error", "code"),
    [
        (lambda: in_full(NOTHING), Conflict, "already_refunded"),
        (lambda: by_amount(NOTHING, 1), Conflict, "already_refunded"),
        (lambda: by_lines(NOTHING, {1: 1}), Conflict, "already_refunded"),
        (lambda: by_amount(LEFT, 1951), Conflict, "refund_too_large"),
        (lambda: by_amount(LEFT, 1451, with_shipping=False), Conflict, "refund_too_large"),
        (lambda: by_lines(LEFT, {1: 4}), Conflict, "refund_too_large"),
        (lambda: by_lines(LEFT, {1: 0}), Invalid, "invalid_quantity"),
        (lambda: by_lines(LEFT, {9: 1}), Invalid, "unknown_line"),
        (lambda: by_lines(LEFT, {}), Invalid, "unknown_line"),
        (lambda: by_amount(LEFT, 0), Invalid, "invalid_refund_amount"),
        (
            lambda: in_full(Left((line(1, 0, 0),), Parts(5)), with_shipping=False),
            Conflict,
            "already_refunded",
        ),
        (
            lambda: by_lines(Left((line(1, 1, 0), line(2, 1, 5)), Parts(0)), {1: 1}),
            Conflict,
            "nothing_to_refund",
        ),
        (
            lambda: by_lines(Left((line(1, 0, 0), line(2, 1, 5)), Parts(0)), {1: 1}),
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


@st.composite
def parts(draw: st.DrawFn, *, is_included: bool) -> Parts:
    """Draw what some money may be made of: tax is at most the rate of one hundred per cent."""
    net = draw(st.integers(0, 10**9))
    tax = draw(st.integers(0, net // 2 if is_included else net))
    return Parts(net, tax, draw(st.integers(0, 10**9)), is_included)


@st.composite
def orders(draw: st.DrawFn) -> Left:
    """Draw an order of which nothing has gone back yet."""
    is_included = draw(st.booleans())
    lines = draw(
        st.lists(
            st.tuples(st.integers(1, 99), parts(is_included=is_included)), min_size=1, max_size=8
        )
    )
    shipping = draw(parts(is_included=is_included))
    return Left(
        tuple(LineLeft(number, *each) for number, each in enumerate(lines)),
        Parts(shipping.net, shipping.tax, 0, is_included),
    )


def draw_plan(data: st.DataObject, left: Left) -> RefundPlan:
    """Draw a refund of what is left: some units of some lines, or an amount."""
    owing = [each for each in left.lines if each.quantity and each.parts.minor]
    if owing and data.draw(st.booleans()):
        chosen = data.draw(st.sampled_from(owing))
        units = data.draw(st.integers(1, chosen.quantity))
        try:
            return by_lines(left, {chosen.line_id: units}, with_shipping=data.draw(st.booleans()))
        except Conflict:  # so little is left that one unit's share is nothing
            return in_full(left)
    return by_amount(left, data.draw(st.integers(1, left.total)))


def assert_sound(left: Left) -> None:
    """Whatever is left can still be taken apart: nothing below zero, no tax above its money."""
    for each in all_parts(left):
        assert min(each.net, each.tax, each.discount) >= 0
        assert each.tax <= each.minor


@given(orders(), st.data())
def test_any_run_of_refunds_and_failures_ends_with_exactly_what_was_paid(
    order: Left, data: st.DataObject
) -> None:
    left, gone = order, 0
    for _ in range(data.draw(st.integers(0, 6))):
        if left.total == 0:
            break
        plan = draw_plan(data, left)
        assert 0 < plan.total <= left.total
        assert_sound(Left(tuple(LineLeft(p.line_id, p.quantity, p.parts) for p in plan.parts),
                          plan.shipping))  # fmt: skip
        assert_sound(after(left, plan))
        if data.draw(st.booleans()):  # the bank takes it; else it fails, and nothing has changed
            left, gone = after(left, plan), gone + plan.total
    if left.total:
        rest = in_full(left)
        left, gone = after(left, rest), gone + rest.total

    assert order.total == gone
    assert {(0, 0)} == {(each.net, each.tax) for each in all_parts(left)}


@given(orders(), st.data())
def test_money_goes_back_in_steps_of_its_currency_and_nothing_is_lost(
    order: Left, data: st.DataObject
) -> None:
    """Three decimals are paid and given back in tens of the last, whatever a unit's share is."""
    shipping = replace(order.shipping, net=order.shipping.net + -order.total % 10)
    left, gone = replace(order, shipping=shipping, step=10), 0
    paid = left.total
    for _ in range(data.draw(st.integers(0, 6))):
        owing = [each for each in left.lines if each.quantity and each.parts.minor >= 10]
        if not owing:
            break
        chosen = data.draw(st.sampled_from(owing))
        units = data.draw(st.integers(1, chosen.quantity))
        amount = data.draw(st.integers(1, left.total // 10)) * 10
        try:
            plan = data.draw(
                st.sampled_from(
                    [
                        lambda: by_lines(left, {chosen.line_id: units}),  # noqa: B023 - called at once
                        lambda: by_amount(left, amount),  # noqa: B023
                        lambda: in_full(left, with_shipping=False),  # noqa: B023
                    ]
                )
            )()
        except Conflict:  # its share is less than a step
            continue
        assert 0 == plan.total % 10
        assert_sound(after(left, plan))
        left, gone = after(left, plan), gone + plan.total
    if left.total:
        gone += in_full(left).total

    assert paid == gone


@given(parts(is_included=False), st.integers(1, 99), st.data())
def test_units_never_return_more_than_was_paid_for_them(
    paid: Parts, quantity: int, data: st.DataObject
) -> None:
    """Whatever order they come in; and what is kept does not become cheaper."""
    left, returned, units = paid, 0, 0
    while units < quantity:
        many = data.draw(st.integers(1, quantity - units))
        part = left.units(many, quantity - units)
        left, returned, units = less(left, part), returned + part.minor, units + many
        assert returned * quantity <= paid.minor * units
        assert paid.net * (quantity - units) <= left.net * quantity

    assert (paid.minor, Parts(0, is_tax_included=False)) == (returned, left)


@given(st.booleans().flatmap(lambda is_included: parts(is_included=is_included)), st.data())
def test_an_amount_is_made_of_parts_that_sum_to_it(paid: Parts, data: st.DataObject) -> None:
    minor = data.draw(st.integers(0, paid.minor))

    taken = paid.amount(minor)

    assert minor == taken.minor
    assert taken.tax * max(paid.minor, 1) <= paid.tax * minor
