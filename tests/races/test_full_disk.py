"""R-C5: the disk is full while buyers order and the gateway sends its messages: whoever is not
served is told to come back, nothing is half-done, and with room all goes on under the same keys."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storefront.models import LineItem, Order, Payment, PaymentEvent
from storefront.services.idempotency import LEASE as KEY_LEASE
from tests.engines import Databases
from tests.races.clients import Answer, Request, ask
from tests.races.fault_lines import paid
from tests.races.market import Market, wait_until
from tests.races.servers import running_shop
from tests.races.small_disks import SmallDisk, can_mount, limited_disk, mounted_disk

MOST_TRIES = 2_000
# Whoever may mount nothing still meets SQLite's real fault; PostgreSQL's takes a file system.
WAYS = ("sqlite-limit", "sqlite-disk", "postgresql-disk") if can_mount() else ("sqlite-limit",)


@pytest.fixture(params=WAYS)
def disk(
    request: pytest.FixtureRequest, databases: Databases, tmp_path: Path
) -> Iterator[SmallDisk]:
    """Give a place for a database that can be left without room."""
    engine, _, way = request.param.partition("-")
    if way == "limit":
        folder = tmp_path / "limited"
        folder.mkdir()
        with limited_disk(databases, folder) as disk:
            yield disk
    else:
        with mounted_disk(databases, engine) as disk:
            yield disk


def test_a_full_disk_refuses_whole_requests_and_all_goes_on_when_there_is_room(
    disk: SmallDisk, tmp_path: Path
) -> None:
    with running_shop(disk.url, tmp_path, has_webhooks=False) as shop:
        market = Market(shop, slug="full")
        variant = market.add_variant(stock=None)
        [placed] = market.place(variant)
        news = market.news(placed)
        disk.fill(shop)

        orders, refused = _order_until_refused(market, variant)
        # A small thing may still fit where a larger one did not; and a request that has met the
        # full disk after the gateway was asked keeps its key until its lease ends.
        orders.append(market.order(variant))
        told = [ask(orders[-2]), ask(orders[-1]), ask(news)]
        at_the_worst = [market.count(table) for table in (Order, LineItem, Payment)]
        findings = shop.findings()
        shown = ask(Request(shop.host, f"/p/{market.world.placement.public_id}", "", {}, "GET"))
        disk.free(shop)
        shop.pass_time(KEY_LEASE.total_seconds() + 1)
        again = [ask(order) for order in orders]
        heard = ask(news)
        wait_until(lambda: not market.has_due_jobs("send_receipt"), "the receipt is sent")

        assert (refused.status, refused.code) == (503, "storage_full")
        assert refused.headers["retry-after"] == "60"
        assert {each.code for each in told} <= {"storage_full", "in_progress", "201", "200"}
        assert len(set(at_the_worst)) == 1
        assert findings == shop.findings() == []
        assert shown.status == 200
        assert ({each.status for each in again}, heard.status) == ({201}, 200)
        assert market.count(Order) == 1 + len(orders)
        assert paid(market) == market.count(PaymentEvent) == 1


def _order_until_refused(market: Market, variant: str) -> tuple[list[Request], Answer]:
    """Return every order that was asked for, and how the last of them was refused."""
    orders = []
    for _ in range(MOST_TRIES):
        orders.append(market.order(variant, note="x" * 500))
        answer = ask(orders[-1])
        if answer.status != 201:
            return orders, answer
    raise AssertionError("the disk is not full")
