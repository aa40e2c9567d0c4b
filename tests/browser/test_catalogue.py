"""A merchant's first step, walked as a phone and as a desktop: a product with its picture, its
stock, a file of more, and the product in the shop."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PHONE, Demo
from tests.browser.looking import check

SIZES = {"phone": PHONE, "desktop": {"width": 1280, "height": 800}}
FILE = (
    "Handle,Title,Variant SKU,Variant Price,Variant Inventory Tracker,Variant Inventory Qty\n"
    "cocoa-{size},Cocoa {size},COCOA-{size},3.50,shopify,8\n"
    "broken-{size},Broken {size},BROKEN-{size},3.505,shopify,8\n"
)


@pytest.fixture(params=SIZES)
def size(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def console(browser: Browser, demo: Demo, size: str) -> Iterator[Page]:
    """Give a window of this size in which an owner is signed in."""
    window = browser.new_context(viewport=SIZES[size])
    page = window.new_page()
    owner = next(
        member for member in demo.told["merchants"][0]["members"] if member["role"] == "owner"
    )
    page.goto(f"{demo.shop}/console/sign-in")
    page.get_by_label("E-mail").fill(owner["email"])
    page.get_by_label("Password", exact=True).fill(owner["password"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("link", name="Products")).to_be_visible()
    yield page
    window.close()


def add_product(page: Page, name: str) -> None:
    """Add a product, at first with a price that has two readings."""
    page.get_by_role("link", name="Products").click()
    page.get_by_role("link", name="Add a product").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label(re.compile("^Price")).fill("4.505")
    page.get_by_label("Stock (optional)").fill("12")
    check(page)
    page.get_by_role("button", name="Put on sale").click()
    expect(page.get_by_role("link", name=re.compile("a thousand or a fraction"))).to_be_visible()
    expect(page.get_by_label(re.compile("^Price"))).to_be_focused()
    page.get_by_label(re.compile("^Price")).fill("4,50")
    page.get_by_role("button", name="Put on sale").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def add_picture(page: Page, folder: Path) -> None:
    """Upload a picture and see it."""
    picture = folder / "cone.png"
    Image.new("RGB", (900, 600), "teal").save(picture)
    page.get_by_label("Add a picture").set_input_files(picture)
    page.get_by_label("What it shows (optional)").fill("A teal cone")
    page.get_by_role("button", name="Add", exact=True).click()
    shown = page.get_by_role("img", name="A teal cone")
    expect(shown).to_be_visible()
    assert shown.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    assert ".webp" in shown.evaluate("image => image.currentSrc")
    check(page)


def change_stock(page: Page, name: str) -> None:
    """Restock, count by hand, and read how the stock came about."""
    page.get_by_role("link", name=re.compile(f"{name}.*12 left")).click()
    page.get_by_label("How many more have come in?").fill("8")
    page.get_by_role("button", name="Restock").click()
    expect(page.get_by_text("The stock is changed.")).to_be_visible()
    page.get_by_text("Count by hand").click()
    page.get_by_label("How many are there?").fill("19")
    page.get_by_label("Why is it different?").select_option(label="Damaged or spoilt")
    page.get_by_role("button", name="Correct the stock").click()
    history = page.get_by_role("table")
    expect(history.get_by_role("row", name=re.compile("Damaged or spoilt"))).to_contain_text("19")
    check(page)


def bring_in(page: Page, folder: Path, size: str) -> None:
    """Bring in a file of which one row is broken, and read why."""
    file = folder / "products.csv"
    file.write_text(FILE.format(size=size))
    page.get_by_role("link", name="Products").click()
    page.get_by_role("link", name="Import and export").click()
    check(page)
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_label(re.compile("^All or nothing")).uncheck()
    page.get_by_role("button", name="Check and bring in").click()
    expect(page.get_by_text("What was right is taken in.")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Row 3")).to_be_visible()
    check(page)


def test_a_merchant_fills_a_shop(console: Page, size: str, tmp_path: Path) -> None:
    name = f"Teal cone ({size})"

    add_product(console, name)
    add_picture(console, tmp_path)
    change_stock(console, name.replace("(", r"\(").replace(")", r"\)"))
    bring_in(console, tmp_path, size)
    console.get_by_role("link", name="Show the products").click()

    expect(console.get_by_role("link", name=f"Cocoa {size}")).to_be_visible()
    expect(console.get_by_role("link", name=f"Broken {size}")).to_have_count(0)
    with console.expect_download() as given:
        console.get_by_role("link", name="All of these as a file").click()
    assert f"COCOA-{size}" in Path(given.value.path()).read_text()
