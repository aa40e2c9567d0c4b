"""Idempotency keys as documented: replayed, compared, held against a race, scoped, kept a day."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest
import stripe
from flask.testing import FlaskClient

from storefront.sandbox import SandboxConfig, create_sandbox
from storefront.sandbox.idempotency import KEPT_SECONDS
from tests.storefront.sandbox.conftest import Connect

INTENT: Any = {"amount": 1250, "currency": "usd"}
SECRET_KEY = {"Authorization": "Bearer sk_test_sandbox"}


def test_the_same_request_is_answered_by_the_first_answer(client: stripe.StripeClient) -> None:
    first = client.v1.payment_intents.create(INTENT, {"idempotency_key": "twice"})
    second = client.v1.payment_intents.create(INTENT, {"idempotency_key": "twice"})

    assert second.to_dict() == first.to_dict()
    assert second.last_response.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.last_response.headers
    original = second.last_response.headers["original-request"]
    assert original == first.last_response.headers["request-id"]


def test_a_key_belongs_to_its_parameters(connect: Connect) -> None:
    client = connect(account="acct_mismatch")
    client.v1.payment_intents.create(INTENT, {"idempotency_key": "other"})

    with pytest.raises(stripe.IdempotencyError) as refused:
        client.v1.payment_intents.create({**INTENT, "amount": 999}, {"idempotency_key": "other"})

    assert refused.value.http_status == 400
    assert len(client.v1.payment_intents.list().data) == 1


def test_a_key_belongs_to_its_address(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.create(INTENT, {"idempotency_key": "elsewhere"})

    with pytest.raises(stripe.IdempotencyError):
        client.v1.payment_intents.cancel(intent.id, {}, {"idempotency_key": "elsewhere"})

    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_payment_method"


def test_a_key_belongs_to_its_account(connect: Connect) -> None:
    key: Any = {"idempotency_key": "everyone"}

    one = connect(account="acct_a").v1.payment_intents.create(INTENT, key)
    two = connect(account="acct_b").v1.payment_intents.create(INTENT, key)

    assert one.id != two.id


def test_a_decline_is_replayed_too(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.create({**INTENT, "payment_method_types": ["card"]})
    answers = []
    for _ in range(2):
        with pytest.raises(stripe.CardError) as declined:
            client.v1.payment_intents.confirm(
                intent.id,
                {"payment_method": "pm_card_chargeDeclined"},
                {"idempotency_key": f"declined-{intent.id}"},
            )
        answers.append(declined.value)

    assert answers[0].json_body == answers[1].json_body
    assert answers[1].headers["idempotent-replayed"] == "true"
    assert len(client.v1.charges.list({"payment_intent": intent.id}).data) == 1


def test_what_was_never_begun_is_not_kept(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.create(
            {**INTENT, "colour": "red"}, {"idempotency_key": "corrected"}
        )

    intent = client.v1.payment_intents.create(INTENT, {"idempotency_key": "corrected"})

    assert intent.status == "requires_payment_method"


@pytest.mark.parametrize(("length", "is_taken"), [(255, True), (256, False)])
def test_a_key_has_at_most_255_characters(
    client: stripe.StripeClient, length: int, is_taken: bool
) -> None:
    key: Any = {"idempotency_key": "k" * length}
    if is_taken:
        assert client.v1.payment_intents.create(INTENT, key).id
    else:
        with pytest.raises(stripe.InvalidRequestError, match="too long"):
            client.v1.payment_intents.create(INTENT, key)


def test_a_hundred_at_once_make_one_intent(connect: Connect) -> None:
    account = "acct_race"
    clients = [connect(account=account) for _ in range(20)]
    answers: list[str] = []

    def create(client: stripe.StripeClient) -> None:
        for _ in range(5):
            try:
                intent = client.v1.payment_intents.create(INTENT, {"idempotency_key": "race"})
                answers.append(intent.id)
            except stripe.APIError as busy:
                answers.append(f"{busy.http_status} {busy.error.code}")

    threads = [threading.Thread(target=create, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    [made] = connect(account=account).v1.payment_intents.list().data
    assert len(answers) == 100
    assert set(answers) - {"409 idempotency_key_in_use"} == {made.id}


def test_a_key_in_use_is_409(database: Path) -> None:
    app = create_sandbox(SandboxConfig(database=database))
    machine = app.extensions["sandbox"]
    with machine.in_flight.hold("", "busy"):
        refused = _create(app.test_client(), key="busy")
    after = _create(app.test_client(), key="busy")
    machine.store.close()

    assert refused.status_code == 409
    assert refused.get_json()["error"]["code"] == "idempotency_key_in_use"
    assert after.status_code == 200


def test_an_answer_is_kept_for_a_day(database: Path) -> None:
    now = [1_800_000_000.0]
    app = create_sandbox(SandboxConfig(database=database), clock=lambda: now[0])
    first = _create(app.test_client(), key="daily").get_json()["id"]
    now[0] += KEPT_SECONDS - 1
    same_day = _create(app.test_client(), key="daily").get_json()["id"]
    now[0] += 1
    next_day = _create(app.test_client(), key="daily").get_json()["id"]
    app.extensions["sandbox"].store.close()

    assert KEPT_SECONDS == 24 * 60 * 60
    assert same_day == first
    assert next_day != first


def test_an_answer_outlives_the_process(database: Path) -> None:
    answers = []
    for _ in range(2):
        app = create_sandbox(SandboxConfig(database=database))
        answers.append(json.loads(_create(app.test_client(), key="again").data))
        app.extensions["sandbox"].store.close()

    assert answers[0] == answers[1]


def _create(client: FlaskClient, *, key: str) -> Any:
    headers = {**SECRET_KEY, "Idempotency-Key": key}
    return client.post("/v1/payment_intents", data=INTENT, headers=headers)
