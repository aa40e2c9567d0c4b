"""Reads the demo's mails from their folder; a broken or hostile mail is shown, never obeyed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from pathlib import Path
from urllib.parse import quote

SHOWN_HEADERS = ("From", "To", "Cc", "Reply-To", "Subject", "Date", "Message-ID")
MOST_LISTED = 200
_CID = re.compile(r"cid:([^\"'\s>)]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A mail in the list: the file it lies in and what stands on the outside."""

    name: str
    subject: str
    sender: str
    recipient: str
    arrived_at: datetime


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A part that is neither the text nor the HTML: an attachment or a picture inside the HTML."""

    number: int
    filename: str
    media_type: str
    content_id: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """A whole mail, taken apart."""

    envelope: Envelope
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    enclosures: tuple[Enclosure, ...]
    source: str


def list_envelopes(folder: Path) -> list[Envelope]:
    """List the newest mails, newest first; a folder that is not there yet is empty."""
    dated = sorted(((_arrival(file), file.name, file) for file in _files(folder)), reverse=True)
    return [_envelope(file) for _, _, file in dated[:MOST_LISTED]]


def find_letter(folder: Path, name: str) -> Letter | None:
    """Read the mail called `name`. Names are looked up in the folder, so no path can leave it."""
    for file in _files(folder):
        if file.name == name:
            return _letter(file)
    return None


def with_pictures(html: str, addresses: dict[str, str]) -> str:
    """Point every `cid:` in the HTML to the address of the part it names."""

    def address(match: re.Match[str]) -> str:
        return addresses.get(match[1], addresses.get(quote(match[1]), match[0]))

    return _CID.sub(address, html)


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (file for file in folder.iterdir() if file.suffix == ".eml" and file.is_file())


def _arrival(file: Path) -> int:
    return file.stat().st_mtime_ns


def _envelope(file: Path) -> Envelope:
    with file.open("rb") as stream:
        headers = BytesHeaderParser(policy=policy.default).parse(stream)
    return Envelope(
        name=file.name,
        subject=_header(headers, "Subject"),
        sender=_header(headers, "From"),
        recipient=_header(headers, "To"),
        arrived_at=datetime.fromtimestamp(file.stat().st_mtime, UTC),
    )


def _letter(file: Path) -> Letter:
    raw = file.read_bytes()
    message = message_from_bytes(raw, policy=policy.default)
    text, html, enclosures = "", "", []
    for number, part in enumerate(message.walk()):
        kind = part.get_content_type()
        is_body = part.get_content_disposition() != "attachment" and not part.get_filename()
        if part.is_multipart():
            continue
        if is_body and kind == "text/plain" and not text:
            text = _words(part)
        elif is_body and kind == "text/html" and not html:
            html = _words(part)
        else:
            enclosures.append(_enclosure(part, number))
    return Letter(
        envelope=_envelope(file),
        headers=tuple((name, value) for name in SHOWN_HEADERS if (value := _header(message, name))),
        text=text,
        html=html,
        enclosures=tuple(enclosures),
        source=raw.decode("utf-8", "replace"),
    )


def _enclosure(part: EmailMessage, number: int) -> Enclosure:
    return Enclosure(
        number=number,
        filename=part.get_filename() or "",
        media_type=part.get_content_type(),
        content_id=_header(part, "Content-ID").strip("<> "),
        content=_content(part),
    )


def _content(part: EmailMessage) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _words(part: EmailMessage) -> str:
    try:
        return _content(part).decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        return _content(part).decode("utf-8", "replace")


def _header(message: EmailMessage, name: str) -> str:
    try:
        return str(message.get(name, ""))
    except Exception:  # noqa: BLE001 - the standard parser fails in many ways on a hostile header
        raw = {key.lower(): value for key, value in message.raw_items()}
        return str(raw.get(name.lower(), ""))
