"""How far a connection has come, from what the gateway tells in whatever order."""

from datetime import UTC, datetime

import pytest

from storefront.domain.connections import (
    AccountTold,
    ConnectionFacts,
    ConnectionState,
    after,
    state,
)

NOW = datetime(2026, 3, 14, tzinfo=UTC)
NOTHING = AccountTold(has_submitted=False, can_charge=False, can_pay_out=False)
SUBMITTED = AccountTold(has_submitted=True, can_charge=False, can_pay_out=False)
READY = AccountTold(has_submitted=True, can_charge=True, can_pay_out=True)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([], ConnectionState.STARTED),
        ([NOTHING], ConnectionState.STARTED),
        ([SUBMITTED], ConnectionState.CHECKING),
        ([READY], ConnectionState.READY),
        ([READY, SUBMITTED], ConnectionState.STOPPED),
        ([READY, NOTHING], ConnectionState.STOPPED),
        ([READY, SUBMITTED, READY], ConnectionState.READY),
        ([None], ConnectionState.ENDED),
        ([READY, None, READY], ConnectionState.ENDED),
    ],
)
def test_a_connection_stands_where_the_gateway_says(
    told: list[AccountTold | None], expected: ConnectionState
) -> None:
    facts = ConnectionFacts()
    for each in told:
        facts = after(facts, each, NOW)

    assert expected == state(facts)


def test_what_has_happened_keeps_its_first_moment() -> None:
    facts = after(ConnectionFacts(), READY, NOW)

    assert facts == after(facts, READY, NOW.replace(year=2027))
