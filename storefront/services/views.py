"""What pages are given: frozen values with everything already decided. No queries here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from storefront.domain.catalog import Availability
    from storefront.domain.fulfilment import Stage
    from storefront.domain.money import Money
    from storefront.domain.orders import OrderStatus
    from storefront.domain.pricing import Sums


@frozen
class ImageView:
    """A picture: address, alternative text, size in pixels (0 where nobody knows it), and the
    `srcset` of its smaller copies."""

    url: str
    alt: str
    width: int
    height: int
    srcset: str = ""


@frozen
class OfferView:
    """An offer that a thing is part of. `state` is active, scheduled, gone or ended; `left`
    of its `quota` can still be had, `per_buyer` of them by one person, and `budget_left` is what
    may still come off in all. `lowest` is the lowest price of the 30 days before it."""

    public_id: str
    name: str
    state: str
    starts_at: datetime | None
    ends_at: datetime | None
    left: int | None
    quota: int | None
    lowest: Money | None = None
    per_buyer: int | None = None
    budget_left: Money | None = None

    @property
    def is_active(self) -> bool:
        """Whether the price that is shown is the offer's."""
        return self.state == "active"

    @property
    def until(self) -> datetime | None:
        """When it ends, or starts where it has not."""
        return self.starts_at if self.state == "scheduled" else self.ends_at


@frozen
class VariantView:
    """One exact thing, its price now and by the list, and whether it can be had."""

    id: int
    public_id: str
    name: str
    sku: str
    price: Money
    list_price: Money
    availability: Availability
    offer: OfferView | None = None

    @property
    def is_reduced(self) -> bool:
        """Whether it costs less than the list says."""
        return self.price < self.list_price


@frozen
class ProductView:
    """A product with its variants; `price_from` is the lowest price."""

    id: int
    public_id: str
    name: str
    description: str
    is_promotable: bool
    images: tuple[ImageView, ...]
    variants: tuple[VariantView, ...]

    @property
    def price_from(self) -> Money:
        """The lowest price among the variants."""
        return min((variant.price for variant in self.variants), key=lambda price: price.minor)

    @property
    def has_price_range(self) -> bool:
        """Whether variants differ in price."""
        return len({variant.price for variant in self.variants}) > 1

    @property
    def is_buyable(self) -> bool:
        """Whether any variant can be bought now."""
        return any(variant.availability.is_buyable for variant in self.variants)


@frozen
class ShopPictureView:
    """A picture of the shop itself, by its file's name in the media folder."""

    file: str
    alt: str
    width: int
    height: int


@frozen
class Facade:
    """What a shop shows of itself: the kinds of its texts, its logo and its cover."""

    texts: tuple[str, ...] = ()
    logo: ShopPictureView | None = None
    cover: ShopPictureView | None = None


@frozen
class MerchantView:
    """The seller as pages need it."""

    id: int
    public_id: str
    slug: str
    name: str
    currency: str
    locale: str
    zone: str
    accent: str
    contact_email: str
    stripe_account: str
    country: str
    region: str
    prices_include_tax: bool
    allowed_origins: tuple[str, ...]
    facade: Facade


@frozen
class PlacementView:
    """The spot where the storefront is shown."""

    id: int
    public_id: str
    kind: str
    name: str
    post_url: str
    channel: str
    is_loaded: bool
    merchant: MerchantView


@frozen
class ShelfView:
    """What a placement shows: one product, or a page of a collection. At `good_until`, if there is
    such a moment, time alone makes it another."""

    placement: PlacementView
    products: tuple[ProductView, ...]
    query: str
    page: int
    pages: int
    total: int
    good_until: datetime | None = None

    @property
    def merchant(self) -> MerchantView:
        """Whose shelf it is."""
        return self.placement.merchant


@frozen
class CartLineView:
    """A quantity of one variant in a cart, and what offers take off it."""

    product: ProductView
    variant: VariantView
    quantity: int
    discount: Money | None = None

    @property
    def listed(self) -> Money:
        """Price of all, by the list."""
        return self.variant.list_price * self.quantity

    @property
    def total(self) -> Money:
        """Price of all with the offers, without tax that is added."""
        return self.listed - self.discount if self.discount else self.listed


@frozen
class SumsView:
    """What a total is made of. `fulfilment` is "" while the way to the buyer is not known, and
    with it neither delivery nor tax. The names are "" where nothing is due; `tax_ppm` is the
    goods' rate in parts per million."""

    goods: Money
    discount: Money
    fulfilment: str
    shipping: Money
    shipping_name: str
    tax: Money
    tax_name: str
    tax_ppm: int
    is_tax_included: bool
    total: Money


