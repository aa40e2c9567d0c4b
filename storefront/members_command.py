"""`flask storefront members`: who works for a merchant, and by which id a host names them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from storefront.services.members import list_members
from storefront.services.merchants import find_merchant_id

if TYPE_CHECKING:
    from storefront.ports import Ports


def members_command(ports: Ports) -> click.Command:
    """Return the command for one mounted storefront."""

    @click.command("members")
    @click.option("--merchant", required=True, help="The merchant's short name.")
    def members(merchant: str) -> None:
        """List who works for a merchant: their id, role, address and name."""
        with ports.reads() as session:
            merchant_id = find_merchant_id(session, merchant)
            if merchant_id is None:
                message = f"there is no merchant called {merchant}"
                raise click.ClickException(message)
            for each in list_members(session, merchant_id):
                click.echo(f"{each.public_id}  {each.role:7}  {each.email}  {each.name}")

    return members
