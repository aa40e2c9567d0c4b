"""What pages ask for: their forms with the values that stand in them, and the parameters that
their links and searches carry."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Form:
    """A form as a browser would send it untouched."""

    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)


class Reader(HTMLParser):
    """Collect the forms of a page, and the query parameters of its links."""

    def __init__(self, address: str) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.parameters: set[str] = set()
        self._address = address
        self._open: Form | None = None
        self._select: str | None = None
        self._text: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a":
            query = urlsplit(given.get("href", "")).query
            self.parameters |= {name for name, _ in parse_qsl(query, keep_blank_values=True)}
        elif tag == "form":
            action = given.get("action") or self._address
            self._open = Form(given.get("method", "get").lower(), action)
            self.forms.append(self._open)
        elif self._open is not None:
            self._take(tag, given)

    def _take(self, tag: str, given: dict[str, str]) -> None:
        assert self._open is not None
        name, fields = given.get("name", ""), self._open.fields
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            if self._select not in fields or "selected" in given:
                fields[self._select] = given.get("value", "")
        elif tag == "textarea":
            self._text = name
            fields[name] = ""
        elif tag in {"input", "button"} and name:
            is_choice = given.get("type") in {"checkbox", "radio"}
            if not is_choice or "checked" in given or name not in fields:
                fields[name] = given.get("value", "on" if is_choice else "")

    def handle_data(self, data: str) -> None:
        if self._open is not None and self._text:
            self._open.fields[self._text] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._text = None


def read_page(address: str, html: str) -> Reader:
    """Return what a page asks for."""
    reader = Reader(address)
    reader.feed(html)
    return reader
