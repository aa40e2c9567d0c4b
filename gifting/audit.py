"""What the self-audit proves of gifts: rules that must hold for every card, entry and redemption,
and the rows that break them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, case, func, or_, select

from gifting.models import Gift, GiftCard, GiftEntry, Redemption, Reversal
from storefront.models import LineItem, Order
from storefront.services.audit import Rule, rule

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import InstrumentedAttribute

GIFT = "gift"


@rule("gift_cards", "holds {0} after {2} entries; {3} entries sum to {1}")
def cards_hold_what_their_entries_say() -> Select[str, int, int, int, int]:
    """Find cards whose balance is not the sum of their entries, or below zero, or whose count of
    entries is another."""
    entered, counted = _of_card(func.sum(GiftEntry.amount_minor)), _of_card(func.count())
    return select(
        GiftCard.public_id, GiftCard.balance_minor, entered, GiftCard.entries, counted
    ).where(
        or_(
            GiftCard.balance_minor != entered,
            GiftCard.balance_minor < 0,
            GiftCard.entries != counted,
        )
    )


def _of_card(of: ColumnElement[int]) -> ColumnElement[int]:
    found = select(of).where(GiftEntry.card_id == GiftCard.id).correlate(GiftCard)
    return func.coalesce(found.scalar_subquery(), 0)


@rule("gift_cards", "entry {} says {}, those up to it {}")
def entries_follow_one_another() -> Select[str, int, int, int]:
    """Find entries out of their sequence, or whose balance is not what came before and their own
    amount."""
    card, place = GiftEntry.card_id, GiftEntry.sequence
    total = func.sum(GiftEntry.amount_minor)
    walked = select(
        GiftEntry.card_id,
        GiftEntry.sequence,
        GiftEntry.balance_after_minor.label("said"),
        func.row_number().over(partition_by=card, order_by=place).label("place"),
        total.over(partition_by=card, order_by=place).label("walked"),
    ).subquery()
    return (
        select(GiftCard.public_id, walked.c.sequence, walked.c.said, walked.c.walked)
        .join(walked, walked.c.card_id == GiftCard.id)
        .where(or_(walked.c.sequence != walked.c.place, walked.c.said != walked.c.walked))
    )


@rule("line_items", "line {0}: {2} gifts for {1} recipients")
def paid_lines_have_a_gift_for_each() -> Select[str, int, int, int]:
    """Find paid lines of gifts that have not exactly one issued gift for each recipient."""
    issued = (
        select(func.count())
        .where(Gift.line_item_id == LineItem.id, Gift.issued_at.is_not(None))
        .correlate(LineItem)
        .scalar_subquery()
    )
    return (
        select(Order.public_id, LineItem.position, LineItem.quantity, issued)
        .join(LineItem, LineItem.order_id == Order.id)
        .where(LineItem.kind == GIFT, Order.paid_at.is_not(None), issued != LineItem.quantity)
    )


@rule("gifts", "{} cards in place of {}")
def issued_gifts_have_one_card() -> Select[str, int, int]:
    """Find gifts that are issued without exactly one card, or have one without being issued."""
    cards = (
        select(func.count()).where(GiftCard.gift_id == Gift.id).correlate(Gift).scalar_subquery()
    )
    due = case((Gift.issued_at.is_(None), 0), else_=1)
    return select(Gift.public_id, cards, due).where(cards != due)


@rule("gift_cards", "order {} is not paid, or its gift is worth something else")
def unpaid_orders_have_no_card() -> Select[str, str]:
    """Find cards of orders that nobody has paid, and cards worth other than their gift."""
    return (
        select(GiftCard.public_id, Order.public_id)
        .join(Gift, Gift.id == GiftCard.gift_id)
        .join(Order, Order.id == Gift.order_id)
        .where(
            or_(
                Order.paid_at.is_(None),
                GiftCard.face_minor != Gift.face_minor,
                GiftCard.currency != Gift.currency,
            )
        )
    )


@rule("gift_cards", "{} redeemed of {}")
def redemptions_stay_within_the_card() -> Select[str, int, int]:
    """Find cards of which more was redeemed, and not undone, than they were issued with and
    members put on them."""
    taken = _of_redemptions(Redemption.amount_minor)
    undone = _of_redemptions(Redemption.amount_minor, is_undone=True)
    added = (
        select(func.sum(GiftEntry.amount_minor))
        .where(
            GiftEntry.card_id == GiftCard.id,
            GiftEntry.kind == "adjust",
            GiftEntry.amount_minor > 0,
        )
        .correlate(GiftCard)
        .scalar_subquery()
    )
    worth = GiftCard.face_minor + func.coalesce(added, 0)
    return select(GiftCard.public_id, taken - undone, worth).where(taken - undone > worth)


def _of_redemptions(
    of: InstrumentedAttribute[int], *, is_undone: bool = False
) -> ColumnElement[int]:
    found = select(func.sum(of)).where(Redemption.card_id == GiftCard.id)
    if is_undone:
        found = found.join(Reversal, Reversal.redemption_id == Redemption.id)
    return func.coalesce(found.correlate(GiftCard).scalar_subquery(), 0)


@rule("redemptions", "the ledger of its card says something else")
def redemptions_have_their_entries() -> Select[str]:
    """Find redemptions and reversals that are not exactly one entry of their card each."""
    undone = (
        select(func.count())
        .where(Reversal.redemption_id == Redemption.id)
        .correlate(Redemption)
        .scalar_subquery()
    )
    wrong = or_(
        _entries("redeem", -Redemption.amount_minor) != 1,
        _entries("redeem") != 1,
        _entries("reverse", Redemption.amount_minor) != undone,
        _entries("reverse") != undone,
    )
    return select(Redemption.public_id).where(wrong)


def _entries(
    kind: str, amount: ColumnElement[int] | InstrumentedAttribute[int] | None = None
) -> ColumnElement[int]:
    found = select(func.count()).where(
        GiftEntry.redemption_id == Redemption.id,
        GiftEntry.card_id == Redemption.card_id,
        GiftEntry.kind == kind,
    )
    if amount is not None:
        found = found.where(GiftEntry.amount_minor == amount)
    return found.correlate(Redemption).scalar_subquery()


@rule("gift_cards", "entry {} and its redemption")
def entries_have_their_redemptions() -> Select[str, int]:
    """Find entries that say something was redeemed or undone, and name no redemption of their
    card; and others that name one."""
    is_use = GiftEntry.kind.in_(("redeem", "reverse"))
    is_its_own = and_(Redemption.id.is_not(None), Redemption.card_id == GiftEntry.card_id)
    return (
        select(GiftCard.public_id, GiftEntry.sequence)
        .join(GiftEntry, GiftEntry.card_id == GiftCard.id)
        .outerjoin(Redemption, Redemption.id == GiftEntry.redemption_id)
        .where(
            or_(
                and_(is_use, ~is_its_own),
                and_(~is_use, GiftEntry.redemption_id.is_not(None)),
                and_(Redemption.id.is_not(None), ~is_its_own),
            )
        )
    )


@rule("line_items", "line {}: cards gave up {}, refunds gave back {}")
def money_for_cards_is_within_refunds() -> Select[str, int, int, int]:
    """Find lines whose cards gave up more money than their refunds gave back."""
    taken = (
        select(func.coalesce(func.sum(GiftEntry.money_minor), 0))
        .join(GiftCard, GiftCard.id == GiftEntry.card_id)
        .join(Gift, Gift.id == GiftCard.gift_id)
        .where(Gift.line_item_id == LineItem.id)
        .correlate(LineItem)
        .scalar_subquery()
    )
    return (
        select(Order.public_id, LineItem.position, taken, LineItem.refunded_minor)
        .join(LineItem, LineItem.order_id == Order.id)
        .where(taken > LineItem.refunded_minor)
    )


RULES: tuple[Rule, ...] = (
    cards_hold_what_their_entries_say,
    entries_follow_one_another,
    paid_lines_have_a_gift_for_each,
    issued_gifts_have_one_card,
    unpaid_orders_have_no_card,
    redemptions_stay_within_the_card,
    redemptions_have_their_entries,
    entries_have_their_redemptions,
    money_for_cards_is_within_refunds,
)
