"""What reports read: where credit came from beside it, and counts of placements and of shares
apart. Nothing new refers to another table: on SQLite that would rebuild append-only ones."""

from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

from storefront.db.triggers import append_only_sql
from storefront.db.types import Key, UtcDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

MERCHANTS, ACTS = "storefront_merchants", "storefront_interactions"
CREDIT = "storefront_credit_entries"
MOMENTS, BROUGHT = f"ix_{CREDIT}_moments", f"ix_{CREDIT}_brought"
OLD_MOMENTS = f"ix_{CREDIT}_merchant_id_occurred_at"
CREDITED = ("storefront_order_origins", "storefront_attributions", CREDIT)
WHERE = ("placement_id", "share_id")
PATH, PATH_COLUMNS = "ix_storefront_interactions_path", ["merchant_id", "visitor", "occurred_at"]
OLD, PLACES, SHARES = (f"storefront_{each}_tallies" for each in ("act", "placement", "share"))

COPY_WHERE = """
UPDATE {table} SET placement_id = act.placement_id, share_id = act.share_id
FROM storefront_interactions AS act WHERE act.id = {table}.interaction_id
"""
COUNT_PLACES = """
INSERT INTO storefront_placement_tallies (merchant_id, acted_on, kind, placement_id, count)
SELECT merchant_id, acted_on, kind, placement_id, sum(count)
FROM storefront_act_tallies GROUP BY 1, 2, 3, 4
"""
COUNT_SHARES = """
INSERT INTO storefront_share_tallies (merchant_id, acted_on, share_id, count)
SELECT merchant_id, acted_on, share_id, sum(count)
FROM storefront_act_tallies WHERE share_id <> 0 GROUP BY 1, 2, 3
"""
COUNT_BOTH = """
INSERT INTO storefront_act_tallies (merchant_id, acted_on, kind, placement_id, share_id, count)
SELECT opened.merchant_id, opened.acted_on, 'open', share.placement_id, share.id, opened.count
FROM storefront_share_tallies AS opened
JOIN storefront_shares AS share ON share.id = opened.share_id
"""
COUNT_REST = """
INSERT INTO storefront_act_tallies (merchant_id, acted_on, kind, placement_id, share_id, count)
SELECT merchant_id, acted_on, kind, placement_id, 0, count - coalesce((
  SELECT sum(opened.count) FROM storefront_act_tallies AS opened
  WHERE opened.merchant_id = place.merchant_id
  AND opened.acted_on = place.acted_on AND opened.kind = place.kind
  AND opened.placement_id = place.placement_id), 0)
FROM storefront_placement_tallies AS place
"""
BY_MEMBERS = sa.text(
    "SELECT act.merchant_id, act.placement_id, act.kind, act.occurred_at, mark.zone "
    "FROM storefront_shares AS share "
    "JOIN storefront_interactions AS act ON act.id = share.interaction_id "
    "JOIN storefront_tally_marks AS mark ON mark.merchant_id = act.merchant_id "
    "WHERE act.surface = 'console' AND act.recorded_at < mark.counted_before"
).columns(occurred_at=UtcDateTime())


def upgrade() -> None:
    """Copy where credit came from, and take the counts of placements and shares apart."""
    for table in CREDITED:
        for name in WHERE:
            op.add_column(table, sa.Column(name, Key, nullable=True))
        _change_history(table, COPY_WHERE.format(table=table))
    op.create_index(BROUGHT, CREDIT, ["merchant_id", "model", *WHERE, "cause", "amount_minor"])
    moments = ["merchant_id", "model", "occurred_at", *WHERE, "interaction_id", "amount_minor"]
    op.create_index(MOMENTS, CREDIT, moments)
    op.drop_index(OLD_MOMENTS, table_name=CREDIT)
    op.drop_index(PATH, table_name=ACTS)
    op.create_index(PATH, ACTS, [*PATH_COLUMNS, "placement_id"])
    _make_tallies(PLACES, ["merchant_id", "kind", "acted_on", "placement_id"])
    _make_tallies(SHARES, ["merchant_id", "acted_on", "share_id"])
    op.execute(COUNT_PLACES)
    op.execute(COUNT_SHARES)
    _count_members(PLACES, -1)
    op.drop_table(OLD)
    counts = "ix_{}_counts"
    places = ["merchant_id", "placement_id", "kind", "acted_on", "count"]
    op.create_index(counts.format(PLACES), PLACES, places)
    op.create_index(counts.format(SHARES), SHARES, ["merchant_id", "share_id", "count"])


def downgrade() -> None:
    """Put the counts together again, and forget where credit came from."""
    _make_tallies(OLD, ["merchant_id", "acted_on", "kind", "placement_id", "share_id"])
    op.execute(COUNT_BOTH)
    op.execute(COUNT_REST)
    _count_members(OLD, 1)
    op.drop_table(SHARES)
    op.drop_table(PLACES)
    op.drop_index(PATH, table_name=ACTS)
    op.create_index(PATH, ACTS, PATH_COLUMNS)
    op.create_index(OLD_MOMENTS, CREDIT, ["merchant_id", "occurred_at"])
    op.drop_index(MOMENTS, table_name=CREDIT)
    op.drop_index(BROUGHT, table_name=CREDIT)
    for table in CREDITED:
        for name in WHERE:
            op.drop_column(table, name)


def _change_history(table: str, statement: str) -> None:
    """Run a statement on an append-only table, whose guard stands aside for it alone."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_append_only")
        op.execute(statement)
        op.execute(f"ALTER TABLE {table} ENABLE TRIGGER {table}_append_only")
        return
    for verb in ("update", "delete"):
        op.execute(f"DROP TRIGGER {table}_append_only_{verb}")
    op.execute(statement)
    for guard in append_only_sql(table, "sqlite"):
        op.execute(guard)


def _make_tallies(table: str, key: list[str]) -> None:
    types = {"acted_on": sa.Date(), "kind": sa.String(20)}
    op.create_table(
        table,
        sa.Column("id", Key, nullable=False),
        *(sa.Column(name, types.get(name, Key), nullable=False) for name in [*key, "count"]),
        sa.ForeignKeyConstraint(
            ["merchant_id"], [f"{MERCHANTS}.id"], name=op.f(f"fk_{table}_merchant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(*key, name=op.f(f"uq_{table}_{'_'.join(key)}")),
    )


def _count_members(table: str, each: int) -> None:
    """Add what members did in the console to the counts, or take it out of them."""
    key = {"merchant_id": ":merchant", "acted_on": ":day", "kind": ":kind"}
    key |= {"placement_id": ":placement", **({"share_id": "0"} if table == OLD else {})}
    names, values = ", ".join(key), ", ".join(key.values())
    statement = sa.text(
        f"INSERT INTO {table} ({names}, count) VALUES ({values}, :each) "  # noqa: S608 - words of our own
        f"ON CONFLICT ({names}) DO UPDATE SET count = {table}.count + excluded.count"
    ).bindparams(sa.bindparam("day", type_=sa.Date()), each=each)
    connection = op.get_bind()
    for act in connection.execute(BY_MEMBERS).all():
        connection.execute(
            statement,
            {
                "merchant": act.merchant_id,
                "day": act.occurred_at.astimezone(ZoneInfo(act.zone)).date(),
                "kind": act.kind,
                "placement": act.placement_id,
            },
        )
