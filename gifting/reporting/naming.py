"""What the members' log calls gifts, their cards and the counter's devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from gifting.models import CounterDevice, Gift, GiftCard, GiftContact
from storefront.kinds import Thing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sqlalchemy.orm import Session

GIFT, CARD, DEVICE = "gift", "gift_card", "device"
PAGE = "gift_console.gift"


def name_things(
    session: Session, merchant_id: int, things: Iterable[tuple[str, str]]
) -> Mapping[tuple[str, str], Thing]:
    """Return by kind and id what these are called: a gift and its card by whom it is for and the
    end of the code, a device by its name."""
    asked = tuple(things)
    gifts = {public_id for kind, public_id in asked if kind in {GIFT, CARD}}
    devices = {public_id for kind, public_id in asked if kind == DEVICE}
    found = dict(_gifts(session, merchant_id, gifts)) if gifts else {}
    return found | (dict(_devices(session, merchant_id, devices)) if devices else {})


def _gifts(
    session: Session, merchant_id: int, ids: set[str]
) -> Iterator[tuple[tuple[str, str], Thing]]:
    rows = session.execute(
        select(Gift.public_id, GiftCard.public_id, GiftContact.recipient, GiftCard.last_four)
        .outerjoin(GiftCard, GiftCard.gift_id == Gift.id)
        .outerjoin(GiftContact, GiftContact.gift_id == Gift.id)
        .where(
            Gift.merchant_id == merchant_id,
            or_(Gift.public_id.in_(ids), GiftCard.public_id.in_(ids)),
        )
    )
    for gift, card, recipient, last_four in rows:
        name = ", ".join(filter(None, (recipient, last_four and f"…{last_four}")))
        thing = Thing(name, endpoint=PAGE, public_id=gift)
        yield (GIFT, gift), thing
        yield (CARD, card), thing


def _devices(
    session: Session, merchant_id: int, ids: set[str]
) -> Iterator[tuple[tuple[str, str], Thing]]:
    rows = session.execute(
        select(CounterDevice.public_id, CounterDevice.name).where(
            CounterDevice.merchant_id == merchant_id, CounterDevice.public_id.in_(ids)
        )
    )
    for device, name in rows:
        yield (DEVICE, device), Thing(name)
