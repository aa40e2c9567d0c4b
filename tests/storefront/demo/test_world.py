"""The demo's data fits together: what it names exists, and what must be unique is."""

from collections import Counter
from zoneinfo import ZoneInfo

import pytest
from email_validator import validate_email
from iso4217 import Currency
from PIL import Image

from storefront.demo.values import DemoMerchant, DemoProduct
from storefront.demo.world import FEED, MERCHANTS, picture_path

PRODUCTS = [product for merchant in MERCHANTS for product in merchant.products]
merchants = pytest.mark.parametrize("merchant", MERCHANTS, ids=lambda merchant: merchant.slug)
products = pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.key)


def _twice(names: list[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def _contrast_with_white(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return 1.05 / (luminance + 0.05)


def test_no_sku_is_used_twice() -> None:
    assert _twice([variant.sku for product in PRODUCTS for variant in product.variants]) == []


def test_no_key_is_used_twice() -> None:
    placements = [placement.key for merchant in MERCHANTS for placement in merchant.placements]

    assert _twice([product.key for product in PRODUCTS]) == []
    assert _twice(placements) == []
    assert _twice([post.slug for post in FEED]) == []


def test_every_placement_has_its_post_and_every_storefront_its_placement() -> None:
    placements = {placement.key for merchant in MERCHANTS for placement in merchant.placements}

    assert {post.slug for post in FEED if post.has_storefront} == placements


@merchants
def test_placements_name_products_channels_and_campaigns_that_exist(merchant: DemoMerchant) -> None:
    wanted = {
        (product, placement.channel, placement.campaign)
        for placement in merchant.placements
        for product in placement.products
    }

    assert {each[0] for each in wanted} <= {product.key for product in merchant.products}
    assert {each[1] for each in wanted} <= {channel.key for channel in merchant.channels}
    assert {each[2] for each in wanted} <= set(merchant.campaigns)


@merchants
def test_gifts_name_placements_stores_and_variants_that_exist(merchant: DemoMerchant) -> None:
    stores = {spending.store for gift in merchant.gifts for spending in gift.spendings}
    endless = {
        variant.sku
        for product in merchant.products
        for variant in product.variants
        if variant.stock is None
    }

    assert {gift.placement for gift in merchant.gifts} <= {each.key for each in merchant.placements}
    assert stores <= {store.key for store in merchant.stores}
    assert {gift.sku for gift in merchant.gifts} - {""} <= endless


@merchants
def test_what_becomes_of_a_gift_comes_after_it_was_bought(merchant: DemoMerchant) -> None:
    for gift in merchant.gifts:
        later = (gift.opened, gift.thanked, gift.called_off, gift.disputed)
        spent = [spending.hours_ago for spending in gift.spendings]
        assert max((gift.bought, *spent, *filter(None, later))) == gift.bought


@merchants
def test_a_merchant_shows_single_products_and_a_collection(merchant: DemoMerchant) -> None:
    singles = [each for each in merchant.placements if each.kind == "product"]
    collections = [each for each in merchant.placements if each.kind == "collection"]

    assert {len(placement.products) for placement in singles} == {1}
    assert len(singles) + len(collections) == len(merchant.placements) >= 3
    assert len(collections) == 1


@merchants
def test_a_merchant_has_something_scarce_something_sold_out_and_something_endless(
    merchant: DemoMerchant,
) -> None:
    stocks = {variant.stock for product in merchant.products for variant in product.variants}

    assert {3, 0, None} <= stocks


@merchants
def test_members_can_sign_in_in_every_role(merchant: DemoMerchant) -> None:
    for member in merchant.members:
        validate_email(member.email, check_deliverability=False)

    assert {member.role for member in merchant.members} == {"owner", "manager", "clerk"}
    assert {len(member.pin) for member in merchant.members if member.pin.isdecimal()} == {6}
    assert min(len(member.password) for member in merchant.members) >= 12
    assert all(member.email.endswith(".example.com") for member in merchant.members)


@merchants
def test_currency_and_zone_are_known(merchant: DemoMerchant) -> None:
    assert Currency(merchant.currency).code == merchant.currency
    assert ZoneInfo(merchant.zone).key == merchant.zone


@merchants
def test_white_reads_well_on_the_accent(merchant: DemoMerchant) -> None:
    assert _contrast_with_white(merchant.accent) >= 4.5


def test_the_contrast_check_can_fail() -> None:
    assert _contrast_with_white("#f4b740") < 4.5


@products
def test_a_product_has_a_picture_words_and_a_price(product: DemoProduct) -> None:
    path = picture_path(product.picture)
    with Image.open(path) as image:
        size = image.size

    assert size == (1200, 900)
    assert path.stat().st_size < 96 * 1024
    assert path.with_suffix(".svg").is_file()
    assert min(len(product.alt), len(product.description)) > 20
    assert min(variant.price_minor for variant in product.variants) > 0


@merchants
def test_a_merchant_has_a_face(merchant: DemoMerchant) -> None:
    with Image.open(picture_path(merchant.avatar)) as avatar:
        assert avatar.size == (400, 400)
    with Image.open(picture_path(merchant.cover)) as cover:
        assert cover.size == (1200, 400)


def test_no_picture_lies_about_without_a_use() -> None:
    used = {product.picture for product in PRODUCTS}
    used |= {each for merchant in MERCHANTS for each in (merchant.avatar, merchant.cover)}

    assert {path.name for path in picture_path("").glob("*.jpg")} == used


def test_posts_stand_newest_first() -> None:
    ages = [post.minutes_ago for post in FEED]

    assert ages == sorted(ages)
