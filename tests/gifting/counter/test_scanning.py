"""Frames of a camera: read by the server, within limits, without spending an attempt."""

import re
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from storefront.qr import draw
from tests.contents import nothing_changes
from tests.factories import World
from tests.fakes import Bench
from tests.gifting.counter.factories import Counter, a_counter
from tests.storefront.web.answers import PROGRAM, Refusal, refusal

TEXT = "https://shop.test/g/0123456789abcdef"


@pytest.fixture
def counter(bench: Bench, world: World) -> Counter:
    return a_counter(bench, world)


def picture(text: str = TEXT, *, turned: float = 0, size: int = 480) -> Image.Image:
    """Draw a QR code as a camera sees it: grey, somewhere, turned."""
    code = draw(text)
    small = Image.new("L", (code.size, code.size), 245)
    for x, y in re.findall(r"M(\d+) (\d+)", code.path):
        small.putpixel((int(x), int(y)), 20)
    large = small.resize((size, size), Image.Resampling.NEAREST)
    frame = Image.new("L", (640, 640), 120)
    frame.paste(large.rotate(turned, fillcolor=120), (80, 80))
    return frame


def as_file(image: Image.Image, kind: str = "JPEG") -> bytes:
    file = BytesIO()
    image.save(file, kind, quality=80)
    return file.getvalue()


def send(counter: Counter, frame: bytes) -> Any:
    data = {"frame": (BytesIO(frame), "frame.jpg")}
    return counter.post(
        "/frames",
        data,
        headers=PROGRAM,
        content_type="multipart/form-data",  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("turned", [0, 20, 90, 200])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_code_in_a_frame_is_read_however_it_is_held(
    bench: Bench, counter: Counter, turned: float, kind: str
) -> None:
    with nothing_changes(bench.database):
        answer = send(counter, as_file(picture(turned=turned), kind))

    assert (200, {"text": TEXT}) == (answer.status_code, answer.json)


def test_a_frame_without_a_code_is_nothing(counter: Counter) -> None:
    assert {"text": ""} == send(counter, as_file(Image.new("L", (640, 480), 90))).json


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"not a picture",
        as_file(picture())[:2000],
        as_file(Image.new("L", (2001, 10))),
        as_file(picture(), "GIF"),
    ],
    ids=["empty", "text", "cut", "wide", "another kind"],
)
def test_what_is_no_frame_is_refused(counter: Counter, frame: bytes) -> None:
    assert Refusal(422, "picture_unreadable", "frame") == refusal(send(counter, frame))


def test_a_frame_has_at_most_256_kb(counter: Counter) -> None:
    assert Refusal(413, "frame_too_large", "frame") == refusal(send(counter, b"x" * 257 * 1024))


def test_a_form_without_a_frame_is_refused(counter: Counter) -> None:
    answer = counter.post("/frames", {}, headers=PROGRAM)

    assert Refusal(422, "picture_missing", "frame") == refusal(answer)


def test_who_is_not_at_work_reads_no_frames(bench: Bench, world: World) -> None:
    counter = a_counter(bench, world, is_begun=False)

    assert Refusal(401, "sign_in") == refusal(send(counter, as_file(picture())))
