"""How far the gateway's lists of refunds and disputes were read, for each of its accounts."""

import sqlalchemy as sa
from alembic import op

from storefront.db.types import Key, UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of marks."""
    op.create_table(
        "storefront_news_marks",
        sa.Column("id", Key, nullable=False),
        sa.Column("account", sa.String(length=60), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=True),
        sa.Column("refund", sa.String(length=80), nullable=True),
        sa.Column("dispute", sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_news_marks")),
        sa.UniqueConstraint("account", name=op.f("uq_storefront_news_marks_account")),
    )


def downgrade() -> None:
    """Forget the marks; the lists are read from their newest page again."""
    op.drop_table("storefront_news_marks")
