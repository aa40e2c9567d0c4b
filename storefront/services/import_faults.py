"""The whole list of what was wrong with an import, as a file beside it: line by line, so that a
hundred thousand faults are neither held in memory nor written to the database."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from storefront.feeds.values import Fault
from storefront.services.import_files import import_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from storefront.settings import Settings

ENDING = ".faults"
LONGEST_VALUE = 80


def _list_file(settings: Settings, name: str) -> Path:
    return import_file(settings, name).with_suffix(ENDING)


class FaultList:
    """The list of one import while it is written; begun anew by each check."""

    def __init__(self, settings: Settings, name: str) -> None:
        self._file = _list_file(settings, name)
        self._file.unlink(missing_ok=True)

    def add(self, faults: Iterable[Fault]) -> None:
        """Write faults at the end."""
        lines = [json.dumps(_short(fault), ensure_ascii=False) + "\n" for fault in faults]
        if lines:
            with self._file.open("a", encoding="utf-8") as file:
                file.writelines(lines)


def _short(fault: Fault) -> dict[str, object]:
    return {**asdict(fault), "value": fault.value[:LONGEST_VALUE]}


def has_list(settings: Settings, name: str) -> bool:
    """Return whether the whole list of an import is still here."""
    return _list_file(settings, name).exists()


def each_fault(settings: Settings, name: str) -> Iterator[Fault]:
    """Yield all that was wrong, one after the other; nothing once the list is forgotten."""
    if has_list(settings, name):
        with _list_file(settings, name).open(encoding="utf-8") as file:
            for line in file:
                yield Fault(**json.loads(line))


def forget_lists(settings: Settings, before: datetime) -> int:
    """Delete the lists from before a moment, and return how many there were."""
    old = [
        file
        for file in (settings.instance_dir / "imports").glob(f"*{ENDING}")
        if file.stat().st_mtime < before.timestamp()
    ]
    for file in old:
        file.unlink(missing_ok=True)
    return len(old)
