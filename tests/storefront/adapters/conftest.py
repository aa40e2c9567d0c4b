"""A sandbox process, the gateway that speaks to it, and an ear for what it sends."""

from collections.abc import Callable, Iterator

import pytest
import stripe

from storefront.adapters.stripe_gateway import StripeGateway
from storefront.domain.money import Money
from storefront.ports import OpenRequest
from storefront.sandbox import SandboxConfig, SandboxProcess, running_sandbox
from tests.storefront.sandbox.receiver import Receiver

SECRET = "whsec_of_the_adapters"
OLD_SECRET = "whsec_of_last_year"
KEY = "sk_test_sandbox"

MakeGateway = Callable[[str], StripeGateway]


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="module")
def sandbox(
    tmp_path_factory: pytest.TempPathFactory, receiver: Receiver
) -> Iterator[SandboxProcess]:
    config = SandboxConfig(
        database=tmp_path_factory.mktemp("sandbox") / "sandbox.sqlite",
        webhook_url=receiver.url,
        webhook_secret=SECRET,
        settle_seconds=0.1,
        processing_seconds=0.2,
    )
    with running_sandbox(config) as sandbox:
        yield sandbox


@pytest.fixture
def make_gateway() -> Iterator[MakeGateway]:
    """Make gateways for an address; their connections are closed at the end."""
    made: list[StripeGateway] = []

    def make(url: str) -> StripeGateway:
        made.append(StripeGateway(KEY, webhook_secrets=[SECRET, OLD_SECRET], api_url=url))
        return made[-1]

    yield make
    for gateway in made:
        gateway._client._requestor._get_http_client().close()


@pytest.fixture
def gateway(make_gateway: MakeGateway, sandbox: SandboxProcess) -> StripeGateway:
    return make_gateway(sandbox.url)


@pytest.fixture
def buyer(sandbox: SandboxProcess) -> Iterator[stripe.StripeClient]:
    """Give the SDK as the buyer's side of a payment, which confirms what the shop has opened."""
    transport = stripe.RequestsClient(timeout=10)
    yield stripe.StripeClient(KEY, base_addresses={"api": sandbox.url}, http_client=transport)
    transport.close()


def a_request(
    key: str, *, minor: int = 1250, currency: str = "USD", account: str = ""
) -> OpenRequest:
    return OpenRequest(
        amount=Money(minor, currency),
        account=account,
        key=key,
        description="Order of two cones",
        metadata={"payment": key, "merchant": "mer_1"},
    )
