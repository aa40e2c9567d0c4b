"""Copies of a shop that goes on selling: each is whole, and its books hold."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select, text

from storefront.cli import command_group
from storefront.db.backup import DamagedCopyError, copy_sqlite, dump_command
from storefront.db.engine import Database
from storefront.db.schema import is_current
from storefront.models import Order
from storefront.services.audit import audit
from tests.factories import World, pay, place, world_on
from tests.fakes import Bench, make_bench

COPIES = 20
SELLERS = 3
PATIENCE = 30


@pytest.fixture
def shop(sqlite_url: str, now: datetime, tmp_path: Path) -> Iterator[Bench]:
    bench = make_bench(tmp_path / "instance", sqlite_url, now)
    yield bench
    bench.database.dispose()


@contextmanager
def selling(bench: Bench, world: World) -> Iterator[None]:
    """Place and pay orders in several threads for as long as the block lasts."""
    stop = threading.Event()

    def sell() -> None:
        client = bench.client()
        while not stop.is_set():
            pay(client, bench, place(bench, world))

    sellers = [threading.Thread(target=sell) for _ in range(SELLERS)]
    for seller in sellers:
        seller.start()
    yield
    stop.set()
    for seller in sellers:
        seller.join(PATIENCE)


def back_up(bench: Bench, folder: Path) -> Result:
    group = command_group("storefront", bench.ports, bench.database)
    return CliRunner().invoke(group, ["backup", str(folder)])


def restored(folder: Path) -> tuple[int, bool]:
    """Open a copy as a shop would; return how many orders are paid, and whether it is sound."""
    database = Database(f"sqlite:///{folder}/storefront.sqlite")
    with database.reads() as session:
        paid = session.scalar(select(func.count(Order.paid_at))) or 0
        is_sound = audit(session) == [] and is_current(database.reader)
    database.dispose()
    return paid, is_sound


def test_every_copy_of_a_shop_that_sells_can_be_opened_and_its_books_hold(
    shop: Bench, tmp_path: Path
) -> None:
    world = world_on(shop, stock=None)
    folders = [tmp_path / f"copy-{number}" for number in range(COPIES)]
    with selling(shop, world):
        told = [back_up(shop, folder).exit_code for folder in folders]
    paid, sound = zip(*map(restored, folders), strict=True)

    assert told == [0] * COPIES
    assert all(sound)
    assert list(paid) == sorted(paid)
    assert paid[0] < paid[-1]


def test_the_pictures_are_copied_too_and_nothing_else_lies_there(
    shop: Bench, tmp_path: Path
) -> None:
    media = shop.ports.settings.media_dir
    media.mkdir(parents=True)
    (media / "cone.jpg").write_bytes(b"picture")
    back_up(shop, tmp_path / "copy")

    assert sorted(path.name for path in (tmp_path / "copy").iterdir()) == [
        "media",
        "storefront.sqlite",
    ]
    assert (tmp_path / "copy" / "media" / "cone.jpg").read_bytes() == b"picture"


def test_an_older_copy_is_never_overwritten(shop: Bench, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    told = back_up(shop, tmp_path / "copy")

    assert (told.exit_code, "exists already" in told.output) == (1, True)
    assert list((tmp_path / "copy").iterdir()) == []


def test_a_damaged_database_is_not_taken_for_a_copy(shop: Bench, tmp_path: Path) -> None:
    world_on(shop)
    shop.database.dispose()
    [file] = Path(shop.ports.settings.database_url.removeprefix("sqlite:///")).parent.glob(
        "*.sqlite3"
    )
    damaged = tmp_path / "damaged.sqlite"
    shutil.copyfile(file, damaged)
    database = Database(f"sqlite:///{damaged}")
    with database.reads() as session:
        page = session.scalar(
            text("SELECT rootpage FROM sqlite_master WHERE name = 'ix_storefront_shares_public_id'")
        )
        size = session.scalar(text("PRAGMA page_size"))
    database.dispose()
    with damaged.open("r+b") as file_:
        file_.seek((page - 1) * size)
        file_.write(b"\x0d" + b"\xff" * 100)

    with pytest.raises(DamagedCopyError):
        copy_sqlite(f"sqlite:///{damaged}", tmp_path / "copy.sqlite")
    assert not (tmp_path / "copy.sqlite").exists()


def test_postgresql_is_left_to_its_own_tool(
    postgresql_url: str, now: datetime, tmp_path: Path
) -> None:
    bench = make_bench(tmp_path, postgresql_url, now)
    told = back_up(bench, tmp_path / "copy")
    bench.database.dispose()

    assert told.exit_code == 1
    assert f"pg_dump --format=custom --file={tmp_path}/copy/storefront.dump" in told.output
    assert not (tmp_path / "copy").exists()


def test_the_password_is_not_shown() -> None:
    command = dump_command("postgresql+psycopg://shop:hush@db.test/shop", Path("a.dump"))

    assert command == "pg_dump --format=custom --file=a.dump 'postgresql://shop@db.test/shop'"
