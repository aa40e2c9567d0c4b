"""Disks that are really full: a file system of a few megabytes, or, where nobody may mount one, the
operating system's own limit on how long a file may grow. No database is told to say so."""

import os
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from tests.engines import Databases
from tests.races.servers import Shop
from tests.races.supervised import children

SIZES = {"sqlite": 20, "postgresql": 64}  # megabytes: an empty PostgreSQL database takes 15
LITTLE = 128 * 1024
NO_LIMIT = resource.RLIM_INFINITY


class SmallDisk(Protocol):
    """Where a database lies that can be left without room."""

    url: str

    def fill(self, shop: Shop) -> None:
        """Leave hardly any room."""

    def free(self, shop: Shop) -> None:
        """Give the room back."""


class FileSystem:
    """A mounted file system with a file on it that takes up the rest."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self._ballast = folder / "ballast"

    def fill(self, shop: Shop) -> None:
        """Write until the file system says that it is full; take a little back."""
        with self._ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 65536)
            except OSError as full:
                assert full.strerror == "No space left on device"  # noqa: PT017 - it is expected
            file.truncate(file.tell() - LITTLE)

    def free(self, shop: Shop) -> None:
        """Delete what takes up the room."""
        self._ballast.unlink()


class FileLimit:
    """A limit on the files of the shop's processes, a little beyond those of the database."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self._folder = folder

    def fill(self, shop: Shop) -> None:
        """Let no file grow much beyond the longest that there is."""
        longest = max(file.stat().st_size for file in self._folder.iterdir())
        _limit(shop, longest + LITTLE)

    def free(self, shop: Shop) -> None:
        """Let files grow again."""
        _limit(shop, NO_LIMIT)


def _limit(shop: Shop, size: int) -> None:
    for process in shop.processes:
        for pid in (process.pid, *children(process.pid)):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, NO_LIMIT))


def can_mount() -> bool:
    """Tell whether this process may mount a file system, by mounting one."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        tried = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "none", folder],
            capture_output=True,
            check=False,
        )
        if tried.returncode == 0:
            subprocess.run(["umount", folder], check=True)
        return tried.returncode == 0


@contextmanager
def mounted_disk(databases: Databases, engine: str) -> Iterator[SmallDisk]:
    """Put a database on a file system of its own."""
    folder = Path(tempfile.mkdtemp(prefix="storefront-small-"))
    options = f"size={SIZES[engine]}m"
    command = ["mount", "-t", "tmpfs", "-o", options, "none", str(folder)]
    subprocess.run(command, check=True)
    try:
        home = folder / "data"
        home.mkdir()
        folder.chmod(0o755)
        with databases.fresh_in(engine, home) as url:
            yield FileSystem(url, folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        folder.rmdir()


@contextmanager
def limited_disk(databases: Databases, folder: Path) -> Iterator[SmallDisk]:
    """Put SQLite's files where a limit will meet them."""
    with databases.fresh_in("sqlite", folder) as url:
        yield FileLimit(url, folder)
