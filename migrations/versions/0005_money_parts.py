"""The parts of an order's money: discounts, tax, and what delivery costs."""

import sqlalchemy as sa
from alembic import op

from storefront.db.going_back import refuse_rows
from storefront.db.types import Key, UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MERCHANTS, ORDERS = "storefront_merchants", "storefront_orders"
LINES, REFUNDS = "storefront_line_items", "storefront_refunds"
REFUND_LINES = "storefront_refund_lines"

PARTS = (
    (ORDERS, "discount_minor", "goods_minor", "discount_is_a_part"),
    (ORDERS, "tax_minor", None, "tax_not_negative"),
    (ORDERS, "shipping_tax_minor", "tax_minor", "shipping_tax_is_a_part"),
    (ORDERS, "refunded_tax_minor", "tax_minor", "refunded_tax_is_a_part"),
    (
        ORDERS,
        "shipping_tax_refunded_minor",
        "shipping_tax_minor",
        "shipping_tax_refunded_is_a_part",
    ),
    (LINES, "discount_minor", "unit_minor * quantity", "discount_is_a_part"),
    (LINES, "tax_minor", None, "tax_not_negative"),
    (LINES, "tax_ppm", None, "tax_rate_not_negative"),
    (LINES, "refunded_discount_minor", "discount_minor", "refunded_discount_is_a_part"),
    (LINES, "refunded_tax_minor", "tax_minor", "refunded_tax_is_a_part"),
    (REFUNDS, "tax_minor", "amount_minor", "tax_is_a_part"),
    (REFUNDS, "shipping_tax_minor", "tax_minor", "shipping_tax_is_a_part"),
    (REFUND_LINES, "discount_minor", None, "discount_not_negative"),
    (REFUND_LINES, "tax_minor", "amount_minor", "tax_is_a_part"),
)
"""Table, column, what it never exceeds, and the name of the check that says so."""

WORDS = (
    (MERCHANTS, "country", sa.String(2)),
    (MERCHANTS, "region", sa.String(120)),
    (ORDERS, "shipping_name", sa.String(60)),
    (ORDERS, "tax_name", sa.String(60)),
)

SWITCHES = (
    (MERCHANTS, "prices_include_tax"),
    (ORDERS, "is_tax_included"),
    (LINES, "is_tax_included"),
)

ADDED_TAX = "CASE WHEN is_tax_included THEN 0 ELSE tax_minor END"

TOTALS = (
    (
        ORDERS,
        "total_minor = goods_minor + shipping_minor",
        f"total_minor = goods_minor - discount_minor + shipping_minor + {ADDED_TAX}",
    ),
    (
        LINES,
        "total_minor = unit_minor * quantity",
        f"total_minor = unit_minor * quantity - discount_minor + {ADDED_TAX}",
    ),
)
"""Table, what its parts_make_total said, and what it says now."""


def upgrade() -> None:
    """Keep every part of the money by itself, and what delivery and tax cost where."""
    dialect = op.get_bind().dialect.name
    for part in PARTS:
        op.execute(_part_sql(part, dialect))
    for table, name, kind in WORDS:
        op.add_column(table, sa.Column(name, kind, nullable=False, server_default=sa.text("''")))
    for table, name in SWITCHES:
        op.add_column(
            table, sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.text("true"))
        )
    for table, before, after in TOTALS:
        _change_check(table, before, after)
    _make_shipping_rates()
    _make_tax_rates()


def _part_sql(part: tuple[str, str, str | None, str], dialect: str) -> str:
    """Both engines add a column with its check in one statement; SQLite rebuilds no table so."""
    table, column, most, check = part
    is_small = dialect == "sqlite" or column == "tax_ppm"
    condition = f"{column} >= 0" + (f" AND {column} <= {most}" if most else "")
    return (
        f"ALTER TABLE {table} ADD COLUMN {column} {'INTEGER' if is_small else 'BIGINT'} "
        f"DEFAULT 0 NOT NULL CONSTRAINT ck_{table}_{check} CHECK ({condition})"
    )


def _change_check(table: str, before: str, after: str) -> None:
    """Say something else in a table's parts_make_total.

    SQLite changes a check in the text of the schema, as its documentation of ALTER TABLE shows
    for changes that touch no row: a rebuilt table would lose what refers to it.
    """
    name = f"ck_{table}_parts_make_total"
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({after})")
        return
    op.execute("PRAGMA writable_schema = ON")
    op.execute(
        f"UPDATE sqlite_master SET sql = replace(sql, '({before})', '({after})') "  # noqa: S608 - words of our own
        f"WHERE type = 'table' AND name = '{table}'"
    )
    op.execute("PRAGMA writable_schema = RESET")


def _make_shipping_rates() -> None:
    table = "storefront_shipping_rates"
    op.create_table(
        table,
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("public_id", sa.String(24), nullable=False),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("amount_minor", Key, nullable=False),
        sa.Column("free_from_minor", Key, nullable=True),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("retired_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("amount_minor >= 0", name=op.f(f"ck_{table}_amount_not_negative")),
        sa.CheckConstraint("free_from_minor > 0", name=op.f(f"ck_{table}_free_from_positive")),
        *_keys(table),
    )
    _in_use(table, "merchant_id", "country")


def _make_tax_rates() -> None:
    table = "storefront_tax_rates"
    op.create_table(
        table,
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("public_id", sa.String(24), nullable=False),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("region", sa.String(120), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("rate_ppm", sa.Integer(), nullable=False),
        sa.Column("covers_shipping", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("retired_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "rate_ppm >= 0 AND rate_ppm <= 1000000", name=op.f(f"ck_{table}_rate_is_a_part")
        ),
        *_keys(table),
    )
    _in_use(table, "merchant_id", "country", "region")


def _keys(table: str) -> list[sa.Constraint]:
    return [
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["storefront_merchants.id"], name=op.f(f"fk_{table}_merchant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(
            "merchant_id", "public_id", name=op.f(f"uq_{table}_merchant_id_public_id")
        ),
    ]


def _in_use(table: str, *columns: str) -> None:
    """Allow one rate for a place at a time; those that have retired stay beside it."""
    in_use = sa.text("retired_at IS NULL")
    op.create_index(
        f"uq_{table}_in_use",
        table,
        list(columns),
        unique=True,
        sqlite_where=in_use,
        postgresql_where=in_use,
    )


def downgrade() -> None:
    """Take the parts away; refuse where an order has a discount, or tax beside its prices."""
    for table, before, _ in TOTALS:
        refuse_rows(op.get_bind(), table, f"NOT ({before})")
    op.drop_table("storefront_tax_rates")
    op.drop_table("storefront_shipping_rates")
    for table, before, after in TOTALS:
        _change_check(table, after, before)
    for table, name in reversed(SWITCHES):
        op.drop_column(table, name)
    for table, name, _ in reversed(WORDS):
        op.drop_column(table, name)
    for table, name, _, _ in reversed(PARTS):
        op.drop_column(table, name)
