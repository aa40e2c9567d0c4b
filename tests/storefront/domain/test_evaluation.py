"""What offers do to a cart: rules by example, and properties for every cart there may be."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.domain.evaluation import Outcome, evaluate
from storefront.domain.money import Money
from storefront.domain.offers import (
    Base,
    Benefit,
    Conditions,
    Counts,
    Facts,
    Item,
    Kind,
    Lane,
    Mode,
    OfferTerms,
    Reason,
    Scope,
    TypedCode,
)
from storefront.domain.window import Window

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
PERCENT = 10_000
CONE, CAKE, CARD = 1, 2, 3


def item(product: int, minor: int, quantity: int = 1, *, is_promotable: bool = True) -> Item:
    return Item(product * 10, product, Money(minor, "USD"), quantity, is_promotable)


def offer(id_: int, percent: int = 10, **changes: Any) -> OfferTerms:
    terms = OfferTerms(
        id=id_,
        name=f"Offer {id_}",
        kind=Kind.AUTOMATIC,
        benefit=Benefit.PERCENT,
        scope=Scope.ORDER,
        rate_ppm=percent * PERCENT,
        published_at=NOW - timedelta(days=1),
    )
    return replace(terms, **changes)


def on_products(id_: int, *products: int, **changes: Any) -> OfferTerms:
    return offer(id_, scope=Scope.CHOSEN, products=frozenset(products), **changes)


def minors(outcome: Outcome) -> list[int]:
    return [discount.minor for discount in outcome.discounts]


def reasons(outcome: Outcome) -> dict[int | None, Reason]:
    return {rejected.offer_id: rejected.reason for rejected in outcome.rejected}


def run(items: list[Item], *offers: OfferTerms, **facts: Any) -> Outcome:
    return evaluate(items, offers, Facts(now=NOW, **facts))


def test_a_share_of_the_order_is_spread_over_its_lines_to_the_last_cent() -> None:
    outcome = run([item(CONE, 100), item(CAKE, 100), item(CARD, 100)], offer(1, 10))

    assert [10, 10, 10] == minors(outcome)
    assert [34, 33, 33] == minors(run([item(each, 333) for each in (1, 2, 3)], offer(1, 10)))


def test_half_a_unit_is_rounded_up() -> None:
    assert [23] == minors(run([item(CONE, 450)], offer(1, 5)))


def test_an_offer_on_chosen_products_leaves_others_alone() -> None:
    outcome = run([item(CONE, 400), item(CAKE, 3000)], on_products(1, CAKE, percent=20))

    assert [0, 600] == minors(outcome)


def test_an_offer_on_chosen_variants_leaves_their_siblings_alone() -> None:
    chosen = offer(1, 50, scope=Scope.CHOSEN, variants=frozenset({10}))
    sibling = Item(11, CONE, Money(400, "USD"), 1)

    assert [200, 0] == minors(run([item(CONE, 400), sibling], chosen))


def test_three_pieces_cost_three_times_what_the_card_says_one_costs() -> None:
    one = minors(run([item(CONE, 455)], on_products(1, CONE)))
    three = minors(run([item(CONE, 455, 3)], on_products(1, CONE)))

    assert [3 * one[0]] == three


def test_an_amount_off_chosen_things_counts_for_each_piece() -> None:
    off = on_products(1, CONE, benefit=Benefit.AMOUNT, value_minor=100)

    assert [300, 0] == minors(run([item(CONE, 450, 3), item(CAKE, 450)], off))


def test_an_amount_off_the_order_counts_once() -> None:
    off = offer(1, benefit=Benefit.AMOUNT, value_minor=100)

    assert [75, 25] == minors(run([item(CONE, 450, 3), item(CAKE, 450)], off))


def test_a_fixed_price_takes_off_what_is_above_it() -> None:
    fixed = on_products(1, CONE, CAKE, benefit=Benefit.FIXED_PRICE, value_minor=300)

    assert [300, 0] == minors(run([item(CONE, 450, 2), item(CAKE, 250)], fixed))


def test_a_discount_never_pushes_a_line_below_zero() -> None:
    off = on_products(1, CONE, benefit=Benefit.AMOUNT, value_minor=900)

    assert [450] == minors(run([item(CONE, 450)], off))


def test_a_percentage_stops_at_its_maximum_amount() -> None:
    assert [300, 200] == minors(
        run([item(1, 3000), item(2, 2000)], offer(1, 50, max_discount_minor=500))
    )


def test_an_offer_takes_off_no_more_than_its_budget_has_left() -> None:
    counts = Counts(budget_minor=1000, spent_minor=960)

    assert [40] == minors(run([item(CONE, 4000)], offer(1, 50, counts=counts)))


@pytest.mark.parametrize(
    ("conditions", "reason", "missing"),
    [
        (Conditions(min_spend_minor=451), Reason.MIN_SPEND, 1),
        (Conditions(min_spend_minor=450), None, 0),
        (Conditions(min_quantity=2), Reason.MIN_QUANTITY, 1),
        (Conditions(min_quantity=1), None, 0),
        (Conditions(products=frozenset({CAKE})), Reason.NEEDS_PRODUCT, 0),
        (Conditions(products=frozenset({CONE})), None, 0),
        (Conditions(is_first_order_only=True), Reason.FIRST_ORDER_ONLY, 0),
    ],
)
def test_a_condition_that_is_not_met_is_the_reason(
    conditions: Conditions, reason: Reason | None, missing: int
) -> None:
    outcome = run([item(CONE, 450)], offer(1, conditions=conditions), is_first_order=False)

    assert [reason] == ([each.reason for each in outcome.rejected] or [None])
    assert missing == sum(each.missing for each in outcome.rejected)
    assert bool(outcome.applied) is (reason is None)


def test_a_first_order_may_use_an_offer_for_first_orders() -> None:
    first = offer(1, conditions=Conditions(is_first_order_only=True))

    assert [45] == minors(run([item(CONE, 450)], first, is_first_order=True))


def test_things_that_are_not_promotable_get_nothing_and_count_for_nothing() -> None:
    cart = [item(CONE, 450), item(CARD, 5000, is_promotable=False)]

    assert [45, 0] == minors(run(cart, offer(1)))
    assert (
        Reason.MIN_SPEND
        is reasons(run(cart, offer(1, conditions=Conditions(min_spend_minor=451))))[1]
    )


def test_a_cart_of_such_things_alone_is_told_so() -> None:
    outcome = run([item(CARD, 5000, is_promotable=False)], offer(1))

    assert {1: Reason.NOTHING_CHOSEN} == reasons(outcome)
    assert () == outcome.applied


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"window": Window(NOW + timedelta(seconds=1))}, Reason.NOT_STARTED),
        ({"window": Window(None, NOW)}, Reason.ENDED),
        ({"paused_at": NOW}, Reason.PAUSED),
        ({"counts": Counts(quota=2, used=1, held=1)}, Reason.GONE),
        ({"per_buyer_limit": 2}, Reason.LIMIT_REACHED),
        ({"placement_id": 8}, Reason.ELSEWHERE),
        ({"link": "spring"}, Reason.ELSEWHERE),
    ],
)
def test_an_offer_that_is_not_for_them_takes_nothing_and_says_why(
    changes: dict[str, Any], reason: Reason
) -> None:
    outcome = run([item(CONE, 450)], offer(1, **changes), placement_id=7, uses={1: 2})

    assert {1: reason} == reasons(outcome)
    assert [0] == minors(outcome)


def test_an_offer_bound_to_a_placement_or_a_link_counts_there() -> None:
    outcome = run(
        [item(CONE, 450)], offer(1, placement_id=7, link="spring"), placement_id=7,
        links=frozenset({"spring"}),
    )  # fmt: skip

    assert [45] == minors(outcome)


def test_a_code_offer_counts_only_with_its_code() -> None:
    by_code = offer(1, kind=Kind.CODE)

    assert [0] == minors(run([item(CONE, 450)], by_code))
    assert [45] == minors(run([item(CONE, 450)], by_code, codes=[TypedCode("TEN", 1)]))


def test_codes_that_are_unknown_repeated_or_used_up_say_so() -> None:
    typed = [TypedCode("A", 1), TypedCode("B", 1), TypedCode("NONE"), TypedCode("Z", 2, left=0)]
    outcome = run(
        [item(CONE, 450)], offer(1, kind=Kind.CODE), offer(2, kind=Kind.CODE), codes=typed
    )

    assert {"B": Reason.CODE_REPEATED, "NONE": Reason.CODE_UNKNOWN, "Z": Reason.GONE} == {
        each.code: each.reason for each in outcome.rejected
    }
    assert ["A"] == [each.code for each in outcome.applied]


def test_an_offer_without_effect_is_not_used() -> None:
    fixed = on_products(1, CONE, benefit=Benefit.FIXED_PRICE, value_minor=500)
    outcome = run([item(CONE, 450)], fixed)

    assert () == outcome.applied
    assert {1: Reason.NO_EFFECT} == reasons(outcome)


def test_of_two_that_compete_each_line_has_the_better() -> None:
    outcome = run(
        [item(CONE, 400), item(CAKE, 400)],
        on_products(1, CONE, CAKE, percent=10),
        on_products(2, CAKE, percent=20),
    )

    assert [40, 80] == minors(outcome)


def test_the_loser_of_a_lane_says_that_it_was_not_combined() -> None:
    outcome = run([item(CONE, 400)], offer(1, 10), offer(2, 20))

    assert [80] == minors(outcome)
    assert {1: Reason.NOT_COMBINED} == reasons(outcome)


def test_a_lane_may_let_all_count() -> None:
    outcome = run([item(CONE, 1000)], offer(1, 10), offer(2, 20), modes={Lane.DEFAULT: Mode.ALL})

    assert [100 + 180] == minors(outcome)


def test_a_lane_may_let_the_first_count_by_priority() -> None:
    first = {Lane.DEFAULT: Mode.FIRST}
    offers = [offer(1, 10, priority=2), offer(2, 5, priority=1)]

    assert [50] == minors(run([item(CONE, 1000)], *offers, modes=first))


def test_in_a_lane_of_firsts_each_line_has_its_own_first() -> None:
    outcome = run(
        [item(CONE, 1000), item(CAKE, 1000)],
        on_products(1, CONE, percent=10),
        on_products(2, CONE, CAKE, percent=20),
        modes={Lane.DEFAULT: Mode.FIRST},
    )

    assert [100, 200] == minors(outcome)


def test_lanes_come_one_after_the_other() -> None:
    outcome = run(
        [item(CONE, 1000)],
        offer(1, lane=Lane.POST, benefit=Benefit.AMOUNT, value_minor=100),
        offer(2, 50, lane=Lane.PRE),
    )

    assert [("500"), ("100")] == [str(each.amounts[0].minor) for each in outcome.applied]
    assert [2, 1] == [each.offer_id for each in outcome.applied]


def test_offers_on_goods_come_before_those_on_the_order() -> None:
    outcome = run([item(CONE, 1000)], offer(1, 10, lane=Lane.PRE), on_products(2, CONE, percent=50))

    assert [500 + 50] == minors(outcome)


def test_a_share_of_the_list_price_does_not_mind_earlier_offers() -> None:
    goods, order = on_products(1, CONE, percent=50), offer(2, 10, base=Base.INITIAL)

    assert [500 + 100] == minors(run([item(CONE, 1000)], goods, order))


def test_an_exclusive_offer_stands_alone_where_it_is_better() -> None:
    outcome = run(
        [item(CONE, 1000)], offer(1, 40, is_exclusive=True), on_products(2, CONE, percent=20)
    )

    assert [400] == minors(outcome)
    assert {2: Reason.NOT_COMBINED} == reasons(outcome)


def test_an_exclusive_offer_steps_back_where_the_others_are_better() -> None:
    outcome = run(
        [item(CONE, 1000)],
        offer(1, 25, is_exclusive=True),
        on_products(2, CONE, percent=20),
        offer(3, 10),
    )

    assert [280] == minors(outcome)
    assert {1: Reason.NOT_COMBINED} == reasons(outcome)


def test_an_exclusive_offer_goes_with_those_it_names() -> None:
    named = offer(1, 40, is_exclusive=True, combines_with=frozenset({2}))
    outcome = run([item(CONE, 1000)], named, on_products(2, CONE, percent=20))

    assert [200 + 320] == minors(outcome)


def test_two_exclusive_offers_go_together_only_if_each_names_the_other() -> None:
    one = offer(1, 40, is_exclusive=True, combines_with=frozenset({2}))
    other = on_products(2, CONE, percent=20, is_exclusive=True)

    assert [400] == minors(run([item(CONE, 1000)], one, other))
    both = replace(other, combines_with=frozenset({1}))
    assert [200 + 320] == minors(run([item(CONE, 1000)], one, both))


def test_an_empty_cart_is_given_nothing() -> None:
    assert () == run([], offer(1)).discounts


ITEMS = st.lists(
    st.builds(
        Item,
        variant_id=st.integers(1, 6),
        product_id=st.integers(1, 4),
        unit=st.builds(Money, st.integers(0, 10**7), st.just("JPY")),
        quantity=st.integers(1, 99),
        is_promotable=st.booleans(),
    ),
    max_size=6,
)
IDS = st.frozensets(st.integers(1, 6), max_size=4)
COUNTS = st.builds(
    Counts,
    quota=st.none() | st.integers(1, 3),
    held=st.integers(0, 1),
    used=st.integers(0, 1),
    budget_minor=st.none() | st.integers(1, 10**4),
    spent_minor=st.just(0),
)
TERMS = st.builds(
    OfferTerms,
    id=st.just(0),
    name=st.just("any"),
    kind=st.sampled_from(Kind),
    benefit=st.sampled_from(Benefit),
    scope=st.sampled_from(Scope),
    rate_ppm=st.integers(0, 1_000_000),
    value_minor=st.integers(0, 10**6),
    products=IDS,
    variants=IDS,
    max_discount_minor=st.none() | st.integers(1, 10**5),
    conditions=st.builds(Conditions, min_spend_minor=st.integers(0, 500)),
    lane=st.sampled_from(Lane),
    priority=st.integers(0, 2),
    base=st.sampled_from(Base),
    is_exclusive=st.booleans(),
    combines_with=IDS,
    published_at=st.just(NOW),
    counts=COUNTS,
)
OFFERS = st.lists(TERMS, max_size=7).map(
    lambda many: [
        # A fixed price for a whole order means nothing, and no such offer can be made.
        replace(terms, id=id_, benefit=Benefit.PERCENT)
        if (terms.benefit, terms.scope) == (Benefit.FIXED_PRICE, Scope.ORDER)
        else replace(terms, id=id_)
        for id_, terms in enumerate(many, 1)
    ]
)
CODES = st.lists(
    st.builds(TypedCode, st.sampled_from("ABCDEF"), st.none() | st.integers(1, 7), st.none()),
    max_size=6,
    unique_by=lambda typed: typed.code,
)
MODES = st.dictionaries(st.sampled_from(Lane), st.sampled_from(Mode))


@given(ITEMS, OFFERS, CODES, MODES, st.randoms())
def test_the_order_of_codes_and_offers_never_changes_the_result(
    items: list[Item],
    offers: list[OfferTerms],
    codes: list[TypedCode],
    modes: dict[Lane, Mode],
    random: Any,
) -> None:
    before = evaluate(items, offers, Facts(now=NOW, codes=tuple(codes), modes=modes))
    random.shuffle(offers)
    random.shuffle(codes)

    assert before == evaluate(items, offers, Facts(now=NOW, codes=tuple(codes), modes=modes))


@given(ITEMS, OFFERS, CODES, MODES)
def test_what_is_taken_off_is_the_sum_of_its_parts_and_never_more_than_a_line(
    items: list[Item], offers: list[OfferTerms], codes: list[TypedCode], modes: dict[Lane, Mode]
) -> None:
    outcome = evaluate(items, offers, Facts(now=NOW, codes=codes, modes=modes))

    for place, line in enumerate(items):
        parts = [each.amounts[place].minor for each in outcome.applied]
        assert all(part >= 0 for part in parts)
        assert outcome.discounts[place].minor == sum(parts)
        assert outcome.discounts[place].minor <= line.minor
        assert line.is_promotable or not sum(parts)


@given(ITEMS, OFFERS, MODES)
def test_what_is_left_of_each_line_can_be_charged_and_given_back_alone(
    items: list[Item], offers: list[OfferTerms], modes: dict[Lane, Mode]
) -> None:
    """Dinars have three decimals, and cards pay them in tens of the last."""
    in_dinars = [replace(each, unit=Money(each.unit.minor * 10, "KWD")) for each in items]
    in_tens = [
        replace(
            each,
            value_minor=each.value_minor * 10,
            max_discount_minor=each.max_discount_minor and each.max_discount_minor * 10,
            counts=replace(each.counts, budget_minor=None),
        )
        for each in offers
    ]
    outcome = evaluate(in_dinars, in_tens, Facts(now=NOW, modes=modes))

    assert {0} >= {discount % 10 for discount in minors(outcome)}


@given(ITEMS, OFFERS, CODES, MODES)
def test_every_offer_is_applied_with_effect_or_rejected_with_a_reason(
    items: list[Item], offers: list[OfferTerms], codes: list[TypedCode], modes: dict[Lane, Mode]
) -> None:
    outcome = evaluate(items, offers, Facts(now=NOW, codes=codes, modes=modes))
    by_id = {terms.id: terms for terms in offers}
    entered = {typed.offer_id for typed in codes}
    asked = {id_ for id_, terms in by_id.items() if terms.kind is Kind.AUTOMATIC or id_ in entered}
    applied = {each.offer_id for each in outcome.applied}
    refused = {each.offer_id for each in outcome.rejected if each.reason != Reason.CODE_REPEATED}

    assert asked == applied | (refused - {None})
    assert not applied & refused
    for each in outcome.applied:
        total = sum(amount.minor for amount in each.amounts)
        terms = by_id[each.offer_id]
        caps = [terms.max_discount_minor, terms.counts.budget_left]
        assert 0 < total
        assert all(total <= cap for cap in caps if cap is not None)


@given(ITEMS, OFFERS, MODES)
def test_offers_that_count_together_bear_each_other(
    items: list[Item], offers: list[OfferTerms], modes: dict[Lane, Mode]
) -> None:
    outcome = evaluate(items, offers, Facts(now=NOW, modes=modes))
    by_id = {terms.id: terms for terms in offers}
    applied = [by_id[each.offer_id] for each in outcome.applied]

    assert all(one.goes_with(other) for one in applied for other in applied if one is not other)
