"""Gifts that only the person they were sent to can spend."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let a gift say that it is for its recipient alone."""
    op.add_column(
        "storefront_gifts",
        sa.Column("is_bound", sa.Boolean(), server_default=sa.false(), nullable=False),
    )


def downgrade() -> None:
    """Forget it; the cards that are bound stay so."""
    with op.batch_alter_table("storefront_gifts") as gifts:
        gifts.drop_column("is_bound")
