"""One batch of an import: what is here already is changed, what is new is added, and what is the
same is left alone. Nothing that the file does not name is touched."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from storefront import links
from storefront.db.ids import public_id, random_symbols
from storefront.feeds.values import Fault
from storefront.models import Product, ProductImage, StockEntry, Variant
from storefront.services import price_history, stock_entries
from storefront.services.stock import watch

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.feeds.values import FeedPicture, FeedProduct, FeedVariant
    from storefront.models import Merchant
    from storefront.settings import Settings


@dataclass
class Counts:
    """What became of the variants of a batch."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0


def strangers(
    session: Session, merchant_id: int, products: Sequence[FeedProduct], *, named: set[int]
) -> list[Fault]:
    """Return what only the database knows to be wrong: SKUs of other products, and rows of
    products that neither the shop knows nor the file has `named` (hashes of their handles)."""
    known = _products(session, merchant_id, products)
    own = {product.id: handle for handle, product in known.items()}
    rows = session.execute(
        select(Variant.sku, Variant.product_id).where(
            Variant.merchant_id == merchant_id, Variant.sku.in_(_skus(products))
        )
    )
    holders = {row.sku: row.product_id for row in rows}
    faults = []
    for product in products:
        if not product.name and product.handle not in known and hash(product.handle) not in named:
            faults.append(Fault(product.row, "", product.handle, "title_missing"))
        for variant in product.variants:
            holder = holders.get(variant.sku)
            if holder is not None and own.get(holder) != product.handle:
                faults.append(Fault(variant.row, "", variant.sku, "sku_elsewhere"))
    return faults


def _skus(products: Iterable[FeedProduct]) -> list[str]:
    return [variant.sku for product in products for variant in product.variants]


def _products(
    session: Session, merchant_id: int, products: Sequence[FeedProduct]
) -> dict[str, Product]:
    handles = {product.handle for product in products}
    rows = session.scalars(
        select(Product).where(Product.merchant_id == merchant_id, Product.handle.in_(handles))
    )
    return {product.handle: product for product in rows}


def write_batch(
    session: Session,
    merchant: Merchant,
    products: Sequence[FeedProduct],
    *,
    settings: Settings,
    sets_stock: bool,
    now: datetime,
) -> Counts:
    """Write products into the shop and return what became of their variants."""
    batch = _Batch(session, merchant, settings, sets_stock=sets_stock, now=now)
    batch.read(products)
    for product in products:
        batch.take(product)
    batch.finish()
    return batch.counts


