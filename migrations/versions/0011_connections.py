"""Connections: merchants' own accounts at the gateway; and who has heard of an alarm."""

import sqlalchemy as sa
from alembic import op

from storefront.db.types import Key, UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of connections, and room for when an alarm was mailed and seen."""
    op.add_column("storefront_alarms", sa.Column("mailed_at", UtcDateTime(), nullable=True))
    op.add_column("storefront_alarms", sa.Column("seen_at", UtcDateTime(), nullable=True))
    op.create_table(
        "storefront_connections",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=24), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("account", sa.String(length=60), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=True),
        sa.Column("submitted_at", UtcDateTime(), nullable=True),
        sa.Column("ready_at", UtcDateTime(), nullable=True),
        sa.Column("stopped_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["storefront_merchants.id"],
            name=op.f("fk_storefront_connections_merchant_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_connections")),
        sa.UniqueConstraint(
            "merchant_id", "attempt", name=op.f("uq_storefront_connections_merchant_id_attempt")
        ),
    )
    op.create_index(
        op.f("ix_storefront_connections_account"), "storefront_connections", ["account"]
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("storefront_connections")
    op.drop_column("storefront_alarms", "seen_at")
    op.drop_column("storefront_alarms", "mailed_at")
