"""Cards over whose money several banks decide at once, or both a bank and the shop. All of this was
found by the model in tests/model/."""

from typing import Any

from sqlalchemy import select

from gifting.cards import block, unblock
from gifting.models import Gift, GiftCard
from gifting.reversal import Reverse, reverse
from storefront.models import Refund
from storefront.services.fulfilment import Handling
from storefront.services.order_requests import PlacedOrder
from storefront.worker import run_due
from tests.factories import World
from tests.fakes import Bench
from tests.gifting.factories import Given, code_of, sell_gift
from tests.gifting.test_returns import cards, give_back, spend
from tests.gifting.tills import a_till, take
from tests.storefront.gateway_news import tell_of_dispute, tell_of_refund


def standing(bench: Bench, placed: PlacedOrder) -> tuple[int, bool, bool]:
    """Return what the one card of an order holds, whether it is void, and whether blocked."""
    (card,) = cards(bench, placed)
    return card.balance_minor, card.voided_at is not None, card.blocked_at is not None


def let_fail(bench: Bench, refund: Refund) -> None:
    """Let the bank send a refund back."""
    tell_of_refund(bench, refund, "failed")


def mails(bench: Bench) -> list[str]:
    """Return the mails that brought gifts."""
    with bench.database.reads() as session:
        names = session.scalars(select(Gift.public_id)).all()
    sent = [message.message_id for message in bench.mailbox.sent]
    return [each for each in sent if any(f"<gift.{name}." in each for name in names)]


def test_of_two_disputes_that_are_open_winning_one_does_not_unblock(
    bench: Bench, world: World
) -> None:
    placed = sell_gift(bench, world)
    for name in ("du_1", "du_2"):
        tell_of_dispute(bench, placed, 2000, "needs_response", id=name)

    tell_of_dispute(bench, placed, 2000, "won", id="du_1")
    between = standing(bench, placed)
    tell_of_dispute(bench, placed, 2000, "won", id="du_2")

    assert ((5000, False, True), (5000, False, False)) == (between, standing(bench, placed))


def test_a_card_is_good_again_when_the_last_of_its_lost_disputes_is_won(
    bench: Bench, world: World
) -> None:
    placed = sell_gift(bench, world)
    for name in ("du_1", "du_2"):
        tell_of_dispute(bench, placed, 2000, "lost", id=name)

    tell_of_dispute(bench, placed, 2000, "won", id="du_2")
    between = standing(bench, placed)
    tell_of_dispute(bench, placed, 2000, "won", id="du_1")

    assert ((0, True, False), (5000, False, False)) == (between, standing(bench, placed))


def test_a_refund_that_fails_leaves_a_card_blocked_while_a_bank_decides(
    bench: Bench, world: World
) -> None:
    placed = sell_gift(bench, world)
    refund = give_back(bench, world, placed)
    tell_of_dispute(bench, placed, 5000, "needs_response")

    let_fail(bench, refund)

    assert (5000, False, True) == standing(bench, placed)


def test_a_refund_that_fails_does_not_fill_a_card_that_a_lost_dispute_has_voided(
    bench: Bench, world: World
) -> None:
    placed = sell_gift(bench, world)
    refund = give_back(bench, world, placed, amount_minor=1000)
    tell_of_dispute(bench, placed, 4000, "lost")

    let_fail(bench, refund)
    between = standing(bench, placed)
    tell_of_dispute(bench, placed, 4000, "won")

    assert ((0, True, False), (5000, False, False)) == (between, standing(bench, placed))


def test_a_refund_that_fails_does_not_bring_a_card_back_whose_dispute_is_lost(
    bench: Bench, world: World
) -> None:
    placed = sell_gift(bench, world)
    refund = give_back(bench, world, placed)
    tell_of_dispute(bench, placed, 5000, "lost")

    let_fail(bench, refund)

    assert (0, True, False) == standing(bench, placed)


def test_a_member_who_unblocks_leaves_the_rest_to_the_bank(bench: Bench, world: World) -> None:
    placed = sell_gift(bench, world)
    who, (card,) = Handling(world.merchant.id, "", 1), cards(bench, placed)
    facts: dict[str, Any] = {"now": bench.clock.now()}
    with bench.database.begin() as session:
        block(session, who, card.public_id, reason="suspicion", **facts)
    tell_of_dispute(bench, placed, 5000, "needs_response")

    with bench.database.begin() as session:
        unblock(session, who, card.public_id, reason="cleared", **facts)
    between = standing(bench, placed)
    tell_of_dispute(bench, placed, 5000, "won")

    assert ((5000, False, True), (5000, False, False)) == (between, standing(bench, placed))


def test_a_gift_whose_mail_was_dropped_is_sent_when_its_refund_fails(
    bench: Bench, world: World
) -> None:
    placed = sell_gift(bench, world)
    refund = give_back(bench, world, placed)
    work(bench)
    dropped = mails(bench)

    let_fail(bench, refund)
    work(bench)

    assert ([], 1) == (dropped, len(mails(bench)))


def test_a_gift_that_was_spent_before_its_mail_is_sent_when_that_is_undone(
    bench: Bench, world: World
) -> None:
    placed = sell_gift(bench, world)
    (card,) = cards(bench, placed)
    till = a_till(world, member_id=1, is_senior=True)
    taken = take(bench, till, given(bench, card), 5000)
    work(bench)
    dropped = mails(bench)

    reverse(bench.ports, till, Reverse(taken.public_id, "undo-1"))
    work(bench)

    assert ([], 1) == (dropped, len(mails(bench)))


def test_a_gift_that_was_sent_is_not_sent_again_when_its_refund_fails(
    bench: Bench, world: World
) -> None:
    placed = sell_gift(bench, world)
    work(bench)
    spend(bench, world, cards(bench, placed)[0], 1000)

    let_fail(bench, give_back(bench, world, placed, amount_minor=4000))
    work(bench)

    assert 1 == len(mails(bench))
    assert (4000, False, False) == standing(bench, placed)


def work(bench: Bench) -> None:
    """Let a worker do all that is due."""
    while run_due(bench.ports):
        pass


def given(bench: Bench, card: GiftCard) -> Given:
    """Return a card as its holder has it."""
    return Given(code_of(bench, card), card.gift_id, card.id, card.public_id, order="")
