"""Views of the list of orders that members keep, each for themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select

from storefront.db.ids import public_id
from storefront.db.upsert import insert_for
from storefront.errors import Conflict, Invalid
from storefront.models import SavedView
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from storefront.services.members import SignedIn

MOST_VIEWS = 20
WORDS = "q"


@frozen
class ViewRow:
    """A kept view: its name, and what it asks the list for."""

    public_id: str
    name: str
    fields: Mapping[str, str]


def list_views(session: Session, who: SignedIn) -> tuple[ViewRow, ...]:
    """Return what a member has kept at this merchant, by name."""
    rows = session.scalars(
        select(SavedView)
        .where(SavedView.merchant_id == who.merchant_id, SavedView.member_id == who.member_id)
        .order_by(SavedView.name)
    )
    return tuple(ViewRow(row.public_id, row.name, row.fields) for row in rows)


def keep_view(session: Session, who: SignedIn, *, name: str, fields: Mapping[str, str]) -> None:
    """Keep what a list is asked for, without the words searched for, in the place of an earlier
    view of this name.

    Raises `Invalid` invalid_label or nothing_to_keep, `Conflict` too_many_views.
    """
    if not name:
        raise Invalid("invalid_label", field="name")
    kept = {field: value for field, value in fields.items() if field != WORDS}
    if not kept:
        raise Invalid("nothing_to_keep", field="name")
    mine = (SavedView.merchant_id == who.merchant_id, SavedView.member_id == who.member_id)
    others = select(func.count(SavedView.id)).where(*mine, SavedView.name != name)
    if (session.scalar(others) or 0) >= MOST_VIEWS:
        raise Conflict("too_many_views", field="name", most=MOST_VIEWS)
    insert = insert_for(session, SavedView).values(
        merchant_id=who.merchant_id,
        member_id=who.member_id,
        public_id=public_id("vew"),
        name=name,
        fields=kept,
    )
    session.execute(
        insert.on_conflict_do_update(
            index_elements=["merchant_id", "member_id", "name"], set_={"fields": kept}
        )
    )


def remove_view(session: Session, who: SignedIn, view: str) -> None:
    """Keep one of the member's views no longer; what is gone already is no fault."""
    session.execute(
        delete(SavedView).where(
            SavedView.merchant_id == who.merchant_id,
            SavedView.member_id == who.member_id,
            SavedView.public_id == view,
        )
    )
