"""Templates as Python code, kept beside them where Python keeps its own: in `__pycache__`, or where
PYTHONPYCACHEPREFIX says. Only ours are kept, and never those of a host."""

from __future__ import annotations

import hashlib
import os
import sys
import threading
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING

import jinja2
from jinja2 import BytecodeCache

from storefront.paths import TEMPLATES

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2.bccache import Bucket


def keep_compiled(environment: Environment) -> None:
    """Let templates be compiled once in their life and not once in each process."""
    environment.bytecode_cache = _Beside(environment)


class _Beside(BytecodeCache):
    def __init__(self, environment: Environment) -> None:
        options = (
            environment.trim_blocks,
            environment.lstrip_blocks,
            *sorted(environment.extensions),
        )
        self._compiler = repr((jinja2.__version__, *options))

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """Return the file that keeps a template of ours, and nothing for any other."""
        is_ours = filename is not None and Path(filename) == TEMPLATES / name
        return cache_from_source(f"{filename}.py") if is_ours else ""

    def get_source_checksum(self, source: str) -> str:
        """Return what tells this text, as this compiler reads it, from every other."""
        return hashlib.sha256(f"{self._compiler}\n{source}".encode()).hexdigest()

    def load_bytecode(self, bucket: Bucket) -> None:
        """Read what was kept; it is left aside where its text was another, or a disk lost some."""
        if bucket.key:
            with suppress(OSError, EOFError, UnpicklingError), Path(bucket.key).open("rb") as file:
                bucket.load_bytecode(file)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it, unless Python may not keep its own; who reads meanwhile reads all or nothing."""
        if bucket.key and not sys.dont_write_bytecode:
            with suppress(OSError):
                _write(Path(bucket.key), bucket.bytecode_to_string())


def _write(kept: Path, compiled: bytes) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    part = kept.with_suffix(f".{os.getpid()}.{threading.get_ident()}.part")
    try:
        part.write_bytes(compiled)
        part.replace(kept)
    finally:
        part.unlink(missing_ok=True)
