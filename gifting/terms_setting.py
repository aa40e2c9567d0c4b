"""Change a merchant's terms for gifts. What holds is read in `terms.py`; gifts that were bought
before keep what they were bought under."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from gifting.models import GiftSettings
from storefront.db.upsert import insert_if_new
from storefront.errors import Invalid
from storefront.models import Merchant, Store
from storefront.services import actions
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.services.members import SignedIn

LEAST_MONTHS, MOST_MONTHS = 60, 1200
"""Five years: what was paid for may not end sooner in many places, the United States among them."""

MOST_PRESETS = 8
MOST_DAYS = 365


@frozen
class TermsWish:
    """Terms as a form says them: amounts in minor units, stores by public id, None is all of them;
    months and days None for ever and for never."""

    is_on: bool
    least_minor: int
    most_minor: int
    presets: tuple[int, ...]
    months_valid: int | None
    are_promotable: bool
    stores: tuple[str, ...] | None
    remind_unopened_days: int | None
    remind_expiry_days: int | None


def set_terms(session: Session, who: SignedIn, wish: TermsWish, *, now: datetime) -> None:
    """Set the terms for gifts that are bought from now on.

    Raises `Invalid` that names the field.
    """
    _check(wish)
    values = {
        "is_on": wish.is_on,
        "least_minor": wish.least_minor,
        "most_minor": wish.most_minor,
        "presets": sorted(set(wish.presets)),
        "months_valid": wish.months_valid,
        "are_promotable": wish.are_promotable,
        "stores": _store_ids(session, who.merchant_id, wish.stores),
        "remind_unopened_days": wish.remind_unopened_days,
        "remind_expiry_days": wish.remind_expiry_days,
        "changed_at": now,
    }
    if insert_if_new(session, GiftSettings, merchant_id=who.merchant_id, **values) is None:
        session.execute(
            update(GiftSettings)
            .where(GiftSettings.merchant_id == who.merchant_id)
            .values(**values)
            .execution_options(synchronize_session=False)
        )
    merchant = session.get_one(Merchant, who.merchant_id).public_id
    actions.note(session, who, "gift_terms_set", of=("merchant", merchant), now=now)


def _check(wish: TermsWish) -> None:
    if wish.least_minor <= 0:
        raise Invalid("invalid_gift_amount", field="least")
    if wish.most_minor < wish.least_minor:
        raise Invalid("gift_limits_crossed", field="most")
    if not 1 <= len(set(wish.presets)) <= MOST_PRESETS:
        raise Invalid("gift_presets_count", field="presets", most=MOST_PRESETS)
    if any(not wish.least_minor <= preset <= wish.most_minor for preset in wish.presets):
        raise Invalid("gift_preset_outside", field="presets")
    if wish.months_valid is not None and not LEAST_MONTHS <= wish.months_valid <= MOST_MONTHS:
        raise Invalid("gift_ends_too_soon", field="months", least=LEAST_MONTHS, most=MOST_MONTHS)
    if wish.stores == ():
        raise Invalid("gift_stores_none", field="stores")


def _store_ids(
    session: Session, merchant_id: int, wanted: Sequence[str] | None
) -> list[int] | None:
    if wanted is None:
        return None
    rows = session.execute(
        select(Store.public_id, Store.id).where(
            Store.merchant_id == merchant_id, Store.public_id.in_(wanted)
        )
    )
    known = {row.public_id: row.id for row in rows}
    if known.keys() != set(wanted):
        raise Invalid("gift_stores_none", field="stores")
    return sorted(known.values())
