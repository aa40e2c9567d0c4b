"""Money is whole minor units: no float in a model or a rule (R-A12)."""

import ast
from collections.abc import Iterable

from tests.house.source import Source, name_of, planted, project, within

WHOLE = ("storefront.models", "storefront.domain", "gifting.models", "gifting.domain")
FRACTIONS = {
    "float", "Float", "FLOAT", "Double", "DOUBLE", "DOUBLE_PRECISION", "REAL", "Numeric", "NUMERIC",
}  # fmt: skip


def fractions(sources: Iterable[Source]) -> list[str]:
    """Name every type and every literal that holds fractions."""
    return [
        f"{source.at(node)}: {found}"
        for source in within(sources, *WHOLE)
        for node in source.nodes()
        for found in [_fraction(node)]
        if found
    ]


def _fraction(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, float):
        return repr(node.value)
    if isinstance(node, ast.Name | ast.Attribute):
        name = name_of(node).rpartition(".")[2]
        return name if name in FRACTIONS else ""
    return ""


def test_models_and_rules_hold_whole_numbers_only() -> None:
    assert fractions(project()) == []


def test_fractions_are_named() -> None:
    source = planted(
        "storefront.models.order",
        "price: Mapped[float] = mapped_column(sa.Numeric)\nrate = 0.5\n",
    )

    expected = [
        "storefront/models/order.py:1: Numeric",
        "storefront/models/order.py:1: float",
        "storefront/models/order.py:2: 0.5",
    ]
    assert sorted(fractions([source])) == expected
