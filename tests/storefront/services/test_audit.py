"""N18: whatever row is put wrong, behind the back of every guard, the audit names it."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from storefront.db.base import Base
from storefront.db.engine import Database
from storefront.domain.offers import Kind
from storefront.kinds import LineKind
from storefront.models import LedgerEntry, OfferCode
from storefront.services.audit import RULES, audit
from storefront.services.visitors import read_mark
from tests.factories import pay, place, running_offer, world_on
from tests.fakes import Bench

# What is done to the books, and which rule must name which row. {order} is a paid order, {open} one
# that is not, {variant} what they bought, {payment} the paid order's.
DAMAGE: list[tuple[str, str, str]] = [
    ("stock_is_never_oversold", "UPDATE storefront_variants SET stock = 1, held = 1", "{variant}"),
    ("stock_is_never_oversold", "UPDATE storefront_variants SET held = -1", "{variant}"),
    ("stock_is_never_oversold", "UPDATE storefront_variants SET sold = -1", "{variant}"),
    ("counters_equal_lines", "UPDATE storefront_variants SET held = held + 1", "{variant}"),
    ("counters_equal_lines", "UPDATE storefront_variants SET sold = sold - 1", "{variant}"),
    (
        "counters_equal_lines",
        ("UPDATE storefront_line_items SET released_at = order_at.placed_at FROM "
        "(SELECT id, placed_at FROM storefront_orders WHERE paid_at IS NULL) AS order_at "
        "WHERE order_id = order_at.id"),
        "{variant}",
    ),
    ("entries_make_the_stock", "UPDATE storefront_variants SET stock = stock + 1", "{variant}"),
    ("entries_make_the_stock", "UPDATE storefront_variants SET stock = NULL", "{variant}"),
    ("entries_make_the_stock", "DELETE FROM storefront_stock_entries", "{variant}"),
    (
        "parts_make_the_total",
        "UPDATE storefront_orders SET total_minor = total_minor + 1 WHERE paid_at IS NULL",
        "{open}",
    ),
    (
        "parts_make_the_total",
        "UPDATE storefront_orders SET goods_minor = 1, total_minor = 1 WHERE paid_at IS NULL",
        "{open}",
    ),
    ("parts_make_the_total", "UPDATE storefront_line_items SET unit_minor = 1", "{order}"),
    ("parts_make_the_total", "UPDATE storefront_line_items SET discount_minor = 1", "{order}"),
    ("parts_make_the_total", "UPDATE storefront_line_items SET tax_minor = 1", "{order}"),
    ("parts_make_the_total", "UPDATE storefront_orders SET tax_minor = 1", "{order}"),
    (
        "lines_parts_make_their_totals",
        "UPDATE storefront_line_items SET total_minor = 1",
        "{order}",
    ),
    (
        "lines_parts_make_their_totals",
        "UPDATE storefront_line_items SET is_tax_included = false",
        "{order}",
    ),
    ("offers_stay_within_their_limits", "UPDATE storefront_offers SET quota = 1", "{offer}"),
    ("offers_stay_within_their_limits", "UPDATE storefront_offers SET budget_minor = 1", "{offer}"),
    ("offers_stay_within_their_limits", "UPDATE storefront_offers SET held = -1", "{offer}"),
    ("offers_count_their_uses", "UPDATE storefront_offers SET held = held + 1", "{offer}"),
    ("offers_count_their_uses", "UPDATE storefront_offers SET used = used + 1", "{offer}"),
    ("offers_count_their_uses", "UPDATE storefront_offers SET spent_minor = 1", "{offer}"),
    ("offers_count_their_uses", "DELETE FROM storefront_offer_uses", "{offer}"),
    ("codes_count_their_uses", "UPDATE storefront_offer_codes SET used = 0", "{code}"),
    (
        "buyers_stay_within_their_limits",
        "UPDATE storefront_offers SET per_buyer_limit = 1",
        "{offer}",
    ),
    ("allocations_make_the_discount", "DELETE FROM storefront_order_discounts", "{order}"),
    ("allocations_make_the_lines_discount", "DELETE FROM storefront_order_discounts", "{order}"),
    (
        "allocations_make_the_lines_discount",
        "UPDATE storefront_line_items SET discount_minor = discount_minor + 1",
        "{order}",
    ),
    (
        "uses_equal_allocations",
        "UPDATE storefront_offer_uses SET amount_minor = amount_minor + 1",
        "{order}",
    ),
    (
        "acts_stand_at_placements_of_their_merchant",
        "UPDATE storefront_interactions SET placement_id = 404",
        "{act}",
    ),
    (
        "acts_stand_at_placements_of_their_merchant",
        "UPDATE storefront_interactions SET merchant_id = 404, placement_id = NULL",
        "{act}",
    ),
    ("every_order_has_one_origin", "DELETE FROM storefront_order_origins", "{order}"),
    (
        "origins_are_on_the_path",
        "UPDATE storefront_order_origins SET interaction_id = NULL",
        "{order}",
    ),
    ("origins_are_on_the_path", "DELETE FROM storefront_order_touchpoints", "{order}"),
    (
        "credit_sums_to_one_whole",
        "UPDATE storefront_attributions SET share = 9999 WHERE model = 'linear'",
        "{order}",
    ),
    ("credit_sums_to_one_whole", "DELETE FROM storefront_attributions", "{order}"),
    (
        "credit_sums_to_one_whole",
        ("UPDATE storefront_attributions SET order_id = "
        "(SELECT id FROM storefront_orders WHERE paid_at IS NULL)"),
        "{open}",
    ),
    (
        "paid_orders_have_their_money",
        "UPDATE storefront_payments SET succeeded_at = NULL",
        "{order}",
    ),
    (
        "paid_orders_have_their_money",
        "UPDATE storefront_payments SET amount_minor = 1",
        "{order}",
    ),
    (
        "paid_orders_have_their_money",
        "UPDATE storefront_payments SET succeeded_at = created_at",
        "{open}",
    ),
    ("paid_lines_are_sold", "UPDATE storefront_line_items SET sold_at = NULL", "{order}"),
    (
        "paid_lines_are_sold",
        "UPDATE storefront_orders SET paid_at = NULL, number = NULL",
        "{order}",
    ),
    (
        "refunds_never_exceed_payments",
        ("INSERT INTO storefront_refunds (merchant_id, payment_id, public_id, amount_minor, "
        "currency, reason, intended_at, booked_at) SELECT merchant_id, id, 'ref_1', "
        "amount_minor + 1, currency, 'x', created_at, created_at FROM storefront_payments "
        "WHERE succeeded_at IS NOT NULL"),
        "{payment}",
    ),
    (
        "refunds_never_exceed_payments",
        "UPDATE storefront_payments SET refunded_minor = 1 WHERE succeeded_at IS NOT NULL",
        "{payment}",
    ),
    (
        "refunded_parts_make_the_whole",
        "UPDATE storefront_orders SET refunded_minor = 1 WHERE paid_at IS NOT NULL",
        "{order}",
    ),
    (
        "refunded_parts_make_the_whole",
        "UPDATE storefront_line_items SET refunded_minor = 1 WHERE sold_at IS NOT NULL",
        "{order}",
    ),
    (
        "refunded_tax_never_exceeds_tax",
        "UPDATE storefront_orders SET refunded_tax_minor = 1 WHERE paid_at IS NOT NULL",
        "{order}",
    ),
    (
        "lines_count_what_refunds_took",
        "UPDATE storefront_line_items SET refunded_discount_minor = 1 WHERE sold_at IS NOT NULL",
        "{order}",
    ),
    (
        "the_ledger_knows_the_tax",
        "UPDATE storefront_ledger_entries SET account = 'tax' WHERE account = 'sales'",
        "{order}",
    ),
    (
        "transactions_sum_to_zero",
        "UPDATE storefront_ledger_entries SET amount_minor = 1 WHERE account = 'gateway'",
        "{transaction}",
    ),
    (
        "merchants_ledgers_sum_to_zero",
        "UPDATE storefront_ledger_entries SET currency = 'EUR' WHERE account = 'gateway'",
        "{merchant}",
    ),
    ("credit_equals_net_revenue", "DELETE FROM storefront_credit_entries", "{order}"),
    (
        "credit_stands_where_its_interaction_was",
        "UPDATE storefront_order_origins SET placement_id = 404",
        "{order}",
    ),
    (
        "credit_stands_where_its_interaction_was",
        "UPDATE storefront_attributions SET placement_id = NULL",
        "{order}",
    ),
    (
        "credit_stands_where_its_interaction_was",
        "UPDATE storefront_credit_entries SET share_id = 404",
        "{order}",
    ),
    ("the_ledger_knows_every_payment", "DELETE FROM storefront_ledger_entries", "{payment}"),
]  # fmt: skip


@contextmanager
def unguarded(database: Database) -> Iterator[Session]:
    """Open a transaction in which no trigger and no constraint watches, undone at the end."""
    with Session(database.writer) as session:
        if database.is_sqlite:
            for name in session.scalars(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            ).all():
                session.execute(text(f"DROP TRIGGER {name}"))
            session.execute(text("PRAGMA ignore_check_constraints = ON"))
            session.execute(text("PRAGMA defer_foreign_keys = ON"))  # until the end, which undoes
        else:
            session.execute(text("SET LOCAL session_replication_role = replica"))
            for table in Base.metadata.tables.values():
                for check in session.scalars(
                    text(
                        "SELECT conname FROM pg_constraint "
                        "WHERE contype = 'c' AND conrelid = CAST(:name AS regclass)"
                    ),
                    {"name": table.name},
                ).all():
                    session.execute(text(f"ALTER TABLE {table.name} DROP CONSTRAINT {check}"))
        yield session
        session.rollback()
        if database.is_sqlite:
            session.execute(text("PRAGMA ignore_check_constraints = OFF"))


def assert_each_is_named(
    bench: Bench,
    damage: Iterable[tuple[str, str, str]],
    names: dict[str, str],
    *,
    kinds: Iterable[LineKind] = (),
) -> None:
    """Do each damage by itself: the audit names its rule and row, and nothing once it is undone."""
    for rule, statement, row in damage:
        with unguarded(bench.database) as session:
            damaged: Any = session.execute(text(statement))
            assert damaged.rowcount > 0, statement
            found = {(finding.rule, finding.row) for finding in audit(session, kinds)}
        assert (rule, row.format(**names)) in found, (statement, found)

    with bench.database.reads() as session:
        assert [] == audit(session, kinds)


def books(bench: Bench) -> dict[str, str]:
    """Sell once with a touch before it, place once without; return the rows' names."""
    client, world = bench.client(), world_on(bench)
    body = {"placement": world.placement.public_id, "kind": "view"}
    seen = client.post("/interactions", json=body).json
    visitor = read_mark(
        bench.ports.sign, seen["v"], world.merchant.public_id, now=bench.clock.now()
    )
    offer = running_offer(bench, world, kind=Kind.CODE, code="Spring")
    paid = place(bench, world, visitor=visitor, codes=("spring",))
    pay(client, bench, paid)
    waiting = place(bench, world, codes=("spring",))
    with bench.database.reads() as session:
        code = session.scalars(select(OfferCode.id)).one()
        transaction = session.scalars(select(LedgerEntry.transaction_id).distinct()).one()
    return {
        "act": seen["interaction"],
        "transaction": transaction,
        "offer": offer.public_id,
        "code": str(code),
        "merchant": world.merchant.public_id,
        "order": paid.public_id,
        "open": waiting.public_id,
        "variant": world.variant.public_id,
        "payment": bench.gateway.snapshots[paid.payment_reference].payment_public_id or "",
    }


def test_every_damaged_row_is_named(bench: Bench) -> None:
    names = books(bench)
    with bench.database.reads() as session:
        assert [] == audit(session)

    assert_each_is_named(bench, DAMAGE, names)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_rule_has_a_damage_that_it_must_find(rule: Callable[..., object]) -> None:
    assert rule.__name__ in {name for name, _, _ in DAMAGE}
