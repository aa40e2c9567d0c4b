"""Sign-in: failures that count, and a second factor."""

import sqlalchemy as sa
from alembic import op

from storefront.db.types import Key, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table in which failures are counted."""
    op.create_table(
        "storefront_attempts",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("failures > 0", name=op.f("ck_storefront_attempts_failures_counted")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_attempts")),
        sa.UniqueConstraint(
            "merchant_id",
            "kind",
            "subject",
            name=op.f("uq_storefront_attempts_merchant_id_kind_subject"),
        ),
    )
    op.create_index(
        op.f("ix_storefront_attempts_ends_at"), "storefront_attempts", ["ends_at"], unique=False
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("storefront_attempts")
