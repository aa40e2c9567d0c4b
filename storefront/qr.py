"""QR codes as the path of an SVG: a pure function of a text. What the text means is for others
to say; how it looks is for templates and style sheets."""

from __future__ import annotations

from dataclasses import dataclass

import qrcode
from qrcode.constants import ERROR_CORRECT_M

QUIET = 4
"""Modules of empty border, as ISO 18004 asks for."""


@dataclass(frozen=True)
class QrCode:
    """A square of `size` modules, border included; `path` draws the dark ones."""

    size: int
    path: str


def draw(text: str) -> QrCode:
    """Return the QR code of a text, at medium error correction."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=QUIET)
    code.add_data(text)
    matrix = code.get_matrix()
    runs = (
        f"M{x} {y}h1v1h-1z"
        for y, row in enumerate(matrix)
        for x, is_dark in enumerate(row)
        if is_dark
    )
    return QrCode(len(matrix), "".join(runs))
