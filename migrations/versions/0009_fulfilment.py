"""Handing orders over: ready, picked up, shipped, words to the buyer; and counts for the report."""

import sqlalchemy as sa
from alembic import op

from storefront.db.types import Key, UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ORDERS, EVENTS = "storefront_orders", "storefront_order_events"
MERCHANTS = "storefront_merchants"
SHIPMENTS, NOTES = "storefront_shipments", "storefront_order_notes"
TALLIES, MARKS = "storefront_act_tallies", "storefront_tally_marks"

CANCEL_MINUTES = (
    f"ALTER TABLE {MERCHANTS} ADD COLUMN cancel_minutes INTEGER DEFAULT 60 NOT NULL "
    f"CONSTRAINT ck_{MERCHANTS}_cancel_minutes_not_negative CHECK (cancel_minutes >= 0)"
)
"""Both engines add a column with its check in one statement; SQLite rebuilds no table so."""

FACTS = ("ready_at", "picked_up_at", "shipped_at")

INDEXES = (
    (ORDERS, "merchant_id", "paid_at"),
    (ORDERS, "merchant_id", "total_minor"),
    ("storefront_ledger_entries", "merchant_id", "occurred_at"),
    ("storefront_credit_entries", "merchant_id", "occurred_at"),
    ("storefront_attributions", "merchant_id", "assigned_at"),
    ("storefront_interactions", "merchant_id", "recorded_at"),
    ("storefront_interactions", "merchant_id", "occurred_at"),
)
"""What lists and reports are sorted or cut by."""


def upgrade() -> None:
    for fact in FACTS:
        op.add_column(ORDERS, sa.Column(fact, UtcDateTime(), nullable=True))
    # A reference to members would rebuild this append-only table on SQLite.
    op.add_column(EVENTS, sa.Column("member_id", Key, nullable=True))
    op.execute(CANCEL_MINUTES)
    _make_shipments()
    _make_notes()
    _make_tallies()
    for table, *columns in INDEXES:
        op.create_index(_index_name(table, columns), table, columns)


def _make_shipments() -> None:
    op.create_table(
        SHIPMENTS,
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("order_id", Key, nullable=False),
        sa.Column("carrier", sa.String(60), nullable=False),
        sa.Column("tracking_number", sa.String(80), nullable=False),
        sa.Column("tracking_url", sa.String(500), nullable=False),
        *_foreign_keys(SHIPMENTS, merchant_id=MERCHANTS, order_id=ORDERS),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{SHIPMENTS}")),
        sa.UniqueConstraint(
            "merchant_id", "order_id", name=op.f(f"uq_{SHIPMENTS}_merchant_id_order_id")
        ),
    )


def _make_notes() -> None:
    op.create_table(
        NOTES,
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("order_event_id", Key, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        *_foreign_keys(NOTES, merchant_id=MERCHANTS, order_event_id=EVENTS),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{NOTES}")),
        sa.UniqueConstraint(
            "merchant_id", "order_event_id", name=op.f(f"uq_{NOTES}_merchant_id_order_event_id")
        ),
    )


def _make_tallies() -> None:
    op.create_table(
        TALLIES,
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("acted_on", sa.Date(), nullable=False),
        sa.Column("placement_id", Key, nullable=False),
        sa.Column("share_id", Key, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("count", Key, nullable=False),
        *_foreign_keys(TALLIES, merchant_id=MERCHANTS),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TALLIES}")),
        sa.UniqueConstraint(
            "merchant_id",
            "acted_on",
            "kind",
            "placement_id",
            "share_id",
            name=op.f(f"uq_{TALLIES}_merchant_id_acted_on_kind_placement_id_share_id"),
        ),
    )
    op.create_table(
        MARKS,
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("zone", sa.String(60), nullable=False),
        sa.Column("counted_before", UtcDateTime(), nullable=False),
        *_foreign_keys(MARKS, merchant_id=MERCHANTS),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{MARKS}")),
        sa.UniqueConstraint("merchant_id", name=op.f(f"uq_{MARKS}_merchant_id")),
    )


def downgrade() -> None:
    for table, *columns in reversed(INDEXES):
        op.drop_index(_index_name(table, columns), table_name=table)
    for table in (MARKS, TALLIES, NOTES, SHIPMENTS):
        op.drop_table(table)
    op.drop_column(EVENTS, "member_id")
    op.drop_column(MERCHANTS, "cancel_minutes")
    for fact in reversed(FACTS):
        op.drop_column(ORDERS, fact)


def _index_name(table: str, columns: list[str]) -> str:
    return op.f(f"ix_{table}_{'_'.join(columns)}")


def _foreign_keys(table: str, **targets: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))
        for column, target in targets.items()
    ]
