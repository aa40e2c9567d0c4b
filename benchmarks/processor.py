"""Processor time and memory of programs that were started for a figure, with all their children."""

from collections.abc import Iterable
from contextlib import suppress

import psutil

MEBIBYTE = 2**20


def family(roots: Iterable[int]) -> list[psutil.Process]:
    """Return these processes and all that they have started."""
    found = []
    for root in roots:
        with suppress(psutil.NoSuchProcess):
            parent = psutil.Process(root)
            found += [parent, *parent.children(recursive=True)]
    return found


def seconds(roots: Iterable[int]) -> float:
    """Return the processor seconds that they have used so far, ended children included."""
    total = 0.0
    for process in family(roots):
        with suppress(psutil.NoSuchProcess):
            used = process.cpu_times()
            total += used.user + used.system + used.children_user + used.children_system
    return total


def memory(roots: Iterable[int]) -> float:
    """Return the MiB that would be free without them: shared pages count once, by their shares."""
    total = 0
    for process in family(roots):
        with suppress(psutil.NoSuchProcess):
            total += process.memory_full_info().pss
    return total / MEBIBYTE
