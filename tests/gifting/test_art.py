"""The designs of gifts: one list of shapes, which pages and mails show alike."""

import io
import re

import pytest
from PIL import Image

from gifting.art import DRAWERS, HEIGHT, SHARPNESS, WIDTH, art_of, picture
from gifting.designs import DESIGNS


def test_every_design_has_its_picture() -> None:
    assert set(DESIGNS) == set(DRAWERS)


@pytest.mark.parametrize("name", DESIGNS)
def test_a_mails_picture_shows_what_the_page_draws(name: str) -> None:
    image = Image.open(io.BytesIO(picture(name))).convert("RGB")
    assert image.size == (WIDTH * SHARPNESS, HEIGHT * SHARPNESS)

    front = art_of(name).shapes[-1]
    x, y = (sum(values) / len(front.points) for values in zip(*front.points, strict=True))
    shown = image.getpixel((round(x * SHARPNESS), round(y * SHARPNESS)))
    assert isinstance(shown, tuple)
    meant = tuple(int(front.colour[at : at + 2], 16) for at in (1, 3, 5))
    assert max(abs(one - other) for one, other in zip(shown, meant, strict=True)) < 16


@pytest.mark.parametrize("name", DESIGNS)
def test_a_mails_picture_is_small(name: str) -> None:
    assert len(picture(name)) < 32_000


def test_an_outline_is_a_closed_path() -> None:
    path = art_of("ribbon").shapes[0].path

    assert re.fullmatch(r"M-?[\d.]+ -?[\d.]+( -?[\d.]+ -?[\d.]+)+z", path)
