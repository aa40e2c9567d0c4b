"""Templates carry no inline script, handler or style, and every word goes through gettext."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from tests.house.source import ROOT

TEMPLATES = ROOT / "templates"
DEMO = ROOT / "storefront" / "demo" / "templates"
# Mail programs know no style sheets, so what is written for them may carry its own style.
MAIL = "email"
DATA_TYPES = ("application/json", "application/ld+json")
READ_ALOUD = ("alt", "title", "placeholder", "aria-label", "aria-description", "label", "summary")
FORM = re.compile(r"<form\b((?:\{\{.*?\}\}|\{%.*?%\}|[^>])*)>(.*?)</form>", re.DOTALL)
# What is filled in stands in the form itself, in a macro, or in what calls the macro around it.
FILLED_IN = re.compile(
    r"field\(|fields|textarea\(|select\(|caller\(|<textarea|<select"
    r"|<input (?!type=\"(?:hidden|checkbox|radio)\")"
)
VOID = {
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
}  # fmt: skip
JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
SPOKEN = re.compile(r"\{%-?\s*trans\b.*?%\}.*?\{%-?\s*endtrans\s*-?%\}", re.DOTALL)
# A macro may hand out attributes for another tag, and a block the name of a class.
MARKUP = re.compile(r"""\s[a-z-]+=("[^"]*"|'[^']*')|\b[a-z]+(?:--|__)[a-z-]+\b""")
LETTERS = re.compile(r"[^\W\d_]{2,}")


