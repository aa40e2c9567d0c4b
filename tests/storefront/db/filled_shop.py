"""A shop that has lived, so many times over: a few sales with all that may happen to them, copied
merchant by merchant until there are as many rows as a test wants."""

from pathlib import Path

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    String,
    Table,
    UniqueConstraint,
    cast,
    func,
    insert,
    literal,
    select,
    text,
)

from storefront.db.base import Base
from storefront.db.engine import Database
from storefront.services import placing, tallies
from storefront.services.refunds import Wish, refund_order
from storefront.worker import run_due
from tests.factories import world_on
from tests.fakes import make_bench
from tests.model.driving import NOW, RealShop
from tests.storefront.gateway_news import tell_of_dispute, tell_of_refund
from tests.storefront.sales import sell_through_a_share

FARTHEST = 100_000
"""No table of one merchant has an id beyond it: copies begin there."""

FULL, DIGITS = {24, 26, 64}, 6
"""Names of these lengths fill their columns, so that their last symbols make room for a number."""

NO_GUARDS = {
    "sqlite": "PRAGMA defer_foreign_keys = ON",
    "postgresql": "SET LOCAL session_replication_role = replica",
}


def sell_plainly(folder: Path, url: str) -> None:
    """Sell what the first revision can hold: nothing off, no tax, no gifts; with money that went
    back, that failed to, and that is disputed."""
    bench = make_bench(folder, url, NOW)
    world = world_on(bench, stock=50)
    placed = [sell_through_a_share(bench, world, quantity=2) for _ in range(3)]
    refunds = []
    for each in placed:
        with bench.database.begin() as session:
            refund = refund_order(
                session, world.merchant.id, each.public_id,
                wish=Wish(amount_minor=100), kinds=bench.ports.kinds, now=bench.clock.now(),
            )  # fmt: skip
            refunds.append(refund)
    while run_due(bench.ports):
        pass
    tell_of_refund(bench, refunds[0], "failed")
    tell_of_dispute(bench, placed[1], 300, "needs_response")


def be_counted(folder: Path, url: str) -> None:
    """Sell through shares at a post whose link a member made, and count all of it by day."""
    bench = make_bench(folder, url, NOW)
    world = world_on(bench, stock=50)
    placing.link_all(bench.ports)
    for _ in range(3):
        sell_through_a_share(bench, world)
    bench.clock.pass_time(hours=1)
    zone, now = world.merchant.zone, bench.clock.now()
    while tallies.count_some(bench.ports, world.merchant.id, zone, now=now):
        pass


def sell_less(folder: Path, url: str) -> None:
    """Sell one thing with an offer, and nothing else."""
    shop = RealShop(folder, url)
    shop.buy("ada@buyers.test", "cone", 2)


def live_fully(folder: Path, url: str) -> None:
    """Sell with an offer, give, spend, undo, give back, fail to, and be disputed."""
    shop = RealShop(folder, url)
    shop.buy("ada@buyers.test", "cone", 2)
    friends = ["ben@friends.test", "cleo@friends.test"]
    shop.give("ada@buyers.test", friends, at="", amount_minor=2500)
    shop.give("ada@buyers.test", ["dan@friends.test"], at="", thing="cake")
    for order in range(3):
        shop.charge(order)
        shop.tell_of_money(order)
    shop.work()
    ben, cleo = shop.take_out_cards(1)
    shop.undo(shop.redeem(ben, 1000) or "")
    shop.redeem(cleo, 700)
    shop.refund(0, lines={0: 1})
    shop.refund(1, amount_minor=500)
    shop.work()
    shop.fail_refund(0, 0)
    shop.dispute(2, "du_1", 2000, "needs_response")


def multiply(database: Database, *, rows: int) -> int:
    """Copy everything under other ids until there are so many rows; return how many there are."""
    tables = Base.metadata.sorted_tables
    with database.writer.begin() as connection:
        connection.execute(text(NO_GUARDS[connection.dialect.name]))
        have = sum(_count(connection, table) for table in tables)
        copies = max(1, -(-rows // have) - 1)
        for table in tables:
            _copy(connection, table, copies)
    return have * (copies + 1)


def _count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def _copy(connection: Connection, table: Table, copies: int) -> None:
    numbers = select(literal(1).label("n")).cte(recursive=True)
    numbers = numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < copies))
    names = _names(table)
    columns = [_copied(column, numbers.c.n, names) for column in table.columns]
    rows = select(*columns).select_from(table.join(numbers, text("true")))
    connection.execute(insert(table).from_select([column.name for column in table.columns], rows))


def _names(table: Table) -> set[str]:
    """Return the columns that have to differ, because nothing else in their key does."""
    keys = [each.columns for each in table.constraints if isinstance(each, UniqueConstraint)]
    keys += [each.columns for each in table.indexes if each.unique]
    alone = [key for key in keys if not any(_is_key(column) for column in key)]
    return {column.name for key in alone for column in key if isinstance(column.type, String)}


def _is_key(column: Column[int]) -> bool:
    is_named_so = column.name == "id" or column.name.endswith("_id")
    return is_named_so and isinstance(column.type, Integer)


def _copied(
    column: Column[int], number: ColumnElement[int], names: set[str]
) -> ColumnElement[object]:
    if _is_key(column):
        return column + number * FARTHEST
    if column.name not in names:
        return column
    kept = func.length(column) - (DIGITS if column.type.length in FULL else 0)
    return func.substr(column, 1, kept).concat(cast(FARTHEST + number, String))
