"""The wheel, installed into an empty environment: built and installed once, for all its tests."""

import subprocess
import sys
import venv
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the interpreter of an environment that holds the wheel and what it asks for."""
    folder = tmp_path_factory.mktemp("wheel")
    wheel = next(WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"]))
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    python = folder / "venv" / "bin" / "python"
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    quick = ["--prefer-binary", "--no-compile"]  # Python compiles what it imports, and no more
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", *quiet, *quick, wheel]
    subprocess.run(pip, check=True, timeout=500)
    return python
