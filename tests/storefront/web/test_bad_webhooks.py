"""What the webhook answers to strangers, to damaged messages, and to genuine ones that surprise."""

import json
import random
import time
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from storefront.domain.money import Money
from storefront.domain.payments import EVENT_STEPS
from storefront.models import Alarm, Order, Payment, PaymentEvent, Variant
from storefront.ports import Opened, OpenRequest
from tests.contents import contents, counts, new_rows, nothing_changes
from tests.factories import World, place, send_event
from tests.fakes import WEBHOOK_SECRET, Bench, FakeGateway, event_body, signature
from tests.storefront.web.conftest import Shop

PATH = "/webhooks/stripe"
STATES = {
    "payment_intent.succeeded": "succeeded",
    "payment_intent.processing": "processing",
    "payment_intent.payment_failed": "requires_payment_method",
    "payment_intent.canceled": "canceled",
}


def post(client: Any, body: bytes, header: str | None) -> Any:
    """Send a message with a signature header, or without one."""
    headers = {} if header is None else {"Stripe-Signature": header}
    return client.post(PATH, data=body, headers=headers)


def genuine(shop: Shop, event_id: str) -> bytes:
    """Return what Stripe would send about a payment of this shop."""
    placed = place(shop.bench, shop.world)
    snapshot = replace(shop.bench.gateway.snapshots[placed.payment_reference], state="succeeded")
    return event_body(
        "payment_intent.succeeded", snapshot, event_id=event_id, created=int(time.time())
    )


@pytest.fixture(scope="module")
def message(shop: Shop) -> bytes:
    """Give a genuine message that has not been sent yet."""
    return genuine(shop, "evt_never_taken_in")


def problem(answer: Any) -> tuple[int, str, str]:
    """Return status, media type and code of a refusal."""
    return answer.status_code, answer.mimetype, answer.json["code"]


def refusal(code: str) -> tuple[int, str, str]:
    """Return what a refused message is answered with."""
    return 400, "application/problem+json", code


def test_a_message_without_a_signature_is_refused(shop: Shop, message: bytes) -> None:
    """Bad input 1."""
    with nothing_changes(shop.bench.database):
        answer = post(shop.client, message, None)

    assert refusal("signature_missing") == problem(answer)


def test_a_wrong_secret_and_an_altered_byte_are_refused_alike(shop: Shop, message: bytes) -> None:
    """Bad input 2."""
    altered = message.replace(b'"succeeded"', b'"succeedeD"')

    with nothing_changes(shop.bench.database):
        wrong = post(shop.client, message, signature(message, "whsec_of_somebody_else"))
        changed = post(shop.client, altered, signature(message))

    assert refusal("signature_invalid") == problem(wrong)
    assert refusal("signature_invalid") == problem(changed)
    assert wrong.json["detail"] == changed.json["detail"]


@pytest.mark.parametrize("seconds", [-290, 290], ids=["past", "future"])
def test_a_clock_that_is_almost_five_minutes_off_loses_no_message(shop: Shop, seconds: int) -> None:
    message = genuine(shop, f"evt_{seconds}_seconds_away")
    answer = post(shop.client, message, signature(message, timestamp=int(time.time()) + seconds))

    assert (200, {"received": True}) == (answer.status_code, answer.json)


@pytest.mark.parametrize("seconds", [-301, 301], ids=["past", "future"])
def test_a_signature_301_seconds_away_has_expired(shop: Shop, message: bytes, seconds: int) -> None:
    """Bad input 3."""
    # One second more, because the second may turn between here and the check.
    moment = int(time.time()) + seconds + (1 if seconds > 0 else -1)

    with nothing_changes(shop.bench.database):
        answer = post(shop.client, message, signature(message, timestamp=moment))

    assert refusal("signature_expired") == problem(answer)
    assert "clock" not in answer.text


@pytest.mark.parametrize(
    "header",
    ["t=1,v1=é", "é", "t=,v1=", "t=abc,v1=00", "v1=00", "t=1", "t=1,v0=00", ",", "t=1,v1=\x7f"],
)
def test_a_header_that_makes_no_sense_is_an_invalid_signature(
    shop: Shop, message: bytes, header: str
) -> None:
    """Bad input 4."""
    with nothing_changes(shop.bench.database):
        answer = post(shop.client, message, header)

    assert refusal("signature_invalid") == problem(answer)
    assert "Traceback" not in answer.text


