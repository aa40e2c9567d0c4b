"""Domains that are drawn like another one: letters of two alphabets in one label, or foreign
letters that all look Latin. After the rules by which browsers show such names as xn--, without
their tables."""

from __future__ import annotations

import unicodedata

DRAWN_ALIKE = frozenset({"LATIN", "GREEK", "CYRILLIC"})
"""Alphabets that share shapes; Latin beside Chinese or Kana deceives nobody."""

LATIN_SHAPES = frozenset("асԁеһіјӏорԛѕԝхуъьҽпгѵѡαικνορυωτγ")
"""Cyrillic and Greek letters that a reader takes for Latin ones."""


def is_lookalike(domain: str) -> bool:
    """Return whether a domain, in letters and not as xn--, seems to be another one."""
    *labels, last = domain.lower().split(".")
    return any(_is_mixed(label) or (last.isascii() and _is_disguised(label)) for label in labels)


def _is_mixed(label: str) -> bool:
    alphabets = {unicodedata.name(symbol, "").partition(" ")[0] for symbol in label}
    return len(alphabets & DRAWN_ALIKE) > 1


def _is_disguised(label: str) -> bool:
    letters = [symbol for symbol in label if symbol.isalpha()]
    return bool(letters) and LATIN_SHAPES.issuperset(letters)
