"""Templates that were compiled once: kept where Python keeps its own, and only what is ours."""

import sys
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader

from storefront.paths import TEMPLATES
from storefront.web.compiled import keep_compiled

NAME, OTHER = "errors/page.html", "embed/card.html"


class Unable(Environment):
    """What compiles nothing."""

    def compile(self, *_: Any, **__: Any) -> Any:
        raise AssertionError


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where Python keeps what it compiles."""
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "kept"))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return tmp_path / "kept"


def files(kept: Path) -> list[Path]:
    return list(kept.rglob("*.html.*"))


def of_ours(made: type[Environment] = Environment, folder: Path = TEMPLATES) -> Environment:
    environment = made(loader=FileSystemLoader(folder), extensions=["jinja2.ext.i18n"])
    environment.filters.update(dict.fromkeys(("money", "moment", "day", "asset"), str))
    keep_compiled(environment)
    return environment


def test_a_template_is_compiled_once_in_its_life(kept: Path) -> None:
    of_ours().get_template(NAME)

    assert [f"{Path(NAME).name}.{sys.implementation.cache_tag}.pyc"] == [
        path.name for path in files(kept)
    ]
    assert NAME == of_ours(Unable).get_template(NAME).name


def test_what_was_compiled_of_another_text_is_left_aside(kept: Path) -> None:
    of_ours().get_template(NAME)
    [file] = files(kept)
    right = file.read_bytes()
    of_ours().get_template(OTHER)
    [other] = [path for path in files(kept) if path != file]
    file.write_bytes(other.read_bytes())

    with pytest.raises(AssertionError):
        of_ours(Unable).get_template(NAME)
    of_ours().get_template(NAME)
    assert right == file.read_bytes()


@pytest.mark.parametrize("left", [0, 1, 20, 80, -20])
def test_what_a_disk_has_lost_is_made_anew(kept: Path, left: int) -> None:
    of_ours().get_template(NAME)
    [file] = files(kept)
    right = file.read_bytes()
    file.write_bytes(right[:left])
    of_ours().get_template(NAME)

    assert right == file.read_bytes()


def test_another_way_of_reading_it_makes_another_template(kept: Path) -> None:
    of_ours().get_template(NAME)
    other = of_ours(Unable)
    other.trim_blocks = True
    keep_compiled(other)

    with pytest.raises(AssertionError):
        other.get_template(NAME)
    assert len(files(kept)) == 1


def test_a_hosts_own_template_is_not_kept(kept: Path, tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "page.html").write_text("Hello")
    of_ours(folder=tmp_path / "theirs").get_template("page.html")

    assert [] == files(kept)


def test_nothing_is_kept_where_python_keeps_nothing(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    of_ours().get_template(NAME)

    assert [] == files(kept)


def test_a_folder_that_cannot_be_written_changes_nothing(kept: Path) -> None:
    kept.write_text("a file where a folder should be")

    assert NAME == of_ours().get_template(NAME).name
