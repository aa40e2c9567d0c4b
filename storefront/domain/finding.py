"""What a check of the books reports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """A row that breaks a rule."""

    rule: str
    table: str
    row: str
    detail: str
