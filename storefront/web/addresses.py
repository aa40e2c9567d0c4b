"""Addresses of our pages, prepared only as far as each is needed."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from werkzeug.routing import Rule

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    Builder = Callable[..., tuple[str, str]]


class LateRule(Rule):
    """A rule whose two builders of addresses are compiled when its address is first built, and not
    when the application starts: with some three hundred rules that is half of making it."""

    def _compile_builder(self, append_unknown: bool = True) -> Builder:  # noqa: FBT001, FBT002 - theirs
        compile_now = cache(super()._compile_builder)

        def build(rule: Rule, **values: Any) -> tuple[str, str]:
            return compile_now(append_unknown)(rule, **values)

        return build


def init_addresses(app: Flask) -> None:
    """Let every rule that is added from now on be prepared late."""
    app.url_rule_class = LateRule
