"""Which messages are believed: every way to forge, bend or break one is refused by its name."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.adapters.stripe_gateway import TOLERANCE_SECONDS, StripeGateway
from storefront.domain.money import Money
from storefront.errors import Unreadable
from tests.fakes import signature
from tests.storefront.adapters.conftest import KEY, OLD_SECRET, SECRET

GATEWAY = StripeGateway(KEY, webhook_secrets=[SECRET, OLD_SECRET])
INTENT = {
    "id": "pi_1",
    "object": "payment_intent",
    "amount": 1250,
    "currency": "usd",
    "status": "succeeded",
    "livemode": False,
    "latest_charge": "ch_1",
    "last_payment_error": None,
    "metadata": {"payment": "pay_1", "merchant": "mer_1"},
}
EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "payment_intent.succeeded",
    "created": 1_773_000_000,
    "livemode": False,
    "data": {"object": INTENT},
}
BODY = json.dumps(EVENT).encode()


def refused(body: bytes, header: str | None) -> str:
    with pytest.raises(Unreadable) as refusal:
        GATEWAY.read_event(body, header)
    return refusal.value.code


def signed(value: Any) -> tuple[bytes, str]:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return body, signature(body, SECRET)


def test_a_genuine_message_is_read() -> None:
    event = GATEWAY.read_event(*signed(EVENT))

    assert (event.id, event.type, event.account) == ("evt_1", "payment_intent.succeeded", "")
    assert event.snapshot is not None
    assert event.snapshot.amount == Money(1250, "USD")


def test_during_a_change_of_secrets_both_are_believed() -> None:
    event = GATEWAY.read_event(BODY, signature(BODY, OLD_SECRET))

    assert event.id == "evt_1"


@pytest.mark.parametrize("header", [None, ""])
def test_a_message_without_a_signature_is_refused(header: str | None) -> None:
    assert refused(BODY, header) == "signature_missing"


def test_a_signature_under_another_secret_is_refused() -> None:
    assert refused(BODY, signature(BODY, "whsec_of_a_stranger")) == "signature_invalid"


@given(st.integers(0, len(BODY) - 1), st.integers(1, 255))
def test_a_body_with_one_altered_byte_is_refused(place: int, change: int) -> None:
    altered = bytearray(BODY)
    altered[place] ^= change

    assert refused(bytes(altered), signature(BODY, SECRET)) in {
        "signature_invalid",
        "payload_invalid",
    }


@pytest.mark.parametrize(
    "header",
    [
        "t=1,v1=é",
        "t=1",
        "v1=abc",
        "t=,v1=",
        "t=x,v1=abc",
        "t=1,v1",
        "t",
        ",",
        "=",
        "t=1,v0={good}",
        "t={now},v1={good}x",
        "t=" + "9" * 5000 + ",v1={good}",
        "\0",
        " ",
    ],
)
def test_a_header_that_proves_nothing_is_refused(header: str) -> None:
    now, good = signature(BODY, SECRET).removeprefix("t=").split(",v1=")
    told = header.replace("{now}", now).replace("{good}", good)

    assert refused(BODY, told) == "signature_invalid"


@given(st.text(max_size=60))
def test_no_header_at_all_raises_anything_else(header: str) -> None:
    assert refused(BODY, header) in {"signature_missing", "signature_invalid"}


@pytest.mark.parametrize("tail", ["=2", "=", "=x"])
def test_a_bent_copy_of_a_genuine_header_raises_nothing_unforeseen(tail: str) -> None:
    time_part, _, rest = signature(BODY, SECRET).partition(",")

    assert GATEWAY.read_event(BODY, f"{time_part}{tail},{rest}").id == "evt_1"


@pytest.mark.parametrize("seconds", [TOLERANCE_SECONDS + 1, -TOLERANCE_SECONDS - 5, 86_400])
def test_a_signature_of_another_time_is_refused(seconds: int) -> None:
    header = signature(BODY, SECRET, int(time.time()) - seconds)

    assert refused(BODY, header) == "signature_expired"


@pytest.mark.parametrize("seconds", [0, TOLERANCE_SECONDS - 30, -TOLERANCE_SECONDS + 30])
def test_clocks_may_differ_a_little(seconds: int) -> None:
    header = signature(BODY, SECRET, int(time.time()) - seconds)

    assert GATEWAY.read_event(BODY, header).id == "evt_1"


def without(path: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(BODY)
    *parents, name = path.split(".")
    inner = event
    for parent in parents:
        inner = inner[parent]
    del inner[name]
    return event


def with_intent(**changes: Any) -> dict[str, Any]:
    return {**EVENT, "data": {"object": {**INTENT, **changes}}}


THIN = {
    "id": "evt_1",
    "object": "v2.core.event",
    "type": "v1.billing.meter.error_report_triggered",
    "created": "2026-03-14T09:26:53.000Z",
    "livemode": False,
    "related_object": {"id": "mtr_1", "type": "billing.meter"},
}


@pytest.mark.parametrize(
    "value",
    [
        [],
        "x",
        1,
        None,
        True,
        {},
        b"",
        b"{",
        b"[" * 100_000,
        b"NaN",
        THIN,
        without("id"),
        without("type"),
        without("created"),
        without("livemode"),
        without("data"),
        without("data.object"),
        without("data.object.id"),
        without("data.object.status"),
        without("data.object.amount"),
        without("data.object.currency"),
        {**EVENT, "id": 1},
        {**EVENT, "type": None},
        {**EVENT, "created": "today"},
        {**EVENT, "created": 1e300},
        {**EVENT, "created": float("nan")},
        {**EVENT, "created": float("inf")},
        {**EVENT, "created": -(10**30)},
        {**EVENT, "account": ["acct_1"]},
        {**EVENT, "data": []},
        {**EVENT, "data": {"object": None}},
        {**EVENT, "data": {"object": "pi_1"}},
        with_intent(amount=12.5),
        with_intent(amount="1250"),
        with_intent(amount=True),
        with_intent(amount=None),
        with_intent(currency="xyz"),
        with_intent(currency=None),
        with_intent(currency="isk", amount=150),
        with_intent(id=None),
        with_intent(status=7),
        with_intent(metadata=[1]),
        with_intent(metadata={"payment": {"id": "pay_1"}}),
        with_intent(metadata={"merchant": 7}),
        with_intent(last_payment_error="declined"),
        with_intent(last_payment_error={"code": 7}),
        with_intent(latest_charge={}),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_a_signed_message_of_another_shape_is_refused(value: Any) -> None:
    assert refused(*signed(value)) == "payload_invalid"


def test_a_body_that_is_no_text_is_refused() -> None:
    assert refused(b"\xff\xfe", "t=1,v1=abc") == "payload_invalid"


@pytest.mark.parametrize("livemode", ["true", 1, None, "yes"])
def test_only_a_plain_true_means_real_money(livemode: object) -> None:
    event = GATEWAY.read_event(*signed({**EVENT, "livemode": livemode}))

    assert event.is_live is False


def test_a_message_about_another_object_is_believed_and_has_no_payment() -> None:
    about = {"id": "cus_1", "object": "customer"}
    told = {**EVENT, "type": "customer.created", "data": {"object": about}}

    assert GATEWAY.read_event(*signed(told)).snapshot is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@given(st.sampled_from(sorted(INTENT)), json_values)
def test_whatever_stands_in_a_field_is_read_or_refused(field: str, value: Any) -> None:
    body, header = signed(with_intent(**{field: value}))

    assert outcome(body, header) in {"evt_1", "payload_invalid"}


def outcome(body: bytes, header: str) -> str:
    try:
        return GATEWAY.read_event(body, header).id
    except Unreadable as refusal:
        return refusal.code
