"""What settings are written as, read one by one. Who cannot read one raises `ValueError` or
`TypeError` with what it must be."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

LOGS = ("text", "json")


def text(value: object) -> str:
    """Read a text without the space around it."""
    return str(value).strip()


def address(value: object) -> str:
    """Read an address without a slash at its end."""
    return text(value).rstrip("/")


def listing(value: object) -> tuple[str, ...]:
    """Read a list, or a text with commas."""
    items = value.split(",") if isinstance(value, str) else list(value)  # type: ignore[call-overload]
    return tuple(text(item) for item in items if text(item))


def keys(value: object) -> tuple[tuple[int, str], ...]:
    """Read `2:secret,3:secret`. What has no number gets 0, for `find_faults` to name without
    its secret, as an error of a reader would not."""
    return tuple(_key(item) for item in listing(value))


def _key(item: str) -> tuple[int, str]:
    number, colon, secret = item.partition(":")
    is_numbered = colon and number.isascii() and number.isdigit()
    return (int(number), secret) if is_numbered else (0, item)


def flag(value: object) -> bool:
    """Read yes or no."""
    words = {
        "1": True,
        "true": True,
        "yes": True,
        "0": False,
        "false": False,
        "no": False,
        "": False,
    }
    word = text(value).lower()
    if word not in words:
        message = "must be true or false"
        raise ValueError(message)
    return words[word]


def count(value: object) -> int:
    """Read a whole number from zero on."""
    number = int(text(value))
    if number < 0:
        message = "must not be below zero"
        raise ValueError(message)
    return number


def percent(value: object) -> int:
    """Read a part of a hundred."""
    return _at_most(value, 100)


def wait(value: object) -> timedelta:
    """Read milliseconds, at most 50."""
    return timedelta(milliseconds=_at_most(value, 50))


def _at_most(value: object, most: int) -> int:
    number = count(value)
    if number > most:
        message = f"must not be above {most}"
        raise ValueError(message)
    return number


def minutes(value: object) -> timedelta:
    """Read minutes, more than none."""
    return _positive(timedelta(minutes=float(text(value))))


def hours(value: object) -> timedelta:
    """Read hours, more than none."""
    return _positive(timedelta(hours=float(text(value))))


def days(value: object) -> timedelta:
    """Read days, more than none."""
    return _positive(timedelta(days=float(text(value))))


def _positive(duration: timedelta) -> timedelta:
    if duration <= timedelta(0):
        message = "must be more than zero"
        raise ValueError(message)
    return duration


def path(value: object) -> Path:
    """Read a place in the file system."""
    return Path(text(value)).expanduser()


def log(value: object) -> str:
    """Read the log's form."""
    word = text(value).lower()
    if word not in LOGS:
        message = f"must be one of {', '.join(LOGS)}"
        raise ValueError(message)
    return word


def folder(value: object) -> Path:
    """Read a folder that exists."""
    folder = path(value)
    if not folder.is_dir():
        message = "must be a folder that exists, such as templates/shop"
        raise ValueError(message)
    return folder


def function(value: object) -> object:
    """Read a function of the host."""
    if not callable(value):
        message = "must be a function that returns a member's public id or None"
        raise TypeError(message)
    return value


def origin(url: str) -> str:
    """Return an address without its path."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
