"""Whatever row of a gift is put wrong, behind the back of every guard, the audit names it; and what
banks do to gifts leaves the books in order (R-B9)."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from gifting import cards
from gifting.audit import RULES
from gifting.models import Gift, GiftCard, GiftEntry
from gifting.reversal import Reverse, reverse
from gifting.tills import Till
from storefront.errors import Conflict
from storefront.models import LedgerEntry, Member
from storefront.services.audit import audit
from storefront.services.order_requests import PlacedOrder
from storefront.services.refunds import Wish, refund_order
from storefront.worker import run_due
from tests.factories import World
from tests.fakes import Bench
from tests.gifting.factories import BEN, CLEO, Given, cards_of, code_of, sell_gift
from tests.gifting.test_cards import Who
from tests.gifting.tills import a_till, take
from tests.storefront.gateway_news import tell_of_dispute, tell_of_refund
from tests.storefront.services.test_audit import assert_each_is_named

# What is done to the books, and which rule must name which row. {card} was used twice, once undone;
# {gift} is its gift, {redemption} and {undone} what was taken; {order} has paid for them.
DAMAGE: list[tuple[str, str, str]] = [
    (
        "cards_hold_what_their_entries_say",
        "UPDATE storefront_gift_cards SET balance_minor = balance_minor + 1",
        "{card}",
    ),
    (
        "cards_hold_what_their_entries_say",
        "UPDATE storefront_gift_cards SET balance_minor = -1",
        "{card}",
    ),
    (
        "cards_hold_what_their_entries_say",
        "UPDATE storefront_gift_cards SET entries = entries + 1",
        "{card}",
    ),
    (
        "cards_hold_what_their_entries_say",
        "DELETE FROM storefront_gift_entries WHERE kind = 'reverse'",
        "{card}",
    ),
    (
        "entries_follow_one_another",
        "UPDATE storefront_gift_entries SET sequence = 9 WHERE kind = 'reverse'",
        "{card}",
    ),
    (
        "entries_follow_one_another",
        "UPDATE storefront_gift_entries SET balance_after_minor = 1 WHERE kind = 'redeem'",
        "{card}",
    ),
    ("paid_lines_have_a_gift_for_each", "UPDATE storefront_gifts SET issued_at = NULL", "{order}"),
    (
        "paid_lines_have_a_gift_for_each",
        "UPDATE storefront_line_items SET quantity = 3",
        "{order}",
    ),
    ("issued_gifts_have_one_card", "UPDATE storefront_gifts SET issued_at = NULL", "{gift}"),
    (
        "unpaid_orders_have_no_card",
        "UPDATE storefront_orders SET paid_at = NULL, number = NULL",
        "{card}",
    ),
    ("unpaid_orders_have_no_card", "UPDATE storefront_gifts SET face_minor = 1", "{card}"),
    (
        "redemptions_stay_within_the_card",
        "UPDATE storefront_redemptions SET amount_minor = 9999",
        "{card}",
    ),
    (
        "redemptions_have_their_entries",
        "UPDATE storefront_redemptions SET amount_minor = amount_minor + 1",
        "{redemption}",
    ),
    (
        "redemptions_have_their_entries",
        "DELETE FROM storefront_gift_entries WHERE kind = 'redeem'",
        "{redemption}",
    ),
    (
        "redemptions_have_their_entries",
        "DELETE FROM storefront_redemption_reversals",
        "{undone}",
    ),
    (
        "entries_have_their_redemptions",
        "UPDATE storefront_gift_entries SET redemption_id = NULL",
        "{card}",
    ),
    (
        "entries_have_their_redemptions",
        "UPDATE storefront_gift_entries SET kind = 'adjust'",
        "{card}",
    ),
    (
        "money_for_cards_is_within_refunds",
        "UPDATE storefront_gift_entries SET money_minor = 1",
        "{order}",
    ),
]


def given_of(bench: Bench, placed: PlacedOrder, place: int = 0) -> Given:
    """Return a gift of an order as its recipient holds it."""
    with bench.database.reads() as session:
        card = cards_of(session, placed)[place]
        return Given(code_of(bench, card), card.gift_id, card.id, card.public_id, placed.public_id)


def used_gift(bench: Bench, world: World) -> dict[str, str]:
    """Sell two gifts, use one twice and undo the second; return the names of rows."""
    placed = sell_gift(bench, world, recipients=(BEN, CLEO))
    given = given_of(bench, placed)
    kept = take(bench, a_till(world), given, 1200)
    undone = take(bench, a_till(world), given, 300)
    reverse(bench.ports, senior(bench, world), Reverse(undone.public_id, "undo"))
    with bench.database.reads() as session:
        gift = session.get_one(Gift, given.gift_id).public_id
    return {
        "card": given.card,
        "gift": gift,
        "redemption": kept.public_id,
        "undone": undone.public_id,
        "order": placed.public_id,
    }


def senior(bench: Bench, world: World) -> Till:
    """Return a manager at the world's counter."""
    with bench.database.reads() as session:
        return a_till(world, member_id=session.scalars(select(Member.id)).one(), is_senior=True)


