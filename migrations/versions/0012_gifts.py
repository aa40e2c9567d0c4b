"""Gifts: what was sent to whom, the cards with their ledgers, and the counter. Lines of an order
may be values without a variant, and an order may reach nobody but the recipients of its gifts."""

import sqlalchemy as sa
from alembic import op

from storefront.db.going_back import refuse_rows
from storefront.db.triggers import append_only_sql
from storefront.db.types import Key, UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ORDERS, LINES = "storefront_orders", "storefront_line_items"
APPEND_ONLY = (
    "storefront_gift_deliveries",
    "storefront_redemptions",
    "storefront_redemption_reversals",
    "storefront_gift_entries",
)
TABLES = (
    "storefront_gift_entries",
    "storefront_redemption_reversals",
    "storefront_redemptions",
    "storefront_gift_cards",
    "storefront_gift_deliveries",
    "storefront_gift_contacts",
    "storefront_gifts",
    "storefront_counter_shifts",
    "storefront_counter_devices",
    "storefront_gift_settings",
)
"""In the order in which they can be dropped."""

WAYS_BEFORE = "fulfilment IN ('pickup', 'shipping')"
WAYS_NOW = "fulfilment IN ('pickup', 'shipping', 'gift')"
IS_VARIANT = "variant_id IS NOT NULL OR kind <> 'goods'"
VARIANT_CHECK = f"ck_{LINES}_goods_are_variants"
VARIANT_BEFORE = "variant_id INTEGER NOT NULL"
VARIANT_NOW = f"variant_id INTEGER CONSTRAINT {VARIANT_CHECK} CHECK ({IS_VARIANT})"


def upgrade() -> None:
    """Make the tables of gifts, and room for them in orders."""
    _change_ways(WAYS_BEFORE, WAYS_NOW)
    if _is_sqlite():
        _rewrite(LINES, VARIANT_BEFORE, VARIANT_NOW)
    else:
        op.execute(f"ALTER TABLE {LINES} ALTER COLUMN variant_id DROP NOT NULL")
        op.execute(f"ALTER TABLE {LINES} ADD CONSTRAINT {VARIANT_CHECK} CHECK ({IS_VARIANT})")
    _make_gift_settings()
    _make_counter_devices()
    _make_counter_shifts()
    _make_gifts()
    _make_gift_cards()
    _make_gift_contacts()
    _make_gift_deliveries()
    _make_redemptions()
    _make_gift_entries()
    _make_redemption_reversals()
    for table in APPEND_ONLY:
        for statement in append_only_sql(table, op.get_bind().dialect.name):
            op.execute(statement.replace(":", "\\:"))


def downgrade() -> None:
    """Drop them; refuse where an order is a gift."""
    refuse_rows(op.get_bind(), LINES, "variant_id IS NULL")
    refuse_rows(op.get_bind(), ORDERS, f"NOT ({WAYS_BEFORE})")
    for table in TABLES:
        op.drop_table(table)
    if _is_sqlite():
        _rewrite(LINES, VARIANT_NOW, VARIANT_BEFORE)
    else:
        op.execute(f"ALTER TABLE {LINES} DROP CONSTRAINT {VARIANT_CHECK}")
        op.execute(f"ALTER TABLE {LINES} ALTER COLUMN variant_id SET NOT NULL")
    _change_ways(WAYS_NOW, WAYS_BEFORE)


def _is_sqlite() -> bool:
    return bool(op.get_bind().dialect.name == "sqlite")


def _change_ways(before: str, after: str) -> None:
    name = f"ck_{ORDERS}_fulfilment_is_known"
    if _is_sqlite():
        _rewrite(ORDERS, f"({before})", f"({after})")
        return
    op.execute(f"ALTER TABLE {ORDERS} DROP CONSTRAINT {name}")
    op.execute(f"ALTER TABLE {ORDERS} ADD CONSTRAINT {name} CHECK ({after})")


