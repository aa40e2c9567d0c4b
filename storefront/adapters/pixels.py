"""Pixels decoded and encoded anew with Pillow, in sizes that fit screens. Where they are kept is
for others to say."""

from __future__ import annotations

import contextlib
import io
from typing import IO

from PIL import Image, ImageCms, ImageOps

from storefront.errors import Invalid

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
MOST_PIXELS = 50_000_000
LONGEST_SIDE = 15_000
LARGEST_WIDTH = 1600
LARGEST_HEIGHT = 2400
JPEG_QUALITY = 82
WEBP_QUALITY = 78
UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    ArithmeticError,
    EOFError,
    Image.DecompressionBombWarning,
)
"""What Pillow raises for files that are broken or made to break it."""


def read(upload: IO[bytes]) -> Image.Image:
    """Return a picture upright, in sRGB, on white where it lets light through, without metadata and
    no larger than any screen needs; raise `Invalid` picture_… where it cannot be read."""
    try:
        with Image.open(upload, formats=FORMATS) as picture:
            _refuse_bomb(picture)
            picture.draft("RGB", (LARGEST_WIDTH, LARGEST_HEIGHT))
            upright = ImageOps.exif_transpose(picture)
            return _fit(_in_rgb(upright))
    except Image.DecompressionBombError as error:
        raise Invalid("picture_too_many_pixels", field="picture") from error
    except UNREADABLE as error:
        raise Invalid("picture_unreadable", field="picture") from error


def jpeg(picture: Image.Image) -> bytes:
    """Return a picture as every program shows it."""
    return _encoded(picture, "JPEG", quality=JPEG_QUALITY, optimize=True, progressive=True)


def webp(picture: Image.Image, width: int) -> bytes:
    """Return a smaller copy."""
    height = max(1, round(picture.height * width / picture.width))
    small = picture.resize((width, height), Image.Resampling.LANCZOS)
    return _encoded(small, "WEBP", quality=WEBP_QUALITY, method=4)


def _refuse_bomb(picture: Image.Image) -> None:
    width, height = picture.size
    if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
        raise Invalid("picture_too_many_pixels", field="picture")


def _in_rgb(picture: Image.Image) -> Image.Image:
    profile = picture.info.get("icc_profile")
    has_alpha = picture.has_transparency_data
    seen = picture.convert("RGBA" if has_alpha else "RGB")
    flat = Image.new("RGB", seen.size, "white")
    flat.paste(seen, mask=seen.getchannel("A") if has_alpha else None)
    if profile and picture.mode in {"RGB", "RGBA"}:
        # A profile that cannot be read is left out: colours a little off are no reason to refuse.
        with contextlib.suppress(ImageCms.PyCMSError, OSError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            ImageCms.profileToProfile(flat, source, ImageCms.createProfile("sRGB"), inPlace=True)
    return flat


def _fit(picture: Image.Image) -> Image.Image:
    picture.thumbnail((LARGEST_WIDTH, LARGEST_HEIGHT), Image.Resampling.LANCZOS)
    # A picture of its own carries nothing over: no comment, no place where it was taken.
    bare = Image.new("RGB", picture.size)
    bare.paste(picture)
    return bare


def _encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()
