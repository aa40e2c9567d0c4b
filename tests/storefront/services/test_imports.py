"""Files of products taken into a shop: all of it or what is good, once, whatever breaks off."""

import io
import random
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from storefront.errors import Conflict
from storefront.feeds.values import Unusable
from storefront.feeds.writing import FORMATS, Sender, write
from storefront.models import (
    ImportFault,
    Product,
    ProductImport,
    StockEntry,
    Variant,
    VariantPrice,
)
from storefront.services import (
    exports,
    import_checks,
    import_writing,
    imports,
    pictures,
    products,
    stock_entries,
    variants,
)
from storefront.services.imports import Wishes
from storefront.services.reporting.products import ProductsSought
from storefront.worker import run_due
from tests.contents import contents, nothing_changes
from tests.factories import World, pay, place, world_on
from tests.fakes import Bench

HEADER = (
    "Handle,Title,Body (HTML),Option1 Value,Variant SKU,Variant Inventory Tracker,"
    "Variant Inventory Qty,Variant Price,Image Src\n"
)
OF_IMPORTS = {"storefront_product_imports", "storefront_import_faults", "storefront_jobs"}


def rows(count: int, *, price: str = "4.50") -> str:
    """Return a file with so many products of two variants."""
    lines = [
        f"cone-{number},Cone {number},<p>Good</p>,{size},C-{number}-{size},shopify,{number},"
        f"{price},\n"
        for number in range(count)
        for size in ("S", "L")
    ]
    return HEADER + "".join(lines)


def begin(bench: Bench, world: World, content: str, **wishes: bool) -> str:
    """Begin an import and return its public id."""
    return imports.begin_import(
        bench.ports,
        world.merchant.id,
        io.BytesIO(content.encode()),
        file_name="products.csv",
        wishes=Wishes(**wishes),
    )


def take_in(bench: Bench, world: World, content: str, **wishes: bool) -> ProductImport:
    """Import a file to its end, as a worker does."""
    name = begin(bench, world, content, **wishes)
    while run_due(bench.ports):
        pass
    return import_named(bench, name)


def import_named(bench: Bench, name: str) -> ProductImport:
    """Return an import as it is now."""
    with bench.database.reads() as session:
        return session.scalars(select(ProductImport).where(ProductImport.public_id == name)).one()


def faults(bench: Bench) -> list[tuple[int, str, str]]:
    """Return row, column and code of every fault that is kept."""
    with bench.database.reads() as session:
        found = session.scalars(select(ImportFault).order_by(ImportFault.row, ImportFault.id))
        return [(each.row, each.column, each.code) for each in found]


