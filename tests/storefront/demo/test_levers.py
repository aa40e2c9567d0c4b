"""The levers page pulls what it says, shows what became of it, and says so when nobody answers."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from storefront.demo.lever_choices import (
    ANSWERS,
    MESSAGES,
    PLACES,
    faults_for,
    find_answers,
    find_messages,
)
from storefront.demo.levers import create_levers
from storefront.sandbox import SandboxConfig, SandboxProcess, running_sandbox
from tests.browser.looking import violations

SHOP = "http://localhost:8000"
AUTHORISED = {"Authorization": "Bearer sk_test_sandbox"}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    config = SandboxConfig(
        database=tmp_path_factory.mktemp("levers") / "sandbox.sqlite",
        webhook_url="http://127.0.0.1:9/nobody",
        settle_seconds=0.05,
    )
    with running_sandbox(config) as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: SandboxProcess) -> Iterator[FlaskClient]:
    yield create_levers(sandbox.url, SHOP, {"mer_1": "Brinella"}).test_client()
    httpx.post(f"{sandbox.url}/sandbox/faults/reset").raise_for_status()


def pay(sandbox: SandboxProcess) -> str:
    """Take some money, and return the payment's id."""
    data = {
        "amount": "1250",
        "currency": "eur",
        "payment_method": "pm_card_visa",
        "payment_method_types[]": "card",
        "confirm": "true",
        "metadata[order]": "ord_1",
        "metadata[merchant]": "mer_1",
    }
    answer = httpx.post(f"{sandbox.url}/v1/payment_intents", data=data, headers=AUTHORISED)
    reference: str = answer.raise_for_status().json()["id"]
    return reference


def payment(sandbox: SandboxProcess, reference: str) -> dict[str, Any]:
    listed = httpx.get(f"{sandbox.url}/sandbox/payments").json()["data"]
    return next(each for each in listed if each["id"] == reference)


@pytest.mark.parametrize(
    ("messages", "answers"),
    [
        *((lever.name, "well") for lever in MESSAGES),
        *(("arrive", lever.name) for lever in ANSWERS[1:]),
        ("lost", "hang"),
    ],
)
def test_what_was_pulled_is_shown_as_pulled(
    client: FlaskClient, sandbox: SandboxProcess, messages: str, answers: str
) -> None:
    place = "all" if answers == "well" else "open"

    answer = client.post("/faults", data={"messages": messages, "answers": answers, "place": place})

    told = httpx.get(f"{sandbox.url}/sandbox/faults").json()["faults"]
    page = client.get("/").text
    assert (303, "/#levers") == (answer.status_code, answer.headers["Location"])
    assert (messages, (answers, place)) == (find_messages(told), find_answers(told))
    for name, value in (("messages", messages), ("answers", answers)):
        assert f'name="{name}" value="{value}" checked' in page
    assert ("All is well" in page) == ((messages, answers) == ("arrive", "well"))


def test_every_place_is_told_apart() -> None:
    for place in PLACES:
        told = {
            "webhooks": {},
            "api": [{"method": "*", **faults_for("", "error", place.name)["api"][0]}],
        }
        assert ("error", place.name) == find_answers(told)


def test_an_unknown_lever_makes_all_well(client: FlaskClient, sandbox: SandboxProcess) -> None:
    client.post("/faults", data={"messages": "lost", "answers": "error"})

    client.post("/faults", data={"messages": "explode", "answers": "explode"})

    told = httpx.get(f"{sandbox.url}/sandbox/faults").json()["faults"]
    assert ("arrive", ("well", "all")) == (find_messages(told), find_answers(told))


def test_a_payment_leads_to_its_order_and_can_be_disputed_and_decided(
    client: FlaskClient, sandbox: SandboxProcess
) -> None:
    reference = pay(sandbox)
    assert f"{SHOP}/console/orders/ord_1" in client.get("/").text
    client.post(f"/payments/{reference}/disputes")
    [dispute] = payment(sandbox, reference)["disputes"]

    client.post(f"/disputes/{dispute['id']}", data={"verdict": "won"})

    [ended] = payment(sandbox, reference)["disputes"]
    assert ("needs_response", "won") == (dispute["status"], ended["status"])
    assert "the shop won" in client.get("/").text


def test_a_refund_can_be_made_to_fail(client: FlaskClient, sandbox: SandboxProcess) -> None:
    reference = pay(sandbox)
    httpx.post(
        f"{sandbox.url}/v1/refunds", data={"payment_intent": reference}, headers=AUTHORISED
    ).raise_for_status()
    [refund] = payment(sandbox, reference)["refunds"]

    client.post(f"/refunds/{refund['id']}")

    assert "failed" == payment(sandbox, reference)["refunds"][0]["status"]


