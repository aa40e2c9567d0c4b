"""The counter's screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gifting.counter import access, signing
from gifting.counter.blueprint import screen

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse


@screen.route("")
def counter() -> AnyResponse:
    """Ask for a code; where nobody is at work, for a PIN."""
    shift = access.find_shift()
    if shift is None:
        return signing.sign_in_sheet()
    return access.show("counter/counter.html", shift.device, shift=shift)
