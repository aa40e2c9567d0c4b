"""QR codes as paths: square, with the finder patterns and the quiet border that scanners need."""

import io
import re

import pytest
import zxingcpp
from PIL import Image

from storefront import qr


def modules(code: qr.QrCode) -> set[tuple[int, int]]:
    return {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", code.path)}


def test_three_corners_carry_the_finder_pattern() -> None:
    code = qr.draw("otpauth://totp/x")
    dark = modules(code)
    far = code.size - qr.QUIET - 7
    ring = {(x, y) for x in range(7) for y in range(7) if x in (0, 6) or y in (0, 6)}

    for left, top in ((qr.QUIET, qr.QUIET), (far, qr.QUIET), (qr.QUIET, far)):
        assert {(left + x, top + y) for x, y in ring} <= dark


def test_the_border_is_quiet() -> None:
    code = qr.draw("otpauth://totp/x")
    inner = range(qr.QUIET, code.size - qr.QUIET)

    assert {True} == {x in inner and y in inner for x, y in modules(code)}


def test_another_text_is_another_picture() -> None:
    assert qr.draw("one").path != qr.draw("two").path


@pytest.mark.parametrize("text", ["https://shop.test/g/0123456789abcdef", "Grüße 謝謝"])
def test_a_picture_is_read_by_a_scanner(text: str) -> None:
    [found] = zxingcpp.read_barcodes(Image.open(io.BytesIO(qr.picture(text))))

    assert found.text == text
