"""Google's product feed: each row or item is a variant, and an item_group_id makes them one
product. Read and written as a table or as XML; what Google has no word for is in columns of our
own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from storefront.domain.catalog import LONGEST_SKU
from storefront.domain.money import is_currency
from storefront.feeds import descriptions, parts
from storefront.feeds.values import FeedPicture, FeedProduct, FeedVariant, Group
from storefront.feeds.xml_items import GOOGLE, OWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from storefront.feeds.values import Fault, Record, Terms

COLUMNS = {
    "id": ("id",),
    "group": ("item_group_id",),
    "name": ("title",),
    "description": ("description",),
    "price": ("price",),
    "availability": ("availability",),
    "picture": ("image_link",),
    "more": ("additional_image_link",),
    "product": ("storefront_product",),
    "variant": ("storefront_variant",),
    "stock": ("storefront_stock",),
    "low_stock": ("storefront_low_stock",),
    "giftable": ("storefront_giftable",),
    "promotable": ("storefront_promotable",),
    "product_withdrawn": ("storefront_product_withdrawn",),
    "withdrawn": ("storefront_variant_withdrawn",),
    "alts": ("storefront_alts",),
}
"""What we read, by our own word for it; from `product` on these are columns of ours."""

NEEDED = ("id", "name", "price")
MOST_ROWS = 500
AVAILABLE = frozenset({"in_stock", "preorder", "backorder", "available_for_order"})
GONE = frozenset({"out_of_stock", "discontinued"})
FORMS = ("size", "color", "colour", "pattern", "material")
"""Columns that tell the variants of a group apart."""


def knows(column: str) -> bool:
    """Return whether a column is one of ours."""
    return plain_name(column) in {names[0] for names in COLUMNS.values()}


def plain_name(column: str) -> str:
    """Return a column's name as the specification writes it: g:image_link, "image link"."""
    return re.sub(r"[\s\-]+", "_", column.strip().lower().removeprefix("g:").removeprefix("c:"))


def fits(columns: Sequence[str]) -> bool:
    """Return whether a table with these columns can be read."""
    return set(NEEDED_NAMES) <= {plain_name(column) for column in columns}


NEEDED_NAMES = tuple(COLUMNS[word][0] for word in NEEDED)


def groups(records: Iterator[Record | Fault], terms: Terms) -> Iterator[Group]:
    """Yield the products of a feed, each from items that follow each other."""
    for run in parts.runs(records, key=_handle, most=MOST_ROWS):
        yield _group(run, terms)


def column_of(record: Record, word: str) -> str:  # noqa: ARG001 - each format has its own
    """Return the name that a feed has for one of our columns."""
    return COLUMNS[word][0]


def _handle(record: Record) -> str:
    group = record.cells.get("item_group_id", "").strip()
    return group or record.cells.get("id", "").strip()


def _group(run: Sequence[Record | Fault], terms: Terms) -> Group:
    reader = parts.Reader(COLUMNS, column_of, terms)
    records = reader.named(run, _handle, missing=("id", "sku_missing"))
    if not records:
        return Group(None, reader.faults, len(run))
    first = records[0]
    product = FeedProduct(
        row=first.row,
        handle=_handle(first)[:255],
        name=_product_name(reader, first),
        description=reader.description(first, "description"),
        is_withdrawn=reader.flag(first, "product_withdrawn"),
        is_giftable=reader.flag(first, "giftable"),
        is_promotable=reader.flag(first, "promotable"),
        variants=[found for record in records if (found := _variant(reader, record))],
        pictures=_pictures(reader, first),
    )
    return Group(product, reader.faults, len(run))


def _product_name(reader: parts.Reader, record: Record) -> str:
    own = reader.line(record, "product", longest=200)
    return own or reader.line(record, "name", longest=200)


def _variant(reader: parts.Reader, record: Record) -> FeedVariant | None:
    sku = reader.line(record, "id", longest=LONGEST_SKU)
    if not sku:
        reader.fault(record, "id", "sku_missing")
        return None
    price = _price(reader, record)
    stock = _stock(reader, record)
    name = _variant_name(reader, record)
    return reader.variant(record, sku=sku, name=name, price=price, stock=stock)


def _variant_name(reader: parts.Reader, record: Record) -> str:
    if reader.given(record, "variant") is not None:
        return reader.line(record, "variant", longest=120)
    forms = [" ".join(record.cells.get(form, "").split()) for form in FORMS]
    return " / ".join(filter(None, forms))[:120]


def _price(reader: parts.Reader, record: Record) -> int | None:
    """Return the price, which names its currency: "9.99 USD", or "USD 9.99"."""
    given = (reader.given(record, "price") or "").strip()
    match = re.fullmatch(r"(?:([A-Za-z]{3}) ?)?([^A-Za-z]*)(?: ?([A-Za-z]{3}))?", given)
    own = reader.terms.currency
    named = ((match[1] or match[3] or own) if match else own).upper()
    if not is_currency(named):
        reader.refuse(record, "price", "unknown_currency")
        return None
    if named != own:
        reader.refuse(record, "price", "wrong_currency", hint=own)
        return None
    return reader.price(record, "price", given=match[2] if match else given)