def catalogue(bench: Bench) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table but those about the imports themselves."""
    return {name: all_ for name, all_ in contents(bench.database).items() if name not in OF_IMPORTS}


def count(bench: Bench, table: Any) -> int:
    """Count the rows of a table."""
    with bench.database.reads() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def files(bench: Bench) -> list[Path]:
    """Return the files that imports have left, beside the lists of what was wrong."""
    left = (bench.ports.settings.instance_dir / "imports").iterdir()
    return [path for path in left if path.suffix != ".faults"]


def test_a_file_becomes_products_with_stock_and_its_entries(bench: Bench, world: World) -> None:
    made = take_in(bench, world, rows(3))

    with bench.database.reads() as session:
        product = session.scalars(select(Product).where(Product.handle == "cone-2")).one()
        variants = [(each.name, each.price_minor, each.stock) for each in product.variants]
    assert (6, 0, 0, 0) == (made.added, made.changed, made.unchanged, made.faults)
    assert made.finished_at == bench.clock.now()
    assert "Good" == product.description
    assert [("S", 450, 2), ("L", 450, 2)] == variants
    assert [] == files(bench)


def test_the_same_file_twice_changes_nothing(bench: Bench, world: World) -> None:
    take_in(bench, world, rows(3), sets_stock=True)
    before = catalogue(bench)

    made = take_in(bench, world, rows(3), sets_stock=True)

    assert before == catalogue(bench)
    assert (0, 0, 6) == (made.added, made.changed, made.unchanged)


def test_each_price_of_a_file_is_remembered_once(bench: Bench, world: World) -> None:
    for price in ("4.50", "4.50", "3.90"):
        take_in(bench, world, rows(1, price=price))
        bench.clock.pass_time(hours=1)

    with bench.database.reads() as session:
        remembered = select(VariantPrice.price_minor).join(Variant).where(Variant.sku == "C-0-S")
        assert [450, 390] == list(session.scalars(remembered.order_by(VariantPrice.id)))


def test_a_file_changes_what_it_names_and_leaves_the_rest(bench: Bench, world: World) -> None:
    take_in(bench, world, rows(2))

    made = take_in(bench, world, rows(1, price="5.00"))

    with bench.database.reads() as session:
        prices = dict(session.execute(select(Variant.sku, Variant.price_minor)).all())
    assert (0, 2, 0) == (made.added, made.changed, made.unchanged)
    assert (500, 450, 450) == (prices["C-0-S"], prices["C-1-S"], prices[world.variant.sku])


def test_stock_is_kept_unless_it_is_to_be_set(bench: Bench, world: World) -> None:
    """What was sold since the file was saved must not come back on sale by itself."""
    own = f"{world.product.handle},Pistachio cone,,Regular,{world.variant.sku},shopify,10,4.50,\n"
    pay(bench.client(), bench, place(bench, world, quantity=4))

    take_in(bench, world, HEADER + own)
    with bench.database.reads() as session:
        kept = session.get_one(Variant, world.variant.id)
    take_in(bench, world, HEADER + own, sets_stock=True)
    with bench.database.reads() as session:
        variant = session.get_one(Variant, world.variant.id)
        entry = session.scalars(select(StockEntry).where(StockEntry.reason == "imported")).one()

    assert (10, 4) == (kept.stock, kept.sold)
    assert (14, 4) == (variant.stock, variant.sold)
    assert 4 == entry.units


BROKEN = rows(2) + "cone-9,Nine,,S,C-9,shopify,1,4.5x,\ncone-8,Eight,,S,C-0-S,shopify,1,4.50,\n"


def test_what_is_good_is_taken_and_each_bad_row_is_named(bench: Bench, world: World) -> None:
    made = take_in(bench, world, BROKEN)

    assert [(6, "Variant Price", "price_unreadable"), (7, "", "sku_twice")] == faults(bench)
    assert (4, 2) == (made.added, made.faults)
    assert 3 == count(bench, Product)  # none of which nothing could be bought
    assert made.finished_at


def test_all_or_nothing_takes_nothing_when_anything_is_wrong(bench: Bench, world: World) -> None:
    before = catalogue(bench)

    made = take_in(bench, world, BROKEN, is_all_or_nothing=True)

    assert before == catalogue(bench)
    assert ("has_faults", 2) == (made.stop_code, made.faults)
    assert [] == files(bench)


def test_a_file_that_was_cut_gives_what_is_whole_or_nothing(bench: Bench, world: World) -> None:
    cut = rows(3)[:-40]

    nothing = take_in(bench, world, cut, is_all_or_nothing=True)
    some = take_in(bench, world, cut)

    assert ("has_faults", 0) == (nothing.stop_code, nothing.added)
    assert (5, ["file_cut"]) == (some.added, [code for *_, code in faults(bench)][1:])


def test_a_sku_of_another_product_stays_there(bench: Bench, world: World) -> None:
    own = f"thief,Thief,,S,{world.variant.sku},shopify,1,0.01,\n"

    made = take_in(bench, world, HEADER + own)

    with bench.database.reads() as session:
        variant = session.get_one(Variant, world.variant.id)
    assert [(2, "", "sku_elsewhere")] == faults(bench)
    assert (450, world.product.id) == (variant.price_minor, variant.product_id)
    assert 0 == made.added


def test_another_merchants_products_are_out_of_a_files_reach(bench: Bench, world: World) -> None:
    rival = world_on(bench, slug="florist")
    own = f"{rival.product.handle},Mine,,S,{rival.variant.sku},shopify,1,0.01,\n"

    take_in(bench, world, HEADER + own)

    with bench.database.reads() as session:
        theirs = session.get_one(Product, rival.product.id)
        price = session.get_one(Variant, rival.variant.id).price_minor
    assert ("Pistachio cone", 450) == (theirs.name, price)


def test_rows_without_a_title_need_a_product_that_is_known(bench: Bench, world: World) -> None:
    content = HEADER + "cone,Cone,,S,C-S,,,1.00,\nother,,,S,O-S,,,1.00,\ncone,,,L,C-L,,,2.00,\n"

    made = take_in(bench, world, content)

    assert [(3, "", "title_missing")] == faults(bench)
    assert 2 == made.added


class Killed(BaseException):
    """What ends a process wherever it is."""


def kill(position: int) -> None:
    """End the process that has just written a batch."""
    raise Killed(position)


def test_a_worker_that_dies_in_the_middle_is_followed_by_one_that_goes_on(
    bench: Bench, world: World
) -> None:
    begin(bench, world, rows(150))
    [made_id] = [each[0] for each in contents(bench.database)["storefront_product_imports"]]
    import_checks.check_import(bench.ports, made_id, is_queued=False)

    with pytest.raises(Killed):
        import_writing.write_import(bench.ports, made_id, tell=kill, is_queued=False)
    halfway = count(bench, Variant)
    is_more = import_writing.write_import(bench.ports, made_id, is_queued=False)

    with bench.database.reads() as session:
        made = session.get_one(ProductImport, made_id)
    assert 1 < halfway < 301
    assert not is_more
    assert (300, 301) == (made.added, count(bench, Variant))
    assert made.finished_at


def test_two_workers_write_no_batch_twice(bench: Bench, world: World) -> None:
    begin(bench, world, rows(10))
    [made_id] = [each[0] for each in contents(bench.database)["storefront_product_imports"]]
    import_checks.check_import(bench.ports, made_id, is_queued=False)
    with bench.database.reads() as session:
        seen = session.get_one(ProductImport, made_id)
    import_writing.write_import(bench.ports, made_id, is_queued=False)
    before = catalogue(bench)

    late = import_writing._write(bench.ports, seen, [], position=0)

    assert late is None
    assert before == catalogue(bench)


def test_one_import_runs_at_a_time(bench: Bench, world: World) -> None:
    begin(bench, world, rows(1))

    with nothing_changes(bench.database), pytest.raises(Conflict) as refusal:
        begin(bench, world, rows(1))

    assert "import_running" == refusal.value.code
    assert 1 == len(files(bench))


def test_a_stopped_import_writes_no_more_and_lets_the_next_one_begin(
    bench: Bench, world: World
) -> None:
    name = begin(bench, world, rows(1))
    with bench.database.begin() as session:
        imports.stop_import(session, world.merchant.id, name, now=bench.clock.now())
    while run_due(bench.ports):
        pass

    assert 1 == count(bench, Variant)
    assert 2 == take_in(bench, world, rows(1)).added


@pytest.mark.parametrize("content", ["", "Name,Cost\nCone,4\n", "PK\x03\x04"])
def test_what_is_no_file_of_products_leaves_nothing(
    bench: Bench, world: World, content: str
) -> None:
    with nothing_changes(bench.database), pytest.raises(Unusable):
        begin(bench, world, content)

    assert [] == files(bench)


def test_a_bomb_in_a_feed_stops_the_import(bench: Bench, world: World) -> None:
    bomb = (
        '<!DOCTYPE r [<!ENTITY a "aaaa">]><rss><channel><item><id>&a;</id></item></channel></rss>'
    )

    made = take_in(bench, world, bomb)

    assert "xml_doctype" == made.stop_code
    assert [] == files(bench)


def test_a_file_that_is_gone_ends_its_import(bench: Bench, world: World) -> None:
    name = begin(bench, world, rows(1))
    files(bench)[0].unlink()
    while run_due(bench.ports):
        pass

    assert "file_gone" == import_named(bench, name).stop_code


ALPHABET = "abcXYZ 019_-=+@'\"<>&,;\t\né€冰🍦"


def a_text(chance: random.Random, longest: int, *, lines: bool = False) -> str:
    """Return a text that is hard on separators, quotes, formulas and markup."""
    text = "".join(chance.choice(ALPHABET) for _ in range(chance.randint(1, longest)))
    return text if lines else " ".join(text.split()) or "x"


def fill(bench: Bench, world: World, seed: int) -> None:
    """Write a shop full of awkward products, through the console's own services."""
    chance, now = random.Random(seed), bench.clock.now()
    for number in range(12):
        words = a_text(chance, 30), a_text(chance, 200, lines=True)
        details = products.ProductDetails(*words, chance.random() < 0.5, number % 2 > 0)
        first = products.FirstVariant(a_text(chance, 20), f"=SKU-{number}", 450 + number, None)
        hand = stock_entries.by_program(now)
        with bench.database.begin() as session:
            product = products.add_product(
                session, world.merchant.id, details, first=first, hand=hand
            )
            for more in range(chance.randint(0, 3)):
                other = products.FirstVariant(f"v{more}", f"{number}-{more}", more, number % 5)
                hand = stock_entries.by_program(now)
                row = products.add_variant(session, product, other, hand=hand)
                if more == 1:
                    variants.withdraw_variant(session, row, now=now)
            for picture in range(chance.randint(0, 3)):
                address = f"https://cdn.test.example/{picture},{number}.jpg?a=1&b=2"
                alt = a_text(chance, 20)
                pictures.add_picture_elsewhere(session, product, address, alt=alt)
            if number % 3 == 0:
                products.withdraw(session, world.merchant.id, [product.public_id], now=now)


