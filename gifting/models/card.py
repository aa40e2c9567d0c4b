"""The bearer instrument: a card with its balance, the ledger of that balance, and what was spent
where. The code is nowhere in plain text."""

from datetime import date, datetime

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from gifting.domain import CardTerms
from gifting.models.gift import Gift
from storefront.db.base import Base
from storefront.db.triggers import append_only
from storefront.domain.money import Money
from storefront.models import Merchant, Store, Variant
from storefront.models.interaction import Interaction

ENTRY_KINDS = ("issue", "redeem", "reverse", "adjust", "refund", "refund_failed", "void", "unvoid")
"""Why a balance changes. A refund takes back what was not spent, a void whatever is left."""


class GiftCard(Base):
    """What a code stands for: a value, or one product where `variant_id` is set, which is taken
    as a whole. `code_sealed` is encrypted under a key outside the database, and blank once the
    card is spent or void. `entries` counts the lines of its ledger.

    `expires_on` is the last day on which it is good, in the zone; None is for ever. `stores` are
    the ids of those that accept it, None is all. `holder_key` binds it to one person's address,
    as a keyed digest. A test card was bought with test money.
    """

    __tablename__ = "storefront_gift_cards"
    __table_args__ = (
        UniqueConstraint("merchant_id", "public_id"),
        UniqueConstraint("merchant_id", "code_digest"),
        UniqueConstraint("merchant_id", "gift_id"),
        Index(None, "gift_id"),
        Index(None, "merchant_id", "last_four"),
        CheckConstraint("balance_minor >= 0", name="balance_not_negative"),
        CheckConstraint("face_minor > 0", name="face_positive"),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    public_id: Mapped[str] = mapped_column(String(24))
    gift_id: Mapped[int] = mapped_column(ForeignKey(Gift.id))
    variant_id: Mapped[int | None] = mapped_column(ForeignKey(Variant.id))
    code_digest: Mapped[str] = mapped_column(String(64))
    last_four: Mapped[str] = mapped_column(String(4))
    code_sealed: Mapped[str] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(String(3))
    face_minor: Mapped[int]
    balance_minor: Mapped[int]
    entries: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    zone: Mapped[str] = mapped_column(String(60))
    expires_on: Mapped[date | None] = mapped_column(Date)
    stores: Mapped[list[int] | None] = mapped_column(JSON(none_as_null=True))
    holder_key: Mapped[str | None] = mapped_column(String(64))
    is_test: Mapped[bool]
    issued_at: Mapped[datetime]
    blocked_at: Mapped[datetime | None]
    block_reason: Mapped[str | None] = mapped_column(String(40))
    voided_at: Mapped[datetime | None]
    void_reason: Mapped[str | None] = mapped_column(String(40))

    @property
    def terms(self) -> CardTerms:
        """What the rules need to know of it."""
        return CardTerms(
            face=self.face,
            balance=self.balance,
            is_opened=self.entries > 0,
            is_product=self.variant_id is not None,
            zone=self.zone,
            expires_on=self.expires_on,
            stores=None if self.stores is None else tuple(self.stores),
            is_test=self.is_test,
            is_blocked=self.blocked_at is not None,
            is_void=self.voided_at is not None,
            void_reason=self.void_reason,
        )

    @property
    def face(self) -> Money:
        """What it was worth when it was issued."""
        return Money(self.face_minor, self.currency)

    @property
    def balance(self) -> Money:
        """What is left on it."""
        return Money(self.balance_minor, self.currency)


class Redemption(Base):
    """A part of a card spent in a store. `basket_minor` is the whole bill, where the clerk or the
    till said so: what is above `amount_minor` was paid on top. `caller` and `request_key` make a
    repeat harmless. Who took it is a member, or a machine by its token."""

    __tablename__ = "storefront_redemptions"
    __table_args__ = (
        UniqueConstraint("merchant_id", "public_id"),
        UniqueConstraint("merchant_id", "caller", "request_key"),
        Index(None, "merchant_id", "card_id"),
        Index(None, "merchant_id", "store_id", "occurred_at"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint(
            "basket_minor IS NULL OR basket_minor >= amount_minor", name="basket_holds_amount"
        ),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    public_id: Mapped[str] = mapped_column(String(24))
    card_id: Mapped[int] = mapped_column(ForeignKey(GiftCard.id))
    store_id: Mapped[int] = mapped_column(ForeignKey(Store.id))
    member_id: Mapped[int | None]
    device_id: Mapped[int | None]
    caller: Mapped[str] = mapped_column(String(40))
    request_key: Mapped[str] = mapped_column(String(255))
    body_hash: Mapped[str] = mapped_column(String(64))
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int]
    basket_minor: Mapped[int | None]
    balance_after_minor: Mapped[int]
    interaction_id: Mapped[int | None] = mapped_column(ForeignKey(Interaction.id))
    occurred_at: Mapped[datetime]

    @property
    def amount(self) -> Money:
        """What was taken from the card."""
        return Money(self.amount_minor, self.currency)


class Reversal(Base):
    """A redemption undone, once and as a whole."""

    __tablename__ = "storefront_redemption_reversals"
    __table_args__ = (
        UniqueConstraint("merchant_id", "redemption_id"),
        Index(None, "redemption_id"),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    redemption_id: Mapped[int] = mapped_column(ForeignKey(Redemption.id))
    member_id: Mapped[int | None]
    caller: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(String(40))
    occurred_at: Mapped[datetime]


class GiftEntry(Base):
    """One line of a card's ledger: `sequence` counts from 1 without a gap, and the balance after
    it is the sum of all amounts so far. `reference` names its cause: a redemption, a refund, a
    dispute; `reason` is from a list. `money_minor` is what a refund gave back for it."""

    __tablename__ = "storefront_gift_entries"
    __table_args__ = (
        UniqueConstraint("merchant_id", "card_id", "sequence"),
        Index(None, "card_id"),
        Index(None, "merchant_id", "occurred_at"),
        Index(None, "merchant_id", "reference"),
        CheckConstraint(f"kind IN {ENTRY_KINDS}", name="kind_is_known"),
        CheckConstraint("balance_after_minor >= 0", name="balance_not_negative"),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    card_id: Mapped[int] = mapped_column(ForeignKey(GiftCard.id))
    sequence: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(20))
    amount_minor: Mapped[int]
    balance_after_minor: Mapped[int]
    money_minor: Mapped[int] = mapped_column(server_default=text("0"))
    currency: Mapped[str] = mapped_column(String(3))
    redemption_id: Mapped[int | None] = mapped_column(ForeignKey(Redemption.id))
    reference: Mapped[str] = mapped_column(String(24))
    reason: Mapped[str] = mapped_column(String(40))
    member_id: Mapped[int | None]
    store_id: Mapped[int | None]
    occurred_at: Mapped[datetime]


for _table in (Redemption, Reversal, GiftEntry):
    append_only(_table.__table__)  # type: ignore[arg-type]
