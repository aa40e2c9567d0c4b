"""The first sale: merchants, catalogue, placements, interactions, orders, payments, jobs."""

import sqlalchemy as sa
from alembic import op

from storefront.db.triggers import append_only_sql
from storefront.db.types import Key, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "storefront_interactions",
    "storefront_order_events",
    "storefront_payment_events",
    "storefront_order_touchpoints",
    "storefront_order_origins",
    "storefront_attributions",
)


def upgrade() -> None:
    """Make every table, and the triggers of those that only grow."""
    op.create_table(
        "storefront_alarms",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("first_seen_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_alarms")),
        sa.UniqueConstraint(
            "merchant_id", "kind", name=op.f("uq_storefront_alarms_merchant_id_kind")
        ),
    )
    op.create_table(
        "storefront_jobs",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("unique_key", sa.String(length=80), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("run_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease", sa.String(length=26), nullable=True),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("given_up_at", UtcDateTime(), nullable=True),
        sa.Column("last_fault", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_jobs")),
        sa.UniqueConstraint(
            "merchant_id",
            "name",
            "unique_key",
            name=op.f("uq_storefront_jobs_merchant_id_name_unique_key"),
        ),
    )
    op.create_index(
        "ix_storefront_jobs_due",
        "storefront_jobs",
        ["run_at"],
        unique=False,
        sqlite_where=sa.text("done_at IS NULL AND given_up_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL AND given_up_at IS NULL"),
    )
    op.create_table(
        "storefront_members",
        sa.Column("id", Key, nullable=False),
        sa.Column("public_id", sa.String(length=24), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("session_epoch", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_members")),
        sa.UniqueConstraint("email", name=op.f("uq_storefront_members_email")),
        sa.UniqueConstraint("public_id", name=op.f("uq_storefront_members_public_id")),
    )
    op.create_table(
        "storefront_merchants",
        sa.Column("id", Key, nullable=False),
        sa.Column("public_id", sa.String(length=24), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("zone", sa.String(length=60), nullable=False),
        sa.Column("locale", sa.String(length=20), nullable=False),
        sa.Column("accent", sa.String(length=7), nullable=False),
        sa.Column("contact_email", sa.String(length=254), nullable=False),
        sa.Column("stripe_account", sa.String(length=60), nullable=False),
        sa.Column("next_order_number", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_merchants")),
        sa.UniqueConstraint("public_id", name=op.f("uq_storefront_merchants_public_id")),
        sa.UniqueConstraint("slug", name=op.f("uq_storefront_merchants_slug")),
    )
    op.create_table(
        "storefront_allowed_hosts",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("origin", sa.String(length=300), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["storefront_merchants.id"],
            name=op.f("fk_storefront_allowed_hosts_merchant_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_allowed_hosts")),
        sa.UniqueConstraint(
            "merchant_id", "origin", name=op.f("uq_storefront_allowed_hosts_merchant_id_origin")
        ),
    )
    op.create_table(
        "storefront_campaigns",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("public_id", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["storefront_merchants.id"],
            name=op.f("fk_storefront_campaigns_merchant_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_campaigns")),
        sa.UniqueConstraint(
            "merchant_id", "public_id", name=op.f("uq_storefront_campaigns_merchant_id_public_id")
        ),
    )
    op.create_table(
        "storefront_channels",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("slug", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["storefront_merchants.id"],
            name=op.f("fk_storefront_channels_merchant_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_channels")),
        sa.UniqueConstraint(
            "merchant_id", "slug", name=op.f("uq_storefront_channels_merchant_id_slug")
        ),
    )
    op.create_table(
        "storefront_idempotent_requests",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("caller", sa.String(length=60), nullable=False),
        sa.Column("route", sa.String(length=60), nullable=False),
        sa.Column("request_key", sa.String(length=255), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("leased_until", UtcDateTime(), nullable=False),
        sa.Column("subject", sa.String(length=24), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["storefront_merchants.id"],
            name=op.f("fk_storefront_idempotent_requests_merchant_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_idempotent_requests")),
        sa.UniqueConstraint(
            "merchant_id",
            "caller",
            "route",
            "request_key",
            name=op.f("uq_storefront_idempotent_requests_merchant_id_caller_route_request_key"),
        ),
    )
    op.create_index(
        op.f("ix_storefront_idempotent_requests_created_at"),
        "storefront_idempotent_requests",
        ["created_at"],
        unique=False,
    )
    op.create_table(
        "storefront_memberships",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("member_id", Key, nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("pin_hash", sa.String(length=200), nullable=True),
        sa.Column("joined_at", UtcDateTime(), nullable=False),
        sa.Column("left_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "role IN ('owner', 'manager', 'clerk')",
            name=op.f("ck_storefront_memberships_role_is_known"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["storefront_members.id"],
            name=op.f("fk_storefront_memberships_member_id"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["storefront_merchants.id"],
            name=op.f("fk_storefront_memberships_merchant_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_memberships")),
        sa.UniqueConstraint(
            "merchant_id", "member_id", name=op.f("uq_storefront_memberships_merchant_id_member_id")
        ),
    )
    op.create_index(
        op.f("ix_storefront_memberships_member_id"),
        "storefront_memberships",
        ["member_id"],
        unique=False,
    )
    op.create_table(
        "storefront_products",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("public_id", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["storefront_merchants.id"],
            name=op.f("fk_storefront_products_merchant_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_products")),
        sa.UniqueConstraint(
            "merchant_id", "public_id", name=op.f("uq_storefront_products_merchant_id_public_id")
        ),
    )
    op.create_table(
        "storefront_stores",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("public_id", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("hours", sa.String(length=300), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["storefront_merchants.id"],
            name=op.f("fk_storefront_stores_merchant_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_stores")),
        sa.UniqueConstraint(
            "merchant_id", "public_id", name=op.f("uq_storefront_stores_merchant_id_public_id")
        ),
    )
    op.create_table(
        "storefront_api_tokens",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("store_id", Key, nullable=True),
        sa.Column("public_id", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("last_four", sa.String(length=4), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["storefront_merchants.id"],
            name=op.f("fk_storefront_api_tokens_merchant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["storefront_stores.id"], name=op.f("fk_storefront_api_tokens_store_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_api_tokens")),
        sa.UniqueConstraint(
            "merchant_id", "digest", name=op.f("uq_storefront_api_tokens_merchant_id_digest")
        ),
    )
    op.create_index(
        op.f("ix_storefront_api_tokens_digest"), "storefront_api_tokens", ["digest"], unique=False
    )
    op.create_table(
        "storefront_placements",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("channel_id", Key, nullable=False),
        sa.Column("campaign_id", Key, nullable=True),
        sa.Column("public_id", sa.String(length=24), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("post_url", sa.String(length=2000), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("retired_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('product', 'collection')", name=op.f("ck_storefront_placements_kind_is_known")
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["storefront_campaigns.id"],
            name=op.f("fk_storefront_placements_campaign_id"),
        ),
        sa.ForeignKeyConstraint(
            ["channel_id"],
            ["storefront_channels.id"],
            name=op.f("fk_storefront_placements_channel_id"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["storefront_merchants.id"],
            name=op.f("fk_storefront_placements_merchant_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_placements")),
        sa.UniqueConstraint(
            "merchant_id", "public_id", name=op.f("uq_storefront_placements_merchant_id_public_id")
        ),
    )
    op.create_index(
        op.f("ix_storefront_placements_public_id"),
        "storefront_placements",
        ["public_id"],
        unique=False,
    )
    op.create_table(
        "storefront_product_images",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("product_id", Key, nullable=False),
        sa.Column("file", sa.String(length=500), nullable=False),
        sa.Column("alt", sa.String(length=300), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["storefront_merchants.id"],
            name=op.f("fk_storefront_product_images_merchant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["storefront_products.id"],
            name=op.f("fk_storefront_product_images_product_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_product_images")),
    )
    op.create_index(
        op.f("ix_storefront_product_images_merchant_id_product_id"),
        "storefront_product_images",
        ["merchant_id", "product_id"],
        unique=False,
    )
    op.create_table(
        "storefront_variants",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("product_id", Key, nullable=False),
        sa.Column("public_id", sa.String(length=24), nullable=False),
        sa.Column("sku", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("price_minor", Key, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("stock", Key, nullable=True),
        sa.Column("held", Key, nullable=False),
        sa.Column("sold", Key, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("held >= 0", name=op.f("ck_storefront_variants_held_not_negative")),
        sa.CheckConstraint(
            "price_minor >= 0", name=op.f("ck_storefront_variants_price_not_negative")
        ),
        sa.CheckConstraint("sold >= 0", name=op.f("ck_storefront_variants_sold_not_negative")),
        sa.CheckConstraint(
            "stock IS NULL OR held + sold <= stock",
            name=op.f("ck_storefront_variants_never_oversold"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["storefront_merchants.id"],
            name=op.f("fk_storefront_variants_merchant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["storefront_products.id"],
            name=op.f("fk_storefront_variants_product_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_variants")),
        sa.UniqueConstraint(
            "merchant_id", "public_id", name=op.f("uq_storefront_variants_merchant_id_public_id")
        ),
        sa.UniqueConstraint(
            "merchant_id", "sku", name=op.f("uq_storefront_variants_merchant_id_sku")
        ),
    )
    op.create_index(
        op.f("ix_storefront_variants_merchant_id_product_id"),
        "storefront_variants",
        ["merchant_id", "product_id"],
        unique=False,
    )
    op.create_table(
        "storefront_interactions",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("public_id", sa.String(length=24), nullable=False),
        sa.Column("placement_id", Key, nullable=True),
        sa.Column("share_id", Key, nullable=True),
        sa.Column("visitor", sa.String(length=26), nullable=True),
        sa.Column("parent_id", Key, nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("assurance", sa.String(length=10), nullable=False),
        sa.Column("surface", sa.String(length=10), nullable=False),
        sa.Column("referrer", sa.String(length=253), nullable=True),
        sa.Column("is_direct", sa.Boolean(), nullable=False),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "assurance IN ('signed', 'network', 'bare', 'inferred')",
            name=op.f("ck_storefront_interactions_assurance_is_known"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["storefront_merchants.id"],
            name=op.f("fk_storefront_interactions_merchant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["placement_id"],
            ["storefront_placements.id"],
            name=op.f("fk_storefront_interactions_placement_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_interactions")),
    )
    op.create_index(
        "ix_storefront_interactions_path",
        "storefront_interactions",
        ["merchant_id", "visitor", "occurred_at"],
        unique=False,
    )
    op.create_index(
        "ix_storefront_interactions_public_id",
        "storefront_interactions",
        ["merchant_id", "public_id"],
        unique=False,
    )
    op.create_table(
        "storefront_orders",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("public_id", sa.String(length=24), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("placement_id", Key, nullable=False),
        sa.Column("store_id", Key, nullable=True),
        sa.Column("visitor", sa.String(length=26), nullable=False),
        sa.Column("fulfilment", sa.String(length=20), nullable=False),
        sa.Column("locale", sa.String(length=20), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("goods_minor", Key, nullable=False),
        sa.Column("shipping_minor", Key, nullable=False),
        sa.Column("total_minor", Key, nullable=False),
        sa.Column("placed_at", UtcDateTime(), nullable=False),
        sa.Column("held_until", UtcDateTime(), nullable=False),
        sa.Column("processing_at", UtcDateTime(), nullable=True),
        sa.Column("paid_at", UtcDateTime(), nullable=True),
        sa.Column("expired_at", UtcDateTime(), nullable=True),
        sa.Column("cancelled_at", UtcDateTime(), nullable=True),
        sa.Column("needs_review_at", UtcDateTime(), nullable=True),
        sa.Column("review_reason", sa.String(length=60), nullable=True),
        sa.CheckConstraint(
            "fulfilment IN ('pickup', 'shipping')",
            name=op.f("ck_storefront_orders_fulfilment_is_known"),
        ),
        sa.CheckConstraint(
            "NOT (paid_at IS NULL AND number IS NOT NULL)",
            name=op.f("ck_storefront_orders_numbered_when_paid"),
        ),
        sa.CheckConstraint(
            "goods_minor >= 0", name=op.f("ck_storefront_orders_goods_not_negative")
        ),
        sa.CheckConstraint(
            "shipping_minor >= 0", name=op.f("ck_storefront_orders_shipping_not_negative")
        ),
        sa.CheckConstraint(
            "total_minor = goods_minor + shipping_minor",
            name=op.f("ck_storefront_orders_parts_make_total"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["storefront_merchants.id"],
            name=op.f("fk_storefront_orders_merchant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["placement_id"],
            ["storefront_placements.id"],
            name=op.f("fk_storefront_orders_placement_id"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["storefront_stores.id"], name=op.f("fk_storefront_orders_store_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_orders")),
        sa.UniqueConstraint(
            "merchant_id", "number", name=op.f("uq_storefront_orders_merchant_id_number")
        ),
        sa.UniqueConstraint(
            "merchant_id", "public_id", name=op.f("uq_storefront_orders_merchant_id_public_id")
        ),
    )
    op.create_index(
        op.f("ix_storefront_orders_merchant_id_placed_at"),
        "storefront_orders",
        ["merchant_id", "placed_at"],
        unique=False,
    )
    op.create_index(
        "ix_storefront_orders_open",
        "storefront_orders",
        ["held_until"],
        unique=False,
        sqlite_where=sa.text("paid_at IS NULL AND expired_at IS NULL AND cancelled_at IS NULL"),
        postgresql_where=sa.text("paid_at IS NULL AND expired_at IS NULL AND cancelled_at IS NULL"),
    )
    op.create_table(
        "storefront_placement_products",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("placement_id", Key, nullable=False),
        sa.Column("product_id", Key, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["storefront_merchants.id"],
            name=op.f("fk_storefront_placement_products_merchant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["placement_id"],
            ["storefront_placements.id"],
            name=op.f("fk_storefront_placement_products_placement_id"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["storefront_products.id"],
            name=op.f("fk_storefront_placement_products_product_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_placement_products")),
        sa.UniqueConstraint(
            "merchant_id",
            "placement_id",
            "product_id",
            name=op.f("uq_storefront_placement_products_merchant_id_placement_id_product_id"),
        ),
    )
    op.create_table(
        "storefront_attributions",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("order_id", Key, nullable=False),
        sa.Column("model", sa.String(length=30), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("interaction_id", Key, nullable=True),
        sa.Column("share", sa.Integer(), nullable=False),
        sa.Column("assigned_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "share > 0 AND share <= 10000", name=op.f("ck_storefront_attributions_share_is_a_part")
        ),
        sa.ForeignKeyConstraint(
            ["interaction_id"],
            ["storefront_interactions.id"],
            name=op.f("fk_storefront_attributions_interaction_id"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["storefront_merchants.id"],
            name=op.f("fk_storefront_attributions_merchant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["storefront_orders.id"], name=op.f("fk_storefront_attributions_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_attributions")),
        sa.UniqueConstraint(
            "merchant_id",
            "order_id",
            "model",
            "position",
            name=op.f("uq_storefront_attributions_merchant_id_order_id_model_position"),
        ),
    )
    op.create_table(
        "storefront_line_items",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("order_id", Key, nullable=False),
        sa.Column("variant_id", Key, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("variant_name", sa.String(length=120), nullable=False),
        sa.Column("sku", sa.String(length=80), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("unit_minor", Key, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("total_minor", Key, nullable=False),
        sa.Column("sold_at", UtcDateTime(), nullable=True),
        sa.Column("released_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_storefront_line_items_quantity_positive")),
        sa.CheckConstraint(
            "total_minor = unit_minor * quantity",
            name=op.f("ck_storefront_line_items_parts_make_total"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["storefront_merchants.id"],
            name=op.f("fk_storefront_line_items_merchant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["storefront_orders.id"], name=op.f("fk_storefront_line_items_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"],
            ["storefront_variants.id"],
            name=op.f("fk_storefront_line_items_variant_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_line_items")),
        sa.UniqueConstraint(
            "merchant_id",
            "order_id",
            "position",
            name=op.f("uq_storefront_line_items_merchant_id_order_id_position"),
        ),
    )
    op.create_index(
        op.f("ix_storefront_line_items_order_id"),
        "storefront_line_items",
        ["order_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_storefront_line_items_variant_id_released_at_sold_at"),
        "storefront_line_items",
        ["variant_id", "released_at", "sold_at"],
        unique=False,
    )
    op.create_table(
        "storefront_order_contacts",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("order_id", Key, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("address", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["storefront_merchants.id"],
            name=op.f("fk_storefront_order_contacts_merchant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["storefront_orders.id"],
            name=op.f("fk_storefront_order_contacts_order_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_order_contacts")),
        sa.UniqueConstraint(
            "merchant_id",
            "order_id",
            name=op.f("uq_storefront_order_contacts_merchant_id_order_id"),
        ),
    )
    op.create_index(
        op.f("ix_storefront_order_contacts_merchant_id_email"),
        "storefront_order_contacts",
        ["merchant_id", "email"],
        unique=False,
    )
    op.create_index(
        op.f("ix_storefront_order_contacts_order_id"),
        "storefront_order_contacts",
        ["order_id"],
        unique=False,
    )
    op.create_table(
        "storefront_order_events",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("order_id", Key, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("detail", sa.String(length=120), nullable=False),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["storefront_merchants.id"],
            name=op.f("fk_storefront_order_events_merchant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["storefront_orders.id"], name=op.f("fk_storefront_order_events_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_order_events")),
    )
    op.create_index(
        op.f("ix_storefront_order_events_merchant_id_order_id"),
        "storefront_order_events",
        ["merchant_id", "order_id"],
        unique=False,
    )
    op.create_table(
        "storefront_order_origins",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("order_id", Key, nullable=False),
        sa.Column("interaction_id", Key, nullable=True),
        sa.Column("evidence", sa.String(length=10), nullable=False),
        sa.CheckConstraint(
            "evidence IN ('verified', 'unverified', 'none')",
            name=op.f("ck_storefront_order_origins_evidence_is_known"),
        ),
        sa.ForeignKeyConstraint(
            ["interaction_id"],
            ["storefront_interactions.id"],
            name=op.f("fk_storefront_order_origins_interaction_id"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["storefront_merchants.id"],
            name=op.f("fk_storefront_order_origins_merchant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["storefront_orders.id"],
            name=op.f("fk_storefront_order_origins_order_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_order_origins")),
        sa.UniqueConstraint(
            "merchant_id", "order_id", name=op.f("uq_storefront_order_origins_merchant_id_order_id")
        ),
    )
    op.create_table(
        "storefront_order_touchpoints",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("order_id", Key, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("interaction_id", Key, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["interaction_id"],
            ["storefront_interactions.id"],
            name=op.f("fk_storefront_order_touchpoints_interaction_id"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["storefront_merchants.id"],
            name=op.f("fk_storefront_order_touchpoints_merchant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["storefront_orders.id"],
            name=op.f("fk_storefront_order_touchpoints_order_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_order_touchpoints")),
        sa.UniqueConstraint(
            "merchant_id",
            "order_id",
            "position",
            name=op.f("uq_storefront_order_touchpoints_merchant_id_order_id_position"),
        ),
    )
    op.create_table(
        "storefront_payments",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("order_id", Key, nullable=False),
        sa.Column("public_id", sa.String(length=24), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("amount_minor", Key, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("account", sa.String(length=60), nullable=False),
        sa.Column("gateway_reference", sa.String(length=80), nullable=True),
        sa.Column("client_secret", sa.String(length=200), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=True),
        sa.Column("processing_at", UtcDateTime(), nullable=True),
        sa.Column("failed_at", UtcDateTime(), nullable=True),
        sa.Column("failure", sa.String(length=60), nullable=True),
        sa.Column("succeeded_at", UtcDateTime(), nullable=True),
        sa.Column("charged_at", UtcDateTime(), nullable=True),
        sa.Column("cancelled_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_storefront_payments_amount_positive")),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["storefront_merchants.id"],
            name=op.f("fk_storefront_payments_merchant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["storefront_orders.id"], name=op.f("fk_storefront_payments_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_payments")),
        sa.UniqueConstraint(
            "merchant_id",
            "order_id",
            "attempt",
            name=op.f("uq_storefront_payments_merchant_id_order_id_attempt"),
        ),
        sa.UniqueConstraint(
            "merchant_id", "public_id", name=op.f("uq_storefront_payments_merchant_id_public_id")
        ),
    )
    op.create_index(
        op.f("ix_storefront_payments_merchant_id_gateway_reference"),
        "storefront_payments",
        ["merchant_id", "gateway_reference"],
        unique=False,
    )
    op.create_index(
        "ix_storefront_payments_pending",
        "storefront_payments",
        ["opened_at"],
        unique=False,
        sqlite_where=sa.text("succeeded_at IS NULL AND cancelled_at IS NULL"),
        postgresql_where=sa.text("succeeded_at IS NULL AND cancelled_at IS NULL"),
    )
    op.create_table(
        "storefront_shares",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("public_id", sa.String(length=24), nullable=False),
        sa.Column("placement_id", Key, nullable=False),
        sa.Column("interaction_id", Key, nullable=False),
        sa.Column("parent_id", Key, nullable=True),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["interaction_id"],
            ["storefront_interactions.id"],
            name=op.f("fk_storefront_shares_interaction_id"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["storefront_merchants.id"],
            name=op.f("fk_storefront_shares_merchant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["storefront_shares.id"], name=op.f("fk_storefront_shares_parent_id")
        ),
        sa.ForeignKeyConstraint(
            ["placement_id"],
            ["storefront_placements.id"],
            name=op.f("fk_storefront_shares_placement_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_shares")),
        sa.UniqueConstraint(
            "merchant_id",
            "interaction_id",
            name=op.f("uq_storefront_shares_merchant_id_interaction_id"),
        ),
        sa.UniqueConstraint(
            "merchant_id", "public_id", name=op.f("uq_storefront_shares_merchant_id_public_id")
        ),
    )
    op.create_index(
        op.f("ix_storefront_shares_public_id"), "storefront_shares", ["public_id"], unique=False
    )
    op.create_table(
        "storefront_payment_events",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=True),
        sa.Column("payment_id", Key, nullable=True),
        sa.Column("account", sa.String(length=60), nullable=False),
        sa.Column("gateway_event_id", sa.String(length=80), nullable=False),
        sa.Column("type", sa.String(length=80), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["storefront_merchants.id"],
            name=op.f("fk_storefront_payment_events_merchant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"],
            ["storefront_payments.id"],
            name=op.f("fk_storefront_payment_events_payment_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_payment_events")),
        sa.UniqueConstraint(
            "account",
            "gateway_event_id",
            name=op.f("uq_storefront_payment_events_account_gateway_event_id"),
        ),
    )
    op.create_index(
        op.f("ix_storefront_payment_events_merchant_id_payment_id"),
        "storefront_payment_events",
        ["merchant_id", "payment_id"],
        unique=False,
    )
    op.create_table(
        "storefront_refunds",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("payment_id", Key, nullable=False),
        sa.Column("public_id", sa.String(length=24), nullable=False),
        sa.Column("amount_minor", Key, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("gateway_reference", sa.String(length=80), nullable=True),
        sa.Column("intended_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_storefront_refunds_amount_positive")),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["storefront_merchants.id"],
            name=op.f("fk_storefront_refunds_merchant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"],
            ["storefront_payments.id"],
            name=op.f("fk_storefront_refunds_payment_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_refunds")),
        sa.UniqueConstraint(
            "merchant_id", "public_id", name=op.f("uq_storefront_refunds_merchant_id_public_id")
        ),
    )
    op.create_index(
        op.f("ix_storefront_refunds_merchant_id_payment_id"),
        "storefront_refunds",
        ["merchant_id", "payment_id"],
        unique=False,
    )
    op.create_table(
        "storefront_payment_payloads",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=True),
        sa.Column("payment_event_id", Key, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["storefront_merchants.id"],
            name=op.f("fk_storefront_payment_payloads_merchant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["payment_event_id"],
            ["storefront_payment_events.id"],
            name=op.f("fk_storefront_payment_payloads_payment_event_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_payment_payloads")),
    )
    op.create_index(
        op.f("ix_storefront_payment_payloads_merchant_id_payment_event_id"),
        "storefront_payment_payloads",
        ["merchant_id", "payment_event_id"],
        unique=False,
    )
    dialect = op.get_bind().dialect.name
    for table in APPEND_ONLY:
        for statement in append_only_sql(table, dialect):
            op.execute(statement)


def downgrade() -> None:
    """Drop every table."""
    op.drop_table("storefront_payment_payloads")
    op.drop_table("storefront_refunds")
    op.drop_table("storefront_payment_events")
    op.drop_table("storefront_shares")
    op.drop_table("storefront_payments")
    op.drop_table("storefront_order_touchpoints")
    op.drop_table("storefront_order_origins")
    op.drop_table("storefront_order_events")
    op.drop_table("storefront_order_contacts")
    op.drop_table("storefront_line_items")
    op.drop_table("storefront_attributions")
    op.drop_table("storefront_placement_products")
    op.drop_table("storefront_orders")
    op.drop_table("storefront_interactions")
    op.drop_table("storefront_variants")
    op.drop_table("storefront_product_images")
    op.drop_table("storefront_placements")
    op.drop_table("storefront_api_tokens")
    op.drop_table("storefront_stores")
    op.drop_table("storefront_products")
    op.drop_table("storefront_memberships")
    op.drop_table("storefront_idempotent_requests")
    op.drop_table("storefront_channels")
    op.drop_table("storefront_campaigns")
    op.drop_table("storefront_allowed_hosts")
    op.drop_table("storefront_merchants")
    op.drop_table("storefront_members")
    op.drop_table("storefront_jobs")
    op.drop_table("storefront_alarms")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION storefront_refuse_change()")
