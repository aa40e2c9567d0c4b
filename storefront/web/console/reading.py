"""A form of the console read field by field: each fault is kept beside its field, so that a page
can show all of them at once, with everything as it was typed."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from storefront.domain.prices import read_charge, read_percentage
from storefront.errors import Invalid
from storefront.web import forms
from storefront.web.context import wants_json
from storefront.web.sentences import sentence_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from storefront.errors import StorefrontError

T = TypeVar("T")


@dataclass
class Reading:
    """What a form says, and what is wrong with it."""

    form: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)

    def keep(self, error: StorefrontError, *, at: str | None = None) -> None:
        """Keep a fault beside its field; a program is told of the first one at once."""
        if wants_json():
            raise error
        self.errors.setdefault(at or error.field or "form", sentence_of(error))

    def line(self, name: str, *, longest: int, is_needed: bool = False) -> str:
        """Read a text of one line."""
        found = self._read(lambda: forms.line(self.form.get(name), field=name, longest=longest), "")
        if is_needed and not found and name not in self.errors:
            self.keep(Invalid("text_missing", field=name))
        return found

    def text(self, name: str, *, longest: int) -> str:
        """Read a text of several lines."""
        return self._read(lambda: forms.text(self.form.get(name), field=name, longest=longest), "")

    def whole(self, name: str, *, least: int, most: int) -> int | None:
        """Read a whole number, None where the field is empty."""
        typed = unicodedata.normalize("NFKC", self.form.get(name, "")[:40]).strip()
        if not typed:
            return None
        if not re.fullmatch(r"-?[0-9]{1,9}", typed, re.ASCII) or not least <= int(typed) <= most:
            self.keep(Invalid("invalid_units", field=name, least=least, most=most))
            return None
        return int(typed)

    def price(self, name: str, currency: str) -> int:
        """Read a price that cards can be charged with, in minor units."""
        return self._read(lambda: read_charge(self.form.get(name, ""), currency).minor, 0, at=name)

    def percentage(self, name: str) -> int:
        """Read a percentage in parts per million."""
        return self._read(lambda: read_percentage(self.form.get(name, "")), 0, at=name)

    def country(self, name: str) -> str:
        """Read the two letters of a country."""
        return self._read(lambda: forms.country(self.form.get(name), field=name), "")

    def box(self, name: str) -> bool:
        """Read whether a box is ticked; one that is not is not sent."""
        return bool(self.form.get(name))

    def _read(self, read: Callable[[], T], instead: T, *, at: str | None = None) -> T:
        try:
            return read()
        except Invalid as error:
            self.keep(error, at=at)
            return instead
