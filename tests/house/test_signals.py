"""Every signal has a row in the documentation's table, is named in the README, and is sent."""

import ast

from blinker import NamedSignal

from storefront import signals
from tests.house.source import ROOT, name_of, project, text_of

PAGE = ROOT / "docs" / "signals.md"


def known() -> set[str]:
    """Return the signals that a host can import."""
    return {name for name, value in vars(signals).items() if isinstance(value, NamedSignal)}


def documented(text: str) -> set[str]:
    """Return the names in the first cells of the table's rows."""
    rows = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| `")]
    return {row.strip("`") for row in rows}


def sent() -> set[str | None]:
    """Return the names that are given to ``announce(session, name, …)``."""
    calls = [call for source in project() for call in source.calls()]
    return {_second(call) for call in calls if name_of(call.func) == "announce"}


def _second(call: ast.Call) -> str | None:
    return text_of(call.args[1])


def test_every_signal_has_a_row_and_every_row_a_signal() -> None:
    assert known() == documented(PAGE.read_text(encoding="utf-8"))


def test_the_readme_names_every_signal() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert [] == sorted(name for name in known() if f"`{name}`" not in readme)


def test_every_signal_is_sent_and_nothing_else_is() -> None:
    assert known() == sent()


def test_a_signal_mentioned_in_passing_is_not_documented() -> None:
    assert {"order_paid"} == documented("See `refund_made`.\n| `order_paid` | beside `x` |\n")
