"""Say who the shop is: its name, colour, language, texts and pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from storefront.db.upsert import insert_if_new
from storefront.domain.addresses import check_mailbox, read_web_address
from storefront.errors import Invalid, NotFound
from storefront.models import Merchant, ShopPicture, ShopText
from storefront.models.shop import PICTURES, TEXTS
from storefront.services import actions, merchants
from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.ports import KeptPicture
    from storefront.services.members import SignedIn


@frozen
class ProfileWish:
    """A shop as a form describes it. Its currency stays: prices and orders are kept in it."""

    name: str
    contact_email: str
    accent: str
    zone: str
    locale: str
    tax_number: str


@frozen
class TextRow:
    """A text of the shop: its words, or the address where it stands; neither while it is
    missing."""

    kind: str
    url: str
    body: str
    changed_at: datetime | None


def change_profile(session: Session, who: SignedIn, wish: ProfileWish, *, now: datetime) -> None:
    """Change what a shop says of itself. Raises `Invalid` that names the field."""
    if not wish.name:
        raise Invalid("invalid_label", field="name")
    accent = wish.accent.lower()
    merchants.check_look(zone=wish.zone, accent=accent)
    check_mailbox(wish.contact_email, field="contact_email")
    merchant = session.get_one(Merchant, who.merchant_id)
    merchant.name, merchant.contact_email, merchant.accent = wish.name, wish.contact_email, accent
    merchant.zone, merchant.locale = wish.zone, wish.locale
    merchant.tax_number = wish.tax_number or None
    thing = ("merchant", merchant.public_id)
    actions.note(session, who, "shop_changed", of=thing, now=now)


def tax_number_of(session: Session, merchant_id: int) -> str:
    """Return the merchant's tax number, "" where there is none."""
    return session.scalar(select(Merchant.tax_number).where(Merchant.id == merchant_id)) or ""


def list_texts(session: Session, merchant_id: int) -> tuple[TextRow, ...]:
    """Return every text that a shop can have, the missing ones empty."""
    rows = {
        row.kind: row
        for row in session.scalars(select(ShopText).where(ShopText.merchant_id == merchant_id))
    }
    return tuple(
        TextRow(kind, rows[kind].url, rows[kind].body, rows[kind].changed_at)
        if kind in rows
        else TextRow(kind, "", "", None)
        for kind in TEXTS
    )


def get_text(session: Session, merchant_public_id: str, kind: str) -> tuple[Merchant, TextRow]:
    """Return a shop's text for whoever wants to read it; raise `NotFound` where there is none."""
    row = session.execute(
        select(Merchant, ShopText)
        .join(ShopText, ShopText.merchant_id == Merchant.id)
        .where(Merchant.public_id == merchant_public_id, ShopText.kind == kind)
    ).first()
    if row is None:
        raise NotFound
    merchant, text = row
    return merchant, TextRow(text.kind, text.url, text.body, text.changed_at)


def set_text(
    session: Session, who: SignedIn, kind: str, *, url: str, body: str, now: datetime
) -> None:
    """Set a text by its words or its address; with neither it is taken away.

    Raises `NotFound` for no such text, `Invalid` text_or_link or invalid_address_of_page.
    """
    if kind not in TEXTS:
        raise NotFound
    if url and body:
        raise Invalid("text_or_link", field="body")
    address = read_web_address(url) if url else ""
    session.execute(
        delete(ShopText).where(ShopText.merchant_id == who.merchant_id, ShopText.kind == kind)
    )
    if address or body:
        insert_if_new(
            session,
            ShopText,
            merchant_id=who.merchant_id,
            kind=kind,
            url=address,
            body=body,
            changed_at=now,
        )
    actions.note(session, who, "shop_text_set", of=("shop_text", kind), now=now, letters=len(body))


def set_picture(
    session: Session,
    who: SignedIn,
    kind: str,
    *,
    kept: KeptPicture | None,
    alt: str,
    now: datetime,
) -> None:
    """Show a picture that was uploaded, or, with None, none any more; raise `NotFound`."""
    if kind not in PICTURES:
        raise NotFound
    session.execute(
        delete(ShopPicture).where(
            ShopPicture.merchant_id == who.merchant_id, ShopPicture.kind == kind
        )
    )
    if kept is not None:
        insert_if_new(
            session,
            ShopPicture,
            merchant_id=who.merchant_id,
            kind=kind,
            file=kept.file,
            alt=alt,
            width=kept.width,
            height=kept.height,
        )
    actions.note(session, who, "shop_picture_set", of=("shop_picture", kind), now=now)
