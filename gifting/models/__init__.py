"""Mapped classes of gifts: columns, relationships and constraints. No decisions are made here."""

from gifting.models.card import GiftCard, GiftEntry, Redemption, Reversal
from gifting.models.counter import CounterDevice, CounterShift
from gifting.models.gift import Gift, GiftContact, GiftDelivery
from gifting.models.settings import GiftSettings

__all__ = [
    "CounterDevice",
    "CounterShift",
    "Gift",
    "GiftCard",
    "GiftContact",
    "GiftDelivery",
    "GiftEntry",
    "GiftSettings",
    "Redemption",
    "Reversal",
]
