"""The file of an import: where it is kept, and what it holds, group by group, batch by batch. It is
read the same way each time, so that positions mean the same to every worker."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from storefront import links
from storefront.feeds.files import inspect, read_groups
from storefront.feeds.values import Fault, Terms, Unusable
from storefront.models import Merchant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from storefront.feeds.values import FeedProduct, Group
    from storefront.models import ProductImport
    from storefront.ports import Ports
    from storefront.settings import Settings

BATCH_GROUPS, BATCH_ROWS = 100, 250
"""What one transaction takes: a shop that sells meanwhile waits for no more than these."""


def import_file(settings: Settings, name: str) -> Path:
    """Return where the file of the import of this name is kept."""
    return settings.instance_dir / "imports" / name


def discard_file(settings: Settings, name: str) -> None:
    """Forget the file of an import that is over."""
    import_file(settings, name).unlink(missing_ok=True)


def sieved(ports: Ports, found: ProductImport) -> Iterator[Group]:
    """Yield the file's groups, without variants whose SKU came before. The same each time, so
    that positions mean the same to every worker."""
    file = import_file(ports.settings, found.public_id)
    if not file.exists():
        raise Unusable("file_gone")
    with ports.reads() as session:
        currency = session.get_one(Merchant, found.merchant_id).currency
    terms = Terms(currency, links.media(ports.settings, ""))
    seen: set[int] = set()
    for group in read_groups(file, inspect(file), terms):
        yield _once(group, seen)


def _once(group: Group, seen: set[int]) -> Group:
    if group.product is None:
        return group
    kept, twice = [], []
    for variant in group.product.variants:
        mark = hash(variant.sku)  # eight bytes each, whatever merchants call their things
        if mark in seen:
            twice.append(Fault(variant.row, "", variant.sku, "sku_twice"))
        else:
            seen.add(mark)
            kept.append(variant)
    if not twice:
        return group
    return replace(
        group, product=replace(group.product, variants=kept), faults=[*group.faults, *twice]
    )


def usable(groups: Iterable[Group]) -> list[FeedProduct]:
    """Return the products that are to be taken in: not one of which nothing could be bought,
    because what was wrong was in its variants."""
    return [
        group.product
        for group in groups
        if group.product and (group.product.variants or not group.faults)
    ]


def batches(groups: Iterable[Group]) -> Iterator[list[Group]]:
    """Yield groups together, as many as one transaction takes."""
    batch: list[Group] = []
    for group in groups:
        batch.append(group)
        if len(batch) >= BATCH_GROUPS or sum(each.rows for each in batch) >= BATCH_ROWS:
            yield batch
            batch = []
    if batch:
        yield batch
