"""Uploaded pictures: shown upright and small, with nothing in them but pixels, or refused."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from storefront.adapters.pillow_pictures import PillowPictures
from storefront.errors import Invalid
from storefront.ports import KeptPicture

SECRET = b"51.5007 N, 0.1246 W: taken at home"


def picture(size: tuple[int, int] = (1200, 800), kind: str = "JPEG", **options: Any) -> io.BytesIO:
    """Return an encoded picture whose left half is red and right half blue."""
    image = Image.new(options.pop("mode", "RGB"), size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    buffer.seek(0)
    return buffer


def keep(folder: Path, upload: io.BytesIO) -> KeptPicture:
    """Keep a picture in a folder."""
    return PillowPictures(folder).keep(upload)


def refused(folder: Path, upload: io.BytesIO) -> str:
    """Return the code with which a picture is refused, which must leave no file."""
    with pytest.raises(Invalid) as refusal:
        keep(folder, upload)
    assert [] == [file for file in folder.rglob("*") if file.is_file()]
    return refusal.value.code


def bomb(width: int, height: int) -> io.BytesIO:
    """Return a PNG of a few bytes that says it is huge."""

    def chunk(name: bytes, body: bytes) -> bytes:
        check = zlib.crc32(name + body)
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 10_000)
    return io.BytesIO(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


def test_a_picture_is_kept_in_widths_that_fit_screens(tmp_path: Path) -> None:
    kept = keep(tmp_path, picture((2400, 1600)))

    stem = kept.file.removesuffix(".jpg")
    sizes = {}
    for width in kept.widths.split():
        with Image.open(tmp_path / f"{stem}-{width}.webp") as copy:
            sizes[width] = (copy.format, copy.size)
    assert (1600, 1067) == (kept.width, kept.height)
    assert {
        "320": ("WEBP", (320, 213)),
        "640": ("WEBP", (640, 427)),
        "960": ("WEBP", (960, 640)),
        "1600": ("WEBP", (1600, 1067)),
    } == sizes


def test_a_small_picture_is_not_blown_up(tmp_path: Path) -> None:
    kept = keep(tmp_path, picture((300, 200)))

    assert (300, 200, "300") == (kept.width, kept.height, kept.widths)


def test_the_same_picture_is_kept_once(tmp_path: Path) -> None:
    first = keep(tmp_path, picture())
    before = sorted(tmp_path.rglob("*"))

    assert first == keep(tmp_path, picture())
    assert before == sorted(tmp_path.rglob("*"))


def test_a_telephones_picture_is_turned_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # held sideways

    kept = keep(tmp_path, picture((400, 300), exif=exif))

    with Image.open(tmp_path / kept.file) as shown:
        top = shown.getpixel((150, 20))
    assert (300, 400) == (kept.width, kept.height)
    assert top[0] > 200 > top[2]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_nothing_but_pixels_is_left(tmp_path: Path, kind: str) -> None:
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    options: dict[str, Any] = {"exif": exif}
    if kind == "JPEG":
        options["comment"] = SECRET

    upload = picture(kind=kind, **options)
    has_secret = SECRET in upload.getvalue()
    keep(tmp_path, upload)

    files = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    assert has_secret
    assert len(files) == 5
    assert not any(SECRET in content or b"Exif" in content for content in files)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "CMYK", "1"])
def test_pictures_of_every_mode_become_colours_on_white(tmp_path: Path, mode: str) -> None:
    image = Image.new("RGBA" if mode in {"RGBA", "P"} else mode, (40, 30))
    buffer = io.BytesIO()
    image.convert(mode).save(buffer, "JPEG" if mode == "CMYK" else "PNG")
    buffer.seek(0)

    kept = keep(tmp_path, buffer)

    with Image.open(tmp_path / kept.file) as shown:
        assert "RGB" == shown.mode
        if mode in {"RGBA", "LA"}:
            assert (255, 255, 255) == shown.getpixel((5, 5))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    codes = [
        refused(tmp_path, bomb(*size)) for size in ((60_000, 60_000), (20_000, 10), (9000, 6000))
    ]

    assert ["picture_too_many_pixels"] * 3 == codes


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"%PDF-1.7",
        b"BM" + b"\0" * 60,
        picture().getvalue()[:400],
        picture(kind="PNG").getvalue()[:-40],
        picture(kind="WEBP").getvalue()[:60],
    ],
)
def test_what_is_no_whole_picture_of_a_known_kind_is_refused(
    tmp_path: Path, content: bytes
) -> None:
    assert "picture_unreadable" == refused(tmp_path, io.BytesIO(content))
