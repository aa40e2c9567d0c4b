"""Files of products, good and broken: what is read, and what is said about the rest."""

from collections.abc import Callable
from pathlib import Path

import pytest

from storefront.feeds.files import inspect, read_groups
from storefront.feeds.values import Fault, FeedProduct, Terms, Unusable

SHOPIFY = (
    "Handle,Title,Body (HTML),Published,Option1 Value,Variant SKU,Variant Inventory Tracker,"
    "Variant Inventory Qty,Variant Price,Image Src,Image Alt Text,Status\n"
)
CONE = (
    'cone,Cone,"<p>Green &amp; good.</p>",TRUE,Small,C-S,shopify,5,4.50,'
    "https://cdn.shop.test/a.jpg,A cone,active\n"
)


def write(folder: Path, content: str | bytes, name: str = "file") -> Path:
    """Write a file of products."""
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def read(
    folder: Path, content: str | bytes, currency: str = "USD"
) -> tuple[list[FeedProduct], list[Fault]]:
    """Return the products of a file, and what is wrong with it."""
    file = write(folder, content)
    groups = list(read_groups(file, inspect(file), Terms(currency)))
    products = [group.product for group in groups if group.product]
    return products, [fault for group in groups for fault in group.faults]


def faults(folder: Path, content: str | bytes, currency: str = "USD") -> list[tuple[int, str, str]]:
    """Return row, column and code of everything wrong."""
    return [(each.row, each.column, each.code) for each in read(folder, content, currency)[1]]


def test_rows_of_one_handle_are_one_product(tmp_path: Path) -> None:
    more = "cone,,,,Large,C-L,shopify,0,6.00,,,\ncone,,,,,,,,,https://cdn.shop.test/b.jpg,Two,\n"

    [product], wrong = read(tmp_path, SHOPIFY + CONE + more)

    assert [] == wrong
    assert ("Cone", "Green & good.", False) == (
        product.name, product.description, product.is_withdrawn,
    )  # fmt: skip
    assert [("C-S", "Small", 450, 5), ("C-L", "Large", 600, 0)] == [
        (each.sku, each.name, each.price_minor, each.stock) for each in product.variants
    ]
    assert ["A cone", "Two"] == [each.alt for each in product.pictures]


def test_the_columns_of_newer_exports_are_known(tmp_path: Path) -> None:
    content = (
        "Title,URL handle,Description,Status,SKU,Option1 value,Price,Inventory tracker,"
        "Inventory quantity,Continue selling when out of stock,Product image URL\n"
        "Cone,cone,Green,Draft,C-S,Default Title,4.5,shopify,7,FALSE,\n"
    )

    [product], wrong = read(tmp_path, content)

    assert [] == wrong
    assert product.is_withdrawn
    assert [("", 450, 7)] == [
        (each.name, each.price_minor, each.stock) for each in product.variants
    ]


@pytest.mark.parametrize(
    ("tracker", "quantity", "policy", "stock", "says"),
    [
        ("shopify", "3", "deny", 3, True), ("shopify", "3", "continue", None, True),
        ("", "3", "deny", None, True), ("shopify", "", "deny", 0, False),
    ],
)  # fmt: skip
def test_stock_is_what_is_tracked_and_ends(
    tmp_path: Path, tracker: str, quantity: str, policy: str, stock: int | None, says: bool
) -> None:
    content = (
        "Handle,Title,Variant Price,Variant Inventory Tracker,Variant Inventory Qty,"
        f"Variant Inventory Policy\ncone,Cone,1.00,{tracker},{quantity},{policy}\n"
    )

    [product], _ = read(tmp_path, content)

    assert (stock, says) == (product.variants[0].stock, product.variants[0].has_stock)


def test_a_variant_without_a_sku_is_given_the_same_one_each_time(tmp_path: Path) -> None:
    content = "Handle,Title,Variant Price,Option1 Value,Option2 Value\ncone,Cone,1.00,Größe L,Rot\n"

    skus = {read(tmp_path, content)[0][0].variants[0].sku for _ in range(2)}

    assert {"cone-grosse-l-rot"} == skus


WRONG = [
    ("cone,Cone,,TRUE,S,C,shopify,5,4.505,,,active", "Variant Price", "price_ambiguous"),
    ("cone,Cone,,TRUE,S,C,shopify,5,,,,active", "Variant Price", "price_missing"),
    ("cone,Cone,,TRUE,S,C,shopify,5,-1,,,active", "Variant Price", "price_negative"),
    ("cone,Cone,,TRUE,S,C,shopify,5,free,,,active", "Variant Price", "price_unreadable"),
    ("cone,Cone,,TRUE,S,C,shopify,-5,1.00,,,active", "Variant Inventory Qty", "stock_negative"),
    ("cone,Cone,,TRUE,S,C,shopify,2.5,1.00,,,active", "Variant Inventory Qty", "stock_unreadable"),
    ("cone,Cone,,TRUE,S,C,shopify,many,1.00,,,active", "Variant Inventory Qty", "stock_unreadable"),
    ("cone,Cone,,TRUE,S,C,shopify,1,1,http://x.test/a,,active", "Image Src", "picture_not_https"),
    ("cone,Cone,,TRUE,S,C,shopify,1,1.00,https://x/a.jpg,,active", "Image Src", "picture_address"),
    (f"cone,{'x' * 201},,TRUE,S,C,shopify,1,1.00,,,active", "Title", "text_too_long"),
    (f"cone,Cone,,TRUE,S,{'x' * 81},shopify,1,1.00,,,active", "Variant SKU", "text_too_long"),
    ("cone,Co\u202ene,,TRUE,S,C,shopify,1,1.00,,,active", "Title", "text_unusable"),
    (",Cone,,TRUE,S,C,shopify,1,1.00,,,active", "Handle", "handle_missing"),
    ("cone,Cone,,TRUE,S,C,shopify,1,1.00,,,active,one,more", "", "row_long"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "column", "code"), WRONG, ids=[f"{w[2]}-{w[1]}" for w in WRONG])
