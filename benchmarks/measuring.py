"""One round against a running shop: clients come, and the processor time that they cost is read."""

from collections.abc import Sequence

from benchmarks.load import Load, Sent, drive
from benchmarks.serving import Served

WARM_UP = 64
"""So many requests go first: connections open, templates and statements compile."""


def measure(
    served: Served,
    requests: Sequence[Sent],
    *,
    clients: int,
    seconds: float | None = None,
    expect: int = 200,
) -> tuple[Load, float]:
    """Return what clients met, and the milliseconds of processor time for each answer."""
    before = served.processor()
    load = drive(served.url, requests, clients=clients, seconds=seconds, expect=expect)
    return load, 1000 * (served.processor() - before) / load.count