def _stock(reader: parts.Reader, record: Record) -> tuple[int | None, bool]:
    """Return how many a new variant has, and whether the feed says so. Google's own word only tells
    whether there are any; how many is a column of ours, empty for what has no limit."""
    stock, has_stock = reader.whole(record, "stock")
    said = plain_name(reader.given(record, "availability") or "")
    if said and said not in AVAILABLE | GONE:
        reader.refuse(record, "availability", "availability_unknown")
    if has_stock or reader.given(record, "stock") is not None:
        return stock, True
    return (0, True) if said in GONE else (None, False)


def _pictures(reader: parts.Reader, record: Record) -> list[FeedPicture]:
    addresses = [reader.given(record, "picture") or ""]
    addresses += re.split(r"[\n,]", reader.given(record, "more") or "")
    alts = (reader.given(record, "alts") or "").split("\n")
    found = []
    for place, each in enumerate(each for each in addresses if each.strip()):
        address = reader.picture(record, "picture" if place == 0 else "more", each)
        alt = " ".join(alts[place].split())[:300] if place < len(alts) else ""
        found += [FeedPicture(record.row, address, alt)] if address else []
    return found


HEADER = (
    "id", "item_group_id", "title", "description", "link", "image_link", "additional_image_link",
    "availability", "price", "condition", "brand", "storefront_product", "storefront_variant",
    "storefront_stock", "storefront_low_stock", "storefront_giftable", "storefront_promotable",
    "storefront_product_withdrawn", "storefront_variant_withdrawn", "storefront_alts",
)  # fmt: skip


def rows(
    product: FeedProduct, *, vendor: str, link: str, price_of: parts.Price
) -> Iterator[list[str]]:
    """Yield the rows of one product, in the order of `HEADER`; one without variants has none."""
    shared = _of_product(product, vendor, link)
    for variant in product.variants:
        cells = dict.fromkeys(HEADER, "") | shared | _of_variant(variant, price_of)
        title = f"{product.name} - {variant.name}" if variant.name else product.name
        yield list((cells | {"title": title[:150]}).values())


def _of_product(product: FeedProduct, vendor: str, link: str) -> dict[str, str]:
    addresses = [picture.address for picture in product.pictures]
    return {
        "item_group_id": product.handle,
        "description": descriptions.to_feed(product.description or ""),
        "link": link,
        "image_link": addresses[0] if addresses else "",
        "additional_image_link": ",".join(addresses[1:]),
        "condition": "new",
        "brand": vendor,
        "storefront_product": product.name,
        "storefront_giftable": parts.written(product.is_giftable),
        "storefront_promotable": parts.written(product.is_promotable),
        "storefront_product_withdrawn": parts.written(product.is_withdrawn),
        "storefront_alts": "\n".join(picture.alt for picture in product.pictures),
    }


def _of_variant(variant: FeedVariant, price_of: parts.Price) -> dict[str, str]:
    is_gone = variant.stock == 0 or variant.is_withdrawn
    return {
        "id": variant.sku,
        "availability": "out_of_stock" if is_gone else "in_stock",
        "price": price_of(variant.price_minor),
        "storefront_variant": variant.name,
        "storefront_stock": parts.number(variant.stock),
        "storefront_low_stock": parts.number(variant.low_stock),
        "storefront_variant_withdrawn": parts.written(variant.is_withdrawn),
    }


def xml_start(title: str, link: str) -> str:
    """Return how a feed in XML begins."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<rss version="2.0" xmlns:g="{GOOGLE}" xmlns:c="{OWN}"><channel>\n'
        f"<title>{_xml(title)}</title><link>{_xml(link)}</link>"
        f"<description>{_xml(title)}</description>\n"
    )


def xml_item(cells: Sequence[str]) -> str:
    """Return a row of `HEADER` as an item."""
    return f"<item>{''.join(_elements(cells))}</item>\n"


def xml_end() -> str:
    """Return how a feed in XML ends."""
    return "</channel></rss>\n"


def _elements(cells: Sequence[str]) -> Iterator[str]:
    for name, cell in zip(HEADER, cells, strict=True):
        own = name.removeprefix("storefront_")
        tag = f"g:{name}" if own == name else f"c:{own}"
        values = cell.split(",") if name == "additional_image_link" else [cell]
        for value in values:
            if value or own != name:
                yield f"<{tag}>{_xml(value)}</{tag}>"


def _xml(text: str) -> str:
    """Return text for XML, without the symbols that it cannot hold."""
    return escape("".join(each for each in text if each in "\t\n" or each >= " "))
