"""Every error code has a sentence in ``storefront/web/sentences.py``, and every sentence a code."""

import ast
from collections.abc import Iterable, Iterator

from tests.house.source import Source, name_of, planted, project, text_of

TABLE_MODULE = "storefront.web.sentences"
TABLE = "SENTENCES"
ROOT_CLASS = "StorefrontError"
# Why an offer does not count: told beside a cart, and raised when an order relies on the offer.
REASONS = "Reason"
# A foreign system with errors of its own, shaped like Stripe's.
NOT_OURS = "storefront.sandbox"
# What Flask answers by itself, before any of our code is asked.
HTTP_CODES = {
    "bad_request", "method_not_allowed", "not_acceptable", "too_large", "unsupported_media_type",
}  # fmt: skip


def error_classes(sources: Iterable[Source]) -> set[str]:
    """Name the classes that derive from our one root, however deep."""
    bases = {
        node.name: {name_of(base).rpartition(".")[2] for base in node.bases}
        for source in sources
        for node in source.nodes()
        if isinstance(node, ast.ClassDef)
    }
    found = {ROOT_CLASS}
    while more := {name for name, parents in bases.items() if parents & found} - found:
        found |= more
    return found


def codes(sources: Iterable[Source]) -> dict[str, str]:
    """Return every code that can be raised, and a line that does so."""
    ours = [source for source in sources if not source.module.startswith(NOT_OURS)]
    classes = error_classes(ours)
    return {
        code: source.at(node)
        for source in ours
        for node in source.nodes()
        for code in _codes_in(node, classes)
    }


def _codes_in(node: ast.AST, classes: set[str]) -> Iterator[str]:
    match node:
        case ast.ClassDef(name=name) if name in classes:
            values = [value for each in node.body for value in _class_code(each)]
        case ast.ClassDef(name=name) if name == REASONS:
            values = [each.value for each in node.body if isinstance(each, ast.Assign)]
        case ast.Call() if name_of(node.func).rpartition(".")[2] in classes:
            values = [*node.args[:1], *(each.value for each in node.keywords if each.arg == "code")]
        # A rule that explains a refusal returns the code, and its caller raises it.
        case ast.FunctionDef(name=name) if name.startswith("why_"):
            values = [each.value for each in ast.walk(node) if isinstance(each, ast.Return)]
        case _:
            values = []
    for value in values:
        yield from _literals(value)


def _class_code(statement: ast.stmt) -> list[ast.expr | None]:
    match statement:
        case ast.Assign(targets=[ast.Name(id="code")], value=value):
            return [value]
        case ast.AnnAssign(target=ast.Name(id="code"), value=value):
            return [value]
        case _:
            return []


def _literals(value: ast.expr | None) -> Iterator[str]:
    """Read a literal, or both ends of ``a if … else b``."""
    if isinstance(value, ast.IfExp):
        yield from _literals(value.body)
        yield from _literals(value.orelse)
    elif (literal := text_of(value)) is not None:
        yield literal


def sentences(sources: Iterable[Source]) -> set[str]:
    """Return the codes that the error table knows."""
    return {
        code
        for source in sources
        if source.module == TABLE_MODULE
        for node in source.tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and TABLE in _targets(node)
        if isinstance(node.value, ast.Dict)
        for code in filter(None, map(text_of, node.value.keys))
    }


def _targets(node: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [name_of(target) for target in targets]


def test_every_code_that_can_be_raised_has_a_sentence() -> None:
    known = sentences(project())
    silent = [f"{line}: {code}" for code, line in codes(project()).items() if code not in known]

    assert sorted(silent) == []


def test_every_sentence_belongs_to_a_code_that_can_be_raised() -> None:
    assert sorted(sentences(project()) - set(codes(project())) - HTTP_CODES) == []


def test_codes_are_found_however_they_are_given() -> None:
    source = planted(
        "storefront.services.offers",
        "class Conflict(StorefrontError):\n    code = 'conflict'\n"
        "class SoldOut(Conflict):\n    code: str = 'sold_out'\n"
        "def f():\n    raise Conflict('busy_elsewhere')\n"
        "def g():\n    raise errors.Conflict(code='taken')\n"
        "def h():\n    raise Conflict('left' if x else 'right')\n"
        "def why_not():\n    return 'too_late'\n"
        "def i():\n    raise ValueError('not ours')\n",
    )

    expected = {"conflict", "sold_out", "busy_elsewhere", "taken", "left", "right", "too_late"}
    assert set(codes([source])) == expected


def test_sentences_are_read_from_the_table() -> None:
    table = planted(TABLE_MODULE, "SENTENCES: dict[str, str] = {'busy': _('Later, please.')}")

    assert sentences([table]) == {"busy"}


def test_a_reason_without_a_sentence_is_named() -> None:
    source = planted("storefront.domain.offers", "class Reason(StrEnum):\n    SHY = 'offer_shy'\n")

    assert codes([source]) == {"offer_shy": "storefront/domain/offers.py:1"}
