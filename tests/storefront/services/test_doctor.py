"""The doctor: a sound shop is called well, and each fault is named with what to do about it."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from storefront.adapters.file_mailer import FileMailer
from storefront.adapters.smtp_mailer import SmtpMailer
from storefront.db.schema import downgrade
from storefront.errors import Invalid, TryAgain
from storefront.services import alarms, jobs, upkeep
from storefront.services.doctor import RISKY, WELL, WRONG, Finding, examine
from tests.fakes import Bench, make_bench
from tests.races.servers import free_port


@pytest.fixture
def sound(bench: Bench) -> Bench:
    """Give a shop in which nothing is wrong."""
    with bench.database.begin() as session:
        upkeep.note_worker(session, now=bench.clock.now())
    return bench


def complaints(bench: Bench) -> list[Finding]:
    return [finding for finding in examine(bench.ports) if finding.state != WELL]


def test_a_sound_shop_is_well_and_its_database_is_named(sound: Bench) -> None:
    findings = examine(sound.ports)
    [database] = [finding for finding in findings if finding.subject == "database"]

    assert {finding.state for finding in findings} == {WELL}
    assert database.sentence.startswith("SQLite 3." if sound.database.is_sqlite else "PostgreSQL ")


def spoil_clock(bench: Bench) -> None:
    bench.gateway.ahead = timedelta(seconds=-241)


def spoil_clock_a_little(bench: Bench) -> None:
    bench.gateway.ahead = timedelta(seconds=31)


def cut_gateway_off(bench: Bench) -> None:
    bench.gateway.fault = TryAgain("payments_unavailable")


def refuse_key(bench: Bench) -> None:
    bench.gateway.fault = Invalid("payment_refused", field="payment")


def cut_mail_off(bench: Bench) -> None:
    bench.mailbox.fault = TryAgain("mail_unavailable")


def lose_worker(bench: Bench) -> None:
    bench.clock.pass_time(minutes=3)


def add_late_job(bench: Bench) -> None:
    with bench.database.begin() as session:
        then = bench.clock.now() - timedelta(minutes=16)
        jobs.add(session, "send_receipt", {"order_id": 0}, merchant_id=0, now=then)


def give_up_job(bench: Bench) -> None:
    add_late_job(bench)
    with bench.database.begin() as session:
        [job] = jobs.claim(session, now=bench.clock.now())
        jobs.give_up(session, job, "no", now=bench.clock.now())


def raise_alarm(bench: Bench) -> None:
    with bench.database.begin() as session:
        alarms.raise_alarm(session, 0, "mode_mismatch", now=bench.clock.now())


def shut_media(bench: Bench) -> None:
    bench.ports.settings.media_dir.parent.mkdir(parents=True, exist_ok=True)
    bench.ports.settings.media_dir.write_text("a file where a folder should be")


def undo_migrations(bench: Bench) -> None:
    downgrade(bench.database.writer, "base")


FAULTS = [
    (spoil_clock, WRONG, "clock", "-241 s ahead"),
    (spoil_clock_a_little, RISKY, "clock", "Set it by NTP"),
    (cut_gateway_off, WRONG, "gateway", "STOREFRONT_STRIPE_API_URL"),
    (refuse_key, WRONG, "gateway", "STOREFRONT_STRIPE_API_KEY"),
    (cut_mail_off, WRONG, "mail", "STOREFRONT_MAIL_URL"),
    (lose_worker, WRONG, "worker", "flask storefront work"),
    (add_late_job, RISKY, "jobs", "1 have been due for over 15 minutes"),
    (give_up_job, WRONG, "jobs", "1 were given up"),
    (raise_alarm, RISKY, "alarm", "mode_mismatch, 1 times, last on 2026-03-14 09:26 UTC"),
    (shut_media, WRONG, "pictures", "STOREFRONT_INSTANCE_DIR"),
]


@pytest.mark.parametrize(("spoil", "state", "subject", "words"), FAULTS)
def test_each_fault_is_named_alone_with_what_to_do(
    sound: Bench, spoil: Callable[[Bench], None], state: str, subject: str, words: str
) -> None:
    spoil(sound)
    [finding] = complaints(sound)

    assert (finding.state, finding.subject) == (state, subject)
    assert words in finding.sentence


@pytest.fixture
def spoiled(engine_url: str, tmp_path: Path, now: datetime) -> Iterator[Bench]:
    """Give a shop whose schema and pragmas a test may spoil."""
    bench = make_bench(tmp_path, engine_url, now)
    yield bench
    bench.database.dispose()


def test_a_schema_that_is_behind_is_named_and_not_looked_into(spoiled: Bench) -> None:
    undo_migrations(spoiled)

    assert complaints(spoiled) == [
        Finding(WRONG, "schema", "A migration has not run. Run `flask storefront db upgrade`.")
    ]


def test_a_database_that_is_away_is_named_and_the_rest_is_examined(
    tmp_path: Path, now: datetime
) -> None:
    bench = make_bench(tmp_path, "postgresql+psycopg://nobody@127.0.0.1:9/none", now)
    cut_mail_off(bench)

    assert [finding.subject for finding in complaints(bench)] == ["database", "mail"]


def test_pragmas_are_read_back_from_the_connection_that_writes(
    sqlite_url: str, tmp_path: Path, now: datetime
) -> None:
    bench = make_bench(tmp_path, sqlite_url, now)
    with bench.database.begin() as session:
        upkeep.note_worker(session, now=now)
    with bench.database.writer.connect() as connection:
        connection.rollback()
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA synchronous = OFF")
    found = complaints(bench)
    bench.database.dispose()

    assert [(each.state, each.subject) for each in found] == [(WRONG, "synchronous")]
    assert "'0'" in found[0].sentence


def test_a_secret_that_looks_like_none_is_risky(
    sqlite_url: str, tmp_path: Path, now: datetime
) -> None:
    bench = make_bench(tmp_path, sqlite_url, now, stripe_webhook_secrets="whsec_1,copied")
    found = [each for each in examine(bench.ports) if each.subject == "webhooks"]
    bench.database.dispose()

    assert [each.state for each in found] == [RISKY]
    assert "copied" not in found[0].sentence


def test_a_mail_folder_is_reached_by_writing_to_it(tmp_path: Path, bench: Bench) -> None:
    (tmp_path / "file").write_text("no folder")
    FileMailer(tmp_path / "mail", bench.clock).reach()

    with pytest.raises(TryAgain):
        FileMailer(tmp_path / "file" / "mail", bench.clock).reach()
    assert list((tmp_path / "mail").iterdir()) == []


def test_a_mail_server_that_is_not_there_is_not_reached(bench: Bench) -> None:
    with pytest.raises(TryAgain):
        SmtpMailer(f"smtp://127.0.0.1:{free_port()}", bench.clock).reach()
