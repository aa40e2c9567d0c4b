"""Shopify's CSV of products: rows of one handle are one product, each a variant, a picture or both.
Read with the columns' names of its exports old and new; written with the old ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storefront.domain.catalog import LONGEST_SKU, sku_of
from storefront.feeds import descriptions, parts
from storefront.feeds.values import FeedPicture, FeedProduct, FeedVariant, Group

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from storefront.feeds.values import Fault, Record, Terms

COLUMNS = {
    "handle": ("Handle", "URL handle"),
    "name": ("Title",),
    "body": ("Body (HTML)", "Description"),
    "published": ("Published", "Published on online store"),
    "status": ("Status",),
    "option1": ("Option1 Value", "Option1 value"),
    "option2": ("Option2 Value", "Option2 value"),
    "option3": ("Option3 Value", "Option3 value"),
    "sku": ("Variant SKU", "SKU"),
    "tracker": ("Variant Inventory Tracker", "Inventory tracker"),
    "quantity": ("Variant Inventory Qty", "Inventory quantity"),
    "policy": ("Variant Inventory Policy", "Continue selling when out of stock"),
    "price": ("Variant Price", "Price"),
    "picture": ("Image Src", "Product image URL"),
    "alt": ("Image Alt Text", "Image alt text"),
    "giftable": ("Storefront Giftable",),
    "promotable": ("Storefront Promotable",),
    "low_stock": ("Storefront Low Stock",),
    "withdrawn": ("Storefront Variant Withdrawn",),
}
"""What we read, by our own word for it; the last four are columns of ours."""

NEEDED = ("handle", "price")
DEFAULT = "Default Title"
MOST_ROWS = 500
"""Rows of one product that are taken together: more are a second group of it."""


def knows(column: str) -> bool:
    """Return whether a column is one of ours."""
    return any(column in names for names in COLUMNS.values())


def fits(columns: Sequence[str]) -> bool:
    """Return whether a table with these columns can be read."""
    return all(any(name in columns for name in COLUMNS[word]) for word in NEEDED)


def groups(records: Iterator[Record | Fault], terms: Terms) -> Iterator[Group]:
    """Yield the products of a file, each from rows that follow each other."""
    for run in parts.runs(records, key=_handle, most=MOST_ROWS):
        yield _group(run, terms)


def _handle(record: Record) -> str:
    return record.cells.get(column_of(record, "handle"), "").strip()


def column_of(record: Record, word: str) -> str:
    """Return the name that a file has for one of our columns; the usual one where it has none."""
    return next((name for name in COLUMNS[word] if name in record.cells), COLUMNS[word][0])


def _group(run: Sequence[Record | Fault], terms: Terms) -> Group:
    reader = parts.Reader(COLUMNS, column_of, terms)
    records = reader.named(run, _handle, missing=("handle", "handle_missing"))
    if not records:
        return Group(None, reader.faults, len(run))
    first = records[0]
    name = reader.line(first, "name", longest=200)
    body = reader.given(first, "body")
    product = FeedProduct(
        row=first.row,
        handle=_handle(first)[:255],
        name=name,
        description=reader.description(first, "body") if name or body else None,
        is_withdrawn=_is_withdrawn(reader, first),
        is_giftable=reader.flag(first, "giftable"),
        is_promotable=reader.flag(first, "promotable"),
        variants=[each for record in records if (each := _variant(reader, record))],
        pictures=[shown for record in records if (shown := _picture(reader, record))],
    )
    return Group(product, reader.faults, len(run))


def _is_withdrawn(reader: parts.Reader, record: Record) -> bool | None:
    status = (reader.given(record, "status") or "").strip().lower()
    published = reader.flag(record, "published")
    if status in {"draft", "archived"} or published is False:
        return True
    return False if status == "active" or published else None


def _variant(reader: parts.Reader, record: Record) -> FeedVariant | None:
    """Return the row's variant, None for a row that only adds a picture."""
    if not any(reader.given(record, word) for word in ("price", "sku", "option1")):
        return None
    name = _variant_name(reader, record)
    sku = reader.line(record, "sku", longest=LONGEST_SKU) or sku_of(_handle(record), name)
    price = reader.price(record, "price")
    stock = _stock(reader, record)
    return reader.variant(record, sku=sku, name=name, price=price, stock=stock)