@frozen
class QuoteView:
    """What a cart costs at one moment, line by line in the cart's order. It is final where the
    way to the buyer is known, and with it delivery and tax."""

    sums: Sums
    fulfilment: str
    shipping_name: str
    tax_name: str

    @property
    def is_final(self) -> bool:
        """Whether nothing is left out."""
        return bool(self.fulfilment)

    @property
    def view(self) -> SumsView:
        """The sums as pages show them."""
        sums = self.sums
        return SumsView(
            goods=sums.goods,
            discount=sums.discount,
            fulfilment=self.fulfilment,
            shipping=sums.shipping,
            shipping_name=self.shipping_name,
            tax=sums.tax,
            tax_name=self.tax_name,
            tax_ppm=max((line.terms.rate_ppm for line in sums.lines), default=0),
            is_tax_included=sums.is_tax_included,
            total=sums.total,
        )


@frozen
class DeliveryView:
    """Where a shop sends orders: country codes, "*" for everywhere else. `least` is its lowest
    price, `free_from` the amount from which it costs nothing, where that is the same everywhere."""

    countries: tuple[str, ...]
    least: Money
    is_one_price: bool
    free_from: Money | None


@frozen
class CountedOffer:
    """An offer that counts for a cart or an order, and what it takes off in all; the code is as
    it is written, None for an offer that needs none."""

    public_id: str
    name: str
    code: str | None
    amount: Money


@frozen
class RefusedOffer:
    """A code or an offer that does not count, and why. `short` or `pieces` are what the cart
    lacks where that is the reason; the name is None where the code is unknown."""

    name: str | None
    code: str | None
    reason: str
    short: Money | None = None
    pieces: int = 0


@frozen
class CartView:
    """A cart priced now. `notices` are codes: something vanished or became scarce. `offers` count
    for it, those `refused` were entered and do not."""

    lines: tuple[CartLineView, ...]
    quote: QuoteView
    notices: tuple[str, ...]
    offers: tuple[CountedOffer, ...] = ()
    refused: tuple[RefusedOffer, ...] = ()

    @property
    def total(self) -> Money:
        """What it costs, as far as it is known."""
        return self.quote.sums.total

    @property
    def count(self) -> int:
        """How many things in all."""
        return sum(line.quantity for line in self.lines)


@frozen
class StoreView:
    """A place where an order can be picked up."""

    id: int
    public_id: str
    name: str
    address: str
    hours: str


@frozen
class ReceiptView:
    """How far the mail with a receipt is; nothing holds where nobody knows any more."""

    sent_at: datetime | None
    is_due: bool
    has_failed: bool


@frozen
class TrackingView:
    """Where a parcel can be followed; what is not known is empty."""

    carrier: str
    number: str
    url: str

    @property
    def is_known(self) -> bool:
        """Whether there is anything to go by."""
        return bool(self.carrier or self.number or self.url)


@frozen
class DiscountView:
    """What one offer took off one line, under the name that it had then."""

    name: str
    code: str
    amount: Money


@frozen
class RefusalView:
    """An offer or code that did not count, and the code of its reason."""

    name: str
    code: str
    reason: str


@frozen
class OriginView:
    """The post that led to an order, by a link that somebody shared or directly."""

    post: str
    channel: str
    is_shared: bool


@frozen
class OrderLineView:
    """A line as it was bought, and what of it has gone back. `listed` is its list price, `total`
    what the buyer paid: less the discount, with the tax that is added."""

    kind: str
    position: int
    title: str
    variant: str
    sku: str
    quantity: int
    unit: Money
    listed: Money
    discount: Money
    tax: Money
    total: Money
    refunded_quantity: int
    refunded: Money
    image: ImageView | None
    discounts: tuple[DiscountView, ...] = ()


@frozen
class OrderView:
    """An order as its buyer may see it. `failure` is the last decline code, if any; `account` is
    the one that its payment was opened for; until `cancel_until` the buyer may cancel, and not
    at all where it is None. `is_settling`: its time is up, and the gateway has not said yet that
    no money came. `is_taken_back`: the buyer's bank has the money over a dispute."""

    id: int
    public_id: str
    number: int | None
    locale: str
    status: OrderStatus
    is_settling: bool
    is_taken_back: bool
    lines: tuple[OrderLineView, ...]
    sums: SumsView
    refunded: Money
    placed_at: datetime
    expires_at: datetime
    paid_at: datetime | None
    fulfilment: str
    store: StoreView | None
    email: str
    name: str
    address: tuple[str, ...]
    town: str
    failure: str | None
    client_secret: str | None
    account: str
    placement: PlacementView
    stage: Stage
    ready_at: datetime | None
    picked_up_at: datetime | None
    shipped_at: datetime | None
    cancelled_at: datetime | None
    tracking: TrackingView | None
    cancel_until: datetime | None
    refusals: tuple[RefusalView, ...]
    origin: OriginView | None
    tax_number: str
    receipt: ReceiptView

    @property
    def total(self) -> Money:
        """What the buyer pays."""
        return self.sums.total

    @property
    def merchant(self) -> MerchantView:
        """Who sells."""
        return self.placement.merchant
