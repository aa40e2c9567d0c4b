"""Every error code has a sentence in ``storefront/web/errors.py``, and every sentence a code."""

import ast
from collections.abc import Iterable, Iterator

from tests.house.source import Source, name_of, planted, project, text_of

TABLE_MODULE = "storefront.web.errors"
TABLE = "SENTENCES"
ROOT_CLASS = "StorefrontError"
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
    if isinstance(node, ast.ClassDef) and node.name in classes:
        yield from _class_codes(node)
    if isinstance(node, ast.Call) and name_of(node.func).rpartition(".")[2] in classes:
        named = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
        yield from filter(None, map(text_of, [*node.args[:1], *named]))


def _class_codes(node: ast.ClassDef) -> Iterator[str]:
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="code")], value=value):
                yield from filter(None, [text_of(value)])
            case ast.AnnAssign(target=ast.Name(id="code"), value=value):
                yield from filter(None, [text_of(value)])


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
        "def h():\n    raise ValueError('not ours')\n",
    )

    assert set(codes([source])) == {"conflict", "sold_out", "busy_elsewhere", "taken"}


def test_sentences_are_read_from_the_table() -> None:
    table = planted(TABLE_MODULE, "SENTENCES: dict[str, str] = {'busy': _('Later, please.')}")

    assert sentences([table]) == {"busy"}
