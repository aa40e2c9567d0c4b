"""What a sandbox is started with. Reading it from a command line is in `__main__`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from storefront.sandbox.faults import Faults

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class SandboxConfig:
    """The sandbox's keys, its database and where its webhooks go.

    `settle_seconds` passes between a payment and the news that its money reached the balance;
    `processing_seconds` is how long the cards that take their time do so; `dispute_seconds` is
    the time to answer a dispute; `faults` go wrong from the start.
    """

    database: Path
    secret_key: str = "sk_test_sandbox"  # noqa: S105 - opens nothing but this sandbox
    publishable_key: str = "pk_test_sandbox"
    webhook_url: str | None = None
    webhook_secret: str = "whsec_sandbox"  # noqa: S105 - as above
    settle_seconds: float = 2.0
    processing_seconds: float = 5.0
    dispute_seconds: float = 9 * 24 * 60 * 60.0
    delivery_workers: int = 6
    delivery_timeout: float = 10.0
    faults: Faults = field(default_factory=Faults)
