"""What members do with an order in the console, and what they are told when it is too late."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.contents import nothing_changes
from tests.factories import World
from tests.fakes import Bench
from tests.storefront.sales import sell
from tests.storefront.web.console.conftest import ORIGIN
from tests.storefront.web.console.test_pages import words


def post(client: Any, order: str, act: str, **form: str) -> Any:
    return client.post(f"/console/orders/{order}/{act}", data=form, headers=ORIGIN)


def page(client: Any, order: str) -> str:
    return words(client.get(f"/console/orders/{order}"))


def parcel(bench: Bench, world: World) -> str:
    return sell(bench, world, fulfilment="shipping", store=None).public_id


def test_a_clerk_hands_an_order_over_and_takes_it_back(
    bench: Bench, world: World, member_with: Callable[[str], Any]
) -> None:
    clerk, order = member_with("clerk"), sell(bench, world).public_id
    assert post(clerk, order, "readiness").status_code == 303
    assert post(clerk, order, "pick-up").status_code == 303
    assert "Picked up Mia Member" in page(clerk, order)
    assert post(clerk, order, "pick-up/reversal").status_code == 303

    assert "Not picked up after all Mia Member" in page(clerk, order)


def test_a_shipped_order_shows_where_to_follow_it(bench: Bench, world: World, owner: Any) -> None:
    order = parcel(bench, world)
    form = {"carrier": "Snail Post", "number": "SN 1", "url": "https://snail.test/SN1"}

    assert post(owner, order, "shipment", **form).status_code == 303
    assert 'href="https://snail.test/SN1"' in owner.get(f"/console/orders/{order}").text


def test_a_wrong_tracking_number_is_put_right_in_the_page(
    bench: Bench, world: World, owner: Any
) -> None:
    order = parcel(bench, world)
    post(owner, order, "shipment", number="SN 1")
    assert 'value="SN 1"' in owner.get(f"/console/orders/{order}").text

    assert post(owner, order, "shipment/correction", number="SN 2").status_code == 303
    shown = page(owner, order)
    assert "SN 2" in shown
    assert "How it can be followed was corrected" in shown


@pytest.mark.parametrize("url", ["http://snail.test/1", "javascript:alert(1)", "https://", "x y"])
def test_an_address_that_browsers_should_not_open_is_refused(
    bench: Bench, world: World, owner: Any, url: str
) -> None:
    order = parcel(bench, world)

    with nothing_changes(bench.database):
        answer = post(owner, order, "shipment", url=url)
    assert answer.status_code == 422
    assert "begins with https://" in words(answer)


def test_who_comes_second_sees_the_order_and_a_plain_sentence(
    bench: Bench, world: World, owner: Any, member_with: Callable[[str], Any]
) -> None:
    order = parcel(bench, world)
    post(member_with("clerk"), order, "shipment")

    with nothing_changes(bench.database):
        answer = post(owner, order, "cancellation")
    assert answer.status_code == 409
    assert "This order has been shipped already." in words(answer)
    assert "Shipped Mia Member" in words(answer)


def test_a_note_is_for_members_and_a_mail_for_the_buyer(
    bench: Bench, world: World, owner: Any
) -> None:
    order = sell(bench, world).public_id
    post(owner, order, "notes", words="Knows the baker.")
    post(owner, order, "messages", words="See you <soon>.")
    told = page(owner, order)

    assert "A note for colleagues Knows the baker. Olive Owner" in told
    assert "A mail to the buyer See you <soon>. Olive Owner" in told


def test_a_cancelled_order_says_who_did_it_and_that_money_went_back(
    bench: Bench, world: World, owner: Any
) -> None:
    order = sell(bench, world).public_id
    assert post(owner, order, "cancellation").status_code == 303
    told = page(owner, order)

    assert "Cancelled : by the shop Olive Owner" in told
    assert "Money given back : the order was cancelled Olive Owner" in told


def test_a_clerk_neither_cancels_nor_writes_to_buyers(
    bench: Bench, world: World, member_with: Callable[[str], Any]
) -> None:
    clerk, order = member_with("clerk"), sell(bench, world).public_id

    with nothing_changes(bench.database):
        answers = [post(clerk, order, act) for act in ("cancellation", "messages")]
    assert [403, 403] == [answer.status_code for answer in answers]
    assert "Cancel this order" not in page(clerk, order)
