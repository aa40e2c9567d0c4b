"""The catalogue as a merchant edits it: stock entries, imports, what may be discounted."""

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
