"""Connecting a merchant's own account, against the real sandbox: one account whoever begins,
states as Stripe tells them, and payments that go where they are owed."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
import stripe
from sqlalchemy import select

from storefront.adapters.stripe_gateway import StripeGateway
from storefront.domain.connections import AccountTold, ConnectionState
from storefront.errors import Conflict, Invalid, TryAgain
from storefront.models import Alarm, Connection, Job, Merchant, Payment
from storefront.ports import Ports
from storefront.sandbox import SandboxConfig, SandboxProcess, running_sandbox
from storefront.services import connections
from storefront.worker import run_due, sweep
from tests.contents import nothing_changes
from tests.factories import World, place
from tests.fakes import WEBHOOK_SECRET, Bench

KEY = "sk_test_sandbox"
PAGES = {"back_url": "https://shop.test/back", "again_url": "https://shop.test/again"}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    folder = tmp_path_factory.mktemp("connections")
    with running_sandbox(SandboxConfig(database=folder / "sandbox.sqlite")) as sandbox:
        yield sandbox


@pytest.fixture
def ports(bench: Bench, sandbox: SandboxProcess) -> Iterator[Ports]:
    """Give the bench's ports with the real gateway, which speaks to the sandbox."""
    gateway = StripeGateway(KEY, webhook_secrets=[WEBHOOK_SECRET], api_url=sandbox.url)
    yield replace(bench.ports, payments=gateway)
    gateway._client._requestor._get_http_client().close()


def begin(ports: Ports, world: World, country: str = "IT") -> str:
    return connections.begin(ports, world.merchant.id, country, **PAGES)


def state(ports: Ports, world: World) -> ConnectionState | None:
    with ports.reads() as session:
        return connections.view(session, world.merchant.id).state


def ready(ports: Ports, world: World) -> str:
    """Connect the world's merchant and return its account."""
    httpx.post(begin(ports, world))
    connections.check_merchant(ports, world.merchant.id)
    with ports.reads() as session:
        return connections.view(session, world.merchant.id).account


def paid_account(bench: Bench, world: World) -> str:
    with bench.database.reads() as session:
        return session.scalars(
            select(Merchant.stripe_account).where(Merchant.id == world.merchant.id)
        ).one()


def alarms(bench: Bench) -> list[tuple[int, str]]:
    with bench.database.reads() as session:
        return [(each.merchant_id, each.kind) for each in session.scalars(select(Alarm))]


def test_an_owner_who_completes_the_pages_is_paid_on_their_own_account(
    bench: Bench, world: World, ports: Ports
) -> None:
    before = place(bench, world).payment_reference
    account = ready(ports, world)
    after = place(bench, world).payment_reference

    assert state(ports, world) is ConnectionState.READY
    assert account == paid_account(bench, world)
    assert ["", account] == [bench.gateway.opened[each].account for each in (before, after)]


def test_an_unfinished_account_is_not_paid(bench: Bench, world: World, ports: Ports) -> None:
    begin(ports, world)
    connections.check_merchant(ports, world.merchant.id)

    assert state(ports, world) is ConnectionState.STARTED
    assert paid_account(bench, world) == ""


def test_going_on_leads_to_the_same_account(world: World, ports: Ports) -> None:
    first, second = begin(ports, world), begin(ports, world, country="FR")

    assert first != second
    assert first.split("/")[-2] == second.split("/")[-2]


def test_two_owners_who_connect_at_once_make_one_account(
    bench: Bench, world: World, ports: Ports, sandbox: SandboxProcess
) -> None:
    made: list[str] = []
    together = threading.Barrier(2)

    def owner(country: str) -> None:
        together.wait(10)
        # The second may be told to come back while the first is at it.
        for _ in range(5):
            with suppress(TryAgain):
                made.append(begin(ports, world, country=country))
                break

    people = [threading.Thread(target=owner, args=(country,)) for country in ("IT", "FR")]
    for person in people:
        person.start()
    for person in people:
        person.join(30)

    with bench.database.reads() as session:
        rows = session.scalars(select(Connection)).all()
    assert [rows[0].account] * 2 == [link.split("/")[-2] for link in made]
    assert 1 == len(rows)
    assert 1 == len(accounts_of(world, sandbox))


def accounts_of(world: World, sandbox: SandboxProcess) -> list[str]:
    """Return the sandbox's accounts that were made for this merchant."""
    transport = stripe.RequestsClient(timeout=10)
    client = stripe.StripeClient(KEY, base_addresses={"api": sandbox.url}, http_client=transport)
    found = client.v1.accounts.list({"limit": 100}).data
    transport.close()
    return [
        each.id
        for each in found
        if each.to_dict()["metadata"].get("merchant") == world.merchant.public_id
    ]


