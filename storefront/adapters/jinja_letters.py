"""Letters from Jinja templates in templates/email/, in the reader's language, styles inlined."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from jinja2 import Environment, StrictUndefined, select_autoescape

from storefront.languages import words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from jinja2 import BaseLoader

_GAP = re.compile(r"\n(?:[ \t]*\n){2,}")

ENVIRONMENTS = 64
"""Languages in zones for which compiled templates are kept: to compile one letter's takes longer
than all else about it."""


class JinjaLetters:
    """Fills templates/email/<name>/{subject.txt,body.txt,body.html}."""

    def __init__(
        self,
        loader: BaseLoader,
        *,
        translations: Path,
        filters: Callable[[str, str], Mapping[str, Callable[..., str]]],
    ) -> None:
        self._loader = loader
        self._translations = translations
        self._filters = filters
        self._environment = lru_cache(ENVIRONMENTS)(self._build)

    def write(self, name: str, locale: str, values: Mapping[str, object]) -> tuple[str, str, str]:
        """Return subject, text and HTML; the merchant's zone tells the times."""
        import css_inline  # noqa: PLC0415 - only now: who sells writes no letters

        zone = getattr(values.get("merchant"), "zone", "UTC")
        environment = self._environment(locale, zone)
        subject, text, html = (
            environment.get_template(f"email/{name}/{part}").render(values)
            for part in ("subject.txt", "body.txt", "body.html")
        )
        # What a letter leaves out leaves its empty lines behind: one between paragraphs is enough.
        told = _GAP.sub("\n\n", text.strip()) + "\n"
        return " ".join(subject.split()), told, css_inline.inline(html)

    def _build(self, locale: str, zone: str) -> Environment:
        environment = Environment(
            loader=self._loader,
            autoescape=select_autoescape(["html"]),
            extensions=["jinja2.ext.i18n"],
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        found = words_of(locale, self._translations)
        environment.install_gettext_translations(found, newstyle=True)  # type: ignore[attr-defined]
        environment.filters.update(self._filters(locale, zone))
        environment.globals["lang"] = locale.replace("_", "-")
        return environment
