"""A sandbox as a process of its own, the official SDK to speak to it, an ear for webhooks."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import stripe

from storefront.sandbox import SandboxConfig, SandboxProcess, running_sandbox
from tests.storefront.sandbox.receiver import Receiver

SECRET = "whsec_of_the_tests"


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="session")
def sandbox(
    tmp_path_factory: pytest.TempPathFactory, receiver: Receiver
) -> Iterator[SandboxProcess]:
    config = SandboxConfig(
        database=tmp_path_factory.mktemp("sandbox") / "sandbox.sqlite",
        webhook_url=receiver.url,
        webhook_secret=SECRET,
        settle_seconds=0.2,
        processing_seconds=0.3,
    )
    with running_sandbox(config) as sandbox:
        yield sandbox


Connect = Callable[..., stripe.StripeClient]


@pytest.fixture
def connect(sandbox: SandboxProcess) -> Iterator[Connect]:
    """Make SDK clients: for another address, another key, an account."""
    transports: list[stripe.RequestsClient] = []

    def connect(
        url: str = sandbox.url, *, key: str = "sk_test_sandbox", account: str | None = None
    ) -> stripe.StripeClient:
        transports.append(stripe.RequestsClient(timeout=10))
        return stripe.StripeClient(
            key,
            base_addresses={"api": url},
            http_client=transports[-1],
            max_network_retries=0,
            stripe_account=account,
        )

    yield connect
    for transport in transports:
        transport.close()


@pytest.fixture
def client(connect: Connect) -> stripe.StripeClient:
    return connect()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "sandbox.sqlite"
