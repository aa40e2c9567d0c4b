"""Stripe's seven states and its messages, against everything that we may know already."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.domain.money import Money
from storefront.domain.payments import (
    EVENT_STEPS,
    STATE_STEPS,
    GatewayEvent,
    GatewayState,
    PaymentFacts,
    Snapshot,
    Step,
    mismatch,
    step_for_event,
    step_for_state,
)

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
FACTS = PaymentFacts(
    amount=Money(1250, "USD"),
    account="acct_1",
    reference="pi_1",
    payment_public_id="pay_1",
    merchant_public_id="mer_1",
)
SNAPSHOT = Snapshot(
    reference="pi_1",
    state="requires_payment_method",
    amount=Money(1250, "USD"),
    account="acct_1",
    is_live=False,
    payment_public_id="pay_1",
    merchant_public_id="mer_1",
)
KNOWN = {
    "nothing": FACTS,
    "success": replace(FACTS, succeeded_at=NOON),
    "cancellation": replace(FACTS, cancelled_at=NOON),
    "cancellation, then success": replace(FACTS, cancelled_at=NOON, succeeded_at=NOON),
}

# One row for each state that we know a payment to be in, one column for each that the gateway
# tells, in the order of GatewayState. F fails an attempt, S succeeds, P processes, C cancels,
# R wants a person, a dot changes nothing. A state that is not final leaves no fact behind, so
# that the first five rows are alike; nothing leads out of success, and only money out of a
# cancellation.
TABLE = {
    GatewayState.REQUIRES_PAYMENT_METHOD: "F..PRSC",
    GatewayState.REQUIRES_CONFIRMATION: "F..PRSC",
    GatewayState.REQUIRES_ACTION: "F..PRSC",
    GatewayState.PROCESSING: "F..PRSC",
    GatewayState.REQUIRES_CAPTURE: "F..PRSC",
    GatewayState.SUCCEEDED: ".......",
    GatewayState.CANCELED: ".....S.",
}
LETTERS = {
    "F": Step.FAIL_ATTEMPT,
    "P": Step.PROCESS,
    "R": Step.REVIEW,
    "S": Step.SUCCEED,
    "C": Step.CANCEL,
    ".": Step.IGNORE,
}
FINAL = {GatewayState.SUCCEEDED: "succeeded_at", GatewayState.CANCELED: "cancelled_at"}
ORDER = (
    GatewayState.REQUIRES_PAYMENT_METHOD,
    GatewayState.REQUIRES_CONFIRMATION,
    GatewayState.REQUIRES_ACTION,
    GatewayState.PROCESSING,
    GatewayState.REQUIRES_CAPTURE,
    GatewayState.SUCCEEDED,
    GatewayState.CANCELED,
)
TRANSITIONS = [
    (before, after, LETTERS[letter])
    for before, row in TABLE.items()
    for after, letter in zip(ORDER, row, strict=True)
]


def known_in(state: GatewayState) -> PaymentFacts:
    return replace(FACTS, **{FINAL[state]: NOON}) if state in FINAL else FACTS


def test_the_table_has_seven_times_seven_transitions() -> None:
    assert {(before, after) for before, after, _ in TRANSITIONS} == {
        (before, after) for before in GatewayState for after in GatewayState
    }


@pytest.mark.parametrize(("before", "after", "expected"), TRANSITIONS)
def test_a_state_that_the_gateway_tells_does_what_the_table_says(
    before: GatewayState, after: GatewayState, expected: Step
) -> None:
    failure = "card_declined" if after is GatewayState.REQUIRES_PAYMENT_METHOD else None
    told = replace(SNAPSHOT, state=after, failure=failure)

    assert step_for_state(known_in(before), told) == expected


def test_every_state_has_its_step() -> None:
    assert set(STATE_STEPS) == set(GatewayState)


def test_a_payment_that_waits_for_its_first_card_is_only_waiting() -> None:
    assert step_for_state(FACTS, SNAPSHOT) == Step.IGNORE


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ("nothing", Step.REVIEW),
        ("success", Step.IGNORE),
        ("cancellation", Step.IGNORE),
        ("cancellation, then success", Step.IGNORE),
    ],
)
def test_a_state_of_the_future_wants_a_person(known: str, expected: Step) -> None:
    told = replace(SNAPSHOT, state="requires_blessing")

    assert step_for_state(KNOWN[known], told) == expected


def test_a_message_about_a_state_of_the_future_wants_a_person() -> None:
    told = replace(SNAPSHOT, state="requires_blessing")
    others = [type_ for type_, _ in EVENTS if type_ != "payment_intent.succeeded"]

    assert {Step.REVIEW} == {step_for_event(FACTS, event(type_, told)) for type_ in others}
    assert Step.SUCCEED == step_for_event(FACTS, event("payment_intent.succeeded", told))


EVENTS = [
    ("payment_intent.succeeded", {"nothing": "S", "cancellation": "S"}),
    ("payment_intent.processing", {"nothing": "P"}),
    ("payment_intent.payment_failed", {"nothing": "F"}),
    ("payment_intent.canceled", {"nothing": "C"}),
    ("payment_intent.created", {}),
    ("payment_intent.requires_action", {}),
    ("payment_intent.amount_capturable_updated", {}),
    ("payment_intent.partially_funded", {}),
    ("charge.succeeded", {}),
    ("charge.refunded", {}),
    ("something.nobody.has.heard.of", {}),
]


@pytest.mark.parametrize("known", KNOWN)
@pytest.mark.parametrize(("type_", "steps"), EVENTS)
def test_a_message_does_what_is_left_to_do(type_: str, steps: dict[str, str], known: str) -> None:
    expected = LETTERS[steps.get(known, ".")]

    assert step_for_event(KNOWN[known], event(type_)) == expected


def event(type_: str, snapshot: Snapshot | None = SNAPSHOT) -> GatewayEvent:
    return GatewayEvent(
        id="evt_1",
        type=type_,
        account="acct_1",
        is_live=False,
        created_at=NOON,
        snapshot=snapshot,
    )


def test_every_type_that_moves_a_payment_is_in_this_table() -> None:
    assert set(EVENT_STEPS) == {type_ for type_, steps in EVENTS if steps}


@pytest.mark.parametrize("type_", EVENT_STEPS)
def test_a_message_without_a_payment_changes_nothing(type_: str) -> None:
    assert step_for_event(FACTS, event(type_, snapshot=None)) == Step.IGNORE


DIFFERENT = {
    "account": {"account": ""},
    "currency": {"amount": Money(1250, "EUR")},
    "amount": {"amount": Money(1249, "USD")},
    "reference": {"reference": "pi_2"},
    "order": {"payment_public_id": "pay_2"},
}


@pytest.mark.parametrize(("part", "changes"), DIFFERENT.items())
def test_a_part_that_differs_is_named(part: str, changes: dict[str, object]) -> None:
    assert mismatch(FACTS, replace(SNAPSHOT, **changes)) == part  # type: ignore[arg-type]


def test_another_merchants_name_is_another_order() -> None:
    assert "order" == mismatch(FACTS, replace(SNAPSHOT, merchant_public_id="mer_2"))


def test_a_payment_without_names_is_known_by_its_reference() -> None:
    nameless = replace(SNAPSHOT, payment_public_id=None, merchant_public_id=None)

    assert mismatch(FACTS, nameless) is None


def test_what_we_asked_for_differs_in_nothing() -> None:
    assert mismatch(FACTS, SNAPSHOT) is None


def test_a_payment_whose_reference_we_never_learnt_is_known_by_the_rest() -> None:
    assert mismatch(replace(FACTS, reference=None), SNAPSHOT) is None


@pytest.mark.parametrize("changes", DIFFERENT.values(), ids=DIFFERENT)
@pytest.mark.parametrize("type_", EVENT_STEPS)
def test_a_genuine_message_that_does_not_fit_wants_a_person(
    type_: str, changes: dict[str, object]
) -> None:
    told = replace(SNAPSHOT, **changes)  # type: ignore[arg-type]

    assert step_for_event(FACTS, event(type_, told)) == Step.REVIEW


@pytest.mark.parametrize("changes", DIFFERENT.values(), ids=DIFFERENT)
def test_an_answer_that_does_not_fit_wants_a_person(changes: dict[str, object]) -> None:
    told = replace(SNAPSHOT, state=GatewayState.SUCCEEDED, **changes)  # type: ignore[arg-type]

    assert step_for_state(FACTS, told) == Step.REVIEW


def after(facts: PaymentFacts, step: Step) -> PaymentFacts:
    """Return what is known once a step was taken, as the services write it down."""
    if step is Step.SUCCEED:
        return replace(facts, succeeded_at=NOON)
    return replace(facts, cancelled_at=NOON) if step is Step.CANCEL else facts


types = st.sampled_from([type_ for type_, _ in EVENTS])


@given(st.lists(types, max_size=12), st.lists(types, max_size=12))
def test_nothing_that_comes_late_takes_money_back(before: list[str], late: list[str]) -> None:
    facts, steps = FACTS, []
    for type_ in [*before, "payment_intent.succeeded", *late]:
        steps.append(step_for_event(facts, event(type_)))
        facts = after(facts, steps[-1])

    assert facts.succeeded_at == NOON
    assert steps.count(Step.SUCCEED) == 1
    assert set(steps[steps.index(Step.SUCCEED) + 1 :]) <= {Step.IGNORE}


@given(st.lists(types, max_size=12))
def test_a_message_that_comes_again_does_nothing_more(told: list[str]) -> None:
    final = {Step.SUCCEED, Step.CANCEL}
    facts, steps = FACTS, []
    for twice in sorted([*enumerate(told), *enumerate(told)]):
        steps.append(step_for_event(facts, event(twice[1])))
        facts = after(facts, steps[-1])

    assert max(steps.count(step) for step in final) <= 1


@given(st.permutations(["canceled", "succeeded", "payment_failed", "processing"]))
def test_in_whatever_order_messages_come_money_is_seen(told: list[str]) -> None:
    facts = FACTS
    for name in told:
        facts = after(facts, step_for_event(facts, event(f"payment_intent.{name}")))

    assert facts.succeeded_at == NOON
