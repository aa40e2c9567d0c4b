"""From an order to cards that can be spent: nothing before the money is there, each once after."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from gifting.models import Gift, GiftCard, GiftContact, GiftEntry, GiftSettings
from gifting.wishes import Recipient
from storefront.errors import Conflict, Invalid, NotFound, TooMany
from storefront.models import Interaction, LineItem, Order, Product
from storefront.services import settling
from storefront.services.order_requests import PlacedOrder
from storefront.services.taxes import TaxWish
from storefront.services.visitors import Visitor
from tests.contents import nothing_changes
from tests.factories import World, pay, place, running_offer, settle
from tests.fakes import Bench
from tests.gifting.factories import (
    BEN,
    CLEO,
    a_wish,
    cards_of,
    code_of,
    gifts_of,
    place_gift,
    sell_gift,
)


def counted(bench: Bench, table: Any) -> int:
    with bench.database.reads() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def change_terms(bench: Bench, world: World, **terms: Any) -> None:
    values = {"least_minor": 500, "most_minor": 50000, "presets": [1000], **terms}
    with bench.database.begin() as session:
        session.add(
            GiftSettings(merchant_id=world.merchant.id, changed_at=bench.clock.now(), **values)
        )


def test_a_gift_that_is_not_paid_has_no_card(bench: Bench, world: World) -> None:
    place_gift(bench, world)

    assert (1, 0, 0) == tuple(counted(bench, table) for table in (Gift, GiftCard, GiftEntry))


def test_a_paid_gift_is_worth_its_face(bench: Bench, world: World) -> None:
    placed = sell_gift(bench, world)

    with bench.database.reads() as session:
        (gift,), (card,) = gifts_of(session, placed), cards_of(session, placed)
        (entry,) = session.scalars(select(GiftEntry))
    assert (5000, 5000, bench.clock.now()) == (gift.face_minor, gift.paid_minor, gift.issued_at)
    assert (5000, 5000, 1, True) == (
        card.face_minor, card.balance_minor, card.entries, card.is_test,
    )  # fmt: skip
    assert ("issue", 5000, 5000, 1) == (
        entry.kind, entry.amount_minor, entry.balance_after_minor, entry.sequence,
    )  # fmt: skip


def test_the_code_is_kept_as_a_digest_and_sealed(bench: Bench, world: World) -> None:
    placed = sell_gift(bench, world)

    with bench.database.reads() as session:
        (card,) = cards_of(session, placed)
    code = code_of(bench, card)
    assert code[-4:] == card.last_four
    assert code not in (card.code_digest, card.code_sealed)
    assert bench.ports.sign.digest("gift-code", code) == card.code_digest


def test_a_message_that_comes_twice_issues_once(bench: Bench, world: World) -> None:
    placed = sell_gift(bench, world)
    pay(bench.client(), bench, placed)

    assert (1, 1) == (counted(bench, GiftCard), counted(bench, GiftEntry))


def test_each_friend_gets_a_gift_and_a_code_of_their_own(bench: Bench, world: World) -> None:
    placed = sell_gift(bench, world, recipients=(BEN, CLEO))

    with bench.database.reads() as session:
        cards = cards_of(session, placed)
        names = session.scalars(select(GiftContact.recipient).order_by(GiftContact.id)).all()
        order = session.scalars(select(Order)).one()
    assert (10000, ["Ben", "Cleo"]) == (order.total_minor, list(names))
    assert 2 == len({code_of(bench, card) for card in cards})


def test_a_gift_to_oneself_names_nobody_else(bench: Bench, world: World) -> None:
    placed = sell_gift(bench, world, way="self", recipients=(Recipient(""),))

    with bench.database.reads() as session:
        (gift,) = gifts_of(session, placed)
        contact = session.scalars(select(GiftContact)).one()
    assert ("self", "", "") == (gift.way, contact.recipient, contact.email)


def test_a_product_is_given_as_a_piece_that_leaves_the_stock(bench: Bench, world: World) -> None:
    placed = sell_gift(bench, world, variant=world.variant.public_id, recipients=(BEN, CLEO))

    with bench.database.reads() as session:
        gifts = gifts_of(session, placed)
        line = session.scalars(select(LineItem)).one()
        variant = session.get_one(type(world.variant), world.variant.id)
    assert [(world.variant.id, "Pistachio cone, Regular", 450)] * 2 == [
        (gift.variant_id, gift.title, gift.face_minor) for gift in gifts
    ]
    assert ("gift", 2, 2) == (line.kind, line.quantity, variant.sold)


def test_a_value_is_no_thing_and_bears_no_tax(bench: Bench, world: World) -> None:
    with bench.database.begin() as session:
        settle(
            session, world, TaxWish("US", "", "Tax", 190_000, covers_shipping=True),
            country="US", prices_include_tax=False,
        )  # fmt: skip
    placed = sell_gift(bench, world)

    with bench.database.reads() as session:
        line = session.scalars(select(LineItem)).one()
        order = session.scalars(select(Order)).one()
    assert (None, 0, 5000) == (line.variant_id, line.tax_minor, placed.amount.minor)
    assert not order.tax_name


def test_a_gift_is_due_at_its_wall_clock(bench: Bench, world: World) -> None:
    day = (bench.clock.now() + timedelta(days=40)).date()
    placed = sell_gift(bench, world, at=f"{day}T09:00", zone="Asia/Tokyo")

    with bench.database.reads() as session:
        (gift,) = gifts_of(session, placed)
    assert f"{day}T00:00:00+00:00" == gift.deliver_at.isoformat()  # type: ignore[union-attr]
    assert (f"{day}T09:00", "Asia/Tokyo") == (gift.wall_clock, gift.zone)


def test_a_card_is_good_through_the_same_day_of_its_last_month(bench: Bench, world: World) -> None:
    change_terms(bench, world, months_valid=60)
    placed = sell_gift(bench, world)

    with bench.database.reads() as session:
        (card,) = cards_of(session, placed)
    today = bench.clock.now().date()
    assert date(today.year + 5, today.month, today.day) == card.expires_on


def test_a_card_never_expires_where_nobody_says_so(bench: Bench, world: World) -> None:
    placed = sell_gift(bench, world)

    with bench.database.reads() as session:
        (card,) = cards_of(session, placed)
    assert card.expires_on is None


def test_a_gift_knows_the_post_that_led_to_it(bench: Bench, world: World) -> None:
    with bench.database.begin() as session:
        session.add(
            Interaction(
                merchant_id=world.merchant.id, public_id="int_of_the_post_1234",
                placement_id=world.placement.id, visitor="a-friend", kind="view",
                assurance="bare", surface="frame", is_direct=False,
                occurred_at=bench.clock.now(), recorded_at=bench.clock.now(),
            )
        )  # fmt: skip
    asked = ("gift", a_wish())
    placed = place(
        bench, world, lines=(), fulfilment="gift", store=None, asked=asked,
        visitor=Visitor("a-friend", "verified"),
    )  # fmt: skip
    pay(bench.client(), bench, placed)

    with bench.database.reads() as session:
        (gift,) = gifts_of(session, placed)
        view = session.scalars(select(Interaction)).one()
    assert view.id == gift.origin_interaction_id


def test_offers_take_nothing_off_a_gift_unless_the_merchant_lets_them(
    bench: Bench, world: World
) -> None:
    running_offer(bench, world)
    full = sell_gift(bench, world, variant=world.variant.public_id)
    change_terms(bench, world, are_promotable=True)
    less = sell_gift(bench, world, variant=world.variant.public_id)

    with bench.database.reads() as session:
        (gift,) = gifts_of(session, less)
    assert (450, 360) == (full.amount.minor, less.amount.minor)
    assert (450, 360) == (gift.face_minor, gift.paid_minor)


@pytest.mark.parametrize("minor", [499, 50001])
def test_an_amount_beyond_the_limits_is_refused(bench: Bench, world: World, minor: int) -> None:
    with nothing_changes(bench.database), pytest.raises(Invalid, match="amount_out_of_range"):
        place_gift(bench, world, amount_minor=minor)


def test_what_the_merchant_does_not_give_away_is_refused(bench: Bench, world: World) -> None:
    with bench.database.begin() as session:
        session.execute(update(Product).values(is_giftable=False))

    with nothing_changes(bench.database), pytest.raises(Conflict, match="not_giftable"):
        place_gift(bench, world, variant=world.variant.public_id)


def test_a_variant_of_nobody_here_is_not_found(bench: Bench, world: World) -> None:
    with nothing_changes(bench.database), pytest.raises(NotFound):
        place_gift(bench, world, variant="var_nobody")


def test_a_merchant_may_sell_no_gifts(bench: Bench, world: World) -> None:
    change_terms(bench, world, is_on=False)

    with nothing_changes(bench.database), pytest.raises(Conflict, match="gifts_off"):
        place_gift(bench, world)


@pytest.mark.parametrize("days", [-1, 400])
def test_a_date_that_cannot_be_kept_is_refused(bench: Bench, world: World, days: int) -> None:
    day = (bench.clock.now() + timedelta(days=days)).date()

    with nothing_changes(bench.database), pytest.raises(Invalid, match="invalid_date"):
        place_gift(bench, world, at=f"{day}T09:00", zone="Asia/Tokyo")


TEN = tuple(Recipient(f"F{n}", f"f{n}@friends.test") for n in range(10))
ADA, MALLORY = (Visitor(letter * 26, "verified") for letter in "am")


def place_as(bench: Bench, world: World, who: Visitor, **wish: Any) -> PlacedOrder:
    """Place an order for gifts, under the address that everybody types here."""
    asked = ("gift", a_wish(amount_minor=500, **wish))
    return place(bench, world, lines=(), fulfilment="gift", store=None, asked=asked, visitor=who)


def test_one_buyer_may_not_send_to_everybody(bench: Bench, world: World) -> None:
    """Bad input 35, whoever pays under an address."""
    for _ in range(3):
        sell_gift(bench, world, recipients=TEN, amount_minor=500)

    with nothing_changes(bench.database), pytest.raises(TooMany, match="gift_limit"):
        place_as(bench, world, ADA)


def test_one_visitor_may_not_be_about_to_send_to_everybody(bench: Bench, world: World) -> None:
    for _ in range(3):
        place_as(bench, world, MALLORY, recipients=TEN)

    with nothing_changes(bench.database), pytest.raises(TooMany, match="gift_limit"):
        place_as(bench, world, MALLORY)


def test_who_types_somebody_s_address_does_not_use_up_their_day(bench: Bench, world: World) -> None:
    for _ in range(3):
        place_as(bench, world, MALLORY, recipients=TEN)
    place_as(bench, world, ADA)

    assert 31 == counted(bench, Gift)


def test_gifts_that_were_never_paid_use_up_nobody_s_day(bench: Bench, world: World) -> None:
    for _ in range(3):
        placed = place_as(bench, world, ADA, recipients=TEN)
        with bench.database.reads() as session:
            order = session.scalars(select(Order.id).where(Order.public_id == placed.public_id))
            order_id = order.one()
        settling.end_order(bench.ports, order_id)
    place_as(bench, world, ADA)

    assert 31 == counted(bench, Gift)
