"""Offers: terms, codes, uses and what each took off."""

import sqlalchemy as sa
from alembic import op

from storefront.db.triggers import append_only_sql
from storefront.db.types import Key, UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "storefront_order_discounts",
    "storefront_order_refusals",
    "storefront_offer_events",
    "storefront_variant_prices",
)


def upgrade() -> None:
    op.create_table(
        "storefront_offer_lanes",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("lane", sa.String(length=20), nullable=False),
        sa.Column("mode", sa.String(length=20), nullable=False),
        sa.CheckConstraint(
            "lane IN ('pre', 'default', 'post')",
            name=op.f("ck_storefront_offer_lanes_lane_is_known"),
        ),
        sa.CheckConstraint(
            "mode IN ('best', 'all', 'first')", name=op.f("ck_storefront_offer_lanes_mode_is_known")
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["storefront_merchants.id"],
            name=op.f("fk_storefront_offer_lanes_merchant_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_offer_lanes")),
        sa.UniqueConstraint(
            "merchant_id", "lane", name=op.f("uq_storefront_offer_lanes_merchant_id_lane")
        ),
    )
    op.create_table(
        "storefront_offers",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("public_id", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("benefit", sa.String(length=20), nullable=False),
        sa.Column("scope", sa.String(length=20), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("rate_ppm", sa.Integer(), nullable=False),
        sa.Column("value_minor", Key, nullable=False),
        sa.Column("max_discount_minor", Key, nullable=True),
        sa.Column("min_spend_minor", Key, nullable=False),
        sa.Column("min_quantity", sa.Integer(), nullable=False),
        sa.Column("is_first_order_only", sa.Boolean(), nullable=False),
        sa.Column("lane", sa.String(length=20), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("base", sa.String(length=20), nullable=False),
        sa.Column("is_exclusive", sa.Boolean(), nullable=False),
        sa.Column("combines_with", sa.JSON(), nullable=False),
        sa.Column("zone", sa.String(length=60), nullable=False),
        sa.Column("starts_wall", sa.String(length=16), nullable=False),
        sa.Column("ends_wall", sa.String(length=16), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=True),
        sa.Column("ends_at", UtcDateTime(), nullable=True),
        sa.Column("quota", Key, nullable=True),
        sa.Column("held", Key, nullable=False),
        sa.Column("used", Key, nullable=False),
        sa.Column("budget_minor", Key, nullable=True),
        sa.Column("spent_minor", Key, nullable=False),
        sa.Column("per_buyer_limit", sa.Integer(), nullable=True),
        sa.Column("placement_id", Key, nullable=True),
        sa.Column("link", sa.String(length=26), nullable=True),
        sa.Column("returns_use", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=True),
        sa.Column("paused_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("start_noted_at", UtcDateTime(), nullable=True),
        sa.Column("end_noted_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "NOT (benefit = 'fixed_price' AND scope = 'order')",
            name=op.f("ck_storefront_offers_fixed_prices_are_of_things"),
        ),
        sa.CheckConstraint(
            "base IN ('initial', 'discounted')", name=op.f("ck_storefront_offers_base_is_known")
        ),
        sa.CheckConstraint(
            "benefit IN ('percent', 'amount', 'fixed_price')",
            name=op.f("ck_storefront_offers_benefit_is_known"),
        ),
        sa.CheckConstraint(
            "kind IN ('automatic', 'code')", name=op.f("ck_storefront_offers_kind_is_known")
        ),
        sa.CheckConstraint(
            "lane IN ('pre', 'default', 'post')", name=op.f("ck_storefront_offers_lane_is_known")
        ),
        sa.CheckConstraint(
            "scope IN ('chosen', 'order')", name=op.f("ck_storefront_offers_scope_is_known")
        ),
        sa.CheckConstraint(
            "budget_minor IS NULL OR spent_minor <= budget_minor",
            name=op.f("ck_storefront_offers_never_overspent"),
        ),
        sa.CheckConstraint(
            "ends_at > starts_at", name=op.f("ck_storefront_offers_ends_after_start")
        ),
        sa.CheckConstraint("held >= 0", name=op.f("ck_storefront_offers_held_not_negative")),
        sa.CheckConstraint(
            "per_buyer_limit IS NULL OR per_buyer_limit > 0",
            name=op.f("ck_storefront_offers_per_buyer_limit_positive"),
        ),
        sa.CheckConstraint(
            "quota IS NULL OR held + used <= quota",
            name=op.f("ck_storefront_offers_never_overused"),
        ),
        sa.CheckConstraint(
            "rate_ppm >= 0 AND rate_ppm <= 1000000",
            name=op.f("ck_storefront_offers_rate_is_a_share"),
        ),
        sa.CheckConstraint(
            "spent_minor >= 0", name=op.f("ck_storefront_offers_spent_not_negative")
        ),
        sa.CheckConstraint("used >= 0", name=op.f("ck_storefront_offers_used_not_negative")),
        sa.CheckConstraint(
            "value_minor >= 0", name=op.f("ck_storefront_offers_value_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["storefront_merchants.id"],
            name=op.f("fk_storefront_offers_merchant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["placement_id"],
            ["storefront_placements.id"],
            name=op.f("fk_storefront_offers_placement_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_offers")),
        sa.UniqueConstraint(
            "merchant_id", "link", name=op.f("uq_storefront_offers_merchant_id_link")
        ),
        sa.UniqueConstraint(
            "merchant_id", "public_id", name=op.f("uq_storefront_offers_merchant_id_public_id")
        ),
    )
    op.create_index(
        op.f("ix_storefront_offers_merchant_id_published_at_ends_at"),
        "storefront_offers",
        ["merchant_id", "published_at", "ends_at"],
        unique=False,
    )
    op.create_table(
        "storefront_offer_codes",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("offer_id", Key, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("shown", sa.String(length=60), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("max_uses", sa.Integer(), nullable=True),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("held >= 0", name=op.f("ck_storefront_offer_codes_held_not_negative")),
        sa.CheckConstraint(
            "max_uses IS NULL OR held + used <= max_uses",
            name=op.f("ck_storefront_offer_codes_never_overused"),
        ),
        sa.CheckConstraint("used >= 0", name=op.f("ck_storefront_offer_codes_used_not_negative")),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["storefront_merchants.id"],
            name=op.f("fk_storefront_offer_codes_merchant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["storefront_offers.id"], name=op.f("fk_storefront_offer_codes_offer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_offer_codes")),
        sa.UniqueConstraint(
            "merchant_id", "code", name=op.f("uq_storefront_offer_codes_merchant_id_code")
        ),
    )
    op.create_index(
        op.f("ix_storefront_offer_codes_offer_id_batch"),
        "storefront_offer_codes",
        ["offer_id", "batch"],
        unique=False,
    )
    op.create_table(
        "storefront_offer_events",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("offer_id", Key, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["storefront_merchants.id"],
            name=op.f("fk_storefront_offer_events_merchant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["storefront_offers.id"], name=op.f("fk_storefront_offer_events_offer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_offer_events")),
    )
    op.create_index(
        op.f("ix_storefront_offer_events_merchant_id_offer_id"),
        "storefront_offer_events",
        ["merchant_id", "offer_id"],
        unique=False,
    )
    op.create_table(
        "storefront_offer_targets",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("offer_id", Key, nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("product_id", Key, nullable=True),
        sa.Column("variant_id", Key, nullable=True),
        sa.CheckConstraint(
            "role IN ('benefit', 'condition')",
            name=op.f("ck_storefront_offer_targets_role_is_known"),
        ),
        sa.CheckConstraint(
            "(product_id IS NULL) <> (variant_id IS NULL)",
            name=op.f("ck_storefront_offer_targets_one_thing"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["storefront_merchants.id"],
            name=op.f("fk_storefront_offer_targets_merchant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["offer_id"],
            ["storefront_offers.id"],
            name=op.f("fk_storefront_offer_targets_offer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["storefront_products.id"],
            name=op.f("fk_storefront_offer_targets_product_id"),
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"],
            ["storefront_variants.id"],
            name=op.f("fk_storefront_offer_targets_variant_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_offer_targets")),
        sa.UniqueConstraint(
            "merchant_id",
            "offer_id",
            "role",
            "product_id",
            name=op.f("uq_storefront_offer_targets_merchant_id_offer_id_role_product_id"),
        ),
        sa.UniqueConstraint(
            "merchant_id",
            "offer_id",
            "role",
            "variant_id",
            name=op.f("uq_storefront_offer_targets_merchant_id_offer_id_role_variant_id"),
        ),
    )
    op.create_index(
        op.f("ix_storefront_offer_targets_offer_id"),
        "storefront_offer_targets",
        ["offer_id"],
        unique=False,
    )
    op.create_table(
        "storefront_order_refusals",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("order_id", Key, nullable=False),
        sa.Column("offer_id", Key, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["storefront_merchants.id"],
            name=op.f("fk_storefront_order_refusals_merchant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["offer_id"],
            ["storefront_offers.id"],
            name=op.f("fk_storefront_order_refusals_offer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["storefront_orders.id"],
            name=op.f("fk_storefront_order_refusals_order_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_order_refusals")),
    )
    op.create_index(
        op.f("ix_storefront_order_refusals_merchant_id_order_id"),
        "storefront_order_refusals",
        ["merchant_id", "order_id"],
        unique=False,
    )
    op.create_table(
        "storefront_variant_prices",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("variant_id", Key, nullable=False),
        sa.Column("offer_id", Key, nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("price_minor", Key, nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "price_minor >= 0", name=op.f("ck_storefront_variant_prices_price_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["storefront_merchants.id"],
            name=op.f("fk_storefront_variant_prices_merchant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["offer_id"],
            ["storefront_offers.id"],
            name=op.f("fk_storefront_variant_prices_offer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"],
            ["storefront_variants.id"],
            name=op.f("fk_storefront_variant_prices_variant_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_variant_prices")),
    )
    op.create_index(
        op.f("ix_storefront_variant_prices_variant_id_since"),
        "storefront_variant_prices",
        ["variant_id", "since"],
        unique=False,
    )
    op.create_table(
        "storefront_offer_uses",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("order_id", Key, nullable=False),
        sa.Column("offer_id", Key, nullable=False),
        sa.Column("code_id", Key, nullable=True),
        sa.Column("buyer_key", sa.String(length=64), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=True),
        sa.Column("amount_minor", Key, nullable=False),
        sa.Column("held_at", UtcDateTime(), nullable=False),
        sa.Column("taken_at", UtcDateTime(), nullable=True),
        sa.Column("released_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_storefront_offer_uses_has_effect")),
        sa.ForeignKeyConstraint(
            ["code_id"],
            ["storefront_offer_codes.id"],
            name=op.f("fk_storefront_offer_uses_code_id"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["storefront_merchants.id"],
            name=op.f("fk_storefront_offer_uses_merchant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["storefront_offers.id"], name=op.f("fk_storefront_offer_uses_offer_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["storefront_orders.id"], name=op.f("fk_storefront_offer_uses_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_offer_uses")),
        sa.UniqueConstraint(
            "merchant_id",
            "offer_id",
            "buyer_key",
            "slot",
            name=op.f("uq_storefront_offer_uses_merchant_id_offer_id_buyer_key_slot"),
        ),
        sa.UniqueConstraint(
            "merchant_id",
            "order_id",
            "offer_id",
            name=op.f("uq_storefront_offer_uses_merchant_id_order_id_offer_id"),
        ),
    )
    op.create_index(
        op.f("ix_storefront_offer_uses_offer_id_released_at_taken_at"),
        "storefront_offer_uses",
        ["offer_id", "released_at", "taken_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_storefront_offer_uses_order_id"),
        "storefront_offer_uses",
        ["order_id"],
        unique=False,
    )
    op.create_table(
        "storefront_order_discounts",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("order_id", Key, nullable=False),
        sa.Column("line_item_id", Key, nullable=False),
        sa.Column("offer_id", Key, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", Key, nullable=False),
        sa.CheckConstraint(
            "amount_minor > 0", name=op.f("ck_storefront_order_discounts_has_effect")
        ),
        sa.ForeignKeyConstraint(
            ["line_item_id"],
            ["storefront_line_items.id"],
            name=op.f("fk_storefront_order_discounts_line_item_id"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["storefront_merchants.id"],
            name=op.f("fk_storefront_order_discounts_merchant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["offer_id"],
            ["storefront_offers.id"],
            name=op.f("fk_storefront_order_discounts_offer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["storefront_orders.id"],
            name=op.f("fk_storefront_order_discounts_order_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_order_discounts")),
        sa.UniqueConstraint(
            "merchant_id",
            "line_item_id",
            "offer_id",
            name=op.f("uq_storefront_order_discounts_merchant_id_line_item_id_offer_id"),
        ),
    )
    op.create_index(
        op.f("ix_storefront_order_discounts_order_id"),
        "storefront_order_discounts",
        ["order_id"],
        unique=False,
    )
    op.add_column("storefront_orders", sa.Column("buyer_key", sa.String(length=64), nullable=True))
    op.create_index(
        op.f("ix_storefront_orders_merchant_id_buyer_key"),
        "storefront_orders",
        ["merchant_id", "buyer_key"],
        unique=False,
    )
    for table in APPEND_ONLY:
        for statement in append_only_sql(table, op.get_bind().dialect.name):
            op.execute(statement.replace(":", "\\:"))


def downgrade() -> None:
    op.drop_index(
        op.f("ix_storefront_orders_merchant_id_buyer_key"), table_name="storefront_orders"
    )
    op.drop_column("storefront_orders", "buyer_key")
    op.drop_index(
        op.f("ix_storefront_order_discounts_order_id"), table_name="storefront_order_discounts"
    )
    op.drop_table("storefront_order_discounts")
    op.drop_index(op.f("ix_storefront_offer_uses_order_id"), table_name="storefront_offer_uses")
    op.drop_index(
        op.f("ix_storefront_offer_uses_offer_id_released_at_taken_at"),
        table_name="storefront_offer_uses",
    )
    op.drop_table("storefront_offer_uses")
    op.drop_index(
        op.f("ix_storefront_variant_prices_variant_id_since"),
        table_name="storefront_variant_prices",
    )
    op.drop_table("storefront_variant_prices")
    op.drop_index(
        op.f("ix_storefront_order_refusals_merchant_id_order_id"),
        table_name="storefront_order_refusals",
    )
    op.drop_table("storefront_order_refusals")
    op.drop_index(
        op.f("ix_storefront_offer_targets_offer_id"), table_name="storefront_offer_targets"
    )
    op.drop_table("storefront_offer_targets")
    op.drop_index(
        op.f("ix_storefront_offer_events_merchant_id_offer_id"),
        table_name="storefront_offer_events",
    )
    op.drop_table("storefront_offer_events")
    op.drop_index(
        op.f("ix_storefront_offer_codes_offer_id_batch"), table_name="storefront_offer_codes"
    )
    op.drop_table("storefront_offer_codes")
    op.drop_index(
        op.f("ix_storefront_offers_merchant_id_published_at_ends_at"),
        table_name="storefront_offers",
    )
    op.drop_table("storefront_offers")
    op.drop_table("storefront_offer_lanes")
