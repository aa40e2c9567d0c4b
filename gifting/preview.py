"""The mail of a gift before it is bought: the same template, filled with what is typed so far. No
code exists yet, and nothing in it leads anywhere."""

from __future__ import annotations

import base64
import unicodedata
from typing import TYPE_CHECKING, Any

from flask_babel import get_locale
from flask_babel import gettext as _

from gifting import emails, form, issuing
from gifting.designs import DESIGNS
from gifting.presents import OWN, Present
from gifting.terms import gift_terms
from gifting.wishes import LINK, LONGEST_NAME, LONGEST_WORDS
from storefront.domain.money import Money
from storefront.services.shelf import list_stores
from storefront.web.context import ports

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from gifting.terms import GiftTerms
    from storefront.web.frame import FrameState

HIDDEN = "\N{BULLET}" * 17
NOWHERE = "https://example.com/"


def letter(session: Session, state: FrameState, body: Mapping[str, Any]) -> str:
    """Return the mail as HTML, with its pictures in it."""
    message = emails.write(ports(), _present(session, state, body), "gift", about="preview")
    html = message.html.replace(f'href="{NOWHERE}"', "")
    for picture in message.pictures:
        data = base64.b64encode(picture.content).decode()
        html = html.replace(f"cid:{picture.name}", f"data:image/png;base64,{data}")
    return html


def _present(session: Session, state: FrameState, body: Mapping[str, Any]) -> Present:
    merchant = state.placement.merchant
    terms = gift_terms(session, merchant.id)
    # A day that cannot be kept says nothing against the worth.
    summary = form.summarise(session, state, {**body, "gift_when": "now"})
    line = summary.cart.lines[0] if summary.cart else None
    is_thing = line is not None and bool(line.variant.public_id)
    face = line.variant.list_price if line else Money(0, merchant.currency)
    design = body.get("gift_design")
    return Present(
        gift_id=0,
        merchant_id=merchant.id,
        public_id="preview",
        link_number=1,
        placement=state.placement,
        state="good",
        sender=_typed(body.get("gift_from") or body.get("name"), LONGEST_NAME) or _("Your name"),
        recipient=_typed(body.get("gift_name_1"), LONGEST_NAME),
        email="",
        words=_typed(body.get("gift_words"), LONGEST_WORDS),
        thanks="",
        locale=str(get_locale() or "en"),
        design=design if design in DESIGNS else DESIGNS[0],
        is_own=body.get("gift_way") == OWN,
        is_bound=bool(body.get("gift_bound")) and body.get("gift_way") != LINK,
        thing=issuing.title_of(line.product.name, line.variant.name) if line and is_thing else "",
        face=face,
        balance=face,
        code=HIDDEN,
        expires_on=issuing.last_day(ports().clock.now(), merchant.zone, terms.months_valid),
        stores=_stores(session, merchant.id, terms),
        url=NOWHERE,
        is_opened=False,
        is_thanked=False,
    )


def _typed(value: object, longest: int) -> str:
    """Return what somebody is typing, as far as it can be shown."""
    text = str(value or "").replace("\r\n", "\n").strip()[:longest]
    return "".join(each for each in text if each == "\n" or unicodedata.category(each)[0] != "C")


def _stores(session: Session, merchant_id: int, terms: GiftTerms) -> list[Any]:
    stores = list_stores(session, merchant_id)
    return [store for store in stores if terms.stores is None or store.id in terms.stores]
