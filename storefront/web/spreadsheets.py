"""Lists as CSV that a spreadsheet opens as it is and never runs."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from flask import Response, stream_with_context

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FORMULA = re.compile(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
"""The wide ones run where a spreadsheet speaks Japanese or Chinese."""

NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
MARK = "\ufeff"
"""Without it, spreadsheets read the text in an old encoding."""


def csv_answer(name: str, rows: Iterable[Iterable[object]]) -> Response:
    """Return `rows`, the first of which are the columns' names, as the file `name`.csv, row by
    row, so that a long list is never held whole."""
    response = Response(stream_with_context(_lines(rows)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    yield MARK
    for row in rows:
        line = io.StringIO()
        csv.writer(line).writerow([safe_cell(value) for value in row])
        yield line.getvalue()


def safe_cell(value: object) -> str:
    """Return a cell as text; what a spreadsheet would run as a formula begins with a quote."""
    text = "" if value is None else str(value)
    return f"'{text}" if FORMULA.match(text) and not NUMBER.fullmatch(text) else text
