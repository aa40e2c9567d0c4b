"""Sign-in: failures that count, and a second factor."""

import sqlalchemy as sa
from alembic import op

from storefront.db.types import Key, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables in which failures are counted and second factors are kept."""
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
    op.create_table(
        "storefront_second_factors",
        sa.Column("id", Key, nullable=False),
        sa.Column("member_id", Key, nullable=False),
        sa.Column("encrypted_secret", sa.String(length=255), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("last_step", Key, nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["storefront_members.id"],
            name=op.f("fk_storefront_second_factors_member_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_second_factors")),
        sa.UniqueConstraint("member_id", name=op.f("uq_storefront_second_factors_member_id")),
    )
    op.create_table(
        "storefront_recovery_codes",
        sa.Column("id", Key, nullable=False),
        sa.Column("member_id", Key, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["storefront_members.id"],
            name=op.f("fk_storefront_recovery_codes_member_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_recovery_codes")),
        sa.UniqueConstraint(
            "member_id", "digest", name=op.f("uq_storefront_recovery_codes_member_id_digest")
        ),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("storefront_recovery_codes")
    op.drop_table("storefront_second_factors")
    op.drop_table("storefront_attempts")