def test_each_broken_row_is_named_and_the_next_one_is_read(
    tmp_path: Path, row: str, column: str, code: str
) -> None:
    products, wrong = read(tmp_path, f"{SHOPIFY}{row}\n{CONE.replace('cone,Cone', 'next,Next')}")

    assert [(2, column, code)] == [(each.row, each.column, each.code) for each in wrong]
    assert "Next" == products[-1].name
    assert 1 == len(products[-1].variants)


GOOGLE = "id\ttitle\tdescription\tprice\tavailability\timage_link\titem_group_id\tsize\n"


def test_a_google_table_groups_its_variants(tmp_path: Path) -> None:
    content = (
        GOOGLE
        + "C-S\tCone\tGreen\t4.50 USD\tin_stock\thttps://cdn.shop.test/a.jpg\tcone\tSmall\n"
        + "C-L\tCone\tGreen\tUSD 6.00\tout of stock\t\tcone\tLarge\n"
    )

    [product], wrong = read(tmp_path, content)

    assert [] == wrong
    assert [("C-S", "Small", 450, None, False), ("C-L", "Large", 600, 0, True)] == [
        (each.sku, each.name, each.price_minor, each.stock, each.has_stock)
        for each in product.variants
    ]


@pytest.mark.parametrize(
    ("price", "availability", "code"),
    [
        ("4.50 EUR", "in_stock", "wrong_currency"), ("4.50 XYZ", "in_stock", "unknown_currency"),
        ("4.50 USD", "maybe", "availability_unknown"), ("4.5x USD", "in_stock", "price_unreadable"),
    ],
)  # fmt: skip
def test_a_broken_item_of_a_feed_is_named(
    tmp_path: Path, price: str, availability: str, code: str
) -> None:
    assert [code] == [
        each[2] for each in faults(tmp_path, f"{GOOGLE}C\tCone\t\t{price}\t{availability}\t\t\t\n")
    ]


@pytest.mark.parametrize(
    ("price", "minor"),
    [("1.230", 1230), ("1,230", 1230), ("0.01", 10), ("12", 12_000), ("1.234,500", 1_234_500)],
)
def test_a_price_with_three_decimals_is_read_in_either_form(
    tmp_path: Path, price: str, minor: int
) -> None:
    google, wrong = read(tmp_path, f"{GOOGLE}C\tCone\t\t{price} KWD\tin_stock\t\t\t\n", "KWD")
    shopify, also = read(tmp_path, SHOPIFY + CONE.replace("4.50", f'"{price}"'), "KWD")

    assert [] == wrong + also
    assert [minor, minor] == [each.variants[0].price_minor for each in (*google, *shopify)]


@pytest.mark.parametrize("price", ["1.234", "0.001", "1.005"])
def test_a_price_that_no_card_pays_is_named_with_its_step(tmp_path: Path, price: str) -> None:
    """Stripe takes amounts with three decimals only where the last one is 0."""
    for content in (
        f"{GOOGLE}C\tCone\t\t{price} KWD\tin_stock\t\t\t\n",
        SHOPIFY + CONE.replace("4.50", price),
    ):
        products, [fault] = read(tmp_path, content, "KWD")

        assert [[]] == [each.variants for each in products]
        assert ("amount_not_chargeable", "0.010") == (fault.code, fault.hint)


RSS = (
    '<?xml version="1.0"?><rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel>'
    "<title>Shop</title>{}</channel></rss>"
)
ITEM = (
    "<item><g:id>C-S</g:id><title>Cone</title><description><![CDATA[<b>Green</b> &amp; good]]>"
    "</description><g:price>4.50 USD</g:price><g:availability>in_stock</g:availability>"
    "<g:image_link>https://cdn.shop.test/a.jpg</g:image_link>"
    "<g:additional_image_link>https://cdn.shop.test/b.jpg</g:additional_image_link>"
    "<g:additional_image_link>https://cdn.shop.test/c.jpg</g:additional_image_link>"
    "<g:shipping><g:price>9.99 USD</g:price></g:shipping></item>"
)
ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0">'
    "<entry><g:id>C-S</g:id><title>Cone</title><g:price>4.50 USD</g:price></entry></feed>"
)