def exported(bench: Bench, world: World, form: str) -> str:
    """Return a shop's products as a file."""
    each = exports.each_product(bench.ports, world.merchant.id, ProductsSought())
    return "".join(write(each, form, Sender("Shop", "https://shop.test", world.merchant.currency)))


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_exported_comes_back_without_loss(bench: Bench, form: str, seed: int) -> None:
    world = world_on(bench)
    fill(bench, world, seed)
    other = world_on(bench, slug="florist")
    with bench.database.begin() as session:  # so that the two shops hold the same
        session.get_one(Product, other.product.id).handle = "gone"

    whole = exported(bench, world, form)
    made = take_in(bench, other, whole, is_all_or_nothing=True, sets_stock=True)
    again = exported(bench, other, form)

    assert [] == faults(bench)
    assert made.finished_at
    own = {line for line in whole.splitlines() if "gelato-cone" not in line}
    assert own <= set(again.splitlines())


@pytest.mark.parametrize("form", FORMATS)
def test_prices_with_three_decimals_come_in_and_go_out_whole(bench: Bench, form: str) -> None:
    world = world_on(bench, slug="kiosk", currency="KWD", price_minor=10_000)

    take_in(bench, world, rows(1, price="1.250"))
    refused = take_in(bench, world, rows(1, price="1.255"))

    assert {(row, "amount_not_chargeable") for row in (2, 3)} == {
        (row, code) for row, _column, code in faults(bench)
    }
    assert (0, 0) == (refused.added, refused.changed)
    assert exported(bench, world, form).count("1.250") == 2


@pytest.mark.parametrize("form", FORMATS)
def test_a_shops_own_file_changes_nothing_in_it(bench: Bench, form: str) -> None:
    world = world_on(bench)
    fill(bench, world, 3)
    before = catalogue(bench)

    made = take_in(bench, world, exported(bench, world, form), sets_stock=True)

    assert (0, 0) == (made.added, made.changed)
    assert before == catalogue(bench)
