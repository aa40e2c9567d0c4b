"""`flask storefront import-products FILE`: a file of products taken in at the command line, with a
bar that shows how far it is. The work itself is in services/import_checks and import_writing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from storefront.errors import StorefrontError
from storefront.services import import_checks, import_files, import_writing, imports
from storefront.services.merchants import find_merchant_id
from storefront.services.reporting.imports import get_import

if TYPE_CHECKING:
    from storefront.ports import Ports
    from storefront.services.reporting.imports import ImportPage


def import_command(ports: Ports) -> click.Command:
    """Return the command for one mounted storefront."""

    @click.command("import-products")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--merchant", required=True, help="The merchant's short name.")
    @click.option("--all-or-nothing", is_flag=True, help="Take nothing in if anything is wrong.")
    @click.option("--set-stock", is_flag=True, help="Also set the stock of what is here already.")
    def import_products(
        file: Path, merchant: str, *, all_or_nothing: bool, set_stock: bool
    ) -> None:
        """Bring in products from Shopify's CSV or a Google feed."""
        wishes = imports.Wishes(is_all_or_nothing=all_or_nothing, sets_stock=set_stock)
        try:
            merchant_id = _merchant_id(ports, merchant)
            with file.open("rb") as stream:
                name = imports.begin_import(
                    ports,
                    merchant_id,
                    stream,
                    file_name=file.name,
                    wishes=wishes,
                    is_queued=False,
                )
        except StorefrontError as error:
            raise click.ClickException(error.code.replace("_", " ")) from error
        _tell(_take_in(ports, merchant_id, name))

    return import_products


def _merchant_id(ports: Ports, slug: str) -> int:
    with ports.reads() as session:
        found = find_merchant_id(session, slug)
    if found is None:
        message = f"there is no merchant called {slug}"
        raise click.ClickException(message)
    return found


def _take_in(ports: Ports, merchant_id: int, name: str) -> ImportPage:
    """Check and write, each with a bar; whoever breaks it off leaves an import that is stopped."""
    try:
        import_id = _look(ports, merchant_id, name).row.id
        click.echo("Checking …", nl=False)
        import_checks.check_import(
            ports,
            import_id,
            is_queued=False,
            tell=lambda rows: click.echo(f"\rChecked {rows} rows", nl=False),
        )
        click.echo()
        _write(ports, import_id, groups=_look(ports, merchant_id, name).row.groups)
    except BaseException:
        with ports.sessions.begin() as session:
            imports.stop_import(session, merchant_id, name, now=ports.clock.now())
        import_files.discard_file(ports.settings, name)
        raise
    return _look(ports, merchant_id, name)


def _say_checked(rows: int) -> None:
    """Say on one line how many rows were read: how many there are is not known yet."""
    click.echo(f"\rChecked {rows} rows", nl=False)


def _look(ports: Ports, merchant_id: int, name: str) -> ImportPage:
    with ports.reads() as session:
        return get_import(session, merchant_id, name)


def _write(ports: Ports, import_id: int, *, groups: int) -> None:
    with click.progressbar(length=groups, label="Taking in") as bar:

        def show(position: int) -> None:
            bar.update(position - bar.pos)

        while import_writing.write_import(ports, import_id, is_queued=False, tell=show):
            pass


def _tell(found: ImportPage) -> None:
    """Say what became of it, row by row where something was wrong."""
    row = found.row
    for fault in found.faults:
        where = f"row {fault.row}" + (f", {fault.column}" if fault.column else "")
        value = f" ({fault.value})" if fault.value else ""
        click.echo(f"{where}: {fault.code.replace('_', ' ')}{value}")
    if row.faults > len(found.faults):
        click.echo(
            f"… and {row.faults - len(found.faults)} more; the console shows the first 1000."
        )
    click.echo(
        f"{row.rows} rows: {row.added} variants added, {row.changed} changed, "
        f"{row.unchanged} as they were, {row.faults} faults."
    )
    if row.stop_code:
        message = f"stopped: {row.stop_code.replace('_', ' ')}"
        raise click.ClickException(message)
