"""What is true of a card, and why it buys nothing: each reason, and which of two comes first."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from gifting.domain import (
    CardTerms,
    Status,
    amount_to_take,
    good_until_after_reversal,
    is_expired,
    status,
    why_amount_refused,
    why_refused,
)
from storefront.domain.money import Money

NOW = datetime(2026, 3, 14, 9, 26, tzinfo=UTC)
HERE, ELSEWHERE = 1, 2
GOOD = CardTerms(
    face=Money(2000, "USD"),
    balance=Money(2000, "USD"),
    is_opened=True,
    is_product=False,
    zone="America/New_York",
    expires_on=None,
    stores=None,
    is_test=False,
    is_blocked=False,
    is_void=False,
    void_reason=None,
)
NOTHING, SOME = Money(0, "USD"), Money(5, "USD")
YESTERDAY = date(2026, 3, 13)


def terms(**facts: Any) -> CardTerms:
    return replace(GOOD, **facts)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, Status.ACTIVE),
        ({"balance": Money(2500, "USD")}, Status.ACTIVE),
        ({"balance": SOME}, Status.PARTLY_REDEEMED),
        ({"balance": NOTHING}, Status.REDEEMED),
        ({"balance": NOTHING, "is_opened": False}, Status.PENDING),
        ({"expires_on": YESTERDAY}, Status.EXPIRED),
        ({"expires_on": YESTERDAY, "balance": SOME}, Status.EXPIRED),
        ({"expires_on": YESTERDAY, "balance": NOTHING}, Status.REDEEMED),
        ({"is_blocked": True, "expires_on": YESTERDAY}, Status.BLOCKED),
        ({"is_blocked": True, "is_void": True}, Status.VOID),
        ({"is_void": True, "balance": NOTHING}, Status.VOID),
    ],
)
def test_a_card_has_one_status(facts: dict[str, Any], expected: Status) -> None:
    assert expected is status(terms(**facts), NOW)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, None),
        ({"stores": (HERE,)}, None),
        ({"stores": (ELSEWHERE,)}, "not_allowed_here"),
        ({"stores": ()}, "not_allowed_here"),
        ({"is_test": True}, "code_is_test"),
        ({"is_opened": False, "balance": NOTHING}, "code_pending"),
        ({"is_blocked": True}, "code_suspended"),
        ({"balance": NOTHING}, "already_redeemed"),
        ({"expires_on": YESTERDAY}, "code_expired"),
        ({"is_void": True, "void_reason": "refunded"}, "code_refunded"),
        ({"is_void": True, "void_reason": "dispute_lost"}, "code_refunded"),
        ({"is_void": True, "void_reason": "mistake"}, "code_void"),
        ({"stores": (ELSEWHERE,), "balance": NOTHING}, "already_redeemed"),
        ({"is_test": True, "is_void": True}, "code_is_test"),
    ],
)
def test_a_card_is_refused_for_its_first_reason(
    facts: dict[str, Any], expected: str | None
) -> None:
    assert expected == why_refused(terms(**facts), store_id=HERE, is_live=True, now=NOW)


def test_real_money_is_not_taken_in_a_test_shop() -> None:
    assert "code_is_real" == why_refused(GOOD, store_id=HERE, is_live=False, now=NOW)
    assert None is why_refused(terms(is_test=True), store_id=HERE, is_live=False, now=NOW)


@pytest.mark.parametrize(
    ("moment", "zone", "expected"),
    [
        (datetime(2026, 3, 15, 3, 59, 59, tzinfo=UTC), "America/New_York", False),
        (datetime(2026, 3, 15, 4, 0, tzinfo=UTC), "America/New_York", True),
        (datetime(2026, 3, 14, 14, 59, 59, tzinfo=UTC), "Asia/Tokyo", False),
        (datetime(2026, 3, 14, 15, 0, tzinfo=UTC), "Asia/Tokyo", True),
        (datetime(2026, 3, 15, 9, 59, 59, tzinfo=UTC), "Pacific/Honolulu", False),
    ],
)
def test_the_last_day_is_whole_where_the_card_is_good(
    moment: datetime, zone: str, expected: bool
) -> None:
    card = terms(expires_on=date(2026, 3, 14), zone=zone)

    assert expected == is_expired(card, moment)


@pytest.mark.parametrize(
    ("facts", "amount", "basket", "expected"),
    [
        ({}, 2000, None, None),
        ({}, 1, 1, None),
        ({}, 1, 2940, None),
        ({}, 2001, None, "insufficient_balance"),
        ({}, 0, None, "invalid_gift_amount"),
        ({}, -5, None, "invalid_gift_amount"),
        ({}, None, None, "invalid_gift_amount"),
        ({}, 10, 9, "basket_too_small"),
        ({"is_product": True}, None, None, None),
        ({"is_product": True}, 2000, None, None),
        ({"is_product": True}, 1999, None, "gift_taken_whole"),
        ({"is_product": True}, None, 1999, "basket_too_small"),
    ],
)
def test_what_is_taken_fits_the_card(
    facts: dict[str, Any], amount: int | None, basket: int | None, expected: str | None
) -> None:
    assert expected == why_amount_refused(terms(**facts), amount, basket)


def test_of_a_product_everything_is_taken() -> None:
    assert 2000 == amount_to_take(terms(is_product=True), None)
    assert None is amount_to_take(GOOD, None)


@pytest.mark.parametrize(
    ("expires_on", "expected"),
    [
        (None, None),
        (date(2026, 1, 1), date(2026, 3, 28)),
        (date(2026, 3, 20), date(2026, 3, 28)),
        (date(2026, 12, 31), date(2026, 12, 31)),
    ],
)
def test_what_comes_back_can_be_spent_for_two_weeks(
    expires_on: date | None, expected: date | None
) -> None:
    assert expected == good_until_after_reversal(terms(expires_on=expires_on), NOW)
    assert timedelta(14) == date(2026, 3, 28) - NOW.date()
