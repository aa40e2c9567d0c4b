"""Refunds, disputes and the ledger of money."""

import sqlalchemy as sa
from alembic import op

from storefront.db.triggers import append_only_sql
from storefront.db.types import Key, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "storefront_refund_lines",
    "storefront_ledger_entries",
    "storefront_credit_entries",
)

PAYMENTS, ORDERS = "storefront_payments", "storefront_orders"
LINES, REFUNDS = "storefront_line_items", "storefront_refunds"

COUNTERS = (
    (PAYMENTS, "refunded_minor", "BIGINT", "refunded_is_a_part", "amount_minor"),
    (ORDERS, "refunded_minor", "BIGINT", "refunded_is_a_part", "total_minor"),
    (ORDERS, "shipping_refunded_minor", "BIGINT", "shipping_refunded_is_a_part", "shipping_minor"),
    (LINES, "refunded_minor", "BIGINT", "refunded_is_a_part", "total_minor"),
    (LINES, "refunded_quantity", "INTEGER", "refunded_units_are_a_part", "quantity"),
    (LINES, "restocked_quantity", "INTEGER", "restocked_units_are_a_part", "quantity"),
    (REFUNDS, "shipping_minor", "BIGINT", "shipping_is_a_part", "amount_minor"),
)
"""Table, column, type, name of the check, and the column that it never exceeds."""

FACTS = (
    (PAYMENTS, "returned_at", UtcDateTime()),
    (REFUNDS, "booked_at", UtcDateTime()),
    (REFUNDS, "settled_at", UtcDateTime()),
    (REFUNDS, "failed_at", UtcDateTime()),
    (REFUNDS, "failure", sa.String(60)),
)


def upgrade() -> None:
    """Count what goes back at every place that it is taken from, and open the ledger."""
    for table, name, kind in FACTS:
        op.add_column(table, sa.Column(name, kind, nullable=True))
    dialect = op.get_bind().dialect.name
    for counter in COUNTERS:
        op.execute(_counter_sql(counter, dialect))
    _make_refund_lines()
    _make_ledger()
    _make_credit()
    _make_disputes()
    _index(PAYMENTS, "account", "gateway_reference")
    op.create_index(
        "uq_storefront_refunds_merchant_id_payment_id_gateway_reference",
        REFUNDS,
        ["merchant_id", "payment_id", "gateway_reference"],
        unique=True,
    )
    for table in APPEND_ONLY:
        for statement in append_only_sql(table, dialect):
            op.execute(statement)


def _counter_sql(counter: tuple[str, str, str, str, str], dialect: str) -> str:
    """Both engines add a column with its check in one statement; SQLite rebuilds no table so."""
    table, column, kind, check, most = counter
    kind = "INTEGER" if dialect == "sqlite" else kind
    return (
        f"ALTER TABLE {table} ADD COLUMN {column} {kind} DEFAULT 0 NOT NULL "
        f"CONSTRAINT ck_{table}_{check} CHECK ({column} >= 0 AND {column} <= {most})"
    )


def _make_refund_lines() -> None:
    op.create_table(
        "storefront_refund_lines",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("refund_id", Key, nullable=False),
        sa.Column("line_item_id", Key, nullable=False),
        sa.Column("amount_minor", Key, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("restocked", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "amount_minor >= 0", name=op.f("ck_storefront_refund_lines_amount_not_negative")
        ),
        sa.CheckConstraint(
            "restocked >= 0 AND restocked <= quantity",
            name=op.f("ck_storefront_refund_lines_restocked_is_a_part"),
        ),
        *_foreign_keys(
            "storefront_refund_lines",
            merchant_id="storefront_merchants",
            refund_id=REFUNDS,
            line_item_id=LINES,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_refund_lines")),
        sa.UniqueConstraint(
            "merchant_id",
            "refund_id",
            "line_item_id",
            name=op.f("uq_storefront_refund_lines_merchant_id_refund_id_line_item_id"),
        ),
    )


def _make_ledger() -> None:
    op.create_table(
        "storefront_ledger_entries",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("transaction_id", sa.String(24), nullable=False),
        sa.Column("cause", sa.String(20), nullable=False),
        sa.Column("account", sa.String(20), nullable=False),
        sa.Column("amount_minor", Key, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("order_id", Key, nullable=False),
        sa.Column("payment_id", Key, nullable=False),
        sa.Column("reference", sa.String(24), nullable=False),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "amount_minor <> 0", name=op.f("ck_storefront_ledger_entries_amount_is_not_zero")
        ),
        *_foreign_keys(
            "storefront_ledger_entries",
            merchant_id="storefront_merchants",
            order_id=ORDERS,
            payment_id=PAYMENTS,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_ledger_entries")),
        sa.UniqueConstraint(
            "merchant_id",
            "cause",
            "reference",
            "account",
            name=op.f("uq_storefront_ledger_entries_merchant_id_cause_reference_account"),
        ),
    )
    _index("storefront_ledger_entries", "merchant_id", "order_id")
    _index("storefront_ledger_entries", "merchant_id", "payment_id")


def _make_credit() -> None:
    table = "storefront_credit_entries"
    unique = ("merchant_id", "order_id", "model", "position", "cause", "reference")
    op.create_table(
        table,
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("order_id", Key, nullable=False),
        sa.Column("model", sa.String(30), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("interaction_id", Key, nullable=True),
        sa.Column("amount_minor", Key, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("cause", sa.String(20), nullable=False),
        sa.Column("reference", sa.String(24), nullable=False),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        *_foreign_keys(
            table,
            merchant_id="storefront_merchants",
            order_id=ORDERS,
            interaction_id="storefront_interactions",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(*unique, name="uq_storefront_credit_entries_cause"),
    )
    _index(table, "merchant_id", "interaction_id")


def _make_disputes() -> None:
    table = "storefront_disputes"
    facts = ("due_at", "withdrawn_at", "lost_at", "won_at")
    op.create_table(
        table,
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("payment_id", Key, nullable=False),
        sa.Column("public_id", sa.String(24), nullable=False),
        sa.Column("gateway_reference", sa.String(80), nullable=False),
        sa.Column("amount_minor", Key, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("reason", sa.String(80), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=False),
        *(sa.Column(fact, UtcDateTime(), nullable=True) for fact in facts),
        sa.CheckConstraint("amount_minor > 0", name=op.f(f"ck_{table}_amount_positive")),
        *_foreign_keys(table, merchant_id="storefront_merchants", payment_id=PAYMENTS),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(
            "merchant_id", "public_id", name=op.f(f"uq_{table}_merchant_id_public_id")
        ),
        sa.UniqueConstraint(
            "merchant_id",
            "payment_id",
            "gateway_reference",
            name=op.f(f"uq_{table}_merchant_id_payment_id_gateway_reference"),
        ),
    )


def _foreign_keys(table: str, **targets: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))
        for column, target in targets.items()
    ]


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns), unique=False)


def downgrade() -> None:
    """Forget what went back: drop the ledger and every counter."""
    op.drop_table("storefront_disputes")
    op.drop_table("storefront_credit_entries")
    op.drop_table("storefront_ledger_entries")
    op.drop_table("storefront_refund_lines")
    op.drop_index(
        "uq_storefront_refunds_merchant_id_payment_id_gateway_reference", table_name=REFUNDS
    )
    op.drop_index(op.f("ix_storefront_payments_account_gateway_reference"), table_name=PAYMENTS)
    for table, column, *_ in reversed((*COUNTERS, *FACTS)):
        op.drop_column(table, column)
