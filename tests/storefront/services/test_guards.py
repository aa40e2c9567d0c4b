"""The last guard is the database: history is never rewritten and stock never oversold, even by a
program that forgot every rule."""

from datetime import datetime

import pytest
from sqlalchemy import Table, delete, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as insert_or_update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from gifting.models import GiftDelivery
from gifting.reversal import Reverse, reverse
from storefront.db.base import Base
from storefront.models import Action, Member, Offer, Order, OrderRefusal, Variant
from storefront.services.refunds import Wish, refund_order
from storefront.services.visitors import read_mark
from tests.contents import nothing_changes
from tests.factories import World, pay, place, running_offer, world_on
from tests.fakes import Bench
from tests.gifting.factories import a_gift
from tests.gifting.tills import a_till, take

APPEND_ONLY = (
    "storefront_actions",
    "storefront_attributions",
    "storefront_credit_entries",
    "storefront_gift_deliveries",
    "storefront_gift_entries",
    "storefront_interactions",
    "storefront_ledger_entries",
    "storefront_offer_events",
    "storefront_order_discounts",
    "storefront_order_events",
    "storefront_order_origins",
    "storefront_order_refusals",
    "storefront_order_touchpoints",
    "storefront_payment_events",
    "storefront_redemption_reversals",
    "storefront_redemptions",
    "storefront_refund_lines",
    "storefront_stock_entries",
    "storefront_variant_prices",
)


@pytest.fixture
def sold(bench: Bench) -> Bench:
    """Give a shop in which every append-only table has a row."""
    client, world = bench.client(), world_on(bench)
    body = {"placement": world.placement.public_id, "kind": "view"}
    mark = client.post("/interactions", json=body).json["v"]
    visitor = read_mark(bench.ports.sign, mark, world.merchant.public_id, now=bench.clock.now())
    offer = running_offer(bench, world)
    placed = place(bench, world, visitor=visitor)
    pay(client, bench, placed)
    with bench.database.begin() as session:
        refund_order(
            session,
            world.merchant.id,
            placed.public_id,
            wish=Wish(),
            kinds=bench.ports.kinds,
            now=bench.clock.now(),
        )
        _write_what_only_people_do(session, world, offer, now=bench.clock.now())
    _redeem_and_undo(bench, world)
    return bench


def _redeem_and_undo(bench: Bench, world: World) -> None:
    """Let a gift be sent, spent in part, and that be undone."""
    given, now = a_gift(bench, world), bench.clock.now()
    with bench.database.begin() as session:
        member_id = session.scalar(select(Member.id))
        session.add(
            GiftDelivery(
                merchant_id=world.merchant.id,
                gift_id=given.gift_id,
                cause="gift",
                outcome="sent",
                detail="",
                occurred_at=now,
            )
        )
    till = a_till(world, member_id=member_id)
    taken = take(bench, till, given, 500)
    reverse(bench.ports, till, Reverse(taken.public_id, "undo"))


def _write_what_only_people_do(
    session: Session, world: World, offer: Offer, *, now: datetime
) -> None:
    """Add an offer that did not count for an order, and an act in the console."""
    merchant = {"merchant_id": world.merchant.id}
    order_id, member_id = session.scalar(select(Order.id)), session.scalar(select(Member.id))
    session.add_all(
        [
            OrderRefusal(
                **merchant, order_id=order_id, offer_id=offer.id, name="Spring", reason="ended"
            ),
            Action(
                **merchant,
                member_id=member_id,
                action="shop_changed",
                object_kind="merchant",
                object_id=world.merchant.public_id,
                figures={},
                done_at=now,
            ),
        ]
    )


def refused(bench: Bench, statement: object) -> bool:
    """Tell whether the database refuses a statement, and forget what it did."""
    try:
        with bench.database.begin() as session:
            session.execute(statement)  # type: ignore[call-overload]
    except DBAPIError:
        return True
    return False


def test_history_can_be_neither_changed_nor_deleted(sold: Bench) -> None:
    with nothing_changes(sold.database):
        for name in APPEND_ONLY:
            table = Base.metadata.tables[name]
            with sold.database.reads() as session:
                assert session.execute(select(table.c.id)).first(), name
            assert refused(sold, update(table).values(merchant_id=table.c.merchant_id)), name
            assert refused(sold, delete(table)), name


def replacing(table: Table, dialect: str, row: dict[str, object]) -> object:
    """Return the statement that puts another row in the place of one with the same key."""
    if dialect == "sqlite":
        return insert(table).prefix_with("OR REPLACE").values(row)
    return insert_or_update(table).values(row).on_conflict_do_update(
        index_elements=["id"], set_={"merchant_id": row["merchant_id"]}
    )  # fmt: skip


def test_history_cannot_be_replaced_either(sold: Bench) -> None:
    """SQLite's REPLACE deletes without asking triggers, unless they are told to be recursive."""
    with nothing_changes(sold.database):
        for name in APPEND_ONLY:
            table = Base.metadata.tables[name]
            with sold.database.reads() as session:
                row = dict(session.execute(select(table)).mappings().first() or {})
            statement = replacing(table, sold.database.writer.dialect.name, row)
            assert refused(sold, statement), name


def test_the_list_of_history_is_whole(sold: Bench) -> None:
    """Every table with a trigger is in the list above, and no other."""
    query = (
        "SELECT DISTINCT tbl_name FROM sqlite_master WHERE type = 'trigger'"
        if sold.database.is_sqlite
        else "SELECT DISTINCT event_object_table FROM information_schema.triggers"
    )
    with sold.database.reads() as session:
        guarded = set(session.scalars(text(query)))

    assert set(APPEND_ONLY) == guarded


OVERSOLD = (
    {"held": 11}, {"sold": 11}, {"held": 6, "sold": 5}, {"held": -1}, {"sold": -1},
    {"stock": -1}, {"price_minor": -1},
)  # fmt: skip


def test_no_counter_can_say_more_than_there_is(bench: Bench) -> None:
    world_on(bench, stock=10)

    with nothing_changes(bench.database):
        for values in OVERSOLD:
            with pytest.raises(IntegrityError), bench.database.begin() as session:
                session.execute(update(Variant).values(values))


BROKEN = (
    "UPDATE storefront_orders SET total_minor = total_minor + 1",
    "UPDATE storefront_orders SET goods_minor = -450, total_minor = -450",
    "UPDATE storefront_orders SET paid_at = NULL",
    "UPDATE storefront_orders SET fulfilment = 'drone'",
    "UPDATE storefront_line_items SET quantity = 0, total_minor = 0",
    "UPDATE storefront_line_items SET total_minor = 1",
    "UPDATE storefront_payments SET amount_minor = 0",
    "UPDATE storefront_memberships SET role = 'king'",
    "UPDATE storefront_placements SET kind = 'poster'",
    "DELETE FROM storefront_orders",
    "DELETE FROM storefront_merchants",
)


def test_no_row_can_contradict_itself_or_leave_its_own_behind(sold: Bench) -> None:
    with nothing_changes(sold.database):
        for statement in BROKEN:
            assert refused(sold, text(statement)), statement


def test_readers_cannot_write(bench: Bench) -> None:
    world_on(bench)

    with (
        nothing_changes(bench.database),
        pytest.raises(DBAPIError),
        bench.database.reads() as session,
    ):
        session.execute(update(Variant).values(sold=1))