def connect(sandbox: SandboxProcess, *, is_done: bool) -> str:
    """Make an account of the demo's merchant, completed by its owner or not; return its id."""
    data = {"country": "DE", "metadata[merchant]": "mer_1"}
    made = httpx.post(f"{sandbox.url}/v1/accounts", data=data, headers=AUTHORISED)
    account: str = made.raise_for_status().json()["id"]
    if is_done:
        asked = {
            "account": account,
            "type": "account_onboarding",
            "return_url": SHOP,
            "refresh_url": SHOP,
        }
        link = httpx.post(f"{sandbox.url}/v1/account_links", data=asked, headers=AUTHORISED)
        httpx.post(link.raise_for_status().json()["url"])
    return account


def standing(sandbox: SandboxProcess, account: str) -> list[bool]:
    """Return whether an account can be charged; nothing where it is gone."""
    listed = httpx.get(f"{sandbox.url}/sandbox/accounts").json()["data"]
    return [each["charges_enabled"] for each in listed if each["id"] == account]


def test_a_merchants_account_can_be_stopped_and_then_leave(
    client: FlaskClient, sandbox: SandboxProcess
) -> None:
    account = connect(sandbox, is_done=True)
    shown = [client.get("/").text]
    before = standing(sandbox, account)
    answer = client.post(f"/accounts/{account}/stop")
    stopped = standing(sandbox, account)
    shown.append(client.get("/").text)
    client.post(f"/accounts/{account}/departure")

    assert ([True], [False], []) == (before, stopped, standing(sandbox, account))
    assert (303, "/#accounts") == (answer.status_code, answer.headers["Location"])
    assert [True, False] == [f"/accounts/{account}/stop" in page for page in shown]
    assert account not in client.get("/").text


def test_an_account_that_was_stopped_or_has_left_takes_no_payment(
    client: FlaskClient, sandbox: SandboxProcess
) -> None:
    account = connect(sandbox, is_done=True)
    asked = {"amount": "1250", "currency": "eur"}
    told = []
    for lever in ("", "stop", "departure"):
        if lever:
            client.post(f"/accounts/{account}/{lever}")
        answer = httpx.post(
            f"{sandbox.url}/v1/payment_intents",
            data=asked,
            headers={**AUTHORISED, "Stripe-Account": account},
        )
        told.append(answer.status_code)

    assert [200, 400, 403] == told


def test_an_account_that_is_not_finished_has_no_payments_to_stop(
    client: FlaskClient, sandbox: SandboxProcess
) -> None:
    account = connect(sandbox, is_done=False)

    page = client.get("/").text

    assert f"/accounts/{account}/departure" in page
    assert f"/accounts/{account}/stop" not in page


def test_the_books_and_the_waiting_messages_are_shown(
    client: FlaskClient, sandbox: SandboxProcess
) -> None:
    pay(sandbox)

    page = client.get("/").text

    assert "€12.50" in page
    assert "payment_intent.succeeded" in page
    assert 303 == client.post("/messages").status_code


def test_a_lever_that_does_nothing_says_so(client: FlaskClient) -> None:
    answer = client.post("/payments/pi_nobody/disputes")

    assert 502 == answer.status_code
    assert "did not do that" in answer.text


def test_a_sandbox_that_is_away_is_said_to_be() -> None:
    client = create_levers("http://127.0.0.1:9", SHOP, {}).test_client()

    answer = client.get("/")

    assert 502 == answer.status_code
    assert "Back to the levers" in answer.text


def test_another_site_pulls_no_lever(client: FlaskClient, sandbox: SandboxProcess) -> None:
    answer = client.post(
        "/faults", data={"messages": "lost"}, headers={"Sec-Fetch-Site": "cross-site"}
    )

    told = httpx.get(f"{sandbox.url}/sandbox/faults").json()["faults"]
    assert (403, 0) == (answer.status_code, told["webhooks"]["lose"])


@pytest.mark.browser
def test_the_page_works_without_script_on_a_phone_and_is_accessible(
    client: FlaskClient, sandbox: SandboxProcess, tmp_path: Path, browser: Browser
) -> None:
    pay(sandbox)
    connect(sandbox, is_done=True)
    server = make_server("127.0.0.1", 0, client.application, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        for scheme in ("light", "dark"):
            page = browser.new_page(
                viewport={"width": 375, "height": 667}, color_scheme=scheme, bypass_csp=True
            )
            page.goto(f"http://127.0.0.1:{server.port}/")
            page.get_by_label("All are lost").check()
            page.get_by_role("button", name="Pull", exact=True).click()
            page.get_by_role("heading", name="Something is going wrong").wait_for()
            found = violations(page)
            wide = page.evaluate("document.documentElement.scrollWidth")
            page.screenshot(path=str(tmp_path / f"{scheme}.png"), full_page=True)
            assert [] == found
            assert 375 == wide
            page.close()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
