"""Gifts ordered over HTTP: the same address as goods, and an order that shows its gifts."""

from datetime import timedelta
from typing import Any

from storefront.domain.offers import Benefit, Scope
from storefront.services.order_requests import PlacedOrder
from storefront.worker import run_due
from tests.contents import nothing_changes
from tests.factories import World, order_json, pay, running_offer, world_on
from tests.fakes import Bench
from tests.gifting.factories import gift_json
from tests.gifting.test_issuing import change_terms

KEY = {"Idempotency-Key": "k" * 30, "Accept": "application/json"}


def order(bench: Bench, body: dict[str, Any]) -> Any:
    return bench.client().post("/orders", json=body, headers=KEY)


def shown(bench: Bench, answer: Any) -> Any:
    address = f"{answer.json['url']}?t={answer.json['token']}"
    return bench.client().get(address, headers={"Accept": "application/json"}).json


def settle(bench: Bench, answer: Any) -> None:
    placed = PlacedOrder(
        answer.json["public_id"], answer.json["token"], answer.json["payment_reference"], "",
        None, bench.clock.now(),  # type: ignore[arg-type]
    )  # fmt: skip
    pay(bench.client(), bench, placed)


def test_a_gift_is_ordered_and_paid_like_anything_else(bench: Bench, world: World) -> None:
    answer = order(bench, gift_json(world))
    before = shown(bench, answer)
    settle(bench, answer)
    after = shown(bench, answer)

    assert (201, 5000) == (answer.status_code, answer.json["amount_minor"])
    assert ["pending"] == [gift["state"] for gift in before["gifts"]]
    assert [("sending", "Ben", 5000)] == [
        (gift["state"], gift["recipient"], gift["face_minor"]) for gift in after["gifts"]
    ]
    assert ("paid", "none") == (after["status"], after["stage"])


def test_the_buyers_page_lists_the_gifts(bench: Bench, world: World) -> None:
    answer = order(bench, gift_json(world))
    settle(bench, answer)
    page = bench.client().get(
        f"{answer.json['url']}?t={answer.json['token']}", headers={"Accept": "text/html"}
    )

    assert 200 == page.status_code
    assert "for Ben" in page.text


def test_the_same_key_gives_the_same_gift(bench: Bench, world: World) -> None:
    first = order(bench, gift_json(world))
    again = order(bench, gift_json(world))

    assert (201, "true") == (again.status_code, again.headers["Idempotent-Replayed"])
    assert first.json["public_id"] == again.json["public_id"]


def test_the_same_key_for_another_gift_is_refused(bench: Bench, world: World) -> None:
    order(bench, gift_json(world))
    other = order(bench, gift_json(world, words="Something else"))

    assert (422, "idempotency_mismatch") == (other.status_code, other.json["code"])


def test_things_and_a_gift_are_two_orders(bench: Bench, world: World) -> None:
    body = order_json(world) | {"gift": gift_json(world)["gift"]}
    with nothing_changes(bench.database):
        refused = order(bench, body)

    assert (422, "one_kind_only") == (refused.status_code, refused.json["code"])


def test_a_date_in_the_past_names_the_range(bench: Bench, world: World) -> None:
    day = (bench.clock.now() - timedelta(days=1)).date()
    with nothing_changes(bench.database):
        refused = order(bench, gift_json(world, at=f"{day}T09:00", zone="Asia/Tokyo"))

    assert (422, "invalid_date", "gift_at") == (
        refused.status_code, refused.json["code"], refused.json["field"],
    )  # fmt: skip
    assert "in Tokyo" in refused.json["detail"]


def test_an_amount_beyond_the_limits_names_both(bench: Bench, world: World) -> None:
    with nothing_changes(bench.database):
        refused = order(bench, gift_json(world, amount_minor=100))

    assert (422, "amount_out_of_range") == (refused.status_code, refused.json["code"])
    assert "$5.00" in refused.json["detail"]
    assert "$500.00" in refused.json["detail"]


def test_a_gift_cannot_name_its_price(bench: Bench, world: World) -> None:
    with nothing_changes(bench.database):
        refused = order(bench, gift_json(world, paid_minor=1))

    assert (422, "unknown_field") == (refused.status_code, refused.json["code"])


def test_a_gift_of_three_decimals_is_called_off_for_what_cards_are_given_back(
    bench: Bench,
) -> None:
    """Ten dinars for each of three friends, one off in all: each has a share that can go back."""
    world = world_on(bench, slug="kiosk", currency="KWD", stock=None)
    change_terms(bench, world, are_promotable=True)
    running_offer(
        bench, world, scope=Scope.ORDER, benefit=Benefit.AMOUNT, rate_ppm=0, value_minor=1000,
        products=(),
    )  # fmt: skip
    friends = [{"name": name, "email": f"{name.lower()}@friends.test"} for name in ("A", "B", "C")]
    uneven = order(bench, gift_json(world, amount_minor=10_005, recipients=friends))
    answer = order(bench, gift_json(world, amount_minor=10_000, recipients=friends))
    settle(bench, answer)
    for gift in shown(bench, answer)["gifts"]:
        address = f"{answer.json['url']}/gifts/{gift['public_id']}/cancellation"
        called_off = bench.client().post(f"{address}?t={answer.json['token']}", headers=KEY)
        assert 200 == called_off.status_code
    while run_due(bench.ports):
        pass

    assert (422, "amount_not_chargeable") == (uneven.status_code, uneven.json["code"])
    assert [9_670, 9_670, 9_660] == [each.amount.minor for each in bench.gateway.refunds.values()]
