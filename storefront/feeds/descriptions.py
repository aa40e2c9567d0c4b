"""Descriptions as plain text: cleaned of HTML when they come in, and dressed in it when they go
out where it is expected. What comes out of here is text, never markup."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

LONGEST = 5000
_MARKUP = re.compile(r"<[a-zA-Z/!?]|&(?:#[0-9a-fA-FxX]+|[a-zA-Z]+);")
_PARAGRAPHS = frozenset(
    {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote"}
)
_BLOCKS = _PARAGRAPHS | {
    "address", "article", "aside", "dd", "div", "dl", "dt", "figure", "footer", "form", "header",
    "hr", "li", "main", "nav", "pre", "section", "td", "th", "tr",
}  # fmt: skip
_SILENT = frozenset(
    {
        "script", "style", "head", "title", "template", "iframe", "object", "svg", "noscript",
        "textarea", "select",
    }
)  # fmt: skip
"""What is inside these is not read."""


class _Text(HTMLParser):
    """Gathers what a reader would see."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the parser's signature
        if tag in _SILENT:
            self._silent += 1
        elif tag == "br":
            self.parts.append("\n")
        elif tag in _BLOCKS:
            self.parts.append("\n\n" if tag in _PARAGRAPHS else "\n")
            self.parts += ["• "] if tag == "li" else []

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in _BLOCKS:
            self.parts.append("\n\n" if tag in _PARAGRAPHS else "\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(re.sub(r"[ \t\r\n\f]+", " ", data))


def plain(text: str) -> str:
    """Return text with its white space in order: no more than one empty line, none at the ends."""
    lines = [re.sub(r"[ \t]+", " ", line).strip() for line in re.split(r"\r\n|\r|\n", text)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def from_html(markup: str) -> str:
    """Return what a reader of this HTML would see; what holds no markup is taken as it is."""
    if not _MARKUP.search(markup):
        return plain(markup)
    reader = _Text()
    reader.feed(markup)
    reader.close()
    return plain("".join(reader.parts))


def to_html(text: str) -> str:
    """Return HTML that `from_html` turns into this text again."""
    return html.escape(text, quote=False).replace("\n", "<br>\n")


def to_feed(text: str) -> str:
    """Return text for a format that holds plain text, but whose readers also clean HTML."""
    return to_html(text) if "<" in text or "&" in text else text
