"""What a check of the books reports."""

from __future__ import annotations

from storefront.values import frozen


@frozen
class Finding:
    """A row that breaks a rule."""

    rule: str
    table: str
    row: str
    detail: str
