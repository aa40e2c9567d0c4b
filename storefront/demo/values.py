"""The shapes of the demo's data: plain frozen values, with no database and no web in them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DemoMember:
    """A person who signs in to a demo console; password and PIN are public on purpose."""

    name: str
    email: str
    password: str
    role: str
    pin: str


@dataclass(frozen=True, slots=True)
class DemoStore:
    """A physical place where orders are picked up."""

    key: str
    name: str
    address: str
    hours: str


@dataclass(frozen=True, slots=True)
class DemoVariant:
    """One thing with a price and a stock; `stock` None means that it never runs out."""

    sku: str
    name: str
    price_minor: int
    stock: int | None


@dataclass(frozen=True, slots=True)
class DemoProduct:
    """What is sold, with one picture of 1200 x 900 in `pictures/`."""

    key: str
    name: str
    description: str
    picture: str
    alt: str
    variants: tuple[DemoVariant, ...]


@dataclass(frozen=True, slots=True)
class DemoChannel:
    """A social network or site where people meet the merchant; `key` is what the shop calls it."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class DemoPlacement:
    """One spot where the storefront is embedded: the post whose slug is `key`."""

    key: str
    name: str
    kind: str
    channel: str
    campaign: str
    products: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DemoShipping:
    """What it costs to send an order to a country."""

    country: str
    name: str
    amount_minor: int
    free_from_minor: int | None


@dataclass(frozen=True, slots=True)
class DemoTax:
    """The tax of a country or of one region of it, in parts per million."""

    country: str
    region: str
    name: str
    rate_ppm: int


@dataclass(frozen=True, slots=True)
class DemoHome:
    """Where a business is, and what it charges for delivery and tax."""

    country: str
    region: str
    prices_include_tax: bool
    shipping: tuple[DemoShipping, ...]
    taxes: tuple[DemoTax, ...]


@dataclass(frozen=True, slots=True)
class DemoOffer:
    """An offer that is on when the demo begins. Without products it is for whole orders; `days`
    counts the days on which it is good, today being the first."""

    name: str
    percent: int = 0
    fixed_minor: int = 0
    products: tuple[str, ...] = ()
    code: str = ""
    days: int = 1
    quota: int | None = None
    min_spend_minor: int = 0
    per_buyer_limit: int | None = None


@dataclass(frozen=True, slots=True)
class DemoSpending:
    """A gift spent in the store with that key, so many hours before the demo began. Amounts are in
    minor units; no amount is all that is left, and `basket_minor` the whole bill."""

    hours_ago: float
    store: str
    amount_minor: int | None = None
    basket_minor: int | None = None


@dataclass(frozen=True, slots=True)
class DemoGift:
    """A gift that was sent before the demo began, and what became of it; times are hours ago.

    People are (name, address): an address "" means that the buyer hands the link over, and
    `sharer` is whose shared link led the buyer to the post. `at` is a time of tomorrow in `zone`.
    """

    placement: str
    buyer: tuple[str, str]
    friends: tuple[tuple[str, str], ...]
    words: str
    design: str
    bought: float
    amount_minor: int | None = None
    sku: str = ""
    sharer: str = ""
    at: str = ""
    zone: str = ""
    opened: float | None = None
    spendings: tuple[DemoSpending, ...] = ()
    thanked: float | None = None
    thanks: str = ""
    called_off: float | None = None
    disputed: float | None = None

    @property
    def state(self) -> str:
        """What has become of it, in one word for programs."""
        became = {
            "called_off": self.called_off is not None,
            "disputed": self.disputed is not None,
            "thanked": self.thanked is not None,
            "spent": bool(self.spendings),
            "opened": self.opened is not None,
            "scheduled": bool(self.at),
        }
        return next((state for state, is_so in became.items() if is_so), "unopened")


@dataclass(frozen=True, slots=True)
class DemoMerchant:
    """A whole demo business, ready to be written down by the seed."""

    slug: str
    name: str
    tagline: str
    currency: str
    locale: str
    zone: str
    accent: str
    contact_email: str
    avatar: str
    cover: str
    home: DemoHome
    stores: tuple[DemoStore, ...]
    members: tuple[DemoMember, ...]
    channels: tuple[DemoChannel, ...]
    campaigns: tuple[str, ...]
    products: tuple[DemoProduct, ...]
    offers: tuple[DemoOffer, ...]
    placements: tuple[DemoPlacement, ...]
    gifts: tuple[DemoGift, ...] = ()


@dataclass(frozen=True, slots=True)
class DemoAuthor:
    """Someone who posts in the feed; without an avatar picture the initials stand in."""

    handle: str
    name: str
    avatar: str | None


@dataclass(frozen=True, slots=True)
class DemoComment:
    """A comment that was there before the first visitor came."""

    name: str
    words: str
    minutes_ago: int


@dataclass(frozen=True, slots=True)
class DemoPost:
    """One post; `has_storefront` when a placement with the same key is embedded in it."""

    slug: str
    author: DemoAuthor
    words: str
    minutes_ago: int
    likes: int
    has_storefront: bool
    comments: tuple[DemoComment, ...]
