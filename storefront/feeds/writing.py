"""Products written as a file, piece by piece: Shopify's CSV, Google's feed as a table or XML."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from storefront.domain.money import Money
from storefront.domain.prices import write_price
from storefront.feeds import google, shopify
from storefront.feeds.cells import guard
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from storefront.feeds.values import FeedProduct

FORMATS = {
    "shopify": ("csv", "text/csv"),
    "google": ("tsv", "text/tab-separated-values"),
    "google-xml": ("xml", "application/xml"),
}
"""By name: how the file's name ends, and its media type."""


@frozen
class Sender:
    """Whose products they are, where their shop is, and in which currency they cost."""

    name: str
    link: str
    currency: str


def write(products: Iterable[FeedProduct], form: str, sender: Sender) -> Iterator[str]:
    """Yield a file of products in one of the `FORMATS`."""
    if form == "google-xml":
        return _xml(products, sender)
    if form == "google":
        return _table(google.HEADER, _google_rows(products, sender), separator="\t")
    return _table(shopify.HEADER, _shopify_rows(products, sender), separator=",")


def _shopify_rows(products: Iterable[FeedProduct], sender: Sender) -> Iterator[list[str]]:
    for product in products:
        yield from shopify.rows(
            product,
            vendor=sender.name,
            price_of=lambda minor: write_price(Money(minor, sender.currency)),
        )


def _google_rows(products: Iterable[FeedProduct], sender: Sender) -> Iterator[list[str]]:
    for product in products:
        yield from google.rows(
            product,
            vendor=sender.name,
            link=sender.link,
            price_of=lambda minor: (
                f"{write_price(Money(minor, sender.currency))} {sender.currency}"
            ),
        )


def _table(header: Iterable[str], rows: Iterable[list[str]], *, separator: str) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=separator)
    writer.writerow(header)
    for row in rows:
        writer.writerow([guard(cell) for cell in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def _xml(products: Iterable[FeedProduct], sender: Sender) -> Iterator[str]:
    yield google.xml_start(sender.name, sender.link)
    for row in _google_rows(products, sender):
        yield google.xml_item(row)
    yield google.xml_end()
