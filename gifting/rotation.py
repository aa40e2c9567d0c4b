"""Change the key under which codes are encrypted: everything under an older one is encrypted anew,
a portion at a time, while cards are issued and spent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError

from gifting import codes
from gifting.models import GiftCard
from storefront.services.doctor import RISKY, WELL, WRONG, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from storefront.ports import Ports, Signer

PORTION = 500


def rotate_command(ports: Ports) -> click.Command:
    """Return the command that encrypts codes anew."""

    @click.command("rotate-code-keys")
    def rotate() -> None:
        """Encrypt every gift's code under the newest of STOREFRONT_CODE_KEYS."""
        changed, lost = rotate_keys(ports)
        click.echo(f"{changed} codes are now under key {ports.sign.newest_key(codes.PURPOSE)}.")
        if lost:
            message = f"{lost} are under a key that is not there: put it back and run this again."
            raise click.ClickException(message)

    return rotate


def rotate_keys(ports: Ports, *, portion: int = PORTION) -> tuple[int, int]:
    """Encrypt every code under the newest key, so many in a transaction; return how many were, and
    how many cannot be read.

    It may be stopped and run again, and two may run side by side.
    """
    changed = lost = last = 0
    while True:
        with ports.sessions.begin() as session:
            rows = _older(session, ports.sign, after=last, most=portion)
            for card_id, sealed in rows:
                is_done = _seal_anew(session, card_id, sealed, sign=ports.sign)
                changed, lost = changed + is_done, lost + (not is_done)
        if not rows:
            return changed, lost
        last = rows[-1][0]


def _older(session: Session, sign: Signer, *, after: int, most: int) -> list[tuple[int, str]]:
    newest = f"{sign.newest_key(codes.PURPOSE)}:"
    rows = session.execute(
        select(GiftCard.id, GiftCard.code_sealed)
        .where(
            GiftCard.id > after,
            GiftCard.code_sealed != "",
            ~GiftCard.code_sealed.startswith(newest, autoescape=True),
        )
        .order_by(GiftCard.id)
        .limit(most)
    )
    return [(row.id, row.code_sealed) for row in rows]


def _seal_anew(session: Session, card_id: int, sealed: str, *, sign: Signer) -> bool:
    """Replace what is sealed, unless it was blanked or replaced meanwhile; False if unreadable."""
    code = codes.unseal(sign, sealed)
    if code is None:
        return False
    session.execute(
        update(GiftCard)
        .where(GiftCard.id == card_id, GiftCard.code_sealed == sealed)
        .values(code_sealed=codes.seal(sign, code))
        .execution_options(synchronize_session=False)
    )
    return True


def examine_keys(ports: Ports) -> Iterator[Finding]:
    """Look which keys codes are encrypted under, and whether each of them is there."""
    newest = ports.sign.newest_key(codes.PURPOSE)
    there = {codes.PEPPERS_KEY, *(number for number, _ in ports.settings.code_keys)}
    try:
        with ports.reads() as session:
            counts = {number: _count_under(session, f"{number}:") for number in there}
            missing = _count_under(session, "") - sum(counts.values())
    except DBAPIError:
        return  # the doctor has looked at the database itself, and said so
    older = sum(count for number, count in counts.items() if number != newest)
    if missing:
        do = "Put it back into STOREFRONT_CODE_KEYS."
        yield Finding(WRONG, "codes", f"{missing} are under a key that is not there. {do}")
    if older:
        do = "Run `flask storefront rotate-code-keys`."
        yield Finding(RISKY, "codes", f"{older} are under an older key than {newest}. {do}")
    if not missing and not older:
        yield Finding(WELL, "codes", f"Gifts' codes are encrypted under key {newest}.")


def _count_under(session: Session, start: str) -> int:
    counted = select(func.count()).where(
        GiftCard.code_sealed != "", GiftCard.code_sealed.startswith(start, autoescape=True)
    )
    return session.scalar(counted) or 0
