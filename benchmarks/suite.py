"""F14: how long `make test` takes. It is not run with the other figures, but when it is named, and
alone on the machine."""

import subprocess
import time

from benchmarks.load import ROOT
from benchmarks.rounds import MACHINE, Found, Sizes
from benchmarks.serving import Machine

SECONDS_IN_MINUTE = 60


def run(_host: Machine, _sizes: Sizes) -> dict[str, Found]:
    """Run the whole suite once."""
    found, begin = Found(), time.perf_counter()
    subprocess.run(["make", "test"], cwd=ROOT, check=True)  # noqa: S607
    found.add(MACHINE, {"time": (time.perf_counter() - begin) / SECONDS_IN_MINUTE})
    return {"F14": found}
