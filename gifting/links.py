"""The links of gifts: bearer secrets of 128 bits, made again whenever they are needed. Nothing of
them is in the database, and a higher `link_number` makes the old link worthless."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from sqlalchemy import select

from gifting.models import Gift
from storefront import links
from storefront.db.ids import PUBLIC_ID_LENGTH
from storefront.errors import NotFound

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from storefront.ports import Signer
    from storefront.settings import Settings

PREFIX = "gft_"
GIFT, REMINDERS = "gift_link", "gift_reminders"
"""What a token is good for: to open the gift, or to want no more reminders of it."""

MARK_LENGTH = 32
"""Hexadecimal digits, of four bits each."""


def gift_token(sign: Signer, gift: Gift) -> str:
    """Return what the gift's present link carries: its name, and a mark that only we can make."""
    return _token(sign, GIFT, gift)


def read_gift_token(session: Session, sign: Signer, token: str) -> Gift:
    """Return the gift that a link opens; raise `NotFound` for any other token, and an old one."""
    return _read(session, sign, token, purpose=GIFT)


def reminders_token(sign: Signer, gift: Gift) -> str:
    """Return what stops the reminders of a gift, and opens nothing."""
    return _token(sign, REMINDERS, gift)


def read_reminders_token(session: Session, sign: Signer, token: str) -> Gift:
    """Return the gift whose reminders a token stops; raise `NotFound` for any other."""
    return _read(session, sign, token, purpose=REMINDERS)


def gift_url(settings: Settings, sign: Signer, gift: Gift) -> str:
    """Return the recipient's page, which the QR code holds as well."""
    return f"{links.root(settings)}/g/{gift_token(sign, gift)}"


def reminders_url(settings: Settings, sign: Signer, gift: Gift) -> str:
    """Return where a mail program, or a person, stops the reminders of a gift."""
    return f"{links.root(settings)}/gift-reminders/{reminders_token(sign, gift)}"


def finding_url(settings: Settings) -> str:
    """Return the page on which a lost gift is asked for again."""
    return f"{links.root(settings)}/gifts/lost"


def picture_path(settings: Settings, design: str) -> str:
    """Return where our own pages find the picture of a design, at whatever host they are read."""
    return f"{urlsplit(links.root(settings)).path}/gift-designs/{design}.png"


def map_url(address: str) -> str:
    """Return a map of the place; it is asked for the address and learns nothing else."""
    return f"https://www.openstreetmap.org/search?query={quote(address)}"


def _token(sign: Signer, purpose: str, gift: Gift) -> str:
    name = gift.public_id.removeprefix(PREFIX)
    return name + _mark(sign, purpose, gift)


def _mark(sign: Signer, purpose: str, gift: Gift) -> str:
    return sign.digest(purpose, f"{gift.public_id}.{gift.link_number}")[:MARK_LENGTH]


def _read(session: Session, sign: Signer, token: str, *, purpose: str) -> Gift:
    name, mark = token[:PUBLIC_ID_LENGTH], token[PUBLIC_ID_LENGTH:]
    gift = session.scalars(select(Gift).where(Gift.public_id == PREFIX + name)).first()
    if gift is None or not hmac.compare_digest(mark.encode(), _mark(sign, purpose, gift).encode()):
        raise NotFound
    return gift
