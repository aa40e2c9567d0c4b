"""An offer's state follows from its facts, and its codes forgive how people type."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from storefront.domain.offers import (
    Benefit,
    Counts,
    Kind,
    OfferTerms,
    Reason,
    Scope,
    State,
    normalise_code,
    state,
    why_not_running,
)
from storefront.domain.window import Window

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
TICK = timedelta(microseconds=1)
OFFER = OfferTerms(
    id=1,
    name="Spring",
    kind=Kind.AUTOMATIC,
    benefit=Benefit.PERCENT,
    scope=Scope.ORDER,
    rate_ppm=100_000,
    window=Window(NOW, NOW + timedelta(hours=1)),
    published_at=NOW - timedelta(days=1),
)


def test_an_offer_is_a_draft_until_it_is_published() -> None:
    assert state(replace(OFFER, published_at=None), NOW) is State.DRAFT


def test_a_published_offer_waits_for_its_window() -> None:
    assert state(OFFER, NOW - TICK) is State.SCHEDULED


def test_an_offer_is_active_from_its_start_until_just_before_its_end() -> None:
    assert state(OFFER, NOW) is State.ACTIVE
    assert state(OFFER, NOW + timedelta(hours=1) - TICK) is State.ACTIVE


def test_an_offer_has_ended_at_the_end_of_its_window() -> None:
    assert state(OFFER, NOW + timedelta(hours=1)) is State.ENDED


def test_an_offer_that_was_ended_by_hand_has_ended() -> None:
    assert state(replace(OFFER, ended_at=NOW), NOW) is State.ENDED


def test_a_paused_offer_is_suspended_until_its_window_is_over() -> None:
    paused = replace(OFFER, paused_at=NOW)

    assert state(paused, NOW) is State.SUSPENDED
    assert state(paused, NOW + timedelta(hours=1)) is State.ENDED


def test_an_offer_whose_uses_are_all_used_is_consumed_and_comes_back_with_one() -> None:
    assert state(replace(OFFER, counts=Counts(quota=3, used=3)), NOW) is State.CONSUMED
    assert state(replace(OFFER, counts=Counts(quota=3, used=2)), NOW) is State.ACTIVE


def test_an_offer_whose_last_uses_are_held_is_active_but_gone() -> None:
    held = replace(OFFER, counts=Counts(quota=3, used=2, held=1))

    assert state(held, NOW) is State.ACTIVE
    assert why_not_running(held, NOW) is Reason.GONE


def test_an_offer_whose_budget_is_spent_is_consumed_once_nothing_is_held() -> None:
    spent = Counts(budget_minor=500, spent_minor=500)

    assert state(replace(OFFER, counts=spent), NOW) is State.CONSUMED
    assert state(replace(OFFER, counts=replace(spent, held=1)), NOW) is State.ACTIVE


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"published_at": None}, Reason.CODE_UNKNOWN),
        ({"window": Window(NOW + TICK)}, Reason.NOT_STARTED),
        ({"window": Window(None, NOW)}, Reason.ENDED),
        ({"ended_at": NOW}, Reason.ENDED),
        ({"paused_at": NOW}, Reason.PAUSED),
        ({"counts": Counts(quota=1, used=1)}, Reason.GONE),
        ({"counts": Counts(budget_minor=1, spent_minor=1)}, Reason.GONE),
        ({}, None),
    ],
)
def test_each_refusal_has_a_reason_of_its_own(changes: dict, reason: Reason | None) -> None:  # type: ignore[type-arg]
    assert why_not_running(replace(OFFER, **changes), NOW) is reason


@pytest.mark.parametrize(
    "text", ["spring-20", " Spring 20 ", "SPRING20", "sPrInG\t20", "spring\u201320"]
)
def test_a_code_is_the_same_however_it_is_typed(text: str) -> None:
    assert normalise_code(text) == "SPRING20"
