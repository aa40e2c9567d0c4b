"""Items of an RSS or Atom feed, one after the other. No document type, so no entity can grow; no
item is held longer than it takes to read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from storefront.feeds.values import Fault, Record, Unusable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PIECE = 64 * 1024
LONGEST_TEXT = 64 * 1024
GOOGLE = "http://base.google.com/ns/1.0"
OWN = "http://base.google.com/cns/1.0"
_ITEMS = frozenset({"item", "entry"})
_MANY = frozenset({"additional_image_link"})


class _Reader:
    """Gathers the texts of one item at a time."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.ready: list[Record] = []
        self._item: dict[str, str] | None = None
        self._name, self._words, self._size, self._depth, self._count = "", [""], 0, 0, 1

    def _refuse(self, *_: Any) -> None:
        raise Unusable("xml_doctype")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        if self._item is None:
            if local in _ITEMS and space != GOOGLE:
                self._item, self._depth = {}, 0
                self._count += 1
            return
        self._depth += 1
        if self._depth == 1:
            self._name = f"storefront_{local}" if space == OWN else local
            self._words, self._size = [attributes.get("href", "")], 0

    def _end(self, _name: str) -> None:
        if self._item is None:
            return
        if self._depth == 0:
            self.ready.append(Record(self._count, self._item))
            self._item = None
            return
        if self._depth == 1:
            self._keep("".join(self._words).strip())
        self._depth -= 1

    def _keep(self, text: str) -> None:
        item = self._item if self._item is not None else {}
        if self._name in _MANY and item.get(self._name):
            text = f"{item[self._name]}\n{text}"
        item[self._name] = text or item.get(self._name, "")

    def _text(self, text: str) -> None:
        if self._item is not None and self._depth == 1 and self._size < LONGEST_TEXT:
            self._words.append(text)
            self._size += len(text)


def read_items(file: Path) -> Iterator[Record | Fault]:
    """Yield each item of a feed by its elements' names without their prefix; our own begin with
    storefront_. Items count from 2, as the rows of a table do."""
    reader = _Reader()
    row = 1
    with file.open("rb") as stream:
        is_last = False
        while not is_last:
            piece = stream.read(PIECE)
            is_last = not piece
            try:
                reader.parser.Parse(piece, is_last)
            except expat.ExpatError as error:
                ready, reader.ready = reader.ready, []
                yield from ready
                yield _cut(error, ready[-1].row if ready else row)
                return
            ready, reader.ready = reader.ready, []
            yield from ready
            row = ready[-1].row if ready else row


def _cut(error: expat.ExpatError, row: int) -> Fault:
    ends = {
        expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS],
        expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
        expat.errors.codes[expat.errors.XML_ERROR_PARTIAL_CHAR],
        expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION],
    }
    code = "file_cut" if error.code in ends else "xml_broken"
    return Fault(row + 1, "", "", code, str(error.lineno))