def _variant_name(reader: parts.Reader, record: Record) -> str:
    values = [reader.line(record, word, longest=120) for word in ("option1", "option2", "option3")]
    return " / ".join(value for value in values if value and value != DEFAULT)[:120]


def _stock(reader: parts.Reader, record: Record) -> tuple[int | None, bool]:
    """Return how many a new variant has, and whether the file says so. What nobody tracks, or what
    goes on selling, has no limit; what is tracked elsewhere has none here until it is counted."""
    tracker = reader.given(record, "tracker")
    policy = (reader.given(record, "policy") or "").strip().lower()
    if policy in {"continue", "true"} or (tracker is not None and not tracker.strip()):
        return None, True
    quantity, is_given = reader.whole(record, "quantity")
    return (quantity, True) if is_given else (0 if tracker else None, False)


def _picture(reader: parts.Reader, record: Record) -> FeedPicture | None:
    address = reader.picture(record, "picture")
    if address is None:
        return None
    return FeedPicture(record.row, address, reader.line(record, "alt", longest=300))


HEADER = (
    "Handle", "Title", "Body (HTML)", "Vendor", "Type", "Tags", "Published",
    "Option1 Name", "Option1 Value", "Variant SKU", "Variant Inventory Tracker",
    "Variant Inventory Qty", "Variant Inventory Policy", "Variant Fulfillment Service",
    "Variant Price", "Variant Requires Shipping", "Variant Taxable", "Image Src",
    "Image Position", "Image Alt Text", "Gift Card", "Status", "Storefront Giftable",
    "Storefront Promotable", "Storefront Low Stock", "Storefront Variant Withdrawn",
)  # fmt: skip
"""Without the first row of each column Shopify imports nothing; its own defaults fill the rest."""


def rows(product: FeedProduct, *, vendor: str, price_of: parts.Price) -> Iterator[list[str]]:
    """Yield the rows of one product, in the order of `HEADER`."""
    count = max(len(product.variants), len(product.pictures), 1)
    for place in range(count):
        cells = dict.fromkeys(HEADER, "")
        cells["Handle"] = product.handle
        if place == 0:
            cells |= _of_product(product, vendor)
        if place < len(product.variants):
            cells |= _of_variant(product.variants[place], price_of)
        if place < len(product.pictures):
            cells |= _of_picture(product.pictures[place], place + 1)
        yield list(cells.values())


def _of_product(product: FeedProduct, vendor: str) -> dict[str, str]:
    return {
        "Title": product.name,
        "Body (HTML)": descriptions.to_html(product.description or ""),
        "Vendor": vendor,
        "Published": "FALSE" if product.is_withdrawn else "TRUE",
        "Gift Card": "FALSE",
        "Status": "draft" if product.is_withdrawn else "active",
        "Storefront Giftable": parts.written(product.is_giftable),
        "Storefront Promotable": parts.written(product.is_promotable),
    }


def _of_variant(variant: FeedVariant, price_of: parts.Price) -> dict[str, str]:
    is_counted = variant.stock is not None
    return {
        "Option1 Name": "Title",
        "Option1 Value": variant.name or DEFAULT,
        "Variant SKU": variant.sku,
        "Variant Inventory Tracker": "shopify" if is_counted else "",
        "Variant Inventory Qty": parts.number(variant.stock),
        "Variant Inventory Policy": "deny",
        "Variant Fulfillment Service": "manual",
        "Variant Price": price_of(variant.price_minor),
        "Variant Requires Shipping": "TRUE",
        "Variant Taxable": "TRUE",
        "Storefront Low Stock": parts.number(variant.low_stock),
        "Storefront Variant Withdrawn": parts.written(variant.is_withdrawn),
    }


def _of_picture(picture: FeedPicture, position: int) -> dict[str, str]:
    return {
        "Image Src": picture.address,
        "Image Position": str(position),
        "Image Alt Text": picture.alt,
    }
