"""The catalogue as a merchant edits it: stock entries, imports, what may be discounted."""

import sqlalchemy as sa
from alembic import op

from storefront.db.ids import public_id
from storefront.db.triggers import append_only_sql
from storefront.db.types import Key, UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

PRODUCTS, IMAGES = "storefront_products", "storefront_product_images"
VARIANTS, ENTRIES = "storefront_variants", "storefront_stock_entries"
IMPORTS, FAULTS = "storefront_product_imports", "storefront_import_faults"

COLUMNS = (
    (PRODUCTS, "handle", sa.String(255), sa.text("''")),
    (PRODUCTS, "is_giftable", sa.Boolean(), sa.true()),
    (PRODUCTS, "is_promotable", sa.Boolean(), sa.true()),
    (PRODUCTS, "version", sa.Integer(), sa.text("1")),
    (IMAGES, "public_id", sa.String(24), sa.text("''")),
    (IMAGES, "widths", sa.String(60), sa.text("''")),
    (VARIANTS, "version", sa.Integer(), sa.text("1")),
)
"""Table, name, type and what old rows get; handles and public ids are filled in at once."""


def upgrade() -> None:
    for table, name, kind, default in COLUMNS:
        op.add_column(table, sa.Column(name, kind, nullable=False, server_default=default))
    op.add_column(VARIANTS, sa.Column("low_stock", sa.Integer(), nullable=True))
    op.add_column(VARIANTS, sa.Column("low_at", UtcDateTime(), nullable=True))
    op.execute("UPDATE storefront_products SET handle = public_id")
    _name_pictures()
    op.create_index(
        f"uq_{PRODUCTS}_merchant_id_handle", PRODUCTS, ["merchant_id", "handle"], unique=True
    )
    op.create_index(
        f"uq_{IMAGES}_merchant_id_public_id", IMAGES, ["merchant_id", "public_id"], unique=True
    )
    op.create_index(
        "ix_storefront_variants_low",
        VARIANTS,
        ["merchant_id"],
        sqlite_where=sa.text("low_at IS NOT NULL"),
        postgresql_where=sa.text("low_at IS NOT NULL"),
    )
    _make_entries()
    _make_imports()


def _name_pictures() -> None:
    images = sa.table(IMAGES, sa.column("id"), sa.column("public_id"))
    connection = op.get_bind()
    for key in connection.scalars(sa.select(images.c.id)).all():
        connection.execute(
            sa.update(images).where(images.c.id == key).values(public_id=public_id("pic"))
        )


def _make_entries() -> None:
    op.create_table(
        ENTRIES,
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("variant_id", Key, nullable=False),
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("member_id", Key, nullable=True),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["storefront_members.id"], name=op.f(f"fk_{ENTRIES}_member_id")
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["storefront_merchants.id"], name=op.f(f"fk_{ENTRIES}_merchant_id")
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], [f"{VARIANTS}.id"], name=op.f(f"fk_{ENTRIES}_variant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{ENTRIES}")),
        sa.UniqueConstraint("merchant_id", "key", name=op.f(f"uq_{ENTRIES}_merchant_id_key")),
    )
    op.create_index(
        op.f(f"ix_{ENTRIES}_merchant_id_variant_id"), ENTRIES, ["merchant_id", "variant_id"]
    )
    # What is on sale already was put there when its product was made.
    op.execute(
        "INSERT INTO storefront_stock_entries "
        "(merchant_id, variant_id, key, reason, units, made_at) "
        "SELECT v.merchant_id, v.id, v.public_id, 'opening', v.stock, p.created_at "
        "FROM storefront_variants v JOIN storefront_products p ON p.id = v.product_id "
        "WHERE v.stock IS NOT NULL"
    )
    for statement in append_only_sql(ENTRIES, op.get_bind().dialect.name):
        op.execute(statement.replace(":", "\\:"))


def _make_imports() -> None:
    op.create_table(
        IMPORTS,
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("public_id", sa.String(24), nullable=False),
        sa.Column("member_id", Key, nullable=True),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("size", Key, nullable=False),
        sa.Column("format", sa.String(20), nullable=False),
        sa.Column("encoding", sa.String(20), nullable=False),
        sa.Column("is_all_or_nothing", sa.Boolean(), nullable=False),
        sa.Column("sets_stock", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("checked_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("stopped_at", UtcDateTime(), nullable=True),
        sa.Column("stop_code", sa.String(40), nullable=True),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("groups", "position", "rows", "faults", "added", "changed", "unchanged")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["storefront_members.id"], name=op.f(f"fk_{IMPORTS}_member_id")
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["storefront_merchants.id"], name=op.f(f"fk_{IMPORTS}_merchant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{IMPORTS}")),
        sa.UniqueConstraint(
            "merchant_id", "public_id", name=op.f(f"uq_{IMPORTS}_merchant_id_public_id")
        ),
    )
    op.create_table(
        FAULTS,
        sa.Column("id", Key, nullable=False),
        sa.Column("merchant_id", Key, nullable=False),
        sa.Column("import_id", Key, nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("column", sa.String(60), nullable=False),
        sa.Column("value", sa.String(80), nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("hint", sa.String(80), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], [f"{IMPORTS}.id"], name=op.f(f"fk_{FAULTS}_import_id")
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["storefront_merchants.id"], name=op.f(f"fk_{FAULTS}_merchant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{FAULTS}")),
    )
    op.create_index(
        op.f(f"ix_{FAULTS}_merchant_id_import_id_row"), FAULTS, ["merchant_id", "import_id", "row"]
    )


def downgrade() -> None:
    for table in (FAULTS, IMPORTS, ENTRIES):
        op.drop_table(table)
    op.drop_index("ix_storefront_variants_low", table_name=VARIANTS)
    op.drop_index(f"uq_{IMAGES}_merchant_id_public_id", table_name=IMAGES)
    op.drop_index(f"uq_{PRODUCTS}_merchant_id_handle", table_name=PRODUCTS)
    op.drop_column(VARIANTS, "low_at")
    op.drop_column(VARIANTS, "low_stock")
    for table, name, _, _ in reversed(COLUMNS):
        op.drop_column(table, name)
