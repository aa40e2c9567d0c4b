"""What one piece of the sandbox's work is given: its transaction, its account, its moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from storefront.sandbox.errors import no_such

if TYPE_CHECKING:
    from storefront.sandbox.config import SandboxConfig
    from storefront.sandbox.deliveries import Deliveries
    from storefront.sandbox.store import Object, Transaction
    from storefront.sandbox.timers import Timers


@dataclass(frozen=True, slots=True)
class Work:
    """A request's or a timer's work. `account` is empty for the platform itself."""

    tx: Transaction
    account: str
    now: float
    config: SandboxConfig
    deliveries: Deliveries
    timers: Timers
    request_id: str | None = None
    idempotency_key: str | None = None
    base_url: str = ""
    is_publishable: bool = False

    @property
    def second(self) -> int:
        """Return the moment in whole Unix seconds, as Stripe writes it."""
        return int(self.now)

    @property
    def moment(self) -> datetime:
        """Return the moment as a date and time in UTC."""
        return datetime.fromtimestamp(self.now, UTC)

    def get(self, kind: str, object_id: str, *, param: str = "id") -> Object:
        """Return an object of this account; raises Stripe's 404."""
        found = self.tx.find(self.account, kind, object_id)
        if found is None:
            raise no_such(kind, object_id, param=param)
        return found
