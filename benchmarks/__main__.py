"""`python -m benchmarks`: measure, print, and write benchmarks/results.json."""

import json
import platform
from pathlib import Path

from benchmarks import reports, sales, sizes

RESULTS = Path(__file__).with_name("results.json")


def main() -> None:
    """Measure every figure and write it down."""
    figures = {**sizes.measure(), **sales.measure(), **reports.measure()}
    told = {"python": platform.python_version(), "machine": platform.machine(), **figures}
    RESULTS.write_text(json.dumps(told, indent=2) + "\n")
    print(json.dumps(told, indent=2))


if __name__ == "__main__":
    main()
