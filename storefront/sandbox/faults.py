"""Faults as values: what goes wrong with webhooks and with answers, how often and by which seed.

Read from parameters or a setting here; they are brought about by switchboard.py and gate.py.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from storefront.sandbox.errors import StripeError, invalid
from storefront.sandbox.params import boolean, flatten, integer, needed_text, nest, one_of, read

if TYPE_CHECKING:
    from storefront.sandbox.params import Params, Schema, Tree

KINDS = ("slow", "error", "hang", "limit")
_MOST_COPIES = 100
_LONGEST_SECONDS = 86_400.0
_MOST_API_FAULTS = 50
_USUAL_SECONDS = {"slow": 3.0, "error": 0.0, "hang": 80.0, "limit": 2.0}
_USUAL_STATUS = {"slow": 200, "error": 500, "hang": 0, "limit": 429}


@dataclass(frozen=True, slots=True)
class WebhookFaults:
    """Chances from 0 to 1, each for one event: to be lost, sent again, put out of order, delayed.

    `copies` is how often a duplicated event is sent besides; `reorder_seconds` is the span within
    which an event may fall behind later ones.
    """

    lose: float = 0.0
    duplicate: float = 0.0
    copies: int = 1
    reorder: float = 0.0
    reorder_seconds: float = 2.0
    delay: float = 0.0
    delay_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class ApiFault:
    """One thing that goes wrong with answers: `slow`, `error`, `hang`, or `limit` (429).

    `path` is a glob. `seconds` is how long it waits, or what Retry-After says; `times` is how
    often it happens, 0 for always. With `after_work` the request is carried out all the same and
    only its answer is spoiled.
    """

    kind: str
    path: str = "/v1/*"
    method: str = "*"
    chance: float = 1.0
    seconds: float = 0.0
    status: int = 500
    times: int = 0
    after_work: bool = False

    def fits(self, method: str, path: str) -> bool:
        """Tell whether a request is one of those that this goes wrong with."""
        return self.method in ("*", method) and fnmatchcase(path, self.path)


@dataclass(frozen=True, slots=True)
class Faults:
    """Everything that is to go wrong; nothing by default. A `seed` makes chance repeatable."""

    webhooks: WebhookFaults = field(default_factory=WebhookFaults)
    api: tuple[ApiFault, ...] = ()
    seed: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return what `read_faults` would be given."""
        told = asdict(self)
        return {**told, "api": list(told["api"])}


def chance(value: object, name: str) -> float:
    """Read a probability."""
    return _number(value, name, most=1.0)


def seconds(value: object, name: str) -> float:
    """Read a span of time, a day at most."""
    return _number(value, name, most=_LONGEST_SECONDS)


def _number(value: object, name: str, *, most: float) -> float:
    try:
        found = float(str(value))
    except ValueError:
        found = -1.0
    if not 0 <= found <= most:
        raise invalid(f"Invalid {name}: must be a number from 0 to {most:g}", param=name)
    return found


def _copies(value: object, name: str) -> int:
    found = integer(value, name)
    if not 0 <= found <= _MOST_COPIES:
        raise invalid(f"Invalid {name}: must be from 0 to {_MOST_COPIES}", param=name)
    return found


def _seed(value: object, name: str) -> int | None:
    return None if value == "" else integer(value, name)


_WEBHOOKS: Schema = {
    "lose": chance,
    "duplicate": chance,
    "copies": _copies,
    "reorder": chance,
    "reorder_seconds": seconds,
    "delay": chance,
    "delay_seconds": seconds,
}
_API: Schema = {
    "kind": one_of(*KINDS),
    "path": needed_text,
    "method": one_of("*", "GET", "POST"),
    "chance": chance,
    "seconds": seconds,
    "status": integer,
    "times": integer,
    "after_work": boolean,
}


def read_faults(tree: Tree) -> Faults:
    """Read `webhooks[…]`, `api[0][…]` and `seed`; what is not named does not go wrong.

    Raises `StripeError` 400 for what is unknown or out of range.
    """
    params = read(tree, {"webhooks": _WEBHOOKS, "api": _api_list, "seed": _seed})
    webhooks = WebhookFaults(**(params.get("webhooks") or {}))
    return Faults(webhooks, tuple(params.get("api") or ()), params.get("seed"))


def read_setting(text: str) -> Faults:
    """Read faults from JSON, as a command line or the environment gives them; empty is none.

    Raises `ValueError` with one line that says what is wrong.
    """
    if not text:
        return Faults()
    try:
        return read_faults(nest(flatten(json.loads(text))))
    except StripeError as refusal:
        raise ValueError(str(refusal)) from None


def _api_list(value: object, name: str) -> list[ApiFault]:
    if value == "":
        return []
    if not isinstance(value, dict) or len(value) > _MOST_API_FAULTS:
        raise invalid("Invalid array", param=name)
    return [_api_fault(value[step], f"{name}[{step}]") for step in sorted(value)]


def _api_fault(value: object, name: str) -> ApiFault:
    if not isinstance(value, dict):
        raise invalid("Invalid object", param=name)
    params: Params = read(value, _API, required=("kind",))
    kind = params["kind"]
    usual = {"seconds": _USUAL_SECONDS[kind], "status": _USUAL_STATUS[kind]}
    return ApiFault(**{**usual, **params})
