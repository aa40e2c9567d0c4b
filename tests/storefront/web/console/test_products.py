"""Products in the console: what a merchant types is what is sold, and no fault loses it."""

import io
import re
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from storefront.models import Product, ProductImage, StockEntry, Variant
from storefront.services import stock_entries
from tests.contents import nothing_changes
from tests.factories import World
from tests.fakes import BASE_URL, Bench

NEW = {
    "name": "Lemon cone",
    "description": "Yellow and sour.",
    "is_giftable": "1",
    "variant": "",
    "sku": "",
    "price": "4,50",
    "stock": "12",
}


@pytest.fixture
def owner(owner: Any) -> Any:
    """Let the owner's forms say that they come from our own pages."""
    owner.environ_base["HTTP_ORIGIN"] = BASE_URL
    return owner


def product_named(bench: Bench, name: str) -> Product:
    """Return a product with its variants."""
    with bench.database.reads() as session:
        found = session.scalars(select(Product).where(Product.name == name)).one()
        assert found.variants is not None
        assert found.images is not None
        return found


def address(world: World, rest: str = "") -> str:
    """Return the address of the world's product in the console."""
    return f"/console/products/{world.product.public_id}{rest}"


def of_variant(world: World, rest: str = "") -> str:
    """Return the address of the world's variant in the console."""
    return address(world, f"/variants/{world.variant.public_id}{rest}")


def details(version: int = 1, **changes: str) -> dict[str, str]:
    """Return the form of a product's details."""
    return {"version": str(version), "name": "Cone", "description": "Mine", **changes}


def upload(**options: Any) -> tuple[io.BytesIO, str]:
    """Return a picture to upload."""
    buffer = io.BytesIO()
    Image.new("RGB", (900, 600), "green").save(buffer, "JPEG", **options)
    buffer.seek(0)
    return buffer, "cone.jpg"


def test_a_product_is_on_sale_at_once(owner: Any, bench: Bench) -> None:
    answer = owner.post("/console/products", data=NEW)

    product = product_named(bench, "Lemon cone")
    [variant] = product.variants
    assert 303 == answer.status_code
    assert (True, False) == (product.is_giftable, product.is_promotable)
    assert ("lemon-cone", 450, "USD", 12) == (
        variant.sku, variant.price_minor, variant.currency, variant.stock,
    )  # fmt: skip


def test_everything_wrong_is_said_at_once_and_nothing_typed_is_lost(
    owner: Any, bench: Bench
) -> None:
    wrong = {**NEW, "name": "", "price": "4.505", "stock": "many"}

    with nothing_changes(bench.database):
        answer = owner.post("/console/products", data=wrong)

    marked = set(re.findall(r'id="(\w+)-error"', answer.text))
    assert 422 == answer.status_code
    assert {"name", "price", "stock"} == marked
    assert all(f'value="{typed}"' in answer.text for typed in ("4.505", "many"))
    assert "Yellow and sour." in answer.text


def test_a_sku_that_is_taken_is_said_beside_its_field(
    owner: Any, bench: Bench, world: World
) -> None:
    with nothing_changes(bench.database):
        answer = owner.post("/console/products", data={**NEW, "sku": world.variant.sku})

    assert 409 == answer.status_code
    assert 'id="sku-error"' in answer.text


def test_the_second_editor_sees_what_was_saved_and_keeps_what_they_typed(
    owner: Any, bench: Bench, world: World
) -> None:
    owner.post(address(world), data=details(name="First"))

    with nothing_changes(bench.database):
        answer = owner.post(address(world), data=details(name="Second"))
    again = owner.post(address(world), data=details(version=2, name="Second"))

    assert 409 == answer.status_code
    assert "Saved meanwhile: First" in answer.text
    assert 'value="Second"' in answer.text
    assert 'name="version" value="2"' in answer.text
    assert 303 == again.status_code
    assert "Second" == product_named(bench, "Second").name