def test_items_of_an_rss_feed_are_read(tmp_path: Path) -> None:
    [product], wrong = read(tmp_path, RSS.format(ITEM))

    assert [] == wrong
    assert ("C-S", "Cone", "Green & good") == (product.handle, product.name, product.description)
    assert 450 == product.variants[0].price_minor
    assert ["a.jpg", "b.jpg", "c.jpg"] == [each.address[-5:] for each in product.pictures]


def test_entries_of_an_atom_feed_are_read(tmp_path: Path) -> None:
    assert "Cone" == read(tmp_path, ATOM)[0][0].name


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_xml_says_its_own_encoding(tmp_path: Path, encoding: str) -> None:
    text = RSS.format(ITEM.replace("Cone", "Crème")).replace(
        'version="1.0"?', f'version="1.0" encoding="{encoding}"?'
    )

    assert "Crème" == read(tmp_path, text.encode(encoding))[0][0].name


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>'
    "<rss><channel><item><id>&b;</id></item></channel></rss>"
)


def test_xml_with_entities_of_its_own_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unusable) as refusal:
        read(tmp_path, BOMB)

    assert "xml_doctype" == refusal.value.code


def test_a_feed_cut_in_the_middle_gives_what_came_before(tmp_path: Path) -> None:
    whole = RSS.format(ITEM + ITEM.replace("C-S", "C-L"))

    for length in (len(whole) - 5, whole.index("C-L") + 20):
        products, wrong = read(tmp_path, whole[:length])
        assert "file_cut" == wrong[-1].code
        assert "C-S" == products[0].variants[0].sku


def test_broken_xml_is_named_with_its_line(tmp_path: Path) -> None:
    products, [fault] = read(tmp_path, RSS.format(ITEM + "\n<item><g:id>x</g:title></item>"))

    assert ("xml_broken", "2") == (fault.code, fault.hint)
    assert 1 == len(products)


@pytest.mark.parametrize("cut", range(8, len(CONE), 17))
def test_a_table_cut_in_its_last_row_says_so(tmp_path: Path, cut: int) -> None:
    products, wrong = read(tmp_path, SHOPIFY + CONE + CONE.replace("C-S", "C-L")[:cut])

    assert ["file_cut"] == [each.code for each in wrong]
    assert ["C-S"] == [each.sku for product in products for each in product.variants]


def test_a_quote_that_never_closes_is_bounded(tmp_path: Path) -> None:
    products, wrong = read(tmp_path, SHOPIFY + CONE + 'x,"' + "a,b\n" * 200_000)

    assert ["row_unreadable"] == [each.code for each in wrong]
    assert 1 == len(products)


ENCODED: dict[str, Callable[[str], bytes]] = {
    "utf-8": lambda text: text.encode(),
    "utf-8 with a mark": lambda text: text.encode("utf-8-sig"),
    "utf-16 little": lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
    "utf-16 big": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "cp1252": lambda text: text.encode("cp1252"),
    "semicolons": lambda text: text.replace(",", ";").encode(),
    "tabs": lambda text: text.replace(",", "\t").encode(),
    "what Excel says to itself": lambda text: b"sep=;\r\n" + text.replace(",", ";").encode(),
    "Windows' line breaks": lambda text: text.replace("\n", "\r\n").encode(),
    "an old Mac's line breaks": lambda text: text.replace("\n", "\r").encode(),
}


@pytest.mark.parametrize("how", ENCODED)
def test_a_table_is_read_however_it_was_saved(tmp_path: Path, how: str) -> None:
    text = "Handle,Title,Variant Price,Variant SKU\ncone,Crème “brûlée”,4.50,C-S\n"

    [product], wrong = read(tmp_path, ENCODED[how](text))

    assert [] == wrong
    assert ("Crème “brûlée”", 450) == (product.name, product.variants[0].price_minor)


def test_an_excels_comma_is_a_decimal_mark_between_semicolons(tmp_path: Path) -> None:
    [product], _ = read(tmp_path, "Handle;Title;Variant Price\ncone;Cone;1.234,50\n", "EUR")

    assert 123_450 == product.variants[0].price_minor


UNUSABLE = [
    (b"", "file_empty"), (b"\xef\xbb\xbf \r\n", "file_empty"),
    (b"PK\x03\x04workbook", "is_workbook"), (b"\xd0\xcf\x11\xe0old workbook", "is_workbook"),
    (b"%PDF-1.7", "unknown_format"), (b"\x89PNG\r\n\x1a\n\0\0", "encoding_unknown"),
    ("Handle,Title".encode("utf-16-le"), "encoding_unknown"),
    (b"Handle,Title,Variant Price\n\x81\x8d\xff,a,b\n", "encoding_unknown"),
    (b"Name,Cost\nCone,4\n", "unknown_format"), (b"Handle,Title\ncone,Cone\n", "unknown_format"),
    (b"{}", "unknown_format"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "code"), UNUSABLE)
def test_what_is_no_file_of_products_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    with pytest.raises(Unusable) as refusal:
        inspect(write(tmp_path, content))

    assert code == refusal.value.code
