"""The wheel carries what the shop needs to run from site-packages, and one version."""

import tomllib
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

import storefront
from storefront import paths
from tests.house.source import ROOT


@pytest.fixture(scope="module")
def carried(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("wheel")
    wheel = next(WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"]))
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.mark.parametrize("folder", ["templates", "static", "migrations"])
def test_a_wheel_carries_every_file_of_a_folder(carried: set[str], folder: str) -> None:
    inside = f"storefront/_data/{folder}/"
    here = {f"{inside}{name}" for name in _files(ROOT / folder)}

    assert {name for name in carried if name.startswith(inside)} == here
    assert here != set()


@pytest.mark.parametrize("package", ["storefront", "gifting"])
def test_a_wheel_carries_every_file_of_a_package(carried: set[str], package: str) -> None:
    here = {f"{package}/{name}" for name in _files(ROOT / package)}
    outside_data = {name for name in carried if not name.startswith("storefront/_data/")}

    assert {name for name in outside_data if name.startswith(f"{package}/")} == here


def _files(folder: Path) -> set[str]:
    return {
        file.relative_to(folder).as_posix()
        for file in folder.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }


def test_a_checkout_finds_its_folders() -> None:
    found = {paths.TEMPLATES, paths.STATIC, paths.MIGRATIONS}

    assert found == {ROOT / "templates", ROOT / "static", ROOT / "migrations"}


def test_package_and_project_agree_on_the_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert storefront.__version__ == project["version"]
