"""Operation: moments that the installation remembers, and interactions that may be forgotten."""

import sqlalchemy as sa
from alembic import op

from storefront.db.triggers import forgettable_sql, unforgettable_sql
from storefront.db.types import Key, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INTERACTIONS = "storefront_interactions"

POINTING = (
    "storefront_attributions",
    "storefront_order_origins",
    "storefront_order_touchpoints",
    "storefront_shares",
)
"""Tables with a foreign key to an interaction: without an index on it, each interaction that is
forgotten would cost a walk through all of them."""


def upgrade() -> None:
    op.create_table(
        "storefront_moments",
        sa.Column("id", Key, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_moments")),
        sa.UniqueConstraint("name", name=op.f("uq_storefront_moments_name")),
    )
    for table in POINTING:
        op.create_index(op.f(f"ix_{table}_interaction_id"), table, ["interaction_id"])
    for statement in forgettable_sql(INTERACTIONS, _dialect(), dated_by="recorded_at"):
        op.execute(statement.replace(":", "\\:"))


def downgrade() -> None:
    for statement in unforgettable_sql(INTERACTIONS, _dialect()):
        op.execute(statement.replace(":", "\\:"))
    for table in POINTING:
        op.drop_index(op.f(f"ix_{table}_interaction_id"), table_name=table)
    op.drop_table("storefront_moments")


def _dialect() -> str:
    return op.get_bind().dialect.name