def test_a_genuine_header_with_a_tail_at_its_moment_is_no_fault_of_ours(shop: Shop) -> None:
    """Stripe's SDK reads "t=1=9" as 1, so what it vouches for is genuine."""
    body = genuine(shop, "evt_with_a_tail")

    answer = post(shop.client, body, signature(body).replace(",", "=9,", 1))

    assert (200, {"received": True}) == (answer.status_code, answer.json)


def changed(message: bytes, **changes: Any) -> bytes:
    """Return the message with fields of the event replaced; None takes a field away."""
    event = {**json.loads(message), **changes}
    return json.dumps({name: value for name, value in event.items() if value is not None}).encode()


def about(message: bytes, **changes: Any) -> bytes:
    """Return the message with fields of the PaymentIntent replaced."""
    intent = {**json.loads(message)["data"]["object"], **changes}
    return changed(message, data={"object": intent})


SHAPES: dict[str, Any] = {
    "an array": lambda _: b"[]",
    "text": lambda _: b'"x"',
    "a number": lambda _: b"1",
    "null": lambda _: b"null",
    "nothing": lambda _: b"",
    "half a message": lambda message: message[: len(message) // 2],
    "too deep": lambda _: b"[" * 20_000,
    "no type": lambda message: changed(message, type=None),
    "no id": lambda message: changed(message, id=None),
    "no moment": lambda message: changed(message, created=None),
    "a moment that is text": lambda message: changed(message, created="now"),
    "a moment beyond all": lambda message: changed(message, created=10**30),
    "no data": lambda message: changed(message, data=None),
    "data that is a list": lambda message: changed(message, data=[]),
    "an id that is a number": lambda message: changed(message, id=7),
    "an id that is too long": lambda message: changed(message, id="evt_" + "x" * 300),
    "an id with a NUL": lambda message: changed(message, id="evt_\0"),
    "an id with half a symbol": lambda message: changed(message, id="evt_\ud800"),
    "a type that is too long": lambda message: changed(message, type="x" * 300),
    "an account that is a list": lambda message: changed(message, account=["acct_1"]),
    "a thin event": lambda message: changed(
        message, object="v2.core.event", data=None, related_object={"id": "pi_1"}
    ),
    "an amount that is text": lambda message: about(message, amount="450"),
    "an amount with a part": lambda message: about(message, amount=4.5),
    "a currency from nowhere": lambda message: about(message, currency="zzz"),
    "metadata that is a list": lambda message: about(message, metadata=["payment"]),
    "metadata that is a number": lambda message: about(message, metadata={"payment": 5}),
    "metadata with a NUL": lambda message: about(
        message, metadata={"payment": "pay_\0", "merchant": "mer_\0"}
    ),
    "a failure that is an object": lambda message: about(
        message, last_payment_error={"code": {"a": 1}}
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_signed_message_of_another_shape_is_invalid(
    shop: Shop, message: bytes, shape: str
) -> None:
    """Bad input 5."""
    body = SHAPES[shape](message)

    with nothing_changes(shop.bench.database):
        answer = post(shop.client, body, signature(body))

    assert refusal("payload_invalid") == problem(answer)


def test_a_message_that_is_not_utf8_is_invalid(shop: Shop, message: bytes) -> None:
    """Bad input 5."""
    with nothing_changes(shop.bench.database):
        answer = post(shop.client, b"\xff\xfe" + message, signature(message))

    assert refusal("payload_invalid") == problem(answer)


Forgery = tuple[bytes, str]


def flipped(message: bytes, chance: random.Random) -> Forgery:
    """Flip one bit under the genuine signature."""
    body = bytearray(message)
    body[chance.randrange(len(body))] ^= 1 << chance.randrange(7)
    return bytes(body), signature(message)


def wrong_secret(message: bytes, chance: random.Random) -> Forgery:
    """Sign with a secret that is not ours."""
    return message, signature(message, f"whsec_{chance.getrandbits(64):x}")


def scratched(message: bytes, chance: random.Random) -> Forgery:
    """Put another symbol somewhere into the signature itself."""
    header = signature(message)
    at = chance.randrange(header.index("v1=") + 3, len(header))
    return message, header[:at] + chance.choice("xyz,=;é \t~") + header[at + 1 :]


def babble(message: bytes, chance: random.Random) -> Forgery:
    """Send a header of random symbols."""
    return message, "".join(chance.choice("t=v10,af é") for _ in range(chance.randrange(90)))


def untimely(message: bytes, chance: random.Random) -> Forgery:
    """Sign well, long ago or in the far future."""
    return message, signature(message, timestamp=chance.choice([0, 10**9, 2**33, 10**15]))


def truncated(message: bytes, chance: random.Random) -> Forgery:
    """Cut the end off."""
    return message[: chance.randrange(1, len(message))], signature(message)


def lengthened(message: bytes, chance: random.Random) -> Forgery:
    """Add bytes at the end."""
    return message + chance.randbytes(chance.randrange(1, 9)), signature(message)


def hollow(message: bytes, chance: random.Random) -> Forgery:
    """Sign something that is no event."""
    del message
    body = chance.choice([b"[]", b"1", b"null", b"{}", b'""', b'{"object":"v2.core.event"}'])
    return body, signature(body)


def other_scheme(message: bytes, chance: random.Random) -> Forgery:
    """Name another scheme of signatures."""
    scheme = chance.choice(["v0=", "v2=", "V1=", "v1=x", "="])
    return message, signature(message).replace("v1=", scheme)


def later(message: bytes, chance: random.Random) -> Forgery:
    """Send an old signature as if it were of this minute."""
    moment = int(time.time()) + chance.randrange(1, 200)
    return message, f"t={moment},v1={signature(message).rpartition('=')[2]}"


FORGERIES = (
    flipped, wrong_secret, scratched, babble, untimely,
    truncated, lengthened, hollow, other_scheme, later,
)  # fmt: skip


def test_of_a_thousand_forgeries_none_is_taken_in_and_none_is_a_fault(
    shop: Shop, message: bytes
) -> None:
    chance = random.Random(20260314)
    answers = Counter()

    with nothing_changes(shop.bench.database):
        for forge in FORGERIES:
            for _ in range(100):
                body, header = forge(message, chance)
                answers[post(shop.client, body, header).status_code] += 1

    assert {400: 1000} == answers


def test_the_forgeries_are_forged_from_a_message_that_would_be_taken_in(shop: Shop) -> None:
    """Without this the thousand refusals could have any other reason."""
    body = genuine(shop, "evt_taken_in")

    answer = post(shop.client, body, signature(body))

    assert (200, {"received": True}) == (answer.status_code, answer.json)


@pytest.mark.parametrize("type_", STATES)
def test_a_message_of_another_mode_is_refused_with_an_alarm(
    bench: Bench, world: World, type_: str
) -> None:
    """Bad input 6."""
    placed = place(bench, world)
    before = contents(bench.database)

    answer = send_event(
        bench.client(),
        bench,
        placed.payment_reference,
        type_,
        state=STATES[type_],
        livemode=True,
    )

    assert refusal("mode_mismatch") == problem(answer)
    assert {"storefront_alarms": 1} == new_rows(before, contents(bench.database))


def test_a_known_message_is_answered_again_and_does_nothing(bench: Bench, world: World) -> None:
    """Bad input 7."""
    client, placed = bench.client(), place(bench, world)
    told = {"state": "succeeded", "event_id": "evt_once"}
    send_event(client, bench, placed.payment_reference, "payment_intent.succeeded", **told)

    with nothing_changes(bench.database):
        for _ in range(50):
            answer = send_event(
                client, bench, placed.payment_reference, "payment_intent.succeeded", **told
            )
            assert (200, {"received": True, "duplicate": True}) == (answer.status_code, answer.json)


MISMATCHES = {
    "amount": {"amount": Money(1, "USD")},
    "currency": {"amount": Money(450, "EUR")},
    "reference": {"reference": "pi_of_another_payment"},
    "order": {"payment_public_id": "pay_of_another_order"},
}


def test_every_message_that_moves_a_payment_is_bent_here() -> None:
    assert set(EVENT_STEPS) == set(STATES)


@pytest.mark.parametrize("type_", STATES)
@pytest.mark.parametrize("part", MISMATCHES)
def test_a_genuine_message_that_does_not_fit_wants_a_person_and_sells_nothing(
    bench: Bench, world: World, *, part: str, type_: str
) -> None:
    """Bad input 8, R-B6: 200, so that it is not sent again; a person is called."""
    client, placed = bench.client(), place(bench, world)
    snapshot = replace(bench.gateway.snapshots[placed.payment_reference], state=STATES[type_])
    body = event_body(type_, replace(snapshot, **MISMATCHES[part]), created=1_773_480_413)

    answer = post(client, body, signature(body))

    with bench.database.reads() as session:
        order = session.scalars(select(Order)).one()
        payment = session.scalars(select(Payment)).one()
        variant = session.scalars(select(Variant)).one()
        alarms = session.execute(select(Alarm.merchant_id, Alarm.kind, Alarm.count)).all()
    assert (200, {"received": True}) == (answer.status_code, answer.json)
    assert (bench.clock.now(), part) == (order.needs_review_at, order.review_reason)
    assert (None, None, None) == (order.paid_at, order.number, payment.succeeded_at)
    assert (1, 0) == (variant.held, variant.sold)
    assert [(world.merchant.id, "payment_mismatch", 1)] == alarms
    assert 0 == counts(bench.database)["storefront_attributions"]


@pytest.mark.parametrize("kind", ["customer.created", "payment_intent.succeeded", "of.tomorrow"])
def test_a_message_about_nothing_of_ours_is_kept_and_does_nothing(shop: Shop, kind: str) -> None:
    """Bad input 9."""
    before = contents(shop.bench.database)
    stranger = {"id": "pi_1", "object": "payment_intent", "amount": 5, "currency": "usd"}
    strange = {**stranger, "status": "succeeded", "livemode": False, "metadata": {}}
    about_it = strange if kind.startswith("payment") else {"object": "customer"}
    body = json.dumps(
        {
            "id": f"evt_{kind}",
            "object": "event",
            "type": kind,
            "created": 1_773_480_413,
            "livemode": False,
            "data": {"object": about_it},
        }
    ).encode()

    answer = post(shop.client, body, signature(body))

    after = contents(shop.bench.database)
    grown = {"storefront_payment_events": 1, "storefront_payment_payloads": 1}
    assert (200, {"received": True}) == (answer.status_code, answer.json)
    assert grown == new_rows(before, after)
    assert "ignore" == after["storefront_payment_events"][-1][-3]


def test_a_message_that_comes_before_we_know_the_payments_name_pays_the_order(
    bench: Bench, world: World
) -> None:
    """Stripe may tell the webhook before our own second transaction has written its answer."""

    client, answers = bench.client(), []
    gateway = bench.gateway

    def hasty(request: OpenRequest) -> Opened:
        opened = FakeGateway.open(gateway, request)
        answers.append(
            send_event(
                client, bench, opened.reference, "payment_intent.succeeded", state="succeeded"
            )
        )
        return opened

    gateway.open = hasty  # type: ignore[method-assign]
    placed = place(bench, world)

    with bench.database.reads() as session:
        payment = session.scalars(select(Payment)).one()
        order = session.scalars(select(Order)).one()
        steps = session.scalars(select(PaymentEvent.step)).all()
    assert [200] == [answer.status_code for answer in answers]
    assert ["succeed"] == steps
    assert bench.clock.now() == order.paid_at
    assert placed.payment_reference == payment.gateway_reference


def test_a_message_signed_with_the_secret_before_the_last_is_taken_in(
    bench: Bench, world: World
) -> None:
    """While a secret is being changed both are configured."""
    bench.gateway._secrets = ("whsec_new", WEBHOOK_SECRET)
    client = bench.client()
    statuses = []
    for secret in ("whsec_new", WEBHOOK_SECRET, "whsec_older"):
        placed = place(bench, world)
        snapshot = replace(bench.gateway.snapshots[placed.payment_reference], state="succeeded")
        body = event_body(
            "payment_intent.succeeded", snapshot, event_id=f"evt_{secret}", created=1_773_480_413
        )
        statuses.append(post(client, body, signature(body, secret)).status_code)

    assert [200, 200, 400] == statuses
