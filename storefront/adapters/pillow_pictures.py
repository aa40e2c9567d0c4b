"""Pictures decoded and written anew with Pillow: upright, in sRGB, without metadata, in sizes that
fit screens. Files are named after their content and never change."""

from __future__ import annotations

import contextlib
import hashlib
import io
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

from PIL import Image, ImageCms, ImageOps

from storefront.errors import Invalid
from storefront.ports import KeptPicture

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
FOLDER = "p"
MOST_PIXELS = 50_000_000
LONGEST_SIDE = 15_000
LARGEST_WIDTH = 1600
LARGEST_HEIGHT = 2400
WIDTHS = (320, 640, 960)
"""Half and whole a phone's width, and a desk's; the picture itself is the largest copy."""

JPEG_QUALITY = 82
WEBP_QUALITY = 78
NAME_LENGTH = 24
UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    ArithmeticError,
    EOFError,
    Image.DecompressionBombWarning,
)
"""What Pillow raises for files that are broken or made to break it."""


class PillowPictures:
    """Keeps pictures in a folder: a JPEG that every program shows, and smaller WebP copies."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER

    def keep(self, upload: IO[bytes]) -> KeptPicture:
        """Decode a picture and keep it anew; see `ports.Pictures`."""
        picture = _fit(_read(upload))
        whole = _encoded(picture, "JPEG", quality=JPEG_QUALITY, optimize=True, progressive=True)
        stem = hashlib.sha256(whole).hexdigest()[:NAME_LENGTH]
        widths = [width for width in WIDTHS if width < picture.width] + [picture.width]
        for width in widths:
            self._write(f"{stem}-{width}.webp", _copy(picture, width))
        self._write(f"{stem}.jpg", whole)
        return KeptPicture(
            file=f"{FOLDER}/{stem}.jpg",
            width=picture.width,
            height=picture.height,
            widths=" ".join(map(str, widths)),
        )

    def kept_before(self, before: datetime) -> Iterator[str]:
        """Yield the files that were last kept before a moment; see `ports.Pictures`."""
        for path in self._folder.glob("*.jpg"):
            if _is_kept_before(path, before):
                yield f"{FOLDER}/{path.name}"

    def discard(self, file: str, *, kept_before: datetime) -> bool:
        """Delete a picture with its copies; see `ports.Pictures`."""
        path = self._folder / Path(file).name
        if not _is_kept_before(path, kept_before):
            return False
        path.unlink(missing_ok=True)
        for copy in self._folder.glob(f"{path.stem}-*.webp"):
            copy.unlink(missing_ok=True)
        return True

    def _write(self, name: str, content: bytes) -> None:
        """Write a file at once or not at all: nobody is ever shown half a picture."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as file:
            file.write(content)
        whole = Path(file.name)
        whole.chmod(0o644)  # a temporary file is its maker's alone; pictures are for everybody
        whole.replace(self._folder / name)


def _is_kept_before(path: Path, moment: datetime) -> bool:
    try:
        return path.stat().st_mtime < moment.timestamp()
    except FileNotFoundError:
        return False


def _read(upload: IO[bytes]) -> Image.Image:
    """Return the picture's pixels, upright, in RGB, on white where it lets light through."""
    try:
        with Image.open(upload, formats=FORMATS) as picture:
            _refuse_bomb(picture)
            picture.draft("RGB", (LARGEST_WIDTH, LARGEST_HEIGHT))
            upright = ImageOps.exif_transpose(picture)
            return _in_rgb(upright)
    except Image.DecompressionBombError as error:
        raise Invalid("picture_too_many_pixels", field="picture") from error
    except UNREADABLE as error:
        raise Invalid("picture_unreadable", field="picture") from error


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


def _copy(picture: Image.Image, width: int) -> bytes:
    height = max(1, round(picture.height * width / picture.width))
    small = picture.resize((width, height), Image.Resampling.LANCZOS)
    return _encoded(small, "WEBP", quality=WEBP_QUALITY, method=4)


def _encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()
