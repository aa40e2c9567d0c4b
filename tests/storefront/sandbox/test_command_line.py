"""The sandbox as a command: what it says, what it takes, how it ends."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from storefront.sandbox import SandboxConfig, running_sandbox, start_sandbox


def test_it_says_where_it_listens_and_ends_when_told(database: Path) -> None:
    sandbox = start_sandbox(SandboxConfig(database=database))
    health = httpx.get(f"{sandbox.url}/sandbox/health").json()
    sandbox.stop()

    assert health == {"ok": True, "pending_deliveries": 0}
    assert sandbox.process.returncode == 0


def test_flags_may_stand_in_the_environment(database: Path) -> None:
    settings = {
        "SANDBOX_PORT": "0",
        "SANDBOX_DATABASE": str(database),
        "SANDBOX_SECRET_KEY": "sk_test_from_outside",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "storefront.sandbox"],
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        url = process.stdout.readline().strip()
        answer = httpx.get(
            f"{url}/v1/payment_intents", headers={"Authorization": "Bearer sk_test_from_outside"}
        )
        process.terminate()

    assert answer.status_code == 200
    assert database.exists()


def test_a_port_that_is_taken_is_an_error_at_once(database: Path) -> None:
    config = SandboxConfig(database=database)
    with running_sandbox(config) as first:
        port = httpx.URL(first.url).port or 0
        with pytest.raises(RuntimeError, match="ended with code"):
            start_sandbox(config, port=port)


def test_an_unknown_address_is_answered_as_stripe_does(database: Path) -> None:
    with running_sandbox(SandboxConfig(database=database)) as sandbox:
        answer = httpx.get(f"{sandbox.url}/v1/unheard_of")

    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == ("Unrecognized request URL (GET: /v1/unheard_of).")


def test_a_page_may_ask_first(database: Path) -> None:
    with running_sandbox(SandboxConfig(database=database)) as sandbox:
        answer = httpx.options(
            f"{sandbox.url}/v1/payment_intents/pi_1/confirm",
            headers={
                "Origin": "https://shop.example",
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "authorization",
            },
        )

    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]


def test_every_page_of_the_element_has_a_strict_policy(database: Path) -> None:
    with running_sandbox(SandboxConfig(database=database)) as sandbox:
        pages = [
            httpx.get(f"{sandbox.url}/{path}") for path in ("elements/payment", "challenges/pi_1")
        ]

    for page in pages:
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
