"""One round against a running shop: clients come, and the processor time that they cost is read.
Before the first, the shop is brought to life."""

from collections.abc import Sequence

from benchmarks.load import Load, drive
from benchmarks.serving import Served
from benchmarks.wire import Sent


def warm_up(served: Served, requests: Sequence[Sent], *, clients: int, expect: int = 200) -> None:
    """Send requests that are not measured: connections open, templates and statements compile, and
    half way the tables hold something by which the database plans from then on."""
    half = len(requests) // 2
    drive(served.url, requests[:half], clients=clients, expect=expect)
    served.place.settle()
    drive(served.url, requests[half:], clients=clients, expect=expect)


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
