"""Pictures kept in files that are named after their content and never change. What becomes of their
pixels is in `pixels.py`, which is loaded with the first picture: who sells needs it not."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

from storefront.ports import KeptPicture

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

FOLDER = "p"
WIDTHS = (320, 640, 960)
"""Half and whole a phone's width, and a desk's; the picture itself is the largest copy."""

NAME_LENGTH = 24


class PillowPictures:
    """Keeps pictures in a folder: a JPEG that every program shows, and smaller WebP copies."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER

    def keep(self, upload: IO[bytes]) -> KeptPicture:
        """Decode a picture and keep it anew; see `ports.Pictures`."""
        from storefront.adapters import pixels  # noqa: PLC0415 - only now, see above

        picture = pixels.read(upload)
        whole = pixels.jpeg(picture)
        stem = hashlib.sha256(whole).hexdigest()[:NAME_LENGTH]
        widths = [width for width in WIDTHS if width < picture.width] + [picture.width]
        for width in widths:
            self._write(f"{stem}-{width}.webp", pixels.webp(picture, width))
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