class _Batch:
    """The rows that a batch meets, read in a few statements and written in a few."""

    def __init__(
        self,
        session: Session,
        merchant: Merchant,
        settings: Settings,
        *,
        sets_stock: bool,
        now: datetime,
    ) -> None:
        self.counts = Counts()
        self._session, self._merchant, self._settings = session, merchant, settings
        self._sets_stock, self._now = sets_stock, now
        self._products: dict[str, Product] = {}
        self._variants: Mapping[str, Variant] = {}
        self._files: defaultdict[int, dict[str, ProductImage]] = defaultdict(dict)
        self._places: defaultdict[tuple[str, int], int] = defaultdict(int)
        self._kept: Mapping[str, ProductImage] = {}
        self._old: set[str] = set()
        self._new: list[Variant] = []
        self._watched: list[Variant] = []
        self._priced: list[Variant] = []

    def read(self, products: Sequence[FeedProduct]) -> None:
        """Read what is here already, the variants locked in the order of their ids."""
        merchant_id = self._merchant.id
        self._products = _products(self._session, merchant_id, products)
        rows = self._session.scalars(
            select(Variant)
            .where(Variant.merchant_id == merchant_id, Variant.sku.in_(_skus(products)))
            .order_by(Variant.id)
            .with_for_update(key_share=True)
        )
        self._variants = {variant.sku: variant for variant in rows}
        ids = [product.id for product in self._products.values()]
        for image in self._session.scalars(
            select(ProductImage).where(ProductImage.product_id.in_(ids))
        ):
            self._files[image.product_id][image.file] = image
        self._read_places(ids)
        self._read_kept(products)
        self._old = set(self._products)
        self._add_products(products)

    def _read_places(self, ids: Sequence[int]) -> None:
        for table in (Variant, ProductImage):
            ends = self._session.execute(
                select(table.product_id, func.max(table.position) + 1)
                .where(table.product_id.in_(ids))
                .group_by(table.product_id)
            )
            for product_id, end in ends:
                self._places[table.__tablename__, product_id] = end

    def _read_kept(self, products: Sequence[FeedProduct]) -> None:
        """Read the sizes of pictures that this shop keeps itself."""
        files = {
            file
            for product in products
            for picture in product.pictures
            if (file := links.kept_file(self._settings, picture.address))
        }
        rows = self._session.scalars(
            select(ProductImage).where(
                ProductImage.merchant_id == self._merchant.id, ProductImage.file.in_(files)
            )
        )
        self._kept = {image.file: image for image in rows}

    def take(self, feed: FeedProduct) -> None:
        """Take one product of the file into the shop."""
        product = self._products.get(feed.handle)
        if product is None:
            return  # the check has said so
        is_changed = feed.handle in self._old and self._change_product(product, feed)
        for picture in feed.pictures:
            is_changed |= self._take_picture(product, picture)
        for variant in feed.variants:
            is_changed = self._take_variant(product, variant, is_changed=is_changed)

    def _add_products(self, products: Sequence[FeedProduct]) -> None:
        """Add what is new, all at once: each needs its key before its variants can be added."""
        for feed in products:
            if feed.name and feed.handle not in self._products:
                self._products[feed.handle] = self._new_product(feed)
        self._session.flush()

    def _new_product(self, feed: FeedProduct) -> Product:
        product = Product(
            merchant_id=self._merchant.id,
            public_id=public_id("prd"),
            handle=feed.handle,
            name=feed.name,
            description=feed.description or "",
            created_at=self._now,
            withdrawn_at=self._now if feed.is_withdrawn else None,
            is_giftable=feed.is_giftable is not False,
            is_promotable=feed.is_promotable is not False,
            version=1,
        )
        self._session.add(product)
        return product

    def _change_product(self, product: Product, feed: FeedProduct) -> bool:
        wanted = {
            "name": feed.name or None,
            "description": feed.description,
            "is_giftable": feed.is_giftable,
            "is_promotable": feed.is_promotable,
        }
        is_changed = _set(product, wanted)
        if feed.is_withdrawn is not None and feed.is_withdrawn != bool(product.withdrawn_at):
            product.withdrawn_at = self._now if feed.is_withdrawn else None
            is_changed = True
        if is_changed:
            product.version += 1
        return is_changed

    def _take_picture(self, product: Product, picture: FeedPicture) -> bool:
        own = links.kept_file(self._settings, picture.address)
        kept, file = self._kept.get(own or ""), own or picture.address
        here = self._files[product.id].get(file)
        if here is not None:
            return bool(picture.alt) and _set(here, {"alt": picture.alt})
        image = ProductImage(
            merchant_id=self._merchant.id,
            product_id=product.id,
            public_id=public_id("pic"),
            file=file,
            alt=picture.alt,
            width=kept.width if kept else 0,
            height=kept.height if kept else 0,
            widths=kept.widths if kept else "",
            position=self._next(ProductImage.__tablename__, product.id),
        )
        self._session.add(image)
        self._files[product.id][file] = image
        return True

    def _next(self, table: str, product_id: int) -> int:
        place = self._places[table, product_id]
        self._places[table, product_id] = place + 1
        return place

    def _take_variant(self, product: Product, feed: FeedVariant, *, is_changed: bool) -> bool:
        """Take one variant, and count it; a change of its product counts with the first."""
        variant = self._variants.get(feed.sku)
        if variant is None:
            self._add_variant(product, feed)
            self.counts.added += 1
            return False
        if variant.product_id != product.id:
            return is_changed  # the check has said so
        if self._change_variant(variant, feed) or is_changed:
            self.counts.changed += 1
        else:
            self.counts.unchanged += 1
        return False

    def _add_variant(self, product: Product, feed: FeedVariant) -> None:
        variant = Variant(
            merchant_id=self._merchant.id,
            product_id=product.id,
            public_id=public_id("var"),
            sku=feed.sku,
            name=feed.name,
            price_minor=feed.price_minor,
            currency=self._merchant.currency,
            stock=feed.stock,
            held=0,
            sold=0,
            position=self._next(Variant.__tablename__, product.id),
            withdrawn_at=self._now if feed.is_withdrawn else None,
            low_stock=feed.low_stock,
            version=1,
        )
        self._session.add(variant)
        self._new.append(variant)
        self._priced.append(variant)
        self._watched += [variant] if feed.low_stock is not None else []

    def _change_variant(self, variant: Variant, feed: FeedVariant) -> bool:
        wanted = {"name": feed.name, "price_minor": feed.price_minor}
        if feed.has_low_stock:
            wanted["low_stock"] = feed.low_stock or 0
        if feed.price_minor not in {None, variant.price_minor}:
            self._priced.append(variant)
        is_changed = _set(variant, wanted)
        if feed.is_withdrawn is not None and feed.is_withdrawn != bool(variant.withdrawn_at):
            variant.withdrawn_at = self._now if feed.is_withdrawn else None
            is_changed = True
        if is_changed:
            variant.version += 1
            self._watched.append(variant)
        return self._set_stock(variant, feed) or is_changed

    def _set_stock(self, variant: Variant, feed: FeedVariant) -> bool:
        if not self._sets_stock or not feed.has_stock:
            return False
        left = None if variant.stock is None else variant.stock - variant.held - variant.sold
        if left == feed.stock:
            return False
        self._session.flush()
        hand = stock_entries.by_program(self._now)
        if feed.stock is None:
            stock_entries.unlimit(self._session, variant, hand=hand)
        else:
            stock_entries.set_left(self._session, variant, feed.stock, hand=hand, reason="imported")
        return True

    def finish(self) -> None:
        """Write what is still to be written: rows, first stocks, who is low now, and prices."""
        self._session.flush()
        entries = [
            {
                "merchant_id": variant.merchant_id,
                "variant_id": variant.id,
                "key": random_symbols(26),
                "reason": "opening",
                "units": variant.stock,
                "made_at": self._now,
            }
            for variant in self._new
            if variant.stock is not None
        ]
        if entries:
            self._session.execute(insert(StockEntry), entries)
        watch(self._session, [variant.id for variant in self._watched], now=self._now)
        self._note_prices()

    def _note_prices(self) -> None:
        ids = [variant.id for variant in self._priced]
        if ids:
            price_history.note_prices(self._session, self._merchant.id, ids, since=self._now)


def _set(row: Product | Variant | ProductImage, wanted: Mapping[str, object]) -> bool:
    """Set what the file says and the row does not; return whether there was any."""
    different = {
        name: value
        for name, value in wanted.items()
        if value is not None and value != getattr(row, name)
    }
    for name, value in different.items():
        setattr(row, name, value)
    return bool(different)