class Reader(HTMLParser):
    """Collect what breaks a rule; ``translate="no"`` marks words that are the same everywhere."""

    def __init__(self, *, is_mail: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self._is_mail = is_mail
        self._open: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.faults += [f"on*= handler {name}" for name in given if name.startswith("on")]
        if "style" in given and not self._is_mail:
            self.faults.append("style= attribute")
        if "javascript:" in (given.get("href") or "").lower():
            self.faults.append("javascript: address")
        if given.get("translate") != "no":
            for name in READ_ALOUD:
                self._hear(given.get(name) or "", f"{name}=")
        if tag not in VOID:
            self._open.append((tag, given))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take ``<path/>`` for a whole element, which opens nothing."""
        depth = len(self._open)
        self.handle_starttag(tag, attrs)
        del self._open[depth:]

    def handle_endtag(self, tag: str) -> None:
        # Branches may open what another branch closes: look for the nearest partner.
        for index in reversed(range(len(self._open))):
            if self._open[index][0] == tag:
                del self._open[index:]
                return

    def handle_data(self, data: str) -> None:
        tag, given = self._open[-1] if self._open else ("", {})
        if tag == "script":
            if data.strip() and given.get("type") not in DATA_TYPES:
                self.faults.append("inline script")
        elif tag != "style" and not any(each.get("translate") == "no" for _, each in self._open):
            self._hear(MARKUP.sub("", data), "text")

    def _hear(self, words: str, where: str) -> None:
        if LETTERS.search(words):
            self.faults.append(f"{where} outside _(): {' '.join(words.split())}")


def faults(template: str, *, is_mail: bool = False) -> list[str]:
    """Name what breaks a rule in an HTML template."""
    if "<script" in template and (inline := _scripts_with_jinja(template)):
        return inline
    reader = Reader(is_mail=is_mail)
    reader.feed(JINJA.sub("", SPOKEN.sub("", template)))
    reader.close()
    return reader.faults


def _scripts_with_jinja(template: str) -> list[str]:
    """Find a script made by Jinja alone, which no longer shows once Jinja is taken out."""
    bodies = re.findall(r"<script\b([^>]*)>(.*?)</script>", template, re.DOTALL)
    return [
        "inline script"
        for attributes, body in bodies
        if body.strip() and not any(kind in attributes for kind in DATA_TYPES)
    ]


def text_faults(template: str) -> list[str]:
    """Name the words outside gettext in a plain-text template."""
    rest = JINJA.sub("", SPOKEN.sub("", template))
    return [
        f"text outside _(): {line.strip()}" for line in rest.splitlines() if LETTERS.search(line)
    ]


def project_faults() -> Iterator[str]:
    """Hold every template to the rules."""
    for folder in (TEMPLATES, DEMO):
        for file in sorted(folder.rglob("*")):
            name = file.relative_to(folder)
            for fault in _faults_of(file, is_mail=name.parts[0] == MAIL):
                yield f"{name}: {fault}"


def _faults_of(file: Path, *, is_mail: bool) -> list[str]:
    if file.suffix == ".html":
        return faults(file.read_text(encoding="utf-8"), is_mail=is_mail)
    if file.suffix == ".txt":
        return text_faults(file.read_text(encoding="utf-8"))
    return []


def bubbling(template: str) -> list[str]:
    """Name the forms of a template in which the browser would speak before we do."""
    return [
        " ".join(tag.split())
        for tag, inside in FORM.findall(template)
        if FILLED_IN.search(inside) and "novalidate" not in tag
    ]


def test_in_the_console_we_say_what_is_wrong_in_our_words_and_language() -> None:
    found = {
        file.name: forms
        for file in sorted((TEMPLATES / "console").glob("*.html"))
        if (forms := bubbling(file.read_text(encoding="utf-8")))
    }

    assert found == {}


@pytest.mark.parametrize(
    ("form", "is_named"),
    [
        ('<form action="{{ a > b }}">{{ field("name") }}</form>', True),
        ('<form method="post"><input class="input" name="q" required></form>', True),
        ('<form action="{{ a > b }}" novalidate>{{ field("name") }}</form>', False),
        ('<form method="post"><input type="hidden" name="k"><button></button></form>', False),
    ],
)
def test_a_form_that_lets_the_browser_speak_is_named(form: str, *, is_named: bool) -> None:
    assert bool(bubbling(form)) is is_named


def test_templates_keep_the_rules() -> None:
    assert list(project_faults()) == []


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("<script>alert(1)</script>", ["inline script"]),
        ("<script>{{ code }}</script>", ["inline script"]),
        ('<a onclick="go()"></a>', ["on*= handler onclick"]),
        ('<p style="color: red"></p>', ["style= attribute"]),
        ('<a href="javascript:go()"></a>', ["javascript: address"]),
        ("<p>Buy now</p>", ["text outside _(): Buy now"]),
        ('<img alt="A cone">', ["alt= outside _(): A cone"]),
        ("{% if paid %}Paid{% endif %}", ["text outside _(): Paid"]),
    ],
)
def test_a_planted_fault_is_named(template: str, expected: list[str]) -> None:
    assert faults(template) == expected


@pytest.mark.parametrize(
    "template",
    [
        '<script src="{{ asset("js/embed.js") }}" type="module"></script>',
        '<script type="application/json">{"price": 1}</script>',
        '<p>{{ _("Buy now") }}</p>',
        "<p>{% trans n=3 %}{{ n }} left{% endtrans %}</p>",
        "<body>{% block stage %} stage--bare{% endblock %}",
        '<p>{{ described(id) }} aria-describedby="hint" aria-invalid="true"</p>',
        '<p translate="no"><b>Instagram</b></p>',
        '<svg><path d="M0 0"/></svg> · 3 € 2',
        '{# A comment may say what it likes #}<div {% if x %}class="x"{% endif %}></div>',
    ],
)
def test_what_is_allowed_passes(template: str) -> None:
    assert faults(template) == []


def test_mail_may_carry_its_style() -> None:
    assert faults('<p style="color: red"></p>', is_mail=True) == []


def test_plain_words_in_a_text_mail_are_named() -> None:
    assert text_faults('{{ _("Hello") }}\nYour order\n') == ["text outside _(): Your order"]


def test_no_filter_says_what_it_makes_of_a_constant_while_a_template_is_compiled() -> None:
    """What is compiled is kept (`web/compiled.py`): what a filter said would be kept with it."""
    environment = Environment(autoescape=True, extensions=["jinja2.ext.i18n"])
    found = [
        f"{file.relative_to(TEMPLATES)}:{used.lineno}"
        for file in sorted(TEMPLATES.rglob("*.*"))
        for used in environment.parse(file.read_text(encoding="utf-8")).find_all(nodes.Filter)
        if next(used.find_all(nodes.Name), None) is None
    ]

    assert [] == found