def test_a_variant_takes_its_new_price_and_says_when_it_is_low(owner: Any, world: World) -> None:
    form = {"version": "1", "variant": "Big", "sku": "big", "price": "5", "low_stock": "10"}

    answer = owner.post(of_variant(world), data=form)
    page = owner.get(of_variant(world)).text
    low = owner.get("/console/products?state=low").text

    assert 303 == answer.status_code
    assert 'value="5.00"' in page
    assert "Pistachio cone" in low


def test_stock_is_restocked_once_for_each_form(owner: Any, bench: Bench, world: World) -> None:
    form = {"act": "restock", "key": "k" * 26, "units": "5"}

    answers = [owner.post(of_variant(world, "/stock"), data=form).status_code for _ in range(2)]

    with bench.database.reads() as session:
        stock = session.get_one(Variant, world.variant.id).stock
        made = session.scalars(select(StockEntry).where(StockEntry.reason == "restocked")).one()
    assert [303, 303] == answers
    assert (15, 5) == (stock, made.units)
    assert made.member_id is not None


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"act": "restock", "units": "0"}, "units"),
        ({"act": "restock", "units": "two"}, "units"),
        ({"act": "count", "counted": "-1", "seen": "10", "reason": "lost"}, "counted"),
        ({"act": "count", "counted": "1", "seen": "10", "reason": "bored"}, "reason"),
    ],
)
def test_a_change_of_stock_that_makes_no_sense_is_refused_beside_its_field(
    owner: Any, bench: Bench, world: World, form: dict[str, str], field: str
) -> None:
    with nothing_changes(bench.database):
        answer = owner.post(of_variant(world, "/stock"), data={**form, "key": "k" * 26})

    assert 422 == answer.status_code
    assert f'id="{field}-error"' in answer.text


def test_the_history_says_who_changed_what(owner: Any, world: World) -> None:
    form = {"act": "count", "counted": "7", "seen": "10", "reason": "damaged", "key": "k" * 26}
    owner.post(of_variant(world, "/stock"), data=form)

    page = owner.get(of_variant(world)).text

    assert "Damaged or spoilt" in page
    assert "\N{MINUS SIGN}3" in page
    assert "Olive Owner" in page


def test_what_is_ticked_is_withdrawn_and_put_back(owner: Any, bench: Bench, world: World) -> None:
    pick = {f"pick-{world.product.public_id}": "1"}

    owner.post("/console/products/changes", data={**pick, "act": "withdraw"})
    gone = owner.get("/console/products?state=withdrawn").text
    sold = bench.client().get(f"/e/{world.placement.public_id}").status_code
    owner.post("/console/products/changes", data={**pick, "act": "put_back"})
    back = owner.get("/console/products").text

    assert "Pistachio cone" in gone
    assert 404 == sold
    assert "Pistachio cone" in back


def test_products_are_found_by_sku_and_sorted(owner: Any) -> None:
    for name, price, stock in (("Apple", "9", "1"), ("Zucchini", "1", "")):
        owner.post("/console/products", data={**NEW, "name": name, "price": price, "stock": stock})

    def names(query: str) -> list[str]:
        page = owner.get(f"/console/products?{query}").text
        return re.findall(r'ware__name">([^<]+)<', page)

    assert ["Apple", "Pistachio cone", "Zucchini"] == names("")
    assert ["Zucchini", "Pistachio cone", "Apple"] == names("sort=price")
    assert ["Apple", "Pistachio cone", "Zucchini"] == names("sort=left")
    assert ["Pistachio cone"] == names("q=gelato-CONE")
    assert [] == names("q=%25")


