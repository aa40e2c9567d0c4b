"""Interactions are written with less: their names say when they were recorded, so nothing looks for
a name but under that moment; PostgreSQL no longer locks merchant and placement for each of them."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

ACTS = "storefront_interactions"
NAMES = f"ix_{ACTS}_public_id"
KEYS = {"merchant_id": "storefront_merchants", "placement_id": "storefront_placements"}


def upgrade() -> None:
    """Drop what each new row paid for. Nothing is rewritten, however many rows there are: the table
    is locked for the moment in which its catalogue changes."""
    op.drop_index(NAMES, table_name=ACTS)
    if op.get_bind().dialect.name == "postgresql":
        for column in KEYS:
            op.drop_constraint(op.f(f"fk_{ACTS}_{column}"), ACTS, type_="foreignkey")


def downgrade() -> None:
    """Make the index and the keys again; PostgreSQL looks at every row for them."""
    if op.get_bind().dialect.name == "postgresql":
        for column, table in KEYS.items():
            op.create_foreign_key(op.f(f"fk_{ACTS}_{column}"), ACTS, table, [column], ["id"])
    op.create_index(NAMES, ACTS, ["merchant_id", "public_id"])
