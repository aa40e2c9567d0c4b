"""The shop and its team: texts and pictures, invitations, and who did what."""

import sqlalchemy as sa
from alembic import op

from storefront.db.triggers import append_only_sql
from storefront.db.types import Key, UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MEMBERSHIPS = "storefront_memberships"
CHECK = "ck_storefront_memberships_role_is_known"
FORMER = "role IN ('owner', 'manager', 'clerk')"
PRESENT = "role IN ('owner', 'manager', 'reports', 'clerk')"


def upgrade() -> None:
    _change_roles(PRESENT)
    op.add_column("storefront_merchants", sa.Column("tax_number", sa.String(length=60)))
    op.add_column("storefront_merchants", sa.Column("guide_hidden_at", UtcDateTime()))
    _make_actions()
    _make_invitations()
    _make_texts()
    _make_pictures()


def downgrade() -> None:
    for table in ("shop_pictures", "shop_texts", "invitations", "actions"):
        op.drop_table(f"storefront_{table}")
    op.drop_column("storefront_merchants", "guide_hidden_at")
    op.drop_column("storefront_merchants", "tax_number")
    op.execute("UPDATE storefront_memberships SET role = 'manager' WHERE role = 'reports'")
    _change_roles(FORMER)


def _change_roles(condition: str) -> None:
    """Replace the check; SQLite has to build the table anew, and leaves the old check behind."""
    if _dialect() == "sqlite":
        with op.batch_alter_table(MEMBERSHIPS, recreate="always") as batch:
            batch.create_check_constraint(op.f(CHECK), condition)
    else:
        op.drop_constraint(op.f(CHECK), MEMBERSHIPS)
        op.create_check_constraint(op.f(CHECK), MEMBERSHIPS, condition)


def _make_actions() -> None:
    op.create_table(
        "storefront_actions",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("member_id", Key, nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("object_kind", sa.String(length=40), nullable=False),
        sa.Column("object_id", sa.String(length=60), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=False),
        _of("actions", "member_id", "members"),
        _of("actions", "merchant_id", "merchants"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_actions")),
    )
    op.create_index(
        op.f("ix_storefront_actions_merchant_id_done_at"),
        "storefront_actions",
        ["merchant_id", "done_at"],
    )
    op.create_index(op.f("ix_storefront_actions_member_id"), "storefront_actions", ["member_id"])
    for statement in append_only_sql("storefront_actions", _dialect()):
        op.execute(statement.replace(":", "\\:"))


def _make_invitations() -> None:
    op.create_table(
        "storefront_invitations",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("invited_by_id", Key, nullable=False),
        sa.Column("public_id", sa.String(length=24), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("accepted_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(PRESENT, name=op.f("ck_storefront_invitations_role_is_known")),
        _of("invitations", "invited_by_id", "members"),
        _of("invitations", "merchant_id", "merchants"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_invitations")),
        sa.UniqueConstraint(
            "merchant_id",
            "public_id",
            name=op.f("uq_storefront_invitations_merchant_id_public_id"),
        ),
    )
    op.create_index(
        op.f("ix_storefront_invitations_public_id"), "storefront_invitations", ["public_id"]
    )


def _make_texts() -> None:
    op.create_table(
        "storefront_shop_texts",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('terms', 'privacy', 'returns', 'imprint')",
            name=op.f("ck_storefront_shop_texts_kind_is_known"),
        ),
        _of("shop_texts", "merchant_id", "merchants"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_shop_texts")),
        sa.UniqueConstraint(
            "merchant_id", "kind", name=op.f("uq_storefront_shop_texts_merchant_id_kind")
        ),
    )


def _make_pictures() -> None:
    op.create_table(
        "storefront_shop_pictures",
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("file", sa.String(length=300), nullable=False),
        sa.Column("alt", sa.String(length=420), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('logo', 'cover')", name=op.f("ck_storefront_shop_pictures_kind_is_known")
        ),
        _of("shop_pictures", "merchant_id", "merchants"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_shop_pictures")),
        sa.UniqueConstraint(
            "merchant_id", "kind", name=op.f("uq_storefront_shop_pictures_merchant_id_kind")
        ),
    )


def _of(table: str, column: str, owner: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"storefront_{owner}.id"], name=op.f(f"fk_storefront_{table}_{column}")
    )


def _dialect() -> str:
    return op.get_bind().dialect.name
