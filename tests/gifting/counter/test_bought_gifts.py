"""Gifts as buyers order them, presented at the counter as their recipients get them."""

from typing import Any

import pytest
from sqlalchemy import select

from gifting import codes, links
from gifting.models import Gift, GiftCard, Redemption
from storefront.models import Interaction
from tests.factories import World
from tests.fakes import Bench
from tests.gifting.counter.factories import Counter, a_counter
from tests.gifting.counter.test_screen import form_of, look_up
from tests.gifting.factories import gift_json
from tests.gifting.test_gift_orders import order, settle


@pytest.fixture
def counter(bench: Bench, world: World) -> Counter:
    return a_counter(bench, world)


def presented(bench: Bench, body: dict[str, Any]) -> tuple[str, str]:
    """Buy a gift; return its code and the link that its QR code holds."""
    settle(bench, order(bench, body))
    sign = bench.ports.sign
    with bench.database.reads() as session:
        card = session.scalars(select(GiftCard)).one()
        gift = session.get_one(Gift, card.gift_id)
        return codes.unseal(sign, card.code_sealed) or "", links.gift_url(
            bench.ports.settings, sign, gift
        )


def test_a_bought_amount_is_found_by_code_and_by_link_and_spent(
    bench: Bench, world: World, counter: Counter
) -> None:
    code, link = presented(bench, gift_json(world))

    pages = [look_up(counter, typed) for typed in (code, link)]
    counter.post("/redemptions", {**form_of(pages[1]), "how": "part", "amount": "20"})

    assert all("$50.00" in page.text and "Ben" in page.text for page in pages)
    assert "$30.00" in look_up(counter, code).text


def test_a_redemption_points_back_to_what_led_to_the_sale(
    bench: Bench, world: World, counter: Counter
) -> None:
    _, link = presented(bench, gift_json(world))
    page = look_up(counter, link)

    counter.post("/redemptions", {**form_of(page), "how": "all"})

    with bench.database.reads() as session:
        gift = session.scalars(select(Gift)).one()
        taken = session.scalars(select(Redemption)).one()
        act = session.get_one(Interaction, taken.interaction_id)
    assert ("redeem", gift.origin_interaction_id) == (act.kind, act.parent_id)


def test_a_bought_product_is_handed_over_without_an_amount(
    bench: Bench, world: World, counter: Counter
) -> None:
    body = gift_json(world, variant=world.variant.public_id, amount_minor=None)
    code, _ = presented(bench, body)

    page = look_up(counter, code)
    given = counter.post("/redemptions", form_of(page), follow_redirects=True)

    assert "Give: 1 Pistachio cone" in page.text
    assert 'name="amount"' not in page.text
    assert "The gift is used." in given.text
