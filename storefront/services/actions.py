"""Write down who did what in the console. Rows are never changed; how they are read is in
services/reporting/actions.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sqlalchemy import insert

from storefront.models import Action

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


class Doer(Protocol):
    """A member at work for a merchant."""

    @property
    def merchant_id(self) -> int:
        """Return for whom they work."""

    @property
    def member_id(self) -> int:
        """Return who they are."""


def note(
    session: Session,
    who: Doer,
    action: str,
    *,
    of: tuple[str, str],
    now: datetime,
    **figures: int | str | None,
) -> None:
    """Note what a member does, in the transaction that does it.

    `of` is the kind and public id of the thing it is done to. `figures` are numbers and codes,
    such as amounts in minor units: never names, addresses or anybody's words.
    """
    kind, public_id = of
    session.execute(
        insert(Action).values(
            merchant_id=who.merchant_id,
            member_id=who.member_id,
            action=action,
            object_kind=kind,
            object_id=public_id,
            figures=figures,
            done_at=now,
        )
    )
