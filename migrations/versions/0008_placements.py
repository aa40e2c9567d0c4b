"""Placements as a merchant makes them: first loads and hosts that were turned away."""

import sqlalchemy as sa
from alembic import op

from storefront.db.types import Key, UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("storefront_placements", sa.Column("link_share", sa.String(length=24)))
    op.add_column("storefront_placements", sa.Column("first_loaded_at", UtcDateTime()))
    op.create_table(
        "storefront_refused_hosts",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("placement_id", Key, nullable=False),
        sa.Column("origin", sa.String(length=300), nullable=False),
        sa.Column("first_seen_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.Column("ignored_at", UtcDateTime(), nullable=True),
        _of("merchant_id", "merchants"),
        _of("placement_id", "placements"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_refused_hosts")),
        sa.UniqueConstraint(
            "merchant_id", "origin", name=op.f("uq_storefront_refused_hosts_merchant_id_origin")
        ),
    )


def downgrade() -> None:
    op.drop_table("storefront_refused_hosts")
    op.drop_column("storefront_placements", "first_loaded_at")
    op.drop_column("storefront_placements", "link_share")


def _of(column: str, owner: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        [f"storefront_{owner}.id"],
        name=op.f(f"fk_storefront_refused_hosts_{column}"),
    )
