"""What a spreadsheet must never run (R-E8)."""

import pytest

from storefront.web.spreadsheets import safe_cell


@pytest.mark.parametrize(
    "payload",
    ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "-", "\uff1d1"],
)
def test_a_formula_becomes_text(payload: str) -> None:
    assert f"'{payload}" == safe_cell(payload)


@pytest.mark.parametrize(
    ("value", "cell"), [(-450, "-450"), ("+4.50", "+4.50"), ("Ada", "Ada"), (None, ""), (0, "0")]
)
def test_numbers_and_words_stay_as_they_are(value: object, cell: str) -> None:
    assert cell == safe_cell(value)
