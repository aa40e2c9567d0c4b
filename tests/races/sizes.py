"""How large a race is: small every day, and at full size where a figure is to be proved."""

from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Size:
    """So many attempts, by so many clients at once."""

    attempts: int
    clients: int

    @property
    def quarter(self) -> "Size":
        """A quarter of the attempts, where each costs more than one elsewhere."""
        return Size(self.attempts // 4, self.clients)

    def __str__(self) -> str:
        return f"{self.attempts} attempts, {self.clients} clients"


EVERY_DAY = Size(attempts=1_000, clients=16)
VARIATION = Size(attempts=120, clients=16)
PROOF = Size(attempts=10_000, clients=64)
SIZES = (
    pytest.param(EVERY_DAY, id="1000x16"),
    pytest.param(PROOF, id="10000x64", marks=[pytest.mark.prove, pytest.mark.timeout(1800)]),
)
VARIATIONS = (pytest.param(VARIATION, id="120x16"), SIZES[1])
"""For races that are much like a larger one: less every day, and as much for the proof."""
