"""Large files: what a file weighs in memory does not grow with it, in either direction."""

import os
import re
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from storefront.feeds.files import inspect, read_groups
from storefront.feeds.values import Terms
from storefront.feeds.writing import Sender, write
from storefront.models import ProductImport, Variant
from storefront.services import exports, import_checks, import_writing, imports
from storefront.services.imports import Wishes
from storefront.services.reporting.products import ProductsSought
from tests.factories import World
from tests.fakes import Bench

HEADER = (
    "Handle,Title,Body (HTML),Option1 Value,Variant SKU,Variant Inventory Tracker,"
    "Variant Inventory Qty,Variant Price\n"
)
MOST_BYTES = 40 * 1024 * 1024
VARIANTS_EACH = 5


def large_file(folder: Path, variants: int) -> Path:
    """Write a file of products of five variants, half a kilobyte of words each."""
    file = folder / "large.csv"
    words = "<p>" + "Made by hand of good things. " * 15 + "</p>"
    with file.open("w", encoding="utf-8") as stream:
        stream.write(HEADER)
        for number in range(variants):
            product = number // VARIANTS_EACH
            is_first = number % VARIANTS_EACH == 0
            said = f"Thing {product},{words}" if is_first else ","
            stream.write(f"thing-{product},{said},Size {number % 5},S-{number},shopify,7,4.50\n")
    return file


def take_in(bench: Bench, world: World, file: Path) -> int:
    """Import a file and return the most bytes that were in use at once."""
    tracemalloc.start()
    with file.open("rb") as stream:
        name = imports.begin_import(
            bench.ports,
            world.merchant.id,
            stream,
            file_name=file.name,
            wishes=Wishes(is_all_or_nothing=True),
            is_queued=False,
        )
    with bench.database.reads() as session:
        made_id = imports.find_import_id(session, world.merchant.id, name) or 0
    import_checks.check_import(bench.ports, made_id, is_queued=False)
    while import_writing.write_import(bench.ports, made_id, is_queued=False):
        pass
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def weigh_export(bench: Bench, world: World) -> tuple[int, int]:
    """Return how many rows an export has, and the most bytes that were in use at once."""
    tracemalloc.start()
    products = exports.each_product(bench.ports, world.merchant.id, ProductsSought())
    pieces = write(products, "shopify", Sender("Shop", "https://shop.test", "USD"))
    rows = sum(piece.count("\n") for piece in pieces)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return rows, most


def prove(bench: Bench, world: World, folder: Path, *, variants: int) -> dict[str, int]:
    """Take so many variants in and give them out again; return what it weighed."""
    file = large_file(folder, variants)
    weight = take_in(bench, world, file)
    with bench.database.reads() as session:
        made = session.scalars(select(ProductImport)).one()
        count = session.scalar(select(func.count()).select_from(Variant)) or 0
    rows, export_weight = weigh_export(bench, world)

    assert (variants, 0) == (made.added, made.faults)
    assert made.finished_at
    assert (variants + 1, variants + 2) == (count, rows)
    assert weight < MOST_BYTES
    assert export_weight < MOST_BYTES
    return {"file": file.stat().st_size, "import": weight, "export": export_weight}


def test_a_file_of_800_variants_weighs_little(bench: Bench, world: World, tmp_path: Path) -> None:
    prove(bench, world, tmp_path, variants=800)


def environment(bench: Bench) -> dict[str, str]:
    """Return the settings of a bench as a process of its own takes them."""
    settings = bench.ports.settings
    told = {
        "SECRET_KEY": settings.secret_key,
        "PEPPER": settings.pepper,
        "INSTANCE_DIR": str(settings.instance_dir),
        "DATABASE_URL": settings.database_url,
        "STRIPE_API_KEY": settings.stripe_api_key,
        "STRIPE_PUBLISHABLE_KEY": settings.stripe_publishable_key,
        "STRIPE_WEBHOOK_SECRETS": ",".join(settings.stripe_webhook_secrets),
        "STRIPE_API_URL": settings.stripe_api_url,
        "MAIL_URL": settings.mail_url,
        "MAIL_FROM": settings.mail_from,
    }
    return {**os.environ, **{f"STOREFRONT_{name}": value for name, value in told.items()}}


def run_command(bench: Bench, world: World, file: Path) -> tuple[str, int]:
    """Import a file by the command; return what it said, and the most memory it held at once."""
    command = [sys.executable, "-m", "storefront", "import-products", str(file)]
    with (file.parent / "said").open("w+", encoding="utf-8") as said:
        process = subprocess.Popen(
            [*command, "--merchant", world.merchant.slug, "--all-or-nothing"],
            env=environment(bench),
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        weight = 0
        while process.poll() is None:
            weight = max(weight, peak_of(process.pid))
            time.sleep(0.05)
        said.seek(0)
        return said.read(), weight


def peak_of(pid: int) -> int:
    """Return the most bytes that a process has held so far; 0 once it is gone. What its parent
    hands down at the start is in `ru_maxrss`, so that says nothing."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0


@pytest.mark.prove
@pytest.mark.timeout(900)
def test_a_command_takes_50_000_variants_in_without_growing(
    bench: Bench, world: World, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """The first 500 load every module and warm every cache; after that only the file is larger."""
    _, before = run_command(bench, world, large_file(tmp_path, 500))
    file = large_file(tmp_path, 50_000)

    said, weight = run_command(bench, world, file)

    record_property("figure", f"{file.stat().st_size} bytes in, {weight - before} bytes more held")
    assert "50000 rows: 49500 variants added, 0 changed, 500 as they were, 0 faults." in said
    assert 0 < before
    assert weight - before < MOST_BYTES


@pytest.mark.prove
def test_reading_weighs_the_same_for_ten_times_as_much(tmp_path: Path) -> None:
    weights = []
    for variants in (5000, 50_000):
        file = large_file(tmp_path, variants)
        tracemalloc.start()
        for _ in read_groups(file, inspect(file), Terms("USD")):
            pass
        weights.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert weights[1] < 1.5 * weights[0]
