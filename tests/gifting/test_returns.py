"""Money for gifts that goes back: the card first, only what is unspent, and all of it again when
the refund fails or the dispute is won. The refund matrix and R-B9, for gifts."""

from typing import Any

import pytest
from sqlalchemy import select

from gifting import ledger
from gifting.models import GiftCard, GiftEntry
from storefront.errors import Conflict
from storefront.models import Alarm, Order, Refund
from storefront.services.cancelling import cancel_for_buyer
from storefront.services.order_requests import PlacedOrder
from storefront.services.refund_news import fail
from storefront.services.refunds import Wish, refund_order
from tests.contents import nothing_changes
from tests.factories import World, running_offer
from tests.fakes import Bench
from tests.gifting.factories import BEN, CLEO, Given, cards_of, code_of, place_gift, sell_gift
from tests.gifting.test_issuing import change_terms
from tests.gifting.tills import a_till, take
from tests.storefront.gateway_news import tell_of_dispute


def give_back(bench: Bench, world: World, placed: PlacedOrder, **wish: Any) -> Refund:
    with bench.database.begin() as session:
        return refund_order(
            session,
            world.merchant.id,
            placed.public_id,
            wish=Wish(**wish),
            kinds=bench.ports.kinds,
            now=bench.clock.now(),
        )


def cancel(bench: Bench, world: World, placed: PlacedOrder) -> None:
    with bench.database.begin() as session:
        cancel_for_buyer(
            session,
            world.merchant.id,
            placed.public_id,
            kinds=bench.ports.kinds,
            now=bench.clock.now(),
        )


def spend(bench: Bench, world: World, card: GiftCard, minor: int) -> None:
    given = Given(code_of(bench, card), card.gift_id, card.id, card.public_id, order="")
    take(bench, a_till(world), given, minor)


def cards(bench: Bench, placed: PlacedOrder) -> list[GiftCard]:
    with bench.database.reads() as session:
        return cards_of(session, placed)


def ledger_of(bench: Bench, card: GiftCard) -> list[tuple[str, int]]:
    with bench.database.reads() as session:
        rows = session.execute(
            select(GiftEntry.kind, GiftEntry.amount_minor)
            .where(GiftEntry.card_id == card.id)
            .order_by(GiftEntry.sequence)
        )
        return [(kind, minor) for kind, minor in rows]


def test_an_unspent_gift_is_void_when_its_money_goes_back(bench: Bench, world: World) -> None:
    placed = sell_gift(bench, world)
    give_back(bench, world, placed)

    (card,) = cards(bench, placed)
    assert (0, "refunded") == (card.balance_minor, card.void_reason)
    assert [("issue", 5000), ("refund", -5000)] == ledger_of(bench, card)


def test_of_a_gift_that_is_spent_in_part_no_more_goes_back_than_is_left(
    bench: Bench, world: World
) -> None:
    placed = sell_gift(bench, world)
    spend(bench, world, cards(bench, placed)[0], 2000)

    with nothing_changes(bench.database), pytest.raises(Conflict, match="gift_used") as refused:
        give_back(bench, world, placed)
    assert 3000 == refused.value.data["most"].minor  # type: ignore[attr-defined]

    give_back(bench, world, placed, amount_minor=3000)
    assert 0 == cards(bench, placed)[0].balance_minor


def test_a_server_is_told_that_a_gift_was_used(bench: Bench, world: World) -> None:
    """Bad input 42 by the API: of a used gift, too much, and twice; nothing changes by it."""
    placed = sell_gift(bench, world)
    spend(bench, world, cards(bench, placed)[0], 2000)

    def ask(key: str, **body: int) -> tuple[int, str]:
        answer = bench.client().post(
            f"/api/v1/orders/{placed.public_id}/refunds",
            json=body,
            headers={"Authorization": f"Bearer {world.api_token}", "Idempotency-Key": key},
        )
        return answer.status_code, answer.json.get("code", "")

    with nothing_changes(bench.database):
        assert (409, "gift_used") == ask("whole")
        assert (409, "gift_used") == ask("more", amount_minor=3001)
        assert (409, "refund_too_large") == ask("most", amount_minor=5001)
    assert (201, "") == ask("rest", amount_minor=3000)
    with nothing_changes(bench.database):
        assert (409, "gift_used") == ask("again", amount_minor=1)


def test_what_was_paid_less_for_goes_back_in_its_share(bench: Bench, world: World) -> None:
    running_offer(bench, world)
    change_terms(bench, world, are_promotable=True)
    placed = sell_gift(bench, world, variant=world.variant.public_id)
    with bench.database.begin() as session:
        card = cards_of(session, placed)[0]
        assert ledger.enter(session, card.id, "adjust", -150, now=bench.clock.now())

    with pytest.raises(Conflict, match="gift_used") as refused:
        give_back(bench, world, placed)

    assert 360 * 300 // 450 == refused.value.data["most"].minor  # type: ignore[attr-defined]


