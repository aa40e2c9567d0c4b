"""Set a merchant up: the business, its stores, machines' tokens, and who may frame it."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy import bindparam, select, update

from storefront.db.hot import read_one, table_of
from storefront.db.ids import public_id
from storefront.db.upsert import insert_if_new
from storefront.domain.addresses import check_mailbox
from storefront.domain.money import exponent
from storefront.domain.regions import is_known_region, region_name
from storefront.domain.zones import zone_names
from storefront.errors import Conflict, Invalid
from storefront.models import AllowedHost, ApiToken, Merchant, Store
from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.db.bare import Bare
    from storefront.ports import Signer
    from storefront.services.members import SignedIn

FIRST_ORDER_NUMBER = 1001
TOKEN_PURPOSE = "api-token"  # noqa: S105 - the name of a purpose
LONGEST_ORIGIN = 300
DEFAULT_ACCENT = "#2f5bd7"


def add_merchant(  # noqa: PLR0913 - a merchant is what it is
    session: Session,
    *,
    slug: str,
    name: str,
    currency: str,
    zone: str,
    contact_email: str,
    now: datetime,
    locale: str = "en",
    accent: str = DEFAULT_ACCENT,
    stripe_account: str = "",
    country: str = "",
    region: str = "",
    prices_include_tax: bool = True,
) -> Merchant:
    """Add a merchant. Raises `Invalid` that names the field, or `Conflict` slug_taken."""
    _check(slug=slug, currency=currency, zone=zone, accent=accent)
    check_mailbox(contact_email, field="contact_email")
    check_home(country, region)
    if session.scalar(select(Merchant.id).where(Merchant.slug == slug)) is not None:
        raise Conflict("slug_taken", field="slug")
    merchant = Merchant(
        public_id=public_id("mer"),
        slug=slug,
        name=name,
        currency=currency,
        zone=zone,
        locale=locale,
        accent=accent,
        contact_email=contact_email,
        stripe_account=stripe_account,
        country=country,
        region=region_name(country, region),
        prices_include_tax=prices_include_tax,
        next_order_number=FIRST_ORDER_NUMBER,
        created_at=now,
    )
    session.add(merchant)
    session.flush()
    return merchant


def _check(*, slug: str, currency: str, zone: str, accent: str) -> None:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug):
        raise Invalid("invalid_slug", field="slug")
    try:
        exponent(currency)
    except ValueError:
        raise Invalid("invalid_currency", field="currency") from None
    check_look(zone=zone, accent=accent)


def check_look(*, zone: str, accent: str) -> None:
    """Raise `Invalid` invalid_zone or invalid_colour unless both can be used."""
    if zone not in zone_names():
        raise Invalid("invalid_zone", field="zone")
    if not re.fullmatch(r"#[0-9a-f]{6}", accent):
        raise Invalid("invalid_colour", field="accent")


def settle_home(
    session: Session, merchant_id: int, *, country: str, region: str, prices_include_tax: bool
) -> None:
    """Say where a merchant is at home, which is where pick-ups are taxed, and whether its prices
    include tax. Raises `Invalid` invalid_country or unknown_region."""
    check_home(country, region)
    merchant = session.get_one(Merchant, merchant_id)
    merchant.country = country
    merchant.region = region_name(country, region)
    merchant.prices_include_tax = prices_include_tax


def check_home(country: str, region: str) -> None:
    """Refuse what is no country's two letters, or no region of it; nothing at all is fine."""
    if country and not re.fullmatch(r"[A-Z]{2}", country):
        raise Invalid("invalid_country", field="country")
    if region and not is_known_region(country, region):
        raise Invalid("unknown_region", field="region")


def add_store(
    session: Session, merchant_id: int, *, name: str, address: str, hours: str, position: int
) -> Store:
    """Add a place where orders can be picked up."""
    store = Store(
        merchant_id=merchant_id,
        public_id=public_id("sto"),
        name=name,
        address=address,
        hours=hours,
        position=position,
    )
    session.add(store)
    session.flush()
    return store


def issue_token(
    session: Session,
    merchant_id: int,
    *,
    name: str,
    sign: Signer,
    now: datetime,
    store_id: int | None = None,
    token_id: str | None = None,
) -> str:
    """Issue a bearer token and return it: the only time that it can be read. `token_id` is its
    public id, where the caller has to know it."""
    secret = "sft_" + secrets.token_urlsafe(32)
    session.add(
        ApiToken(
            merchant_id=merchant_id,
            store_id=store_id,
            public_id=token_id or public_id("tok"),
            name=name,
            digest=digest_of_token(sign, secret),
            last_four=secret[-4:],
            created_at=now,
        )
    )
    return secret


def find_merchant_id(session: Session, slug: str) -> int | None:
    """Return the key of the merchant of this short name, None when there is no such one."""
    return session.scalar(select(Merchant.id).where(Merchant.slug == slug))


_token, _merchant = table_of(ApiToken), table_of(Merchant)
BEARER = (
    select(
        _token.c.id,
        _token.c.merchant_id,
        _token.c.public_id,
        _token.c.store_id,
        _token.c.used_at,
        _merchant.c.zone,
    )
    .join_from(_token, _merchant, _merchant.c.id == _token.c.merchant_id)
    .where(_token.c.digest == bindparam("digest"), _token.c.revoked_at.is_(None))
)


@frozen
class Bearer:
    """Whose a token is that was shown: a merchant's, of one store where `store_id` says so. `zone`
    is the merchant's; `used_at` is when it was last noted to be in use."""

    id: int
    merchant_id: int
    public_id: str
    store_id: int | None
    used_at: datetime | None
    zone: str


def digest_of_token(sign: Signer, secret: str) -> str:
    """Return the keyed digest under which a token is found."""
    return sign.digest(TOKEN_PURPOSE, secret)


def find_by_digest(session: Session | Bare, digest: str) -> Bearer | None:
    """Return whose token has this digest, or None when it is unknown or revoked."""
    row = read_one(session, BEARER, digest=digest)
    return None if row is None else Bearer(*row)


def allow_host(session: Session, merchant_id: int, origin: str, *, now: datetime) -> str:
    """Let an origin frame this merchant's storefront; twice is as good as once.

    Raises `Invalid` invalid_origin unless it is scheme, host and port only.
    """
    clean = clean_origin(origin)
    insert_if_new(session, AllowedHost, merchant_id=merchant_id, origin=clean, added_at=now)
    return clean


def clean_origin(origin: str) -> str:
    """Return an origin as it is compared; raise `Invalid` invalid_origin for what is none."""
    given = origin.strip().lower()
    try:
        parts = urlsplit(given)
    except ValueError:  # brackets that are never closed
        raise Invalid("invalid_origin", field="origin") from None
    if re.search(r"\s", given):  # urlsplit would drop line ends silently
        raise Invalid("invalid_origin", field="origin")
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/"):
        raise Invalid("invalid_origin", field="origin")
    if not re.fullmatch(r"[a-z0-9.*\[\]:-]+", parts.netloc) or parts.query or parts.fragment:
        raise Invalid("invalid_origin", field="origin")
    clean = f"{parts.scheme}://{parts.netloc}"
    if len(clean) > LONGEST_ORIGIN:
        raise Invalid("invalid_origin", field="origin")
    return clean


def show_guide(session: Session, who: SignedIn, *, is_shown: bool, now: datetime) -> None:
    """Show the first steps on the console's home, or put them away."""
    session.execute(
        update(Merchant)
        .where(Merchant.id == who.merchant_id)
        .values(guide_hidden_at=None if is_shown else now)
        .execution_options(synchronize_session=False)
    )