def _rewrite(table: str, before: str, after: str) -> None:
    """Change the text of a table's schema, as SQLite's documentation of ALTER TABLE shows for
    changes that touch no row: a rebuilt table would lose what refers to it."""
    quoted = [text.replace("'", "''") for text in (before, after)]
    op.execute("PRAGMA writable_schema = ON")
    op.execute(
        f"UPDATE sqlite_master SET sql = replace(sql, '{quoted[0]}', '{quoted[1]}') "  # noqa: S608 - words of our own
        f"WHERE type = 'table' AND name = '{table}'"
    )
    op.execute("PRAGMA writable_schema = RESET")


def _keys(table: str, **targets: str) -> list[sa.Column | sa.Constraint]:
    """Return what every table has: its key, its merchant, and what its columns refer to."""
    return [
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        *(
            sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))
            for column, target in {"merchant_id": "storefront_merchants", **targets}.items()
        ),
    ]


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))


def _make_gift_settings() -> None:
    table = "storefront_gift_settings"
    op.create_table(
        table,
        sa.Column("is_on", sa.Boolean(), nullable=False, server_default=sa.text("true")),
        sa.Column("least_minor", Key, nullable=False),
        sa.Column("most_minor", Key, nullable=False),
        sa.Column("presets", sa.JSON(), nullable=False),
        sa.Column("months_valid", sa.Integer(), nullable=True),
        sa.Column("are_promotable", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("stores", sa.JSON(), nullable=True),
        sa.Column("remind_unopened_days", sa.Integer(), nullable=True),
        sa.Column("remind_expiry_days", sa.Integer(), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "least_minor > 0 AND most_minor >= least_minor",
            name=op.f("ck_storefront_gift_settings_limits_are_in_order"),
        ),
        sa.CheckConstraint(
            "months_valid IS NULL OR months_valid >= 60",
            name=op.f("ck_storefront_gift_settings_valid_long_enough"),
        ),
        *_keys(table),
        _unique(table, "merchant_id"),
    )


def _make_counter_devices() -> None:
    table = "storefront_counter_devices"
    op.create_table(
        table,
        sa.Column("store_id", Key, nullable=False),
        sa.Column("public_id", sa.String(24), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("invited_at", UtcDateTime(), nullable=False),
        sa.Column("invited_until", UtcDateTime(), nullable=False),
        sa.Column("enrolled_at", UtcDateTime(), nullable=True),
        sa.Column("seen_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        *_keys(table, store_id="storefront_stores"),
        _unique(table, "merchant_id", "digest"),
        _unique(table, "merchant_id", "public_id"),
    )
    _index(table, "digest")


def _make_counter_shifts() -> None:
    table = "storefront_counter_shifts"
    op.create_table(
        table,
        sa.Column("device_id", Key, nullable=False),
        sa.Column("member_id", Key, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("left_at", UtcDateTime(), nullable=True),
        *_keys(table, device_id="storefront_counter_devices", member_id="storefront_members"),
        _unique(table, "merchant_id", "digest"),
    )
    _index(table, "digest")
    _index(table, "device_id")


def _make_gifts() -> None:
    table = "storefront_gifts"
    op.create_table(
        table,
        sa.Column("public_id", sa.String(24), nullable=False),
        sa.Column("order_id", Key, nullable=False),
        sa.Column("line_item_id", Key, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("variant_id", Key, nullable=True),
        sa.Column("title", sa.String(320), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("face_minor", Key, nullable=False),
        sa.Column("paid_minor", Key, nullable=False),
        sa.Column("design", sa.String(20), nullable=False),
        sa.Column("way", sa.String(10), nullable=False),
        sa.Column("deliver_at", UtcDateTime(), nullable=True),
        sa.Column("wall_clock", sa.String(16), nullable=False, server_default=sa.text("''")),
        sa.Column("zone", sa.String(60), nullable=False, server_default=sa.text("''")),
        sa.Column("link_number", sa.Integer(), nullable=False, server_default=sa.text("1")),
        sa.Column("resent", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("visitor", sa.String(26), nullable=False),
        sa.Column("origin_interaction_id", Key, nullable=True),
        sa.Column("opened_interaction_id", Key, nullable=True),
        sa.Column("placed_at", UtcDateTime(), nullable=False),
        sa.Column("issued_at", UtcDateTime(), nullable=True),
        sa.Column("delivered_at", UtcDateTime(), nullable=True),
        sa.Column("undeliverable_at", UtcDateTime(), nullable=True),
        sa.Column("opened_at", UtcDateTime(), nullable=True),
        sa.Column("thanked_at", UtcDateTime(), nullable=True),
        sa.Column("cancelled_at", UtcDateTime(), nullable=True),
        sa.Column("reminded_at", UtcDateTime(), nullable=True),
        sa.Column("reminders_off_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "face_minor > 0",
            name=op.f("ck_storefront_gifts_face_positive"),
        ),
        sa.CheckConstraint(
            "link_number > 0",
            name=op.f("ck_storefront_gifts_link_counted"),
        ),
        sa.CheckConstraint(
            "paid_minor >= 0",
            name=op.f("ck_storefront_gifts_paid_not_negative"),
        ),
        sa.CheckConstraint(
            "way IN ('email', 'link', 'self')",
            name=op.f("ck_storefront_gifts_way_is_known"),
        ),
        *_keys(
            table,
            line_item_id="storefront_line_items",
            opened_interaction_id="storefront_interactions",
            order_id="storefront_orders",
            origin_interaction_id="storefront_interactions",
            variant_id="storefront_variants",
        ),
        _unique(table, "merchant_id", "public_id"),
        _unique(table, "merchant_id", "line_item_id", "position"),
    )
    _index(table, "public_id")
    _index(table, "line_item_id")
    _index(table, "merchant_id", "issued_at")
    _index(table, "merchant_id", "order_id")
    _index(table, "origin_interaction_id")


def _make_gift_cards() -> None:
    table = "storefront_gift_cards"
    op.create_table(
        table,
        sa.Column("public_id", sa.String(24), nullable=False),
        sa.Column("gift_id", Key, nullable=False),
        sa.Column("variant_id", Key, nullable=True),
        sa.Column("code_digest", sa.String(64), nullable=False),
        sa.Column("last_four", sa.String(4), nullable=False),
        sa.Column("code_sealed", sa.Text(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("face_minor", Key, nullable=False),
        sa.Column("balance_minor", Key, nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("zone", sa.String(60), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("stores", sa.JSON(), nullable=True),
        sa.Column("holder_key", sa.String(64), nullable=True),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.Column("blocked_at", UtcDateTime(), nullable=True),
        sa.Column("block_reason", sa.String(40), nullable=True),
        sa.Column("voided_at", UtcDateTime(), nullable=True),
        sa.Column("void_reason", sa.String(40), nullable=True),
        sa.CheckConstraint(
            "balance_minor >= 0",
            name=op.f("ck_storefront_gift_cards_balance_not_negative"),
        ),
        sa.CheckConstraint(
            "face_minor > 0",
            name=op.f("ck_storefront_gift_cards_face_positive"),
        ),
        *_keys(table, gift_id="storefront_gifts", variant_id="storefront_variants"),
        _unique(table, "merchant_id", "code_digest"),
        _unique(table, "merchant_id", "public_id"),
        _unique(table, "merchant_id", "gift_id"),
    )
    _index(table, "merchant_id", "last_four")
    _index(table, "gift_id")


def _make_gift_contacts() -> None:
    table = "storefront_gift_contacts"
    op.create_table(
        table,
        sa.Column("gift_id", Key, nullable=False),
        sa.Column("sender", sa.String(120), nullable=False),
        sa.Column("recipient", sa.String(120), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("words", sa.String(500), nullable=False),
        sa.Column("thanks", sa.String(500), nullable=False, server_default=sa.text("''")),
        sa.Column("locale", sa.String(20), nullable=False),
        *_keys(table, gift_id="storefront_gifts"),
        _unique(table, "merchant_id", "gift_id"),
    )
    _index(table, "gift_id")
    _index(table, "merchant_id", "email")


def _make_gift_deliveries() -> None:
    table = "storefront_gift_deliveries"
    op.create_table(
        table,
        sa.Column("gift_id", Key, nullable=False),
        sa.Column("cause", sa.String(20), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("detail", sa.String(60), nullable=False),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        *_keys(table, gift_id="storefront_gifts"),
    )
    _index(table, "merchant_id", "gift_id")


def _make_redemptions() -> None:
    table = "storefront_redemptions"
    op.create_table(
        table,
        sa.Column("public_id", sa.String(24), nullable=False),
        sa.Column("card_id", Key, nullable=False),
        sa.Column("store_id", Key, nullable=False),
        sa.Column("member_id", Key, nullable=True),
        sa.Column("device_id", Key, nullable=True),
        sa.Column("caller", sa.String(40), nullable=False),
        sa.Column("request_key", sa.String(255), nullable=False),
        sa.Column("body_hash", sa.String(64), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("amount_minor", Key, nullable=False),
        sa.Column("basket_minor", Key, nullable=True),
        sa.Column("balance_after_minor", Key, nullable=False),
        sa.Column("interaction_id", Key, nullable=True),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "amount_minor > 0",
            name=op.f("ck_storefront_redemptions_amount_positive"),
        ),
        sa.CheckConstraint(
            "basket_minor IS NULL OR basket_minor >= amount_minor",
            name=op.f("ck_storefront_redemptions_basket_holds_amount"),
        ),
        *_keys(
            table,
            card_id="storefront_gift_cards",
            interaction_id="storefront_interactions",
            store_id="storefront_stores",
        ),
        _unique(table, "merchant_id", "public_id"),
        _unique(table, "merchant_id", "caller", "request_key"),
    )
    _index(table, "merchant_id", "card_id")
    _index(table, "merchant_id", "store_id", "occurred_at")


def _make_gift_entries() -> None:
    table = "storefront_gift_entries"
    op.create_table(
        table,
        sa.Column("card_id", Key, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("amount_minor", Key, nullable=False),
        sa.Column("balance_after_minor", Key, nullable=False),
        sa.Column("money_minor", Key, nullable=False, server_default=sa.text("0")),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("redemption_id", Key, nullable=True),
        sa.Column("reference", sa.String(24), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("member_id", Key, nullable=True),
        sa.Column("store_id", Key, nullable=True),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "balance_after_minor >= 0",
            name=op.f("ck_storefront_gift_entries_balance_not_negative"),
        ),
        sa.CheckConstraint(
            "kind IN ('issue', 'redeem', 'reverse', 'adjust', 'refund', 'refund_failed', "
            "'void', 'unvoid')",
            name=op.f("ck_storefront_gift_entries_kind_is_known"),
        ),
        *_keys(table, card_id="storefront_gift_cards", redemption_id="storefront_redemptions"),
        _unique(table, "merchant_id", "card_id", "sequence"),
    )
    _index(table, "merchant_id", "occurred_at")
    _index(table, "card_id")
    _index(table, "merchant_id", "reference")


def _make_redemption_reversals() -> None:
    table = "storefront_redemption_reversals"
    op.create_table(
        table,
        sa.Column("redemption_id", Key, nullable=False),
        sa.Column("member_id", Key, nullable=True),
        sa.Column("caller", sa.String(40), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        *_keys(table, redemption_id="storefront_redemptions"),
        _unique(table, "merchant_id", "redemption_id"),
    )
    _index(table, "redemption_id")
