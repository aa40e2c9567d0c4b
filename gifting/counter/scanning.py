"""Frames of the counter's camera, for browsers that read no codes themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge

from gifting.counter import access
from gifting.counter.blueprint import screen
from storefront.errors import Invalid

if TYPE_CHECKING:
    from flask import Response

LIMIT = 256 * 1024


@screen.route("/frames", methods=["POST"])
def read_frame() -> Response:
    """Return the text of the QR code in a frame. Nothing is looked up, and no attempt is spent."""
    from gifting import frames  # noqa: PLC0415 - only now: most telephones read codes themselves

    access.at_work()
    request.max_content_length = LIMIT
    try:
        frame = request.files.get("frame")
    except RequestEntityTooLarge as error:
        raise Invalid("frame_too_large", field="frame") from error
    if frame is None:
        raise Invalid("picture_missing", field="frame")
    return jsonify(text=frames.read_qr(frame.read()))