def test_a_merchant_may_give_back_what_was_used_at_their_own_cost(
    bench: Bench, world: World
) -> None:
    placed = sell_gift(bench, world)
    spend(bench, world, cards(bench, placed)[0], 2000)
    refund = give_back(bench, world, placed, is_forced=True)

    (card,) = cards(bench, placed)
    with bench.database.reads() as session:
        alarm = session.scalars(
            select(Alarm).where(Alarm.kind == "gift_refunded_though_used")
        ).one()
    assert (5000, 0, 1) == (refund.amount_minor, card.balance_minor, alarm.count)


def test_one_of_two_gifts_can_be_given_back_alone(bench: Bench, world: World) -> None:
    placed = sell_gift(bench, world, recipients=(BEN, CLEO))
    give_back(bench, world, placed, lines={0: 1})

    first, second = cards(bench, placed)
    assert (5000, None) == (first.balance_minor, first.voided_at)
    assert (0, "refunded") == (second.balance_minor, second.void_reason)


def test_the_gift_that_was_spent_is_not_the_one_that_goes(bench: Bench, world: World) -> None:
    placed = sell_gift(bench, world, recipients=(BEN, CLEO))
    spend(bench, world, cards(bench, placed)[1], 5000)
    give_back(bench, world, placed, lines={0: 1})

    assert [0, 0] == [card.balance_minor for card in cards(bench, placed)]
    assert [("issue", 5000), ("redeem", -5000)] == ledger_of(bench, cards(bench, placed)[1])


def test_part_of_the_money_takes_its_part_of_the_value(bench: Bench, world: World) -> None:
    placed = sell_gift(bench, world)
    give_back(bench, world, placed, amount_minor=1234)

    (card,) = cards(bench, placed)
    assert (3766, None) == (card.balance_minor, card.voided_at)


def test_a_refund_that_fails_gives_the_card_back(bench: Bench, world: World) -> None:
    placed = sell_gift(bench, world)
    refund = give_back(bench, world, placed)
    with bench.database.begin() as session:
        fail(
            session, refund.id, "expired_or_canceled_card",
            kinds=bench.ports.kinds, now=bench.clock.now(),
        )  # fmt: skip

    (card,) = cards(bench, placed)
    assert (5000, None, None) == (card.balance_minor, card.voided_at, card.void_reason)
    assert ["issue", "refund", "refund_failed"] == [kind for kind, _ in ledger_of(bench, card)]
    give_back(bench, world, placed)
    assert 0 == cards(bench, placed)[0].balance_minor


def test_a_buyer_who_cancels_leaves_no_card_behind(bench: Bench, world: World) -> None:
    placed = sell_gift(bench, world, recipients=(BEN, CLEO))
    cancel(bench, world, placed)

    assert [0, 0] == [card.balance_minor for card in cards(bench, placed)]


def test_a_buyer_cannot_cancel_what_a_friend_has_spent(bench: Bench, world: World) -> None:
    placed = sell_gift(bench, world)
    spend(bench, world, cards(bench, placed)[0], 1)

    with nothing_changes(bench.database), pytest.raises(Conflict, match="gift_used"):
        cancel(bench, world, placed)


def test_a_gift_that_cost_nothing_is_void_when_its_order_is_called_off(
    bench: Bench, world: World
) -> None:
    running_offer(bench, world, rate_ppm=1_000_000)
    change_terms(bench, world, are_promotable=True)
    placed = place_gift(bench, world, variant=world.variant.public_id)
    cancel(bench, world, placed)

    (card,) = cards(bench, placed)
    assert (450, 0, "refunded") == (card.face_minor, card.balance_minor, card.void_reason)


def test_a_dispute_blocks_and_winning_it_unblocks(bench: Bench, world: World) -> None:
    placed = sell_gift(bench, world)
    tell_of_dispute(bench, placed, 5000, "needs_response")
    (blocked,) = cards(bench, placed)
    tell_of_dispute(bench, placed, 5000, "won")
    (free,) = cards(bench, placed)

    assert ("dispute", 5000) == (blocked.block_reason, blocked.balance_minor)
    assert (None, None, 5000) == (free.blocked_at, free.block_reason, free.balance_minor)


def test_a_dispute_that_is_lost_voids_what_is_left(bench: Bench, world: World) -> None:
    placed = sell_gift(bench, world)
    spend(bench, world, cards(bench, placed)[0], 2000)
    tell_of_dispute(bench, placed, 5000, "needs_response")
    tell_of_dispute(bench, placed, 5000, "lost")

    (card,) = cards(bench, placed)
    assert (0, "dispute_lost") == (card.balance_minor, card.void_reason)
    assert ("void", -3000) == ledger_of(bench, card)[-1]


def test_the_order_and_the_ledger_of_its_card_agree_after_all(bench: Bench, world: World) -> None:
    placed = sell_gift(bench, world, recipients=(BEN, CLEO))
    give_back(bench, world, placed, amount_minor=777)
    give_back(bench, world, placed)

    with bench.database.reads() as session:
        order = session.scalars(select(Order)).one()
        money = session.scalars(select(GiftEntry.money_minor)).all()
    assert order.total_minor == order.refunded_minor == sum(money)
    assert [0, 0] == [card.balance_minor for card in cards(bench, placed)]
