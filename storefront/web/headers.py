"""Security headers of every answer, in one place. A view says what is special about its page with
`use_policy`; everything else gets the strictest policy there is."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING

from flask import g

from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

    from flask import Flask, Response

NOBODY = ("'none'",)
OURS = ("'self'",)

STEADY = {
    "X-Content-Type-Options": "nosniff",
    # Forms need an Origin header that says where they come from; other sites learn nothing.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin-allow-popups",
}

LETTER = {
    "script-src": NOBODY,
    "style-src": ("'unsafe-inline'",),
    "sandbox": ("allow-same-origin",),
}
"""The page around it, which is ours, may ask how tall it is."""

HTTPS_ONLY = ("Strict-Transport-Security", "max-age=31536000")

WITH_CAMERA = "camera=(self), geolocation=(), microphone=()"


@frozen
class Policy:
    """What one page may do beyond the minimum.

    `ancestors` are the origins that may frame it; `style` is the text of its one inline style
    block; `payment` are the payment provider's hosts by directive (script, connect, frame);
    `images` are further origins of pictures, `forms` of pages that a form may lead to.
    `holds_ours` lets it hold frames of our own; `report` is where browsers report what they block.
    `camera` lets it ask for the camera. A `letter` is a mail as it is sent: its styles are written
    into it, and in exchange nothing in it runs.
    """

    ancestors: tuple[str, ...] = ()
    style: str = ""
    payment: tuple[tuple[str, tuple[str, ...]], ...] = ()
    images: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    holds_ours: bool = False
    report: str = ""
    camera: bool = False
    letter: bool = False


STRICT = Policy()


def use_policy(policy: Policy) -> None:
    """Give the answer to the present request this policy instead of the strict one."""
    g.storefront_policy = policy


def style_source(css: str) -> str:
    """Return the CSP source that allows exactly this inline style block."""
    digest = hashlib.sha256(css.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def content_policy(policy: Policy) -> str:
    """Return the Content-Security-Policy of a page."""
    pay = dict(policy.payment)
    style = (*OURS, style_source(policy.style)) if policy.style else OURS
    directives = {
        "default-src": NOBODY,
        "script-src": (*OURS, *pay.get("script", ())),
        "style-src": style,
        "img-src": (*OURS, "data:", *policy.images),
        "connect-src": (*OURS, *pay.get("connect", ())),
        "frame-src": pay.get("frame", OURS if policy.holds_ours else NOBODY),
        "form-action": (*OURS, *policy.forms),
        "base-uri": NOBODY,
        "object-src": NOBODY,
        "frame-ancestors": policy.ancestors or NOBODY,
    }
    if policy.letter:
        directives |= LETTER
    if policy.report:
        directives["report-uri"] = (policy.report,)
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())


@lru_cache(maxsize=1000)
def security_headers(policy: Policy) -> Mapping[str, str]:
    """Return every security header of a page under this policy."""
    framing = {} if policy.ancestors else {"X-Frame-Options": "DENY"}
    devices = {"Permissions-Policy": WITH_CAMERA} if policy.camera else {}
    return {
        **STEADY,
        **framing,
        **devices,
        "Content-Security-Policy": content_policy(policy),
        "Cache-Control": "private, no-cache",
    }


def headers_beside(
    present: Container[str], policy: Policy, *, is_https: bool
) -> Iterator[tuple[str, str]]:
    """Yield every header that an answer under this policy gets beside those, in small letters,
    that it has."""
    yield from (
        (name, value)
        for name, value in security_headers(policy).items()
        if name.lower() not in present
    )
    if is_https and HTTPS_ONLY[0].lower() not in present:
        yield HTTPS_ONLY


def init_headers(app: Flask, *, is_https: bool) -> None:
    """Put the headers on every answer of `app`, which is our private one and never the host's."""

    @app.after_request
    def _add_headers(response: Response) -> Response:
        present = {name.lower() for name, _ in response.headers}
        policy = g.get("storefront_policy", STRICT)
        for name, value in headers_beside(present, policy, is_https=is_https):
            response.headers.add(name, value)
        return response
