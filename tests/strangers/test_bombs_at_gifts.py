"""R-E10 and R-E11 where gifts are bought, opened and spent: bodies too large, of too many parts,
or packed, and names of strangers that ask for a gift's page or its mail."""

import gzip
import io
from typing import Any

import pytest

from storefront.worker import run_due
from tests.contents import nothing_changes
from tests.gifting.factories import gift_json
from tests.storefront.web.answers import PROGRAM, Refusal, refusal
from tests.storefront.web.test_bombs_and_names import FORM, MOST_PARTS, STRANGERS, many_parts
from tests.strangers.shop import OWN, Furnished

FORMS = (
    "/orders", "/p/{placement}/gift/summary", "/e/{placement}/gift/letter", "/g/{gift_link}/thanks",
    "/gifts/lost", "/orders/{gift_order}/gifts/{gift}/address?t={gift_t}", "/counter/cards",
    "/counter/searches", "/counter/redemptions", "/counter/shifts",
)  # fmt: skip
PROGRAMS = (
    "/orders", "/orders/{gift_order}/gifts/{gift}/address?t={gift_t}", "/api/v1/gift-cards/lookup",
    "/api/v1/redemptions", "/api/v1/redemptions/{redemption}/reversal",
)  # fmt: skip
LOOKED_AT = (
    "/p/{placement}/gift", "/g/{gift_link}", "/g/{gift_link}/card", "/gift-reminders/{stop_link}",
    "/gifts/lost", "/gift-designs/ribbon.png", "/counter", "/counter/cards/{card}",
    "/counter/redemptions/{redemption}", "/counter/enrolment/{link_of_device}",
)  # fmt: skip
LIMIT = 64 * 1024


def post(furnished: Furnished, path: str, body: bytes, kind: str, **headers: str) -> Any:
    """Send a body to an address of the furnished shop, as whoever may do so."""
    machine = f"Bearer {furnished.world.api_token}"
    own = {**OWN, **PROGRAM, "Idempotency-Key": "k" * 24, "Authorization": machine, **headers}
    address = path.format(**furnished.names)
    client = furnished.client_for(address)
    return client.post(address, data=body, content_type=kind, headers=own)


@pytest.mark.parametrize("path", FORMS)
def test_a_form_of_more_than_a_thousand_parts_is_not_read(furnished: Furnished, path: str) -> None:
    with nothing_changes(furnished.bench.database):
        told = post(furnished, path, many_parts(MOST_PARTS + 1), FORM)
        read = post(furnished, path, many_parts(MOST_PARTS), FORM)

    assert Refusal(413, "too_large") == refusal(told)
    assert 400 <= read.status_code < 500
    assert 413 != read.status_code


@pytest.mark.parametrize("size", [LIMIT + 1, 100_000_000])
@pytest.mark.parametrize(
    ("path", "kind"),
    [
        *((path, "application/x-www-form-urlencoded") for path in FORMS),
        *((path, "application/json") for path in PROGRAMS),
    ],
)
def test_a_body_beyond_the_limit_is_not_read(
    furnished: Furnished, path: str, kind: str, size: int
) -> None:
    body = b'{"a":"' + b"x" * LIMIT
    with nothing_changes(furnished.bench.database):
        told = post(furnished, path, body, kind, **{"Content-Length": str(size)})

    assert Refusal(413, "too_large") == refusal(told)


@pytest.mark.parametrize(
    ("path", "kind"),
    [*((path, FORM) for path in FORMS), *((path, "application/json") for path in PROGRAMS)],
)
def test_a_packed_body_is_not_unpacked(furnished: Furnished, path: str, kind: str) -> None:
    bomb = gzip.compress(b"0" * 10_000_000)
    with nothing_changes(furnished.bench.database):
        told = post(furnished, path, bomb, kind, **{"Content-Encoding": "gzip"})

    assert Refusal(415, "unsupported_media_type") == refusal(told)


def test_a_frame_of_a_camera_may_be_larger_and_not_have_many_parts(furnished: Furnished) -> None:
    picture = {"frame": (io.BytesIO(b"x" * (LIMIT + 1)), "frame.jpg")}
    headers = {**OWN, **PROGRAM}
    with nothing_changes(furnished.bench.database):
        larger = furnished.counter.client.post("/counter/frames", data=picture, headers=headers)
        parts = post(furnished, "/counter/frames", many_parts(MOST_PARTS + 1), FORM)

    assert Refusal(422, "picture_unreadable", "frame") == refusal(larger)
    assert 413 == parts.status_code


@pytest.mark.parametrize("host", STRANGERS)
def test_a_strangers_name_gets_no_gift_and_no_mail_with_one(
    furnished: Furnished, host: str
) -> None:
    headers = {**PROGRAM, "Host": host}
    before = list(furnished.bench.mailbox.sent)
    with nothing_changes(furnished.bench.database):
        told = [
            furnished.client_for(address).get(address, headers=headers)
            for address in (each.format(**furnished.names) for each in LOOKED_AT)
        ]
        told += [
            furnished.bench.client().post("/gifts/lost", data=BEN, headers=headers),
            furnished.bench.client().post(
                "/orders", json=gift_json(furnished.world), headers={**headers, **KEY}
            ),
        ]
        run_due(furnished.bench.ports)

    assert {Refusal(400, "bad_host")} == {refusal(each) for each in told}
    assert [] == [each for each in told if "Location" in each.headers]
    assert before == furnished.bench.mailbox.sent


BEN = {"email": "ben@friends.test"}
KEY = {"Idempotency-Key": "k" * 24}
