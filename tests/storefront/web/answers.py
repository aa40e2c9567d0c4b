"""What a refusal looks like to a program and to a person."""

import html
from dataclasses import dataclass
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
