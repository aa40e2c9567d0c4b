"""Every business table belongs to a merchant, and every unique key begins with that."""

import importlib
from collections.abc import Iterable

from sqlalchemy import Column, Integer, MetaData, Table, UniqueConstraint

from storefront.db.base import Base
from tests.house.source import project, within

MODELS = ("storefront.models", "gifting.models")
TENANT = "merchant_id"
# Tables that no merchant owns, each with its reason.
EXCUSED = {
    "storefront_merchants": "the merchant itself",
    "storefront_members": "a person may work for several merchants; see memberships",
    "storefront_second_factors": "a person's, wherever they work",
    "storefront_recovery_codes": "a person's, wherever they work",
    "storefront_moments": "the installation's own: when a worker was seen, when it tidied up",
    "storefront_news_marks": "an account of the gateway's, which several merchants may share",
}
# Unique keys that do not lead with the merchant, each with its reason.
EXCUSED_KEYS: dict[tuple[str, ...], str] = {
    ("public_id",): "80 random bits name a thing before anyone knows whose it is",
    ("account", "gateway_event_id"): "the gateway numbers its events, not we",
}


def tables() -> list[Table]:
    """Import every model and return the tables they make."""
    for source in within(project(), *MODELS):
        importlib.import_module(source.module)
    return list(Base.metadata.sorted_tables)


def without_merchant(candidates: Iterable[Table]) -> list[str]:
    """Name the tables that nobody owns and nobody excused."""
    return [
        table.name
        for table in candidates
        if TENANT not in table.columns and table.name not in EXCUSED
    ]


def keys_across_merchants(candidates: Iterable[Table]) -> list[str]:
    """Name the unique keys that could make one merchant's rows stand in another's way."""
    return [
        f"{table.name}: {', '.join(key)}"
        for table in candidates
        if table.name not in EXCUSED
        for key in _unique_keys(table)
        if key[0] != TENANT and key not in EXCUSED_KEYS
    ]


def _unique_keys(table: Table) -> list[tuple[str, ...]]:
    constraints = [each for each in table.constraints if isinstance(each, UniqueConstraint)]
    indexes = [index for index in table.indexes if index.unique]
    return [tuple(column.name for column in each.columns) for each in [*constraints, *indexes]]


def test_every_table_belongs_to_a_merchant() -> None:
    assert without_merchant(tables()) == []


def test_unique_keys_lead_with_the_merchant() -> None:
    assert keys_across_merchants(tables()) == []


def test_no_excuse_outlives_its_table() -> None:
    assert set(EXCUSED) - {table.name for table in tables()} == set()


def test_a_table_without_a_merchant_is_named() -> None:
    orphan = Table("orphan", MetaData(), Column("id", Integer, primary_key=True))

    assert without_merchant([orphan]) == ["orphan"]


def test_a_key_across_merchants_is_named() -> None:
    table = Table(
        "variant",
        MetaData(),
        Column(TENANT, Integer),
        Column("sku", Integer),
        UniqueConstraint("sku"),
        UniqueConstraint(TENANT, "sku"),
    )

    assert keys_across_merchants([table]) == ["variant: sku"]
