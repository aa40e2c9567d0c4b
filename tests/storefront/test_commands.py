"""The commands, through click's runner where one process is enough, and as processes where not."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, update

from storefront.cli import command_group
from storefront.db.engine import Database
from storefront.db.schema import downgrade, is_current, upgrade
from storefront.models import Job, Member, Membership, Merchant, Order, Variant
from storefront.services import alarms, upkeep
from storefront.services.audit import rules_of
from storefront.services.members import find_by_password
from tests.engines import Databases
from tests.factories import World, pay, place, world_on
from tests.fakes import Bench, make_bench
from tests.races.servers import environment_of

ROOT = Path(__file__).parents[2]
PATIENCE = 30
ADD = {
    "slug": "corner-bakery",
    "name": "Corner Bakery",
    "currency": "EUR",
    "zone": "Europe/Lisbon",
    "contact-email": "hello@bakery.test",
    "owner-email": "Ana@Bakery.test",
    "owner-name": "Ana",
    "owner-password": "a-dozen-or-more",
}


def run(bench: Bench, *arguments: str) -> Result:
    group = command_group("storefront", bench.ports, bench.database)
    return CliRunner().invoke(group, arguments)


def add_merchant(bench: Bench, **changes: str) -> Result:
    told = {**ADD, **{name.replace("_", "-"): value for name, value in changes.items()}}
    return run(
        bench, "add-merchant", *(part for name in told for part in (f"--{name}", told[name]))
    )


def rows(bench: Bench, table: Any) -> list[Any]:
    with bench.database.reads() as session:
        return list(session.scalars(select(table)))


def test_a_merchant_is_added_with_an_owner_who_can_sign_in(bench: Bench) -> None:
    told = add_merchant(bench)
    [merchant] = rows(bench, Merchant)
    with bench.database.reads() as session:
        owner = find_by_password(session, "ana@bakery.test", "a-dozen-or-more")

    assert (told.exit_code, told.output) == (0, f"Added Corner Bakery ({merchant.public_id}).\n")
    assert (merchant.currency, merchant.zone) == ("EUR", "Europe/Lisbon")
    assert owner is not None
    assert (owner.role, owner.merchant_slug) == ("owner", "corner-bakery")


def test_members_are_listed_with_the_id_by_which_a_host_names_them(bench: Bench) -> None:
    add_merchant(bench)
    [owner] = rows(bench, Member)
    told = run(bench, "members", "--merchant", "corner-bakery")
    unknown = run(bench, "members", "--merchant", "nobody")

    assert f"{owner.public_id}  owner    ana@bakery.test  Ana\n" == told.output
    assert (1, "Error: there is no merchant called nobody\n") == (
        unknown.exit_code,
        unknown.output,
    )


def test_a_database_that_was_not_upgraded_is_told_in_one_line(bench: Bench) -> None:
    downgrade(bench.database.writer, "base")
    told = run(bench, "check")
    upgrade(bench.database.writer)

    assert (1, "Error: A migration has not run: begin with `db upgrade`.\n") == (
        told.exit_code,
        told.output,
    )


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"slug": "Corner Bakery"}, "Error: slug: invalid slug\n"),
        ({"currency": "EURO"}, "Error: currency: invalid currency\n"),
        ({"zone": "Lisbon"}, "Error: zone: invalid zone\n"),
        ({"owner_password": "short"}, "Error: password: password length\n"),
    ],
)
def test_what_cannot_be_a_merchant_is_named_and_nothing_is_written(
    bench: Bench, changes: dict[str, str], complaint: str
) -> None:
    told = add_merchant(bench, **changes)

    assert (told.exit_code, told.output) == (1, complaint)
    assert (rows(bench, Merchant), rows(bench, Member), rows(bench, Membership)) == ([], [], [])


def test_a_slug_is_given_once(bench: Bench) -> None:
    add_merchant(bench)
    told = add_merchant(bench, owner_email="bo@bakery.test")

    assert (told.exit_code, told.output) == (1, "Error: slug: slug taken\n")
    assert [member.email for member in rows(bench, Member)] == ["ana@bakery.test"]


PRODUCTS = "Handle,Title,Variant SKU,Variant Price\ncone,Cone,C-1,4.50\ncup,Cup,C-2,cheap\n"


def import_file(bench: Bench, folder: Path, *flags: str, merchant: str = "gelato") -> Result:
    file = folder / "products.csv"
    file.write_text(PRODUCTS)
    return run(bench, "import-products", str(file), "--merchant", merchant, *flags)


def test_a_file_of_products_is_taken_in_and_its_faults_are_told(
    bench: Bench, world: World, tmp_path: Path
) -> None:
    told = import_file(bench, tmp_path)

    assert 0 == told.exit_code
    assert "row 3, Variant Price: price unreadable (cheap)" in told.output
    assert "2 rows: 1 variants added, 0 changed, 0 as they were, 1 faults." in told.output
    assert {"C-1", world.variant.sku} == {variant.sku for variant in rows(bench, Variant)}


def test_a_file_with_faults_is_refused_as_a_whole_when_that_is_wished(
    bench: Bench, world: World, tmp_path: Path
) -> None:
    told = import_file(bench, tmp_path, "--all-or-nothing")

    assert 1 == told.exit_code
    assert "has faults" in told.output
    assert [world.variant.sku] == [variant.sku for variant in rows(bench, Variant)]


@pytest.mark.usefixtures("world")
def test_a_file_is_for_a_merchant_who_is_here(bench: Bench, tmp_path: Path) -> None:
    told = import_file(bench, tmp_path, merchant="nobody")

    assert 1 == told.exit_code
    assert "there is no merchant called nobody" in told.output
    assert 1 == len(rows(bench, Variant))


def test_the_check_of_sound_books_says_so(bench: Bench, world: World) -> None:
    pay(bench.client(), bench, place(bench, world))
    told, rules = run(bench, "check"), len(rules_of(bench.ports.kinds))

    assert (told.exit_code, told.output) == (0, f"All {rules} rules hold.\n")


@pytest.fixture
def broken(sqlite_url: str, now: datetime, tmp_path: Path) -> Iterator[Bench]:
    """Give a shop whose books a test may spoil."""
    bench = make_bench(tmp_path, sqlite_url, now)
    yield bench
    bench.database.dispose()


def test_the_check_names_each_row_that_breaks_a_rule(broken: Bench) -> None:
    world = world_on(broken)
    placed = place(broken, world, lines=((world.variant.public_id, 2),))
    with broken.database.begin() as session:
        session.execute(update(Variant).values(held=1))
    told = run(broken, "check")
    variant = world.variant.public_id

    assert told.exit_code == 1
    assert told.output == (
        f"counters_equal_lines: variants {variant}: says held 1, sold 0; lines say 2, 0\n"
    )
    assert placed.public_id not in told.output


def test_a_new_database_is_brought_up_to_date_and_again_without_harm(
    tmp_path: Path, now: datetime
) -> None:
    bench = make_bench(tmp_path, f"sqlite:///{tmp_path}/new.sqlite", now)
    told = [run(bench, "db", "upgrade").output for _ in range(2)]
    current = is_current(bench.database.writer)
    bench.database.dispose()

    assert told == ["The database is up to date.\n"] * 2
    assert current


def environment(folder: Path, url: str) -> dict[str, str]:
    told = {
        "SECRET_KEY": "k3y-for-tests-0123456789-abcdefghijklmn",
        "PEPPER": "p3pper-for-tests-0123456789-abcdefghij",
        "INSTANCE_DIR": str(folder),
        "DATABASE_URL": url,
        "STRIPE_API_KEY": "sk_test_fake",
        "STRIPE_PUBLISHABLE_KEY": "pk_test_fake",
        "STRIPE_WEBHOOK_SECRETS": "whsec_1",
        "STRIPE_API_URL": "http://localhost:9",
        "MAIL_URL": f"file://{folder}/mail",
        "MAIL_FROM": "Shop <hello@shop.test>",
    }
    return environment_of({f"STOREFRONT_{name}": value for name, value in told.items()})


def start(arguments: list[str], told: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "storefront", *arguments],
        cwd=ROOT,
        env=told,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


@pytest.mark.parametrize("command", [["check"], ["db", "upgrade"], ["run"]])
def test_faulty_settings_end_a_command_with_one_line_for_each(
    tmp_path: Path, command: list[str]
) -> None:
    told = environment(tmp_path, "mysql://localhost/shop")
    told["STOREFRONT_PEPPER"] = "short-pepper"
    process = start(command, told)
    output, _ = process.communicate(timeout=PATIENCE)

    assert process.returncode != 0
    assert "  - STOREFRONT_PEPPER has 12 characters and needs 32 or more" in output
    assert "  - STOREFRONT_DATABASE_URL begins with 'mysql'" in output


def test_the_doctor_says_how_each_part_is_and_fails_when_one_is_wrong(bench: Bench) -> None:
    alone = run(bench, "doctor")
    with bench.database.begin() as session:
        upkeep.note_worker(session, now=bench.clock.now())
    attended = run(bench, "doctor")

    assert (alone.exit_code, attended.exit_code) == (1, 0)
    assert "wrong worker: None was seen lately" in alone.output
    assert "well  worker: One was seen lately.\n" in attended.output


def test_the_doctor_explains_settings_with_which_no_shop_starts(tmp_path: Path) -> None:
    told = environment(tmp_path, "mysql://localhost/shop")
    told["STOREFRONT_PEPPER"] = "short-pepper"
    process = start(["doctor"], told)
    output, _ = process.communicate(timeout=PATIENCE)

    assert process.returncode == 1
    assert output.splitlines()[0].startswith("wrong setting: STOREFRONT_PEPPER has 12 characters")
    assert [line.partition(":")[0] for line in output.splitlines()] == ["wrong setting"] * 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_work_sends_what_is_owed_and_ends_when_told(
    databases: Databases, tmp_path: Path, now: datetime, number: signal.Signals
) -> None:
    with databases.fresh("sqlite") as url:
        bench = make_bench(tmp_path, url, now)
        pay(bench.client(), bench, place(bench, world_on(bench)))
        process = start(["work"], environment(tmp_path, url))
        wait_for(lambda: any(job.done_at for job in rows(bench, Job)))
        process.send_signal(number)
        process.communicate(timeout=PATIENCE)
        [order] = rows(bench, Order)
        bench.database.dispose()

    assert process.returncode == 0
    assert order.number == 1001
    assert len(list((tmp_path / "mail").glob("*.eml"))) == 1


@pytest.mark.parametrize(
    ("loaded", "spared"),
    [
        pytest.param("run_command, storefront.db_command", {"flask", "storefront.app"}, id="run"),
        pytest.param(
            "app", {"storefront.cli", "storefront.worker", "flask_smorest", "marshmallow"}, id="web"
        ),
    ],
)
def test_a_process_does_not_load_what_others_need(loaded: str, spared: set[str]) -> None:
    tell = f"import sys, storefront.starting, storefront.{loaded}; print(*sys.modules, sep='\\n')"
    told = subprocess.run(
        [sys.executable, "-c", tell],
        cwd=ROOT,
        env=environment_of({}),
        check=True,
        capture_output=True,
        text=True,
    )

    assert set() == spared & set(told.stdout.splitlines())


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_run_serves_until_it_ends_and_then_nobody_does(
    databases: Databases, tmp_path: Path, number: signal.Signals
) -> None:
    port = a_free_port()
    with databases.fresh("sqlite") as url:
        told = environment(tmp_path, url)
        told["STOREFRONT_BASE_URL"] = f"http://127.0.0.1:{port}"
        process = start(["run", "--port", str(port), "--workers", "1"], told)
        wait_for(lambda: answers(port))
        process.send_signal(number)
        # Its children hold the other end of this pipe: it ends when the last of them has gone.
        process.communicate(timeout=PATIENCE)

        assert not answers(port)


def test_the_database_of_a_command_is_the_settings_own(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/own.sqlite"
    process = start(["db", "upgrade"], environment(tmp_path, url))
    output, _ = process.communicate(timeout=PATIENCE)
    database = Database(url)
    current = is_current(database.writer)
    database.dispose()

    assert (process.returncode, output) == (0, "The database is up to date.\n")
    assert current


def test_alarms_of_the_installation_ring_until_somebody_says_that_they_are_done(
    bench: Bench,
) -> None:
    with bench.database.begin() as session:
        alarms.raise_alarm(session, 0, "mode_mismatch", now=bench.clock.now())
    outputs = [
        run(bench, *arguments).output
        for arguments in (
            ("alarms",),
            ("alarms", "--done", "mode_mismatch"),
            ("alarms", "--done", "no_such"),
        )
    ]

    assert [
        "mode_mismatch: 1 times, last on 2026-03-14 09:26 UTC\n",
        "All is quiet.\n",
        "Error: No alarm no_such has ever rung.\n",
    ] == outputs
