"""The merchant at work, as the console needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storefront.models import Merchant
from storefront.services.facade import facade_of
from storefront.services.views import MerchantView

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def get_shop(session: Session, merchant_id: int) -> MerchantView:
    """Return the merchant for whom somebody is signed in."""
    merchant = session.get_one(Merchant, merchant_id)
    facade, origins = facade_of(session, merchant_id)
    return MerchantView(
        id=merchant.id,
        public_id=merchant.public_id,
        slug=merchant.slug,
        name=merchant.name,
        currency=merchant.currency,
        locale=merchant.locale,
        zone=merchant.zone,
        accent=merchant.accent,
        contact_email=merchant.contact_email,
        stripe_account=merchant.stripe_account,
        country=merchant.country,
        region=merchant.region,
        prices_include_tax=merchant.prices_include_tax,
        allowed_origins=origins,
        facade=facade,
    )
