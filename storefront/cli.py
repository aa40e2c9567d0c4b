"""The commands of one mounted storefront: `flask storefront …` beside a host, and alone."""

from __future__ import annotations

import shutil
import signal
import threading
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from storefront.commands import Commands
from storefront.db import backup
from storefront.db_command import db_command
from storefront.errors import StorefrontError
from storefront.import_command import import_command
from storefront.logs import start_logging
from storefront.members_command import members_command
from storefront.run_command import run_command
from storefront.services import alarms, audit, doctor, helping, members, merchants, retention
from storefront.values import frozen
from storefront.worker import work as run_worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from storefront.db.engine import Database
    from storefront.ports import Ports


@frozen
class Additions:
    """What others add to the commands: further ones, and what the doctor looks at besides."""

    commands: tuple[Callable[[Ports], click.Command], ...] = ()
    looks: tuple[doctor.Look, ...] = ()


NOTHING_MORE = Additions()


def command_group(
    name: str, ports: Ports, database: Database, *, host: str = "", more: Additions = NOTHING_MORE
) -> click.Group:
    """Return the command group of one mounted storefront; `host` names whom it is mounted beside,
    and is empty where it stands alone. `more` is what others add."""
    group = Commands(name, help="Run and look after the storefront.")
    group.add_command(db_command(lambda: database))
    for command in (
        _refuse_to_run(name, host) if host else run_command(lambda: ports.settings),
        _work(ports),
        _add_merchant(ports),
        members_command(ports),
        import_command(ports),
        _check(ports),
        _doctor(ports, more),
        _alarms(ports),
        _password_link(ports),
        _second_step(ports),
        _retention(ports),
        *(make(ports) for make in more.commands),
    ):
        group.add_command(command)
    group.add_command(_backup(ports, database))
    return group


def _work(ports: Ports) -> click.Command:
    @click.command("work")
    def work() -> None:
        """Run jobs until stopped. Any number of these may run, on any number of machines."""
        start_logging(ports.settings)
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        run_worker(ports, stop)

    return work


def _refuse_to_run(name: str, host: str) -> click.Command:
    @click.command("run")
    def run() -> None:
        """Say who serves the shop beside a host: the host's own server."""
        message = (
            f"This shop is mounted in {host!r} and is served with it, so start that as you always "
            f"do, such as with `flask run` or a WSGI server. `flask {name} work` runs the jobs."
        )
        raise click.ClickException(message)

    return run


def _add_merchant(ports: Ports) -> click.Command:
    @click.command("add-merchant")
    @click.option("--slug", required=True, help="Short name for addresses, such as corner-bakery.")
    @click.option("--name", required=True, help="The name that shoppers see.")
    @click.option("--currency", required=True, help="Three letters, such as USD.")
    @click.option("--zone", required=True, help="Time zone, such as Europe/Lisbon.")
    @click.option("--contact-email", required=True, help="Where answers to our mails go.")
    @click.option("--owner-email", required=True, help="Who signs in first.")
    @click.option("--owner-name", required=True)
    @click.option(
        "--country", default="", help="Where you are, such as PT: pick-ups are taxed there."
    )
    @click.option("--stripe-account", default="", help="acct_…; empty: the platform is paid.")
    @click.password_option("--owner-password", help="At least 12 characters.")
    def add_merchant(owner_email: str, owner_name: str, owner_password: str, **values: Any) -> None:
        """Add a merchant and its owner."""
        now = ports.clock.now()
        with _told_plainly(), ports.sessions.begin() as session:
            merchant = merchants.add_merchant(session, now=now, **values)
            members.add_member(
                session,
                merchant.id,
                email=owner_email,
                name=owner_name,
                password=owner_password,
                role="owner",
                now=now,
            )
        click.echo(f"Added {merchant.name} ({merchant.public_id}).")

    return add_merchant


def _check(ports: Ports) -> click.Command:
    @click.command("check")
    def check() -> None:
        """Prove the books: stock, credit, sums, gifts. Names every row that breaks a rule."""
        with ports.reads() as session:
            findings = audit.audit(session, ports.kinds)
        for finding in findings:
            click.echo(f"{finding.rule}: {finding.table} {finding.row}: {finding.detail}")
        if findings:
            raise click.exceptions.Exit(1)
        click.echo(f"All {len(audit.rules_of(ports.kinds))} rules hold.")

    return check