def test_whoever_is_connected_cannot_connect_again(
    bench: Bench, world: World, ports: Ports
) -> None:
    ready(ports, world)

    with nothing_changes(bench.database), pytest.raises(Conflict) as refusal:
        begin(ports, world)
    assert "already_connected" == refusal.value.code


def test_an_account_that_stripe_stops_raises_an_alarm_and_stays_the_one_that_is_paid(
    bench: Bench, world: World, ports: Ports, sandbox: SandboxProcess
) -> None:
    account = ready(ports, world)
    httpx.post(f"{sandbox.url}/sandbox/accounts/{account}/stop")
    for _ in range(2):
        connections.check_merchant(ports, world.merchant.id)

    assert state(ports, world) is ConnectionState.STOPPED
    assert account == paid_account(bench, world)
    assert [(world.merchant.id, "payments_stopped")] == alarms(bench)


def test_whoever_cuts_the_tie_connects_again_with_another_account(
    bench: Bench, world: World, ports: Ports, sandbox: SandboxProcess
) -> None:
    account = ready(ports, world)
    httpx.post(f"{sandbox.url}/sandbox/accounts/{account}/departure")
    connections.check_merchant(ports, world.merchant.id)
    ended = state(ports, world)
    other = ready(ports, world)

    assert ended is ConnectionState.ENDED
    assert [(world.merchant.id, "payments_disconnected")] == alarms(bench)
    assert account != other
    assert other == paid_account(bench, world)


def test_a_platform_that_may_not_connect_anybody_tells_who_runs_it(
    bench: Bench, world: World
) -> None:
    bench.gateway.fault = Invalid("connect_refused", field="country")

    with pytest.raises(Invalid):
        begin(bench.ports, world)

    assert [(0, "connect_refused")] == alarms(bench)


def test_an_order_that_waits_keeps_the_account_it_was_opened_for(
    bench: Bench, world: World, ports: Ports
) -> None:
    order = place(bench, world)
    ready(ports, world)

    with bench.database.reads() as session:
        account = session.scalars(select(Payment.account)).one()
    page = bench.client().get(f"/orders/{order.public_id}?t={order.token}").text
    assert account == ""
    assert 'data-account=""' in page


def test_an_older_answer_does_not_overtake_a_newer_one(bench: Bench, world: World) -> None:
    connections.begin(bench.ports, world.merchant.id, "IT", **PAGES)
    account, bench.gateway.accounts = _only(bench), {}
    late = bench.clock.moment

    bench.clock.pass_time(seconds=1)
    bench.gateway.accounts[account] = AccountTold(True, True, True)
    connections.check_merchant(bench.ports, world.merchant.id)
    bench.clock.moment = late
    bench.gateway.accounts[account] = AccountTold(True, False, False)
    connections.check_merchant(bench.ports, world.merchant.id)

    assert state(bench.ports, world) is ConnectionState.READY


def _only(bench: Bench) -> str:
    with bench.database.reads() as session:
        account = session.scalars(select(Connection.account)).one()
    assert account
    return account


def test_lost_messages_are_made_up_for_by_asking(bench: Bench, world: World) -> None:
    connections.begin(bench.ports, world.merchant.id, "IT", **PAGES)
    bench.gateway.accounts[_only(bench)] = AccountTold(True, True, True)

    sweep(bench.ports)
    soon = state(bench.ports, world)
    bench.clock.moment += bench.ports.settings.reconcile_after + timedelta(seconds=1)
    sweep(bench.ports)

    assert (ConnectionState.STARTED, ConnectionState.READY) == (soon, state(bench.ports, world))


def test_news_of_an_account_makes_the_worker_ask(bench: Bench, world: World) -> None:
    connections.begin(bench.ports, world.merchant.id, "IT", **PAGES)
    account = _only(bench)
    bench.gateway.accounts[account] = None
    with bench.database.begin() as session:
        connections.take_news(session, account, now=bench.clock.now())
        connections.take_news(session, "acct_of_somebody", now=bench.clock.now())
    promised = _jobs(bench)
    run_due(bench.ports)

    assert ["check_connection"] == promised
    assert state(bench.ports, world) is ConnectionState.ENDED


def _jobs(bench: Bench) -> list[Any]:
    with bench.database.reads() as session:
        return list(session.scalars(select(Job.name)))
