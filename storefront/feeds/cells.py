"""Cells that a spreadsheet shows and never runs, and the way back."""

from __future__ import annotations

import re

_FORMULA = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


def guard(text: str) -> str:
    """Return the cell with a quote before what a spreadsheet would take for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguard(text: str) -> str:
    """Return the cell as it was before `guard`; a text that was never guarded stays."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
