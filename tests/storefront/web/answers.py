"""What a refusal looks like to a program and to a person."""

import html
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

PROBLEM = "application/problem+json"
PERSON = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PROGRAM = {"Accept": "application/json"}


@dataclass(frozen=True)
class Refusal:
    """Status, stable code and field of a refusal."""

    status: int
    code: str
    field: str | None = None


def refusal(answer: Any) -> Refusal:
    """Read a refusal to a program; it must be problem+json with every part of RFC 9457."""
    told = answer.json
    assert PROBLEM == answer.mimetype
    assert told["type"].endswith(f"#{told['code']}")
    assert answer.status_code == told["status"]
    assert told["title"]
    assert told["detail"]
    assert 16 == len(told["request_id"])
    assert answer.headers.get("Retry-After", type=int) == told["retry_after"]
    return Refusal(answer.status_code, told["code"], told["field"])


def page_says(answer: Any, sentence: str) -> bool:
    """Tell whether a person's page holds the sentence."""
    return answer.mimetype == "text/html" and sentence in html.unescape(answer.text)


class Marks(HTMLParser):
    """Reads of a page its ids, what is marked wrong, what has the focus, and what is linked."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.wrong: list[str] = []
        self.focus: list[str] = []
        self.ways: list[str] = []
        self.here: list[str] = []
        self.feed(text)

    def handle_starttag(self, _tag: str, pairs: list[tuple[str, str | None]]) -> None:
        given = dict(pairs)
        name = given.get("id") or ""
        self.ids.add(name)
        if given.get("aria-invalid") == "true":
            self.wrong.append(name)
        if "autofocus" in given:
            self.focus.append(name)
        target = given.get("href") or ""
        if target.startswith("#") and target != "#main":
            self.ways.append(target.removeprefix("#"))
        if "console__link" in (given.get("class") or "") and "aria-current" in given:
            self.here.append(target.rpartition("/")[2])
