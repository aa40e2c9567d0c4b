"""Gifts' mails from the real templates, and what a test asks of them."""

from dataclasses import replace
from typing import Any

from jinja2 import FileSystemLoader
from sqlalchemy import update

from gifting.models import Gift, GiftContact
from storefront.adapters.jinja_letters import JinjaLetters
from storefront.paths import TEMPLATES, TRANSLATIONS
from storefront.web.formats import letter_filters
from tests.fakes import Bench


def with_letters(bench: Bench) -> Bench:
    """Let a bench write its letters as a shop does."""
    writer = JinjaLetters(
        FileSystemLoader(TEMPLATES), translations=TRANSLATIONS, filters=letter_filters
    )
    bench.ports = replace(bench.ports, letters=writer)
    return bench


def change_gift(bench: Bench, gift_id: int, **columns: Any) -> None:
    """Set columns of a gift, and of its contact those that it has."""
    contact = {key: columns.pop(key) for key in list(columns) if hasattr(GiftContact, key)}
    with bench.database.begin() as session:
        if columns:
            session.execute(update(Gift).where(Gift.id == gift_id).values(**columns))
        if contact:
            session.execute(
                update(GiftContact).where(GiftContact.gift_id == gift_id).values(**contact)
            )
