"""The project's Python files as syntax trees, and planted ones to try the rules on."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("storefront", "gifting")


@dataclass(frozen=True)
class Source:
    """One Python file: its dotted name, its path from the root, its tree."""

    module: str
    path: str
    tree: ast.Module

    def at(self, node: ast.AST) -> str:
        """Name the line of ``node``, the way an editor can follow."""
        return f"{self.path}:{getattr(node, 'lineno', 0)}"

    def nodes(self) -> Iterator[ast.AST]:
        """Walk every node of the file."""
        return ast.walk(self.tree)

    def calls(self) -> Iterator[ast.Call]:
        """Walk every call in the file."""
        return (node for node in self.nodes() if isinstance(node, ast.Call))


@cache
def project() -> tuple[Source, ...]:
    """Read every module that ships."""
    return tuple(_read(file) for file in sorted(files()))


def files() -> Iterator[Path]:
    """Find every module that ships."""
    return (file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))


def _read(file: Path) -> Source:
    relative = file.relative_to(ROOT)
    module = ".".join(relative.with_suffix("").parts).removesuffix(".__init__")
    return Source(module, str(relative), ast.parse(file.read_text(encoding="utf-8")))


def planted(module: str, text: str) -> Source:
    """Pretend that the project had this module."""
    return Source(module, module.replace(".", "/") + ".py", ast.parse(text))


def within(sources: Iterable[Source], *prefixes: str) -> list[Source]:
    """Choose the sources that are one of these modules or lie below one."""
    return [source for source in sources if is_within(source.module, *prefixes)]


def is_within(module: str, *prefixes: str) -> bool:
    """Tell whether a module is one of these or lies below one."""
    return any(module == prefix or module.startswith(f"{prefix}.") for prefix in prefixes)


def name_of(node: ast.expr | None) -> str:
    """Write a name or an attribute as it is read: ``datetime.now``, ``session.commit``."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attribute):
            return f"{name_of(value)}.{attribute}"
        case ast.Call(func=function):
            return f"{name_of(function)}()"
        case _:
            return ""


def text_of(node: ast.expr | None) -> str | None:
    """Return a literal string, or None for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None
