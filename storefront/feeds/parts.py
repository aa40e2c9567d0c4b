"""What every format of products has in common: runs of rows, and cells read into values, each
fault kept with its row and column."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING

from storefront.domain.addresses import read_picture_address
from storefront.domain.money import Money
from storefront.domain.prices import read_charge, write_price
from storefront.errors import Invalid
from storefront.feeds import descriptions
from storefront.feeds.values import Fault, FeedVariant, Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from storefront.feeds.values import Terms

Price = Callable[[int], str]
"""Writes minor units of the merchant's currency as a file wants to see them."""

MOST_UNITS = 100_000_000
YES = frozenset({"true", "yes", "1", "wahr", "vrai", "verdadero"})
NO = frozenset({"false", "no", "0", "falsch", "faux", "falso"})
"""Spreadsheets translate TRUE and FALSE when they save."""


def runs(
    records: Iterator[Record | Fault], *, key: Callable[[Record], str], most: int
) -> Iterator[list[Record | Fault]]:
    """Yield runs of records that share a key; a row that is no record is a run of its own."""
    run: list[Record | Fault] = []
    present: str | None = None
    for record in records:
        if isinstance(record, Fault):
            yield from [run] if run else []
            yield [record]
            run, present = [], None
            continue
        named = key(record)
        if run and (named != present or len(run) >= most):
            yield run
            run = []
        run.append(record)
        present = named
    if run:
        yield run


def number(units: int | None) -> str:
    """Return a number as files have it, nothing for none."""
    return "" if units is None else str(units)


def written(is_so: bool | None) -> str:  # noqa: FBT001 - it is what is written
    """Return a flag as files have it."""
    return "" if is_so is None else "TRUE" if is_so else "FALSE"


class Reader:
    """Reads the cells of one group of rows by our own words for the columns."""

    def __init__(
        self,
        columns: Mapping[str, Sequence[str]],
        column_of: Callable[[Record, str], str],
        terms: Terms,
    ) -> None:
        self.faults: list[Fault] = []
        self.terms = terms
        self._columns = columns
        self._column_of = column_of
        self._broken: set[int] = set()

    def named(
        self,
        run: Sequence[Record | Fault],
        name_of: Callable[[Record], str],
        *,
        missing: tuple[str, str],
    ) -> list[Record]:
        """Return the records of a run, and keep its faults; none where the first has no name,
        which each of them is told with the column and code of `missing`."""
        self.faults += [each for each in run if isinstance(each, Fault)]
        records = [each for each in run if isinstance(each, Record)]
        if records and not name_of(records[0]):
            for record in records:
                self.fault(record, *missing)
            return []
        return records

    def fault(self, record: Record, word: str, code: str, *, hint: str = "") -> None:
        """Keep what is wrong with a cell."""
        self.faults.append(record.fault(code, self._column_of(record, word), hint=hint))

    def is_broken(self, record: Record) -> bool:
        """Return whether something without which a row is no variant could not be read."""
        return record.row in self._broken

    def given(self, record: Record, word: str) -> str | None:
        """Return a cell's text; None where the file has no such column."""
        return next(
            (record.cells[name] for name in self._columns[word] if name in record.cells), None
        )

    def line(self, record: Record, word: str, *, longest: int) -> str:
        """Return a text of one line; one that is too long is cut, and said to be."""
        given = re.sub(r"[\t\r\n\v\f]+", " ", self.given(record, word) or "")
        text = unicodedata.normalize("NFC", given).strip()
        if not _is_clean(text):
            self.refuse(record, word, "text_unusable")
            return ""
        if len(text) > longest:
            self.refuse(record, word, "text_too_long", hint=str(longest))
        return text[:longest]

    def description(self, record: Record, word: str) -> str | None:
        """Return a description as plain text, None where the file has no such column."""
        given = self.given(record, word)
        if given is None:
            return None
        text = unicodedata.normalize("NFC", descriptions.from_html(given))
        if not _is_clean(text):
            text = descriptions.plain("".join(symbol for symbol in text if _is_clean(symbol)))
        if len(text) > descriptions.LONGEST:
            self.fault(record, word, "text_too_long", hint=str(descriptions.LONGEST))
        return text[: descriptions.LONGEST].strip()

    def price(self, record: Record, word: str, *, given: str | None = None) -> int | None:
        """Return a price in minor units, None where it cannot be read."""
        text = self.given(record, word) if given is None else given
        try:
            return read_charge(text or "", self.terms.currency).minor
        except Invalid as error:
            self.refuse(record, word, error.code, hint=_hint(error))
            return None

    def whole(self, record: Record, word: str) -> tuple[int | None, bool]:
        """Return a number of units, and whether the file says one."""
        text = unicodedata.normalize("NFKC", (self.given(record, word) or "").strip())
        if not text:
            return None, False
        match = re.fullmatch(r"([+\-\u2212]?)([0-9]{1,9})(?:[.,]0{1,2})?", text, re.ASCII)
        if match is None:
            self.refuse(record, word, "stock_unreadable")
        elif match[1] and match[1] != "+" and int(match[2]):
            self.refuse(record, word, "stock_negative")
        elif int(match[2]) > MOST_UNITS:
            self.refuse(record, word, "stock_too_large", hint=str(MOST_UNITS))
        else:
            return int(match[2]), True
        return None, False

    def flag(self, record: Record, word: str) -> bool | None:
        """Return yes or no, None where the file does not say."""
        text = (self.given(record, word) or "").strip().lower()
        return True if text in YES else False if text in NO else None

    def picture(self, record: Record, word: str, given: str | None = None) -> str | None:
        """Return a picture's address, None where there is none or it cannot be shown."""
        text = (self.given(record, word) if given is None else given or "") or ""
        if not text.strip():
            return None
        if self.terms.own_pictures and text.strip().startswith(self.terms.own_pictures):
            return text.strip()
        try:
            return read_picture_address(text)
        except Invalid as error:
            self.fault(record, word, error.code)
            return None

    def variant(
        self,
        record: Record,
        *,
        sku: str,
        name: str,
        price: int | None,
        stock: tuple[int | None, bool],
    ) -> FeedVariant | None:
        """Return the row's variant, with what every format says alike; None for a broken row."""
        low_stock, has_low_stock = self.whole(record, "low_stock")
        if price is None or self.is_broken(record):
            return None
        units, has_stock = stock
        return FeedVariant(
            row=record.row,
            sku=sku,
            name=name,
            price_minor=price,
            stock=units,
            has_stock=has_stock,
            low_stock=low_stock,
            has_low_stock=has_low_stock,
            is_withdrawn=self.flag(record, "withdrawn"),
        )

    def refuse(self, record: Record, word: str, code: str, *, hint: str = "") -> None:
        """Keep what is wrong with a cell without which the row is no variant."""
        self._broken.add(record.row)
        self.fault(record, word, code, hint=hint)


def _is_clean(text: str) -> bool:
    """Whether no symbol is one that shows nothing, or turns the direction of what follows."""
    return not any(
        (unicodedata.category(symbol) in {"Cc", "Cs", "Co", "Cn"} and symbol != "\n")
        or symbol in "\u202a\u202b\u202d\u202e"
        for symbol in text
    )


def _hint(error: Invalid) -> str:
    """Return the figure that a price's fault names: its decimals, or the step of its currency."""
    step = error.data.get("step")
    return write_price(step) if isinstance(step, Money) else str(error.data.get("places", ""))
