"""The shop, further: the views of a list that members keep."""

import sqlalchemy as sa
from alembic import op

from storefront.db.types import Key

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of saved views."""
    op.create_table(
        "storefront_saved_views",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("member_id", Key, nullable=False),
        sa.Column("public_id", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["storefront_merchants.id"],
            name=op.f("fk_storefront_saved_views_merchant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["storefront_members.id"],
            name=op.f("fk_storefront_saved_views_member_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_saved_views")),
        sa.UniqueConstraint(
            "merchant_id",
            "member_id",
            "name",
            name=op.f("uq_storefront_saved_views_merchant_id_member_id_name"),
        ),
        sa.UniqueConstraint(
            "merchant_id", "public_id", name=op.f("uq_storefront_saved_views_merchant_id_public_id")
        ),
    )
    op.create_index(
        op.f("ix_storefront_saved_views_member_id"), "storefront_saved_views", ["member_id"]
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("storefront_saved_views")