def test_every_damaged_row_is_named(bench: Bench, world: World) -> None:
    names = used_gift(bench, world)

    assert_each_is_named(bench, DAMAGE, names, kinds=bench.ports.kinds)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_rule_has_a_damage_that_it_must_find(rule: Callable[..., object]) -> None:
    assert rule.__name__ in {name for name, _, _ in DAMAGE}


def test_what_members_put_on_a_card_may_be_spent(bench: Bench, world: World) -> None:
    given = given_of(bench, sell_gift(bench, world))
    with bench.database.begin() as session:
        owner = session.scalars(select(Member.id)).one()
        who = Who(world.merchant.id, owner)
        cards.adjust(session, who, given.card, minor=500, reason="goodwill", now=bench.clock.now())
    take(bench, a_till(world), given, 5500)

    with bench.database.reads() as session:
        assert [] == audit(session, bench.ports.kinds)


def settled(bench: Bench, placed: PlacedOrder) -> tuple[int, list[str], int]:
    """Return what is left on the first card, the kinds of its entries, and the sum of all money;
    the fixture of the bench proves everything else when the test ends."""
    given = given_of(bench, placed)
    with bench.database.reads() as session:
        kinds = session.scalars(
            select(GiftEntry.kind)
            .where(GiftEntry.card_id == given.card_id)
            .order_by(GiftEntry.sequence)
        ).all()
        money = session.scalars(select(func.sum(LedgerEntry.amount_minor))).one()
        balance = session.get_one(GiftCard, given.card_id).balance_minor
    return balance, list(kinds), int(money)


@pytest.mark.parametrize(
    ("end", "balance", "kinds"),
    [
        ("won", 3800, ["issue", "redeem"]),
        ("lost", 0, ["issue", "redeem", "void"]),
    ],
)
def test_a_dispute_over_a_gift_in_use_ends_with_the_books_in_order(
    bench: Bench, world: World, end: str, balance: int, kinds: list[str]
) -> None:
    placed = sell_gift(bench, world)
    given = given_of(bench, placed)
    take(bench, a_till(world), given, 1200)

    tell_of_dispute(bench, placed, 5000, "needs_response")
    with pytest.raises(Conflict, match="code_suspended"):
        take(bench, a_till(world), given, 100)
    tell_of_dispute(bench, placed, 5000, end)

    assert (balance, kinds, 0) == settled(bench, placed)


def test_a_dispute_that_is_lost_and_won_after_all_gives_the_card_back(
    bench: Bench, world: World
) -> None:
    placed = sell_gift(bench, world)
    for state in ("needs_response", "lost", "won"):
        tell_of_dispute(bench, placed, 5000, state)

    assert (5000, ["issue", "void", "unvoid"], 0) == settled(bench, placed)


def test_a_refund_that_fails_weeks_later_gives_the_card_back(bench: Bench, world: World) -> None:
    placed = sell_gift(bench, world)
    take(bench, a_till(world), given_of(bench, placed), 1200)
    with bench.database.begin() as session:
        refund = refund_order(
            session,
            world.merchant.id,
            placed.public_id,
            wish=Wish(amount_minor=3800),
            kinds=bench.ports.kinds,
            now=bench.clock.now(),
        )
    run_due(bench.ports)
    tell_of_refund(bench, refund, "succeeded")
    bench.clock.pass_time(days=21)
    tell_of_refund(bench, refund, "failed")
    tell_of_refund(bench, refund, "failed")

    assert (3800, ["issue", "redeem", "refund", "refund_failed"], 0) == settled(bench, placed)
