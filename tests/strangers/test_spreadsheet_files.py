"""R-E8: no cell of any list that is given out begins as a formula, whatever people wrote in it."""

import csv
import io
from typing import Any

import pytest

from storefront.web.spreadsheets import FORMULA, NUMBER
from tests.strangers.addresses import addresses
from tests.strangers.shop import Furnished
from tests.strangers.words import write_everywhere

SHEETS = {"text/csv": ",", "text/tab-separated-values": "\t"}
ELSEWHERE = {
    "/console/gifts/figures.csv", "/console/offers/<public_id>/codes.csv", "/console/report.csv",
    "/console/products/imports/<public_id>/faults.csv",
}  # fmt: skip
"""Lists without such words: of figures and codes, and of faults, whose words the file brought."""


def files(furnished: Furnished) -> dict[str, Any]:
    """Return what every address gives out as a list, by its rule."""
    found = {}
    for rule, address in addresses(furnished.names):
        answer = furnished.client_for(address).get(address, buffered=True)
        is_attached = "attachment" in answer.headers.get("Content-Disposition", "")
        if is_attached or answer.mimetype in SHEETS or rule.endswith((".csv", "/export")):
            found[rule, address.partition("?")[2]] = answer
    return found


def cells(answer: Any) -> list[str]:
    """Return every cell of a list."""
    lines = csv.reader(io.StringIO(answer.text), delimiter=SHEETS[answer.mimetype])
    return [cell.removeprefix("\ufeff") for line in lines for cell in line]


@pytest.mark.parametrize(
    "words", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1+1"]
)
def test_no_cell_of_any_list_is_a_formula(furnished: Furnished, words: str) -> None:
    write_everywhere(furnished.bench.database, words)
    found = files(furnished)

    assert {200} == {answer.status_code for answer in found.values()}
    assert SHEETS.keys() >= {answer.mimetype for answer in found.values()}
    formulas = {
        name: [each for each in cells(answer) if FORMULA.match(each) and not NUMBER.fullmatch(each)]
        for name, answer in found.items()
    }
    assert {} == {name: wrong for name, wrong in formulas.items() if wrong}
    kept = {rule for (rule, _), answer in found.items() if words.strip() in answer.text}
    assert {rule for rule, _ in found} - ELSEWHERE == kept
