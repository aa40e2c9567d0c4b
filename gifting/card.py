"""What is drawn for a card: its QR code. It holds the gift's link and nothing else: no amount, no
code, no name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gifting.links import gift_url
from storefront import qr

if TYPE_CHECKING:
    from gifting.models import Gift
    from storefront.ports import Signer
    from storefront.qr import QrCode
    from storefront.settings import Settings


def qr_code(settings: Settings, sign: Signer, gift: Gift) -> QrCode:
    """Return the code that opens the gift's page, and at the counter the gift itself."""
    return qr.draw(gift_url(settings, sign, gift))
