"""Pictures of a camera, read for the QR code in them. What the code says is for others to judge."""

from __future__ import annotations

from io import BytesIO

import zxingcpp
from PIL import Image, UnidentifiedImageError

from storefront.errors import Invalid

LARGEST_SIDE = 2000
"""Pixels. A frame is a few hundred wide; what is larger might unpack into more than there is."""

LONGEST = 1000
QR_CODES = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


def read_qr(picture: bytes) -> str:
    """Return the text of the QR code in a JPEG or PNG, "" where there is none.

    Raises `Invalid` picture_unreadable.
    """
    try:
        with Image.open(BytesIO(picture), formats=("JPEG", "PNG")) as image:
            if max(image.size) > LARGEST_SIDE:
                raise Invalid("picture_unreadable", field="frame")
            grey = image.convert("L")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise Invalid("picture_unreadable", field="frame") from error
    found = zxingcpp.read_barcodes(grey, formats=QR_CODES)
    return next((each.text[:LONGEST] for each in found if each.text), "")
