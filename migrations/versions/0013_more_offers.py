"""Offers, further: the offer that a placement shows."""

import sqlalchemy as sa
from alembic import op

from storefront.db.types import Key

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TABLE = "storefront_placement_offers"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        TABLE,
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("placement_id", Key, nullable=False),
        sa.Column("offer_id", Key, nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["storefront_merchants.id"], name=op.f(f"fk_{TABLE}_merchant_id")
        ),
        sa.ForeignKeyConstraint(
            ["placement_id"], ["storefront_placements.id"], name=op.f(f"fk_{TABLE}_placement_id")
        ),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["storefront_offers.id"], name=op.f(f"fk_{TABLE}_offer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint(
            "merchant_id", "placement_id", name=op.f(f"uq_{TABLE}_merchant_id_placement_id")
        ),
    )
    for column in ("placement_id", "offer_id"):
        op.create_index(op.f(f"ix_{TABLE}_{column}"), TABLE, [column])


def downgrade() -> None:
    """Drop the table."""
    for column in ("offer_id", "placement_id"):
        op.drop_index(op.f(f"ix_{TABLE}_{column}"), table_name=TABLE)
    op.drop_table(TABLE)
