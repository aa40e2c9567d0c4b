"""Log lines of a shop that runs on its own, one event a line, as text or JSON, without secrets.
Beside a host the host decides how lines look and where they go."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterable

    from storefront.settings import Settings

ACCESS = "storefront.access"
"""Lines about requests hold rules, numbers and names of our own making, no word of a stranger's:
there is nothing to take out of them."""

HIDDEN = "[hidden]"
SHORTEST_SECRET = 4
OWN_FIELDS = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"})

END = r"[^\s&?/\"'\\]+"
PATTERNS = (
    (re.compile(rf"([?&](?:t|v|c|sf|token|code)=){END}"), rf"\1{HIDDEN}"),
    (
        re.compile(rf"(/(?:s|g|gift-reminders|joining|password-resets|enrolment)/){END}"),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"((?:Authorization|Cookie)\W{1,4})[^\r\n\"\\]+", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(r"\b((?:Bearer|Basic) )[^\s\"'\\]+"), rf"\1{HIDDEN}"),
    (re.compile(r"\b((?:sk|rk|whsec|sft)_)[\w-]{4,}"), rf"\1{HIDDEN}"),
    (re.compile(r"(_secret_)\w+"), rf"\1{HIDDEN}"),
    (re.compile(r"[\w.+%-]+@[\w.-]+"), HIDDEN),
)
"""What may stand in a line that somebody else wrote, such as the text of an exception: tokens in
addresses, headers that let in, keys, addresses of people."""

CARD_LIKE = re.compile(r"\b\d(?:[ -]?\d){12,18}\b")
LUHN_DOUBLES = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


class Redactor:
    """Takes secrets out of a text: those it is told, and what looks like one."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {secret for secret in secrets if len(secret) >= SHORTEST_SECRET}
        longest_first = sorted(known, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    def __call__(self, text: str) -> str:
        """Return the text with each secret replaced."""
        for pattern, replacement in PATTERNS:
            text = pattern.sub(replacement, text)
        return self._known.sub(HIDDEN, CARD_LIKE.sub(_without_card, text))


def _without_card(match: re.Match[str]) -> str:
    digits = [int(sign) for sign in reversed(match[0]) if sign.isdigit()]
    total = sum(digits[::2]) + sum(LUHN_DOUBLES[digit] for digit in digits[1::2])
    return HIDDEN if total % 10 == 0 else match[0]


class LineFormatter(logging.Formatter):
    """One event as text: time, level, logger, message, and its fields as name=value."""

    def __init__(self, redact: Redactor) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a traceback follows on lines of its own."""
        line, newline, trace = super().format(record).partition("\n")
        told = "".join(f" {name}={value}" for name, value in _fields(record).items())
        text = f"{line}{told}{newline}{trace}"
        return text if record.name == ACCESS else self._redact(text)


class JsonFormatter(logging.Formatter):
    """One event as a JSON object on one line."""

    def __init__(self, redact: Redactor) -> None:
        super().__init__()
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a traceback is one of its fields."""
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            told["trace"] = self.formatException(record.exc_info)
        if record.name == ACCESS:
            return json.dumps(told)
        clean = {
            name: self._redact(value) if isinstance(value, str) else value
            for name, value in told.items()
        }
        return json.dumps(clean, ensure_ascii=False, default=lambda value: self._redact(str(value)))


def _fields(record: logging.LogRecord) -> dict[str, object]:
    return {
        name: value
        for name, value in vars(record).items()
        if name not in OWN_FIELDS and value is not None
    }


def formatter_of(settings: Settings) -> logging.Formatter:
    """Return the formatter that STOREFRONT_LOG asks for, which knows this shop's secrets."""
    redact = Redactor(settings.secrets)
    return JsonFormatter(redact) if settings.log == "json" else LineFormatter(redact)


def start_logging(settings: Settings, stream: TextIO | None = None) -> None:
    """Send the lines of this process to `stream` (standard error): ours, and others' warnings.

    Only for processes that are ours alone; a host's logging is the host's.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatter_of(settings))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("storefront").setLevel(logging.INFO)