def test_pictures_are_added_described_moved_and_taken_away(
    owner: Any, bench: Bench, world: World
) -> None:
    answer = owner.post(address(world, "/pictures"), data={"picture": upload(), "alt": "Green"})
    owner.post(
        address(world, "/pictures"), data={"address": "https://cdn.pictures.test/a.jpg", "alt": ""}
    )
    cone, green, elsewhere = product_named(bench, "Pistachio cone").images

    for image, form in (
        (green, {"act": "earlier", "alt": ""}),
        (elsewhere, {"act": "describe", "alt": "From afar"}),
        (cone, {"act": "remove", "alt": ""}),
    ):
        owner.post(address(world, f"/pictures/{image.public_id}"), data=form)
    page = owner.get(address(world))

    images = product_named(bench, "Pistachio cone").images
    assert 303 == answer.status_code
    assert [(green.file, "Green"), ("https://cdn.pictures.test/a.jpg", "From afar")] == [
        (image.file, image.alt) for image in images
    ]
    assert "https://cdn.pictures.test" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("form", "status", "field"),
    [
        ({}, 422, "picture"),
        ({"picture": (io.BytesIO(b"<svg/>"), "x.svg")}, 422, "picture"),
        ({"address": "http://cdn.pictures.test/a.jpg"}, 422, "address"),
    ],
)
def test_what_is_no_picture_is_refused_beside_its_field(
    owner: Any, bench: Bench, world: World, form: Any, status: int, field: str
) -> None:
    form = {key: (io.BytesIO(value[0].getvalue()), value[1]) if isinstance(value, tuple) else value
            for key, value in form.items()}  # fmt: skip

    with nothing_changes(bench.database):
        answer = owner.post(
            address(world, "/pictures"), data=form, content_type="multipart/form-data"
        )

    assert status == answer.status_code
    assert f'id="{field}-error"' in answer.text


def test_a_picture_that_is_too_large_is_refused_before_it_is_read(
    owner: Any, bench: Bench, world: World
) -> None:
    body = b"--x\r\nContent-Disposition: form-data; name=picture; filename=a\r\n\r\n"
    body += b"0" * 11_000_000 + b"\r\n--x--\r\n"

    with nothing_changes(bench.database):
        answer = owner.post(
            address(world, "/pictures"), data=body, content_type="multipart/form-data; boundary=x"
        )

    assert 413 == answer.status_code
    assert "At most 10 MB" in answer.text


def test_large_bodies_are_taken_for_pictures_only(owner: Any, world: World) -> None:
    large = {"name": "x" * 70_000}

    assert 413 == owner.post(address(world), data=large).status_code
    assert 413 == owner.post("/console/products", data=large).status_code


def test_another_merchants_things_are_out_of_reach(
    owner: Any, bench: Bench, world: World, rival: World
) -> None:
    with bench.database.reads() as session:
        image = session.scalars(
            select(ProductImage).where(ProductImage.product_id == rival.product.id)
        ).one()
    forms: dict[str, dict[str, str]] = {
        address(rival): details(),
        of_variant(rival): {"version": "1", "variant": "x", "sku": "x", "price": "1"},
        of_variant(rival, "/stock"): {"act": "restock", "units": "1", "key": "k" * 26},
        address(world, f"/pictures/{image.public_id}"): {"act": "describe", "alt": "mine"},
        f"/console/products/{world.product.public_id}/variants/{rival.variant.public_id}": {
            "version": "1", "variant": "x", "sku": "x", "price": "1",
        },
    }  # fmt: skip

    with nothing_changes(bench.database):
        answers = {owner.post(path, data=form).status_code for path, form in forms.items()}

    assert {404} == answers


def test_an_unlimited_variant_can_be_counted_and_counted_no_more(
    owner: Any, bench: Bench, world: World
) -> None:
    hand = stock_entries.by_program(bench.clock.now())
    with bench.database.begin() as session:
        stock_entries.unlimit(session, session.get_one(Variant, world.variant.id), hand=hand)

    before = owner.get(of_variant(world)).text
    owner.post(of_variant(world, "/stock"), data={"act": "limit", "left": "4", "key": "k" * 26})
    after = owner.get(of_variant(world)).text

    assert "There is no limit" in before
    assert "There is no limit" not in after
