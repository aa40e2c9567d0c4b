"""Mapped classes: columns, relationships and constraints. No decisions are made here."""

from storefront.models.action import Action
from storefront.models.alarm import Alarm
from storefront.models.attempt import Attempt
from storefront.models.attribution import Attribution, OrderOrigin, OrderTouchpoint
from storefront.models.catalog import Product, ProductImage, Variant
from storefront.models.channel import (
    AllowedHost,
    Campaign,
    Channel,
    Placement,
    PlacementProduct,
    RefusedHost,
)
from storefront.models.connection import Connection
from storefront.models.dispute import Dispute
from storefront.models.fulfilment import OrderNote, Shipment
from storefront.models.idempotency import IdempotentRequest
from storefront.models.interaction import Interaction, Share
from storefront.models.invitation import Invitation
from storefront.models.job import Job
from storefront.models.ledger import CreditEntry, LedgerEntry
from storefront.models.merchant import ApiToken, Member, Membership, Merchant, Store
from storefront.models.moment import Moment
from storefront.models.news_mark import NewsMark
from storefront.models.offer import (
    Offer,
    OfferCode,
    OfferEvent,
    OfferLane,
    OfferTarget,
    OfferUse,
    OrderDiscount,
    OrderRefusal,
    PlacementOffer,
    VariantPrice,
)
from storefront.models.order import LineItem, Order, OrderContact, OrderEvent
from storefront.models.payment import Payment, PaymentEvent, PaymentPayload, Refund, RefundLine
from storefront.models.product_import import ImportFault, ProductImport
from storefront.models.rate import ShippingRate, TaxRate
from storefront.models.saved_view import SavedView
from storefront.models.second_factor import RecoveryCode, SecondFactor
from storefront.models.shop import ShopPicture, ShopText
from storefront.models.stock import StockEntry
from storefront.models.tally import PlacementTally, ShareTally, TallyMark

__all__ = [
    "Action",
    "Alarm",
    "AllowedHost",
    "ApiToken",
    "Attempt",
    "Attribution",
    "Campaign",
    "Channel",
    "Connection",
    "CreditEntry",
    "Dispute",
    "IdempotentRequest",
    "ImportFault",
    "Interaction",
    "Invitation",
    "Job",
    "LedgerEntry",
    "LineItem",
    "Member",
    "Membership",
    "Merchant",
    "Moment",
    "NewsMark",
    "Offer",
    "OfferCode",
    "OfferEvent",
    "OfferLane",
    "OfferTarget",
    "OfferUse",
    "Order",
    "OrderContact",
    "OrderDiscount",
    "OrderEvent",
    "OrderNote",
    "OrderOrigin",
    "OrderRefusal",
    "OrderTouchpoint",
    "Payment",
    "PaymentEvent",
    "PaymentPayload",
    "Placement",
    "PlacementOffer",
    "PlacementProduct",
    "PlacementTally",
    "Product",
    "ProductImage",
    "ProductImport",
    "RecoveryCode",
    "Refund",
    "RefundLine",
    "RefusedHost",
    "SavedView",
    "SecondFactor",
    "Share",
    "ShareTally",
    "Shipment",
    "ShippingRate",
    "ShopPicture",
    "ShopText",
    "StockEntry",
    "Store",
    "TallyMark",
    "TaxRate",
    "Variant",
    "VariantPrice",
]
