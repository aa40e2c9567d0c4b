"""When a machine's token was last used."""

import sqlalchemy as sa
from alembic import op

from storefront.db.types import UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of tokens that are there it is not known."""
    op.add_column("storefront_api_tokens", sa.Column("used_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("storefront_api_tokens", "used_at")
