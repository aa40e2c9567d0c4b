"""Products and variants as merchants edit them, one after the other and side by side."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from storefront.errors import Conflict, Invalid, NotFound, StorefrontError
from storefront.models import Product, Variant
from storefront.services import catalog, products, variants
from storefront.services.products import ProductDetails
from storefront.services.variants import VariantDetails, moved
from tests.contents import nothing_changes
from tests.factories import World, world_on
from tests.fakes import Bench

DETAILS = ProductDetails("Lemon cone", "Yellow and sour.", is_giftable=False, is_promotable=False)


def refused(bench: Bench, act: Callable[[Session], object]) -> StorefrontError:
    """Return how an act is refused, which must change nothing."""
    with (
        nothing_changes(bench.database),
        pytest.raises(StorefrontError) as refusal,
        bench.database.begin() as session,
    ):
        act(session)
    return refusal.value


def test_an_edit_changes_what_is_said_and_counts_up(bench: Bench, world: World) -> None:
    with bench.database.begin() as session:
        product = products.get_product(session, world.merchant.id, world.product.public_id)
        products.edit_product(session, product, DETAILS, version=1)
    with bench.database.reads() as session:
        product = session.get_one(Product, world.product.id)

    assert ("Lemon cone", "Yellow and sour.") == (product.name, product.description)
    assert (False, False, 2) == (product.is_giftable, product.is_promotable, product.version)


def test_the_second_of_two_editors_is_told(bench: Bench, world: World) -> None:
    with bench.database.begin() as session:
        product = session.get_one(Product, world.product.id)
        products.edit_product(session, product, DETAILS, version=1)

    refusal = refused(
        bench,
        lambda session: products.edit_product(
            session,
            session.get_one(Product, world.product.id),
            ProductDetails("Mine", ""),
            version=1,
        ),
    )

    assert "edited_meanwhile" == refusal.code


def test_the_second_editor_of_a_variant_is_told(bench: Bench, world: World) -> None:
    details = VariantDetails("Big", "gelato-big", 600)
    now = bench.clock.now()
    with bench.database.begin() as session:
        row = session.get_one(Variant, world.variant.id)
        variants.edit_variant(session, row, details, version=1, now=now)

    refusal = refused(
        bench,
        lambda session: variants.edit_variant(
            session, session.get_one(Variant, world.variant.id), details, version=1, now=now
        ),
    )

    assert "edited_meanwhile" == refusal.code


def test_a_variant_cannot_take_anothers_sku_or_cost_less_than_nothing(
    bench: Bench, world: World
) -> None:
    with bench.database.begin() as session:
        catalog.add_variant(
            session,
            world.merchant,
            world.product,
            name="Small",
            sku="small",
            price_minor=300,
            stock=None,
        )
    codes = [
        refused(
            bench,
            lambda session, given=given: variants.edit_variant(
                session,
                session.get_one(Variant, world.variant.id),
                given,
                version=1,
                now=bench.clock.now(),
            ),
        ).code
        for given in (VariantDetails("Big", "small", 600), VariantDetails("Big", "big", -1))
    ]

    assert ["sku_taken", "invalid_amount"] == codes


def test_withdrawing_and_putting_back_say_how_many_changed(bench: Bench, world: World) -> None:
    rival = world_on(bench, slug="florist")
    names = [world.product.public_id, rival.product.public_id]
    merchant, now = world.merchant.id, bench.clock.now()
    with bench.database.begin() as session:
        counts = [
            products.withdraw(session, merchant, names, now=now),
            products.withdraw(session, merchant, names, now=now),
            products.put_on_sale(session, merchant, names),
            products.put_on_sale(session, merchant, names),
        ]

    assert [1, 0, 1, 0] == counts


def test_another_merchants_product_is_not_found(bench: Bench, world: World) -> None:
    rival = world_on(bench, slug="florist")

    with bench.database.reads() as session, pytest.raises(NotFound):
        products.get_product(session, rival.merchant.id, world.product.public_id)


def test_products_of_one_name_have_handles_of_their_own(bench: Bench, world: World) -> None:
    names = ["Crème brûlée!", "Creme-Brulee", "🍦", "冰淇淋"]
    with bench.database.begin() as session:
        made = [
            catalog.add_product(
                session, world.merchant, name=name, description="", now=bench.clock.now()
            )
            for name in names
        ]
        handles = [product.handle for product in made]

    assert "creme-brulee" == handles[0]
    assert f"creme-brulee-{made[1].public_id[-8:]}" == handles[1]
    assert [made[2].public_id, "冰淇淋"] == handles[2:]


def test_a_step_beyond_an_end_stays_there() -> None:
    assert [
        ["b", "a", "c"], ["a", "c", "b"], ["a", "b", "c"], ["a", "b", "c"],
    ] == [moved("abc", *step) for step in (("a", 1), ("c", -1), ("a", -1), ("c", 1))]  # fmt: skip
    with pytest.raises(NotFound):
        moved("abc", "d", 1)


def test_a_price_below_zero_is_no_variant(bench: Bench, world: World) -> None:
    refusal = refused(
        bench,
        lambda session: catalog.add_variant(
            session, world.merchant, world.product, name="x", sku="x", price_minor=-1, stock=None
        ),
    )

    assert isinstance(refusal, Invalid)
    assert not isinstance(refusal, Conflict)
