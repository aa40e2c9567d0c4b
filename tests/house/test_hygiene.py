"""No file names a package registry, a folder of somebody's machine, or a secret that works."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.source import ROOT

KEPT = (
    "storefront", "gifting", "templates", "static", "migrations", "tests", "benchmarks", "docs",
    ".ci",
)  # fmt: skip
# Written apart, so that this file does not break the rules it holds.
FORBIDDEN = {
    "package registry": re.compile(
        r"\b(?:pypi|pythonhosted|npmjs|crates|rubygems)\.(?:org|com|io)\b"
    ),
    "folder of one machine": re.compile(r"(?<![\w./:~-])/(?:work|root|home/\w+|Users/\w+)/[\w.]"),
    "secret": re.compile(r"\b(?:[sr]k_live|whsec)_[A-Za-z0-9]{20,}|-----BEGIN [A-Z ]*PRIVATE KEY"),
}


def findings(text: str) -> list[str]:
    """Name what must not be in a file."""
    return [
        f"{kind}: {match[0]}" for kind, each in FORBIDDEN.items() for match in each.finditer(text)
    ]


def files() -> Iterator[Path]:
    """Walk everything that belongs to the project and is text."""
    candidates = [file for file in ROOT.iterdir() if file.name not in (".git", "instance")]
    candidates += [file for folder in KEPT for file in (ROOT / folder).rglob("*")]
    for file in sorted(candidates):
        if file.is_file() and "__pycache__" not in file.parts and not _is_binary(file):
            yield file


def _is_binary(file: Path) -> bool:
    with file.open("rb") as stream:
        return b"\0" in stream.read(4096)


def test_no_file_says_what_it_must_not() -> None:
    found = [
        f"{file.relative_to(ROOT)}: {each}"
        for file in files()
        for each in findings(file.read_text(encoding="utf-8"))
    ]

    assert found == []


def test_there_are_files_to_look_at() -> None:
    assert Path(__file__) in set(files())


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("https://pypi" + ".org/simple", "package registry"),
        ("cd /root" + "/project", "folder of one machine"),
        ("open('/home" + "/ada/shop.sqlite')", "folder of one machine"),
        ("STRIPE = 'sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc'", "secret"),
        ("-----BEGIN RSA PRIVATE" + " KEY-----", "secret"),
    ],
)
def test_a_planted_finding_is_named(text: str, kind: str) -> None:
    assert [finding.partition(":")[0] for finding in findings(text)] == [kind]


def test_examples_and_addresses_pass() -> None:
    text = (
        "sk_live_… sk_test_51 whsec_… https://shop.example/work/orders ~/work/x /usr/bin/chromium"
    )

    assert findings(text) == []
