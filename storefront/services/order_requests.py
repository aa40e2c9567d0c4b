"""What a buyer asks for when they order, and what they are told."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from storefront.services.offering import Entered
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from storefront.domain.money import Money
    from storefront.ports import Signer
    from storefront.services.visitors import Visitor

BUYER_PURPOSE = "buyer"


@frozen
class Buyer:
    """Who pays and how to reach them. `address` is empty for a pick-up."""

    email: str
    name: str
    phone: str = ""
    note: str = ""
    address: Mapping[str, str] | None = None


@frozen
class PlaceOrder:
    """What a buyer asks for. `lines` are (variant public id, quantity). `seen_total` is what the
    buyer was told that it costs, in minor units; None where nobody told them. `codes` must count,
    and so must the offers that were seen; codes that are only `entered` need not. `asked` is a
    kind of line with its wish, in place of `lines`."""

    placement: str
    lines: tuple[tuple[str, int], ...]
    visitor: Visitor
    buyer: Buyer
    fulfilment: str
    store: str | None
    locale: str
    request_key: str
    body_hash: str
    seen_total: int | None = None
    codes: tuple[str, ...] = ()
    entered: Entered = field(default_factory=Entered)
    asked: tuple[str, object] | None = None


@frozen
class PlacedOrder:
    """An order that waits for its payment. `token` makes its page the buyer's; the payment's
    reference and secret are the gateway's, and empty where there is nothing to pay."""

    public_id: str
    token: str
    payment_reference: str
    client_secret: str
    amount: Money
    expires_at: datetime
    is_replay: bool = False


def buyer_key(sign: Signer, email: str) -> str:
    """Return the key by which a buyer's orders are known: a digest of their address, whatever the
    case of its letters."""
    return sign.digest(BUYER_PURPOSE, email.strip().lower())
