"""One file of products: which format it is in, and its products one after the other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from storefront.feeds import google, shopify, tables, xml_items
from storefront.feeds.values import Unusable
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storefront.feeds.tables import Layout
    from storefront.feeds.values import Group, Terms

SHOPIFY, GOOGLE_TABLE, GOOGLE_XML = "shopify", "google_table", "google_xml"
HEAD = 4096


@frozen
class Source:
    """What was found out about a file; `layout` is a table's."""

    format: str
    encoding: str
    layout: Layout | None = None


def inspect(file: Path) -> Source:
    """Return what a file is; raise `Unusable` file_empty, is_workbook, encoding_unknown or
    unknown_format."""
    if _is_xml(file):
        return Source(GOOGLE_XML, "xml")
    encoding = tables.find_encoding(file)
    layout = tables.find_layout(
        file, encoding, knows=lambda column: shopify.knows(column) or google.knows(column)
    )
    if shopify.fits(layout.columns):
        return Source(SHOPIFY, encoding, layout)
    if google.fits(layout.columns):
        names = [google.plain_name(column) for column in layout.columns]
        return Source(GOOGLE_TABLE, encoding, replace(layout, columns=names))
    raise Unusable("unknown_format")


def _is_xml(file: Path) -> bool:
    with file.open("rb") as stream:
        head = stream.read(HEAD).lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return head.startswith((b"<", b"\0<"))


def read_groups(file: Path, source: Source, terms: Terms) -> Iterator[Group]:
    """Yield the products of a file, in groups of rows that follow each other."""
    if source.layout is None:
        return google.groups(xml_items.read_items(file), terms)
    records = tables.read_records(file, source.layout)
    if source.format == SHOPIFY:
        return shopify.groups(records, terms)
    return google.groups(records, terms)
