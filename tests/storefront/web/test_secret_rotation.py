"""R-B10: while webhook secrets change, the old one and the new one are both good; a secret that
was taken out of the settings is good for nothing, at the platform's endpoint and at Connect's."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from storefront.adapters.stripe_gateway import StripeGateway
from storefront.app import build_app
from tests.contents import nothing_changes
from tests.factories import place, world_on
from tests.fakes import BASE_URL, Bench, event_body, make_settings, signature

PLATFORM_OLD, PLATFORM_NEW = "whsec_platform_old", "whsec_platform_new"
CONNECT_OLD, CONNECT_NEW = "whsec_connect_old", "whsec_connect_new"
BEFORE = (PLATFORM_OLD, CONNECT_OLD)
DURING = (PLATFORM_OLD, PLATFORM_NEW, CONNECT_OLD, CONNECT_NEW)
AFTER = (PLATFORM_NEW, CONNECT_NEW)
PHASES = {"before": BEFORE, "during": DURING, "after": AFTER}


def delivery(
    bench: Bench, configured: tuple[str, ...], *, secret: str, account: str
) -> Callable[[], Any]:
    """Return what tells a shop with these secrets that an order is paid, signed with one."""
    settings = make_settings(
        bench.ports.settings.instance_dir,
        bench.ports.settings.database_url,
        stripe_webhook_secrets=",".join(configured),
    )
    gateway = StripeGateway("sk_test_1", webhook_secrets=settings.stripe_webhook_secrets)
    client = build_app(replace(bench.ports, settings=settings, payments=gateway)).test_client()
    world = world_on(bench, stripe_account=account)
    placed = place(bench, world)
    snapshot = replace(bench.gateway.snapshots[placed.payment_reference], state="succeeded")
    body = event_body("payment_intent.succeeded", snapshot, created=1_773_480_413)
    header = {"Stripe-Signature": signature(body, secret)}
    return lambda: client.post(f"{BASE_URL}/webhooks/stripe", data=body, headers=header)


@pytest.mark.parametrize("account", ["", "acct_1"], ids=["platform", "connect"])
@pytest.mark.parametrize(
    ("phase", "secret"),
    [(phase, secret) for phase, configured in PHASES.items() for secret in configured],
)
def test_a_secret_is_good_while_it_is_configured(
    bench: Bench, *, phase: str, secret: str, account: str
) -> None:
    answer = delivery(bench, PHASES[phase], secret=secret, account=account)()

    assert (200, {"received": True}) == (answer.status_code, answer.json)


@pytest.mark.parametrize("account", ["", "acct_1"], ids=["platform", "connect"])
@pytest.mark.parametrize(
    ("phase", "secret"),
    [(phase, secret) for phase in PHASES for secret in DURING if secret not in PHASES[phase]],
)
def test_a_secret_that_is_not_configured_is_good_for_nothing(
    bench: Bench, *, phase: str, secret: str, account: str
) -> None:
    send = delivery(bench, PHASES[phase], secret=secret, account=account)

    with nothing_changes(bench.database):
        answer = send()

    assert (400, "signature_invalid") == (answer.status_code, answer.json["code"])
