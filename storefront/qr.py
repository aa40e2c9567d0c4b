"""QR codes as the path of an SVG or as a picture: pure functions of a text. What the text means is
for others to say; how it looks is for templates and style sheets."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from storefront.values import frozen

if TYPE_CHECKING:
    from qrcode import QRCode

QUIET = 4
"""Modules of empty border, as ISO 18004 asks for."""

PIXELS = 8
"""So wide is a module of a picture: sharp on a telephone, and still small in a mail."""


@frozen
class QrCode:
    """A square of `size` modules, border included; `path` draws the dark ones."""

    size: int
    path: str


def draw(text: str) -> QrCode:
    """Return the QR code of a text, at medium error correction."""
    matrix = _code(text).get_matrix()
    runs = (
        f"M{x} {y}h1v1h-1z"
        for y, row in enumerate(matrix)
        for x, is_dark in enumerate(row)
        if is_dark
    )
    return QrCode(len(matrix), "".join(runs))


def picture(text: str) -> bytes:
    """Return the same QR code as a PNG, black on white."""
    code = _code(text)
    file = io.BytesIO()
    code.make_image().save(file)
    return file.getvalue()


def _code(text: str) -> QRCode:
    # Only now: few requests draw a code, and each worker that never does saves the memory.
    from qrcode import QRCode  # noqa: PLC0415
    from qrcode.constants import ERROR_CORRECT_M  # noqa: PLC0415

    code = QRCode(error_correction=ERROR_CORRECT_M, border=QUIET, box_size=PIXELS)
    code.add_data(text)
    return code