def _backup(ports: Ports, database: Database) -> click.Command:
    @click.command("backup")
    @click.argument("folder", type=click.Path(path_type=Path))
    def back_up(folder: Path) -> None:
        """Copy the database and the pictures into a new FOLDER while the shop sells."""
        url, media = ports.settings.database_url, ports.settings.media_dir
        if not database.is_sqlite:
            command = backup.dump_command(url, folder / "storefront.dump")
            message = f"PostgreSQL has its own tool: {command}. Then copy the pictures in {media}."
            raise click.ClickException(message)
        if folder.exists():
            message = f"{folder} exists already: name a new folder, and no copy is lost."
            raise click.ClickException(message)
        folder.mkdir(parents=True)
        # The database first: every picture that it names lies in the folder by then.
        backup.copy_sqlite(url, folder / "storefront.sqlite")
        if media.is_dir():
            shutil.copytree(media, folder / "media")
        click.echo(f"The shop was copied to {folder}.")

    return back_up


def _retention(ports: Ports) -> click.Command:
    @click.command("retention")
    def forget() -> None:
        """Forget now what is older than the settings say; a worker does it once a day."""
        for name, count in asdict(retention.forget(ports)).items():
            click.echo(f"{name.replace('_', ' ')}: {count}")

    return forget


def _doctor(ports: Ports, more: Additions) -> click.Command:
    @click.command("doctor")
    def examine() -> None:
        """Look for what is wrong or risky, and say what to do about it."""
        _tell(doctor.examine(ports, more.looks))

    return examine


def _alarms(ports: Ports) -> click.Command:
    @click.command("alarms")
    @click.option("--done", metavar="KIND", help="You have dealt with it: show it no more.")
    def look(done: str | None) -> None:
        """List what rings for the installation, no merchant; each until you say it is done."""
        now = ports.clock.now()
        with ports.sessions.begin() as session:
            if done and not alarms.mark_seen(session, alarms.INSTALLATION, done, now=now):
                message = f"No alarm {done} has ever rung."
                raise click.ClickException(message)
            rung = alarms.list_alarms(session, alarms.INSTALLATION)
            for each in rung:
                when = f"{each.last_seen_at:%Y-%m-%d %H:%M} UTC"
                click.echo(f"{each.kind}: {each.count} times, last on {when}")
        if not rung:
            click.echo("All is quiet.")

    return look


def _password_link(ports: Ports) -> click.Command:
    @click.command("password-link")
    @click.argument("email")
    def link(email: str) -> None:
        """Print a link with which the member with this address sets a new password."""
        with _told_plainly():
            click.echo(helping.password_link(ports, email))

    return link


def _second_step(ports: Ports) -> click.Command:
    @click.command("second-step")
    @click.argument("email")
    @click.option("--off", "what", flag_value="off", help="Ask for the password only.")
    @click.option("--new-codes", "what", flag_value="codes", help="Print new recovery codes.")
    def help_in(email: str, what: str | None) -> None:
        """Help a member whose telephone and recovery codes are lost. Make sure who asks."""
        if what is None:
            message = "Say --off or --new-codes."
            raise click.UsageError(message)
        with _told_plainly():
            if what == "off":
                helping.turn_second_step_off(ports, email)
                click.echo("The second step is off.")
                return
            for code in helping.renew_recovery_codes(ports, email):
                click.echo(code)

    return help_in


@contextmanager
def _told_plainly() -> Iterator[None]:
    """Turn a refusal into one line."""
    try:
        yield
    except StorefrontError as error:
        message = f"{error.field or 'input'}: {error.code.replace('_', ' ')}"
        raise click.ClickException(message) from error


def doctor_of_settings(name: str, faults: Sequence[str]) -> click.Group:
    """Return the command group of a storefront that cannot start: a doctor who says why."""
    group = click.Group(name, help="The storefront cannot start; ask its doctor.")

    @group.command("doctor")
    def explain() -> None:
        """Say which settings are wrong, and what good ones look like."""
        _tell([doctor.Finding(doctor.WRONG, "setting", fault) for fault in faults])

    return group


def _tell(findings: Sequence[doctor.Finding]) -> None:
    for finding in findings:
        click.echo(f"{finding.state:6}{finding.subject}: {finding.sentence}")
    if any(finding.state == doctor.WRONG for finding in findings):
        raise click.exceptions.Exit(1)
