"""A merchant's one colour, turned into a theme whose text can be read. Pure; the rest of the
look is in static/css/tokens.css."""

from __future__ import annotations

import re
from functools import cache

from storefront.values import frozen

Colour = tuple[int, int, int]

WHITE, BLACK = (255, 255, 255), (0, 0, 0)

LIGHT_SURFACES: tuple[Colour, ...] = (WHITE, (245, 245, 243))
DARK_SURFACES: tuple[Colour, ...] = ((24, 24, 27), (38, 38, 43))
"""The surfaces of tokens.css: first the one that is tinted, then the least favourable for text."""

READABLE, VISIBLE = 4.5, 3.0
"""WCAG 2.2 contrast: for text (1.4.3), and for the outline of a control (1.4.11)."""

DEFAULT_ACCENT = "#4149d6"
STEPS = 50


@cache
def theme_css(accent: str) -> str:
    """Return the style block that sets a merchant's accent; an unusable value gets the default."""
    base = _parse(accent if re.fullmatch(r"#[0-9a-fA-F]{6}", accent) else DEFAULT_ACCENT)
    light = _values(base, LIGHT_SURFACES, towards=BLACK, wash=0.08)
    dark = _values(base, DARK_SURFACES, towards=WHITE, wash=0.2)
    return f":root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}"


@frozen
class Shade:
    """How an accent looks on one theme. `contrast` is that of text in it, as WCAG counts;
    `is_adjusted` says that the merchant's colour could not be read there as it is."""

    surface: str
    fill: str
    on_fill: str
    ink: str
    tint: str
    contrast: str
    is_adjusted: bool


def shades(accent: str) -> tuple[Shade, Shade]:
    """Return how a merchant's colour looks by day and by night."""
    base = _parse(accent if re.fullmatch(r"#[0-9a-fA-F]{6}", accent) else DEFAULT_ACCENT)
    return (
        _shade(base, LIGHT_SURFACES, towards=BLACK, wash=0.08),
        _shade(base, DARK_SURFACES, towards=WHITE, wash=0.2),
    )


def _shade(base: Colour, surfaces: tuple[Colour, ...], *, towards: Colour, wash: float) -> Shade:
    fill = _until(base, surfaces, VISIBLE, towards=towards)
    tint = _mix(surfaces[0], fill, wash)
    ink = _until(fill, (*surfaces, tint), READABLE, towards=towards)
    least = min(contrast(ink, surface) for surface in (*surfaces, tint))
    return Shade(
        surface=_hex(surfaces[0]),
        fill=_hex(fill),
        on_fill=_hex(readable_on(fill)),
        ink=_hex(ink),
        tint=_hex(tint),
        contrast=f"{least:.1f}",
        is_adjusted=fill != base,
    )


def _values(base: Colour, surfaces: tuple[Colour, ...], *, towards: Colour, wash: float) -> str:
    shade = _shade(base, surfaces, towards=towards, wash=wash)
    return (
        f"--accent:{shade.fill};--on-accent:{shade.on_fill};"
        f"--accent-ink:{shade.ink};--accent-wash:{shade.tint}"
    )


def readable_on(fill: Colour) -> Colour:
    """Return white where it can be read on `fill`, else black, which then can."""
    return WHITE if contrast(WHITE, fill) >= READABLE else BLACK


def contrast(one: Colour, other: Colour) -> float:
    """Return the WCAG contrast ratio of two colours, from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Colour) -> float:
    red, green, blue = (_linear(channel / 255) for channel in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4  # noqa: PLR2004


def _until(
    colour: Colour, surfaces: tuple[Colour, ...], ratio: float, *, towards: Colour
) -> Colour:
    """Return the colour nearest to `colour`, on the way `towards` another, that has the ratio."""
    for step in range(STEPS):
        mixed = _mix(colour, towards, step / STEPS)
        if all(contrast(mixed, surface) >= ratio for surface in surfaces):
            return mixed
    return towards


def _mix(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _parse(code: str) -> Colour:
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)


def _hex(colour: Colour) -> str:
    return "#" + "".join(f"{channel:02x}" for channel in colour)
