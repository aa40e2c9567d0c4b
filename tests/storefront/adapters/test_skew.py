"""How far our clock is from the gateway's, read from the Date of an answer of its own."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from storefront.adapters.stripe_gateway import StripeGateway
from storefront.errors import TryAgain
from tests.races.servers import free_port
from tests.storefront.adapters.conftest import MakeGateway

SLACK = timedelta(minutes=2)


@pytest.mark.parametrize("hours", [-1, 0, 1])
def test_a_clock_that_is_off_is_measured_against_the_gateways(
    gateway: StripeGateway, hours: int
) -> None:
    off = timedelta(hours=hours)
    with time_machine.travel(datetime.now(UTC) + off, tick=True):
        skew = gateway.skew()

    assert abs(skew - off) < SLACK


def test_a_gateway_that_is_not_there_has_no_clock(make_gateway: MakeGateway) -> None:
    with pytest.raises(TryAgain):
        make_gateway(f"http://127.0.0.1:{free_port()}").skew()
