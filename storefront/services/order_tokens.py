"""The token that makes an order's page its buyer's: whoever has it may see and cancel it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storefront.errors import NotFound

if TYPE_CHECKING:
    from storefront.ports import Ports, Signer

ORDER_PURPOSE = "order"


def order_token(ports: Ports, merchant_id: int, order_public_id: str) -> str:
    """Return the token that opens this order's page, and no other's."""
    return ports.sign.seal(ORDER_PURPOSE, [merchant_id, order_public_id])


def read_order_token(sign: Signer, token: str | None, order_public_id: str) -> int:
    """Return the merchant id that the token vouches for; raise `NotFound` for any other token."""
    value = sign.unseal(ORDER_PURPOSE, token or "")
    if not isinstance(value, list) or len(value) != 2 or value[1] != order_public_id:  # noqa: PLR2004
        raise NotFound
    return int(value[0])
