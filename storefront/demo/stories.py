"""Let a merchant's gifts have been sent, opened and spent in the days before the demo opens, in the
order in which it happened. The shop's clock is put back for it, and right again afterwards."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select

from gifting.clerks import CLERK, list_clerks
from gifting.links import gift_url
from gifting.tills import Till
from storefront import links, worker
from storefront.demo import counters, gift_acts
from storefront.demo.sandbox_line import SandboxLine
from storefront.demo.values import DemoGift, DemoMerchant, DemoSpending
from storefront.models import Merchant
from storefront.ports import Ports
from storefront.sandbox import SandboxConfig
from storefront.sandbox.server import served_for_a_while
from storefront.services import lost_news
from storefront.services.order_requests import PlacedOrder

AN_HOUR = 60 * 60
PLATFORM = ""
"""The account at the gateway of merchants who have none of their own."""


@dataclass(frozen=True)
class Stage:
    """Where the stories happen: the shop's ports, its clock, and the sandbox's secret key."""

    ports: Ports
    clock: Path
    secret_key: str


@dataclass(frozen=True)
class _Story:
    """One gift's story while it is told: where it was bought, at which tills it was spent."""

    stage: Stage
    gift: DemoGift
    placement: str
    tills: dict[str, Till]
    orders: list[PlacedOrder]

    @property
    def order(self) -> PlacedOrder:
        """The order that it began with."""
        return self.orders[0]


def tell_stories(stage: Stage, demo: DemoMerchant, told: dict[str, Any]) -> list[dict[str, str]]:
    """Let everything happen that the merchant's gifts say; return what `demo.json` tells of them.

    `told` is what it tells of the merchant, whose names it takes from there.
    """
    placements = dict(zip((each.key for each in demo.placements), told["placements"], strict=True))
    tills = _tills(stage.ports, demo, told)
    stories = [
        _Story(stage, gift, placements[gift.placement]["public_id"], tills, [])
        for gift in demo.gifts
    ]
    steps = [step for story in stories for step in _steps(story)]
    with _clock_put_back(stage.clock) as put_back:
        for hours, step in sorted(steps, key=lambda each: -each[0]):
            put_back(hours)
            step()
            _do_what_is_due(stage.ports)
    return [line for story in stories for line in _tell(story)]


@contextmanager
def sandbox_for(ports: Ports, config: SandboxConfig, *, address: str) -> Iterator[None]:
    """Have a sandbox at its address that goes by the shop's clock."""

    def clock() -> float:
        return ports.clock.now().timestamp()

    port = urlsplit(address).port or 0
    with served_for_a_while(config, host="127.0.0.1", port=port, clock=clock):
        yield


@contextmanager
def _clock_put_back(clock: Path) -> Iterator[Callable[[float], None]]:
    def put_back(hours: float) -> None:
        clock.write_text(str(-hours * AN_HOUR))

    try:
        yield put_back
    finally:
        clock.unlink(missing_ok=True)


def _do_what_is_due(ports: Ports) -> None:
    """Send the mails and ask the questions that a worker would have by then."""
    while worker.run_due(ports):
        pass


def _steps(story: _Story) -> Iterator[tuple[float, Callable[[], None]]]:
    """Yield what happens to one gift, and how many hours ago."""
    gift, ports = story.gift, story.stage.ports
    yield gift.bought, partial(_buy, story)
    if gift.opened is not None:
        yield gift.opened, lambda: gift_acts.open_gifts(ports, story.order)
    for spending in gift.spendings:
        yield spending.hours_ago, partial(_spend, story, spending)
    if gift.thanked is not None:
        yield gift.thanked, lambda: gift_acts.thank(ports, story.order, gift.thanks)
    if gift.called_off is not None:
        yield gift.called_off, partial(_call_off, story)
    if gift.disputed is not None:
        yield gift.disputed, partial(_dispute, story)


def _buy(story: _Story) -> None:
    stage = story.stage
    story.orders.append(
        gift_acts.buy(stage.ports, story.placement, story.gift, secret_key=stage.secret_key)
    )


def _spend(story: _Story, spending: DemoSpending) -> None:
    till = story.tills[spending.store]
    gift_acts.spend(story.stage.ports, story.order, spending, till=till)


def _call_off(story: _Story) -> None:
    gift_acts.call_off(story.stage.ports, story.order)
    _do_what_is_due(story.stage.ports)
    lost_news.read_lists(story.stage.ports, PLATFORM)


def _dispute(story: _Story) -> None:
    """Let the buyer's bank take the money back, and the shop learn of it."""
    ports = story.stage.ports
    line = SandboxLine(ports.settings.stripe_api_url)
    line.post("disputes", payment_intent=story.order.payment_reference, reason="fraudulent")
    lost_news.read_lists(ports, PLATFORM)


def _tills(ports: Ports, demo: DemoMerchant, told: dict[str, Any]) -> dict[str, Till]:
    """Put a device into each store where gifts were spent, with the clerk at work on it."""
    keys = {spending.store for gift in demo.gifts for spending in gift.spendings}
    now = ports.clock.now()
    with ports.sessions.begin() as session:
        merchant_id = session.scalars(select(Merchant.id).where(Merchant.slug == demo.slug)).one()
        clerk = next(c for c in list_clerks(session, merchant_id) if c.role == CLERK)
        tills = {}
        for store, its in zip(demo.stores, told["stores"], strict=True):
            if store.key in keys:
                device = counters.add_device(session, ports, told, store=its["public_id"], now=now)
                tills[store.key] = Till(
                    merchant_id=merchant_id,
                    store_id=device.store_id,
                    caller=device.public_id,
                    member_id=clerk.member_id,
                    device_id=device.id,
                    is_senior=False,
                    confirm=lambda _session, _now: None,
                )
    return tills


def _tell(story: _Story) -> Iterator[dict[str, str]]:
    ports = story.stage.ports
    with ports.reads() as session:
        for gift in gift_acts.gifts_of(session, story.order):
            yield {
                "public_id": gift.public_id,
                "state": story.gift.state,
                "order": story.order.public_id,
                "order_url": links.order_page(
                    ports.settings, story.order.public_id, story.order.token
                ),
                "link": gift_url(ports.settings, ports.sign, gift),
            }
