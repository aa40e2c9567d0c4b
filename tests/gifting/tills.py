"""Whoever takes gifts, for tests: a clerk at a device, a manager, a machine."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from gifting.redeemed import Redeemed
from gifting.redemption import Redeem, redeem
from gifting.tills import Till
from tests.factories import World
from tests.fakes import Bench
from tests.gifting.factories import Given


def anybody(session: Session, now: datetime) -> None:
    """Let everybody act."""


def a_till(world: World, **facts: Any) -> Till:
    """Return a clerk at the world's store."""
    till = Till(
        merchant_id=world.merchant.id,
        store_id=world.store.id,
        caller="dev_counter",
        member_id=None,
        device_id=None,
        is_senior=False,
        confirm=anybody,
    )
    return replace(till, **facts)


def take(
    bench: Bench, till: Till, given: Given, amount_minor: int | None = None, **facts: Any
) -> Redeemed:
    """Take a part of a gift's card."""
    key = facts.pop("key", f"key-{bench.clock.now().timestamp()}-{amount_minor}")
    return redeem(
        bench.ports, till, Redeem(facts.pop("code", given.code), amount_minor, key, **facts)
    )
