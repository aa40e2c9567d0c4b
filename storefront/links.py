"""Addresses of our public pages, built from the configured base only, never from a request."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlencode, urlsplit, urlunsplit

if TYPE_CHECKING:
    from storefront.settings import Settings


def root(settings: Settings) -> str:
    """Return the shop's address without a final slash."""
    return settings.base_url + settings.url_prefix


def order_page(settings: Settings, public_id: str, token: str) -> str:
    """Return the buyer's page of an order; the token makes it theirs."""
    return f"{root(settings)}/orders/{quote(public_id)}?{urlencode({'t': token})}"


def share_link(settings: Settings, token: str) -> str:
    """Return the link that a person sends out."""
    return f"{root(settings)}/s/{quote(token)}"


def placement_page(settings: Settings, public_id: str, mark: str | None = None) -> str:
    """Return a placement's page of its own, carrying the visitor's mark where there is one."""
    page = f"{root(settings)}/p/{quote(public_id)}"
    return f"{page}?{urlencode({'v': mark})}" if mark else page


def password_resets(settings: Settings) -> str:
    """Return the page on which a member asks for a new password."""
    return f"{root(settings)}/console/password-resets"


def password_reset(settings: Settings, token: str) -> str:
    """Return the page on which whoever has this link sets a new password."""
    return f"{password_resets(settings)}/{quote(token)}"


def console(settings: Settings) -> str:
    """Return the console's home."""
    return f"{root(settings)}/console/"


def payments(settings: Settings) -> str:
    """Return the console's page of payments, to which the provider's pages lead back."""
    return f"{root(settings)}/console/payments"


def joining(settings: Settings, token: str) -> str:
    """Return the page on which whoever has this link begins to work for a merchant."""
    return f"{root(settings)}/console/joining/{quote(token)}"


def frame(settings: Settings, public_id: str) -> str:
    """Return the address of a placement's frame."""
    return f"{root(settings)}/e/{quote(public_id)}"


def shop_text(settings: Settings, merchant: str, kind: str) -> str:
    """Return the page of one of a shop's texts; `merchant` is its public id."""
    return f"{root(settings)}/shops/{quote(merchant)}/{quote(kind)}"


def refusals(settings: Settings, public_id: str, origin: str) -> str:
    """Return where a browser reports that `origin` may not frame a placement."""
    return f"{root(settings)}/refusals/{quote(public_id)}?{urlencode({'h': origin})}"


def with_mark(post_url: str, mark: str) -> str:
    """Return a host's post address with the visitor's mark for our script to find."""
    before, after = around_mark(post_url)
    return f"{before}{quote(mark)}{after}"


@lru_cache(maxsize=1000)
def around_mark(post_url: str) -> tuple[str, str]:
    """Return what a host's post address is before the visitor's mark, and after it."""
    parts = urlsplit(post_url)
    query = "&".join(filter(None, [parts.query, "sf="]))
    whole = urlunsplit(parts._replace(query=query, fragment=""))
    return whole, f"#{parts.fragment}" if parts.fragment else ""


def media(settings: Settings, file: str) -> str:
    """Return the address of a picture; pictures elsewhere keep their own."""
    return file if file.startswith("https://") else f"{root(settings)}/media/{quote(file)}"


def picture_sources(settings: Settings, file: str, widths: str) -> str:
    """Return the `srcset` of a picture that is kept in several widths, "" of any other."""
    stem = media(settings, file.rpartition(".")[0])
    return ", ".join(f"{stem}-{width}.webp {width}w" for width in widths.split())


def kept_file(settings: Settings, address: str) -> str | None:
    """Return the name of the picture that an address of ours shows, None of any other address."""
    own = f"{root(settings)}/media/"
    return unquote(address.removeprefix(own)) if address.startswith(own) else None
