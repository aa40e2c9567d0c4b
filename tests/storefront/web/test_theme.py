"""Whatever colour a merchant likes, what is written in it and on it can be read."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from storefront import paths
from storefront.web.theme import (
    DARK_SURFACES,
    LIGHT_SURFACES,
    READABLE,
    VISIBLE,
    Colour,
    contrast,
    readable_on,
    theme_css,
)

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
WHITE, BLACK = (255, 255, 255), (0, 0, 0)


def colour(code: str) -> Colour:
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)


def schemes(accent: str) -> list[tuple[tuple[Colour, ...], dict[str, Colour]]]:
    """Return the surfaces and the values of the light and of the dark scheme."""
    light, dark = theme_css(accent).split("@media", 1)
    return [
        (surfaces, {name: colour(code) for name, code in re.findall(r"--([\w-]+):(#\w{6})", css)})
        for surfaces, css in ((LIGHT_SURFACES, light), (DARK_SURFACES, dark))
    ]


def test_contrast_is_what_wcag_says() -> None:
    assert contrast(WHITE, BLACK) == pytest.approx(21)
    assert contrast(WHITE, WHITE) == pytest.approx(1)
    assert contrast((0x76, 0x76, 0x76), WHITE) == pytest.approx(4.54, abs=0.01)


@given(COLOURS)
@example("#ffffff")
@example("#000000")
@example("#ffff00")
@example("#767676")
def test_words_on_the_accent_can_be_read(accent: str) -> None:
    for _, values in schemes(accent):
        assert contrast(values["on-accent"], values["accent"]) >= READABLE


@given(COLOURS)
@example("#ffffff")
@example("#000000")
def test_words_in_the_accent_can_be_read_on_every_surface(accent: str) -> None:
    for surfaces, values in schemes(accent):
        for surface in (*surfaces, values["accent-wash"]):
            assert contrast(values["accent-ink"], surface) >= READABLE


@given(COLOURS)
@example("#ffffff")
@example("#000000")
def test_a_button_in_the_accent_can_be_seen(accent: str) -> None:
    for surfaces, values in schemes(accent):
        assert all(contrast(values["accent"], surface) >= VISIBLE for surface in surfaces)


def test_a_colour_that_serves_as_it_is_stays_as_it_is() -> None:
    assert theme_css("#b3204d").startswith(":root{--accent:#b3204d;--on-accent:#ffffff;")


def test_black_is_written_where_white_would_fade() -> None:
    assert readable_on((0xFF, 0xD4, 0x00)) == BLACK
    assert readable_on((0x20, 0x40, 0x80)) == WHITE


@pytest.mark.parametrize(
    "unusable", ["", "red", "#12345", "#1234567", "}</style><script>", "#12345g"]
)
def test_what_is_no_colour_gets_the_default_theme(unusable: str) -> None:
    assert theme_css(unusable) == theme_css("#4149d6")


def test_the_surfaces_are_those_of_the_tokens() -> None:
    tokens = (paths.STATIC / "css/tokens.css").read_text()
    light, dark = tokens.split("prefers-color-scheme: dark", 1)

    def token(css: str, name: str) -> Colour:
        code = re.search(rf"--{name}: #(\w+);", css)
        assert code is not None
        full = code[1] if len(code[1]) == 6 else "".join(each * 2 for each in code[1])
        return colour(f"#{full}")

    assert (token(light, "surface"), token(light, "canvas")) == LIGHT_SURFACES
    assert (token(dark, "surface"), token(dark, "raised")) == DARK_SURFACES
