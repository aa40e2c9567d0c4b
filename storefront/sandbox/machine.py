"""The sandbox's moving parts, put together: its store, its deliveries, its timers, its clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from storefront.sandbox.deliveries import Deliveries
from storefront.sandbox.idempotency import InFlight
from storefront.sandbox.settling import ACTIONS
from storefront.sandbox.store import Store
from storefront.sandbox.switchboard import Switchboard
from storefront.sandbox.timers import Timers
from storefront.sandbox.work import Work

if TYPE_CHECKING:
    from collections.abc import Callable

    from storefront.sandbox.config import SandboxConfig
    from storefront.sandbox.store import Transaction
    from storefront.sandbox.timers import Timer


class Machine:
    """One sandbox without its HTTP. `clock` returns Unix seconds."""

    def __init__(self, config: SandboxConfig, clock: Callable[[], float]) -> None:
        self.config = config
        self.clock = clock
        self.store = Store(config.database)
        self.switchboard = Switchboard(self.store, config.faults, clock)
        self.deliveries = Deliveries(self.store, config, clock, switchboard=self.switchboard)
        self.timers = Timers(self.store, clock)
        self.in_flight = InFlight()

    def work(self, tx: Transaction, account: str, **told: Any) -> Work:
        """Return what a piece of work in that transaction is given."""
        return Work(
            tx=tx,
            account=account,
            config=self.config,
            deliveries=self.deliveries,
            timers=self.timers,
            **told,
        )

    def start(self) -> None:
        """Take up deliveries and timers where they were left, in threads of their own."""
        if self.config.webhook_url:
            self.deliveries.start()
        self.timers.start(self._ring)

    def stop(self) -> None:
        """Let the threads end."""
        self.deliveries.stop()
        self.timers.stop()

    def _ring(self, tx: Transaction, timer: Timer) -> None:
        ACTIONS[timer.action](self.work(tx, timer.account, now=self.clock()), timer.object_id)
