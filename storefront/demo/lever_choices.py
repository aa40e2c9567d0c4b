"""The levers there are: each a name, words, and the fault that it stands for in the sandbox."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString


@dataclass(frozen=True)
class Lever:
    """One choice. `fault` is what the sandbox is told, empty where nothing goes wrong."""

    name: str
    words: LazyString
    fault: Mapping[str, Any] = field(default_factory=dict)
    note: LazyString | str = ""


MESSAGES = (
    Lever("arrive", _("All arrive"), {}, _("At once, in order, each of them once.")),
    Lever("lost", _("All are lost"), {"lose": 1.0}, _("The shop has to ask by itself.")),
    Lever("some_lost", _("Three in ten are lost"), {"lose": 0.3}, _("By chance.")),
    Lever(
        "thrice",
        _("Each comes three times"),
        {"duplicate": 1.0, "copies": 2},
        _("Nothing may happen twice."),
    ),
    Lever(
        "mixed",
        _("Out of order"),
        {"reorder": 1.0, "reorder_seconds": 5.0},
        _("Within five seconds, the last may be first."),
    ),
    Lever(
        "late",
        _("An hour late"),
        {"delay": 1.0, "delay_seconds": 3600.0},
        _("Or when you deliver them below."),
    ),
)

ANSWERS = (
    Lever("well", _("At once"), {}, _("As it should.")),
    Lever("slow", _("Five seconds late"), {"kind": "slow", "seconds": 5.0}, _("But it does.")),
    Lever("error", _("With an error"), {"kind": "error"}, _("And does nothing.")),
    Lever(
        "cut",
        _("It works, then goes silent"),
        {"kind": "hang", "seconds": 0.0, "after_work": True},
        _("It is done, and nobody hears of it."),
    ),
    Lever("hang", _("Not at all"), {"kind": "hang"}, _("The line stays open.")),
    Lever("limit", _("Come back later"), {"kind": "limit"}, _("Too many requests.")),
)

PLACES = (
    Lever("all", _("Everything"), {"path": "/v1/*"}),
    Lever(
        "open",
        _("Beginning a payment"),
        {"path": "/v1/payment_intents", "method": "POST"},
    ),
    Lever("confirm", _("Paying"), {"path": "/v1/payment_intents/*/confirm"}),
    Lever("ask", _("Asking about a payment"), {"path": "/v1/*", "method": "GET"}),
    Lever("refund", _("Giving money back"), {"path": "/v1/refunds", "method": "POST"}),
)


def faults_for(messages: str, answers: str, place: str) -> dict[str, Any]:
    """Return what the sandbox is to be told; a name that is unknown means that all is well."""
    answer = _named(ANSWERS, answers)
    faults: dict[str, Any] = {"webhooks": dict(_named(MESSAGES, messages).fault)}
    if answer.fault:
        faults["api"] = [{**answer.fault, **_named(PLACES, place).fault}]
    return faults


def find_messages(faults: Mapping[str, Any]) -> str:
    """Return the name of the lever for messages that is pulled; empty for another program's."""
    return _found(MESSAGES, faults["webhooks"], usual=("lose", "duplicate", "reorder", "delay"))


def find_answers(faults: Mapping[str, Any]) -> tuple[str, str]:
    """Return the names of the lever for answers and of its place; empty for another program's."""
    if not faults["api"]:
        return "well", "all"
    fault = faults["api"][0]
    places = [each.name for each in PLACES if _holds({"method": "*", **each.fault}, fault)]
    return _found(ANSWERS[1:], fault, usual=()), places[0] if places else ""


def _named(levers: Sequence[Lever], name: str) -> Lever:
    return next((lever for lever in levers if lever.name == name), levers[0])


def _found(levers: Sequence[Lever], fault: Mapping[str, Any], *, usual: Sequence[str]) -> str:
    """Return the first lever whose fault this is, and that says nothing of what else is on."""
    quiet = dict.fromkeys(usual, 0.0)
    names = [lever.name for lever in levers if _holds({**quiet, **lever.fault}, fault)]
    return names[0] if names else ""


def _holds(told: Mapping[str, Any], fault: Mapping[str, Any]) -> bool:
    return all(fault[name] == value for name, value in told.items())
