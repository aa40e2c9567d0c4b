"""Tables as text files: which encoding, which separator, then one record after the other. Never
more than one row in memory."""

from __future__ import annotations

import codecs
import csv
import io
import re
from typing import IO, TYPE_CHECKING

from storefront.feeds.cells import unguard
from storefront.feeds.values import Fault, Record, Unusable
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

PIECE = 64 * 1024
LONGEST_CELL = 128 * 1024
MOST_COLUMNS = 400
SEPARATORS = ",;\t|"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WORKBOOKS = (b"PK", b"\xd0\xcf")


@frozen
class Layout:
    """How a table is written, and its columns' names; `skip` lines come before those."""

    encoding: str
    separator: str
    columns: Sequence[str]
    skip: int = 0


def find_encoding(file: Path) -> str:
    """Return the encoding of a text file: by its mark, else UTF-8, else Windows-1252.

    Raises `Unusable` file_empty, is_workbook, encoding_unknown.
    """
    with file.open("rb") as stream:
        head = stream.read(PIECE)
        if not head.strip(b"\xef\xbb\xbf \t\r\n\0"):
            raise Unusable("file_empty")
        if head.startswith(_WORKBOOKS):
            raise Unusable("is_workbook")
        if head.startswith(b"%PDF"):
            raise Unusable("unknown_format")
        for mark, encoding in _BOMS:
            if head.startswith(mark):
                return encoding
        if b"\0" in head:
            raise Unusable("encoding_unknown")
        for encoding in ("utf-8", "cp1252"):
            stream.seek(0)
            if _is_readable(stream, encoding):
                return encoding
    raise Unusable("encoding_unknown")


def _is_readable(stream: IO[bytes], encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while piece := stream.read(PIECE):
            text = decoder.decode(piece)
            if encoding == "cp1252" and re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", text):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def find_layout(file: Path, encoding: str, *, knows: Callable[[str], bool]) -> Layout:
    """Return the layout in which most columns have names that somebody knows.

    Raises `Unusable` unknown_format when none has.
    """
    with _opened(file, encoding) as stream:
        head, skip = stream.readline(PIECE), 0
        if re.fullmatch(r"sep=.", head.strip()):  # what Excel writes for itself
            head, skip = stream.readline(PIECE), 1
    layouts = [Layout(encoding, each, _header(head, each), skip) for each in SEPARATORS]
    best = max(layouts, key=lambda layout: sum(map(knows, layout.columns)))
    if not any(map(knows, best.columns)):
        raise Unusable("unknown_format")
    return best


def _header(line: str, separator: str) -> list[str]:
    try:
        names = next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return []
    return [unguard(name.strip()) for name in names[:MOST_COLUMNS]]


def _opened(file: Path, encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(file.open("rb"), encoding=encoding, errors="replace", newline="")


def read_records(file: Path, layout: Layout) -> Iterator[Record | Fault]:
    """Yield each row that is not empty; a fault for one that cannot be used, and at the end for a
    file that was cut. Rows count from 1, which is the header."""
    with _opened(file, layout.encoding) as stream:
        for _ in range(layout.skip):
            stream.readline()
        reader = csv.reader(stream, delimiter=layout.separator, strict=True)
        held: Record | Fault | None = None
        row = 0
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                break
            except csv.Error as error:
                code = "file_cut" if "unexpected end" in str(error) else "row_unreadable"
                yield from [held] if held else []
                yield Fault(row + 1, "", "", code)
                return
            row += 1
            if row == 1 or not any(cell.strip() for cell in cells):
                continue
            yield from [held] if held else []
            held = _record(row, cells, layout.columns)
        if held:
            yield held if _is_whole(file, held, layout) else Fault(row, "", "", "file_cut")


def _record(row: int, cells: Sequence[str], columns: Sequence[str]) -> Record | Fault:
    if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
        return Fault(row, "", cells[len(columns)][:80], "row_long", str(len(columns)))
    # Spreadsheets leave empty cells at a row's end out.
    return Record(row, {name: unguard(cell) for name, cell in zip(columns, cells, strict=False)})


def _is_whole(file: Path, last: Record | Fault, layout: Layout) -> bool:
    """Return False for a last row that is short and ends in no line break: it was cut off."""
    if isinstance(last, Fault) or len(last.cells) == len(set(layout.columns)):
        return True
    with file.open("rb") as stream:
        stream.seek(-min(4, file.stat().st_size), io.SEEK_END)
        return b"\n" in stream.read()
