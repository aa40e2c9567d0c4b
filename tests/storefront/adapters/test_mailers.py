"""Mail as files and by SMTP: what is sent, and which faults are worth another try."""

import socket
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import cast

import pytest

from storefront import qr
from storefront.adapters.file_mailer import FileMailer
from storefront.adapters.smtp_mailer import SmtpMailer
from storefront.errors import Invalid, StorefrontError, TryAgain
from storefront.ports import MailPicture, Message
from tests.fakes import StandingClock
from tests.storefront.adapters.mail_server import MailServer

CLOCK = StandingClock(datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC))
MESSAGE = Message(
    to="ada@buyer.test",
    sender="Gelato & Söhne <hello@shop.test>",
    reply_to="Gelato & Söhne <ask@gelato.test>",
    subject="Your order #1001 \N{EN DASH} 謝謝",
    text="Thank you, Ada.\n.\nA line with one point above.\n",
    html="<p>Thank you, Ada. \N{EN DASH} 謝謝</p>",
    message_id="<receipt.ord_1@shop.test>",
)


def check(mail: EmailMessage) -> None:
    """Assert that a message arrived as it was meant."""
    assert mail["From"] == "Gelato & Söhne <hello@shop.test>"
    assert mail["Reply-To"] == "Gelato & Söhne <ask@gelato.test>"
    assert mail["To"] == "ada@buyer.test"
    assert mail["Subject"] == "Your order #1001 \N{EN DASH} 謝謝"
    assert mail["Message-ID"] == "<receipt.ord_1@shop.test>"
    assert mail["Date"].datetime == CLOCK.now()
    assert mail["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert content(mail, "plain") == MESSAGE.text
    assert content(mail, "html").strip() == MESSAGE.html


def content(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def read(file: Path) -> EmailMessage:
    return cast("EmailMessage", message_from_bytes(file.read_bytes(), policy=default))


def test_a_message_becomes_a_file_that_mail_programs_open(tmp_path: Path) -> None:
    FileMailer(tmp_path / "mail", CLOCK).send(MESSAGE)
    [file] = (tmp_path / "mail").iterdir()

    assert file.suffix == ".eml"
    check(read(file))


def test_the_same_message_is_written_once(tmp_path: Path) -> None:
    mailer = FileMailer(tmp_path, CLOCK)
    mailer.send(MESSAGE)
    mailer.send(MESSAGE)

    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_cannot_be_made_is_a_passing_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(TryAgain) as fault:
        FileMailer(tmp_path / "file" / "mail", CLOCK).send(MESSAGE)
    assert fault.value.code == "mail_unavailable"


def test_a_message_reaches_a_mail_server_as_it_was_meant() -> None:
    with MailServer() as server:
        SmtpMailer(server.url, CLOCK).send(MESSAGE)

    [letter] = server.letters
    assert (letter.sender, letter.recipients) == ("hello@shop.test", ["ada@buyer.test"])
    check(letter.mail)


def test_a_name_and_password_with_odd_symbols_reach_the_server() -> None:
    with MailServer() as server:
        address = server.url.replace("//", "//shop%40test:p%2Fss%3Aword@")
        SmtpMailer(address, CLOCK).send(MESSAGE)

    assert server.commands[:3] == ["EHLO", "AUTH", "MAIL"]
    assert len(server.letters) == 1


PASSING = ("TryAgain", "mail_unavailable")
FINAL = ("Invalid", "mail_refused")


@pytest.mark.parametrize(
    ("command", "answer", "expected"),
    [
        ("greeting", "421 busy", PASSING),
        ("greeting", "drop", PASSING),
        ("MAIL", "451 later", PASSING),
        ("MAIL", "550 not you", FINAL),
        ("MAIL", "drop", PASSING),
        ("RCPT", "450 mailbox busy", PASSING),
        ("RCPT", "452 mailbox full", PASSING),
        ("RCPT", "550 nobody here", FINAL),
        ("RCPT", "553 no such name", FINAL),
        ("RCPT", "drop", PASSING),
        ("DATA", "451 later", PASSING),
        ("DATA", "554 never", FINAL),
        ("body", "452 no room", PASSING),
        ("body", "552 too large", FINAL),
        ("body", "554 spam", FINAL),
        ("body", "drop", PASSING),
    ],
)
def test_the_servers_answer_decides_between_another_try_and_an_end(
    command: str, answer: str, expected: tuple[str, str]
) -> None:
    with MailServer({command: answer}) as server, pytest.raises(StorefrontError) as fault:
        SmtpMailer(server.url, CLOCK).send(MESSAGE)

    assert (type(fault.value).__name__, fault.value.code) == expected
    assert server.letters == []


def test_a_refusal_names_the_address_as_the_fault() -> None:
    with MailServer({"RCPT": "550 nobody here"}) as server, pytest.raises(Invalid) as refusal:
        SmtpMailer(server.url, CLOCK).send(MESSAGE)

    assert refusal.value.field == "email"


def test_a_password_that_has_changed_can_be_put_right_and_loses_no_mail() -> None:
    with MailServer({"AUTH": "535 wrong"}) as server, pytest.raises(TryAgain) as fault:
        SmtpMailer(server.url.replace("//", "//shop:old@"), CLOCK).send(MESSAGE)

    assert fault.value.code == "mail_unavailable"
    assert server.letters == []


@pytest.mark.parametrize("answer", ["421 closing", "500 what?", "drop"])
def test_a_rude_goodbye_does_not_undo_what_was_taken(answer: str) -> None:
    with MailServer({"QUIT": answer}) as server:
        SmtpMailer(server.url, CLOCK).send(MESSAGE)

    assert len(server.letters) == 1


def test_no_server_at_all_is_a_passing_fault() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        mailer = SmtpMailer(f"smtp://127.0.0.1:{deaf.getsockname()[1]}", CLOCK)

        with pytest.raises(TryAgain) as fault:
            mailer.send(MESSAGE)
    assert fault.value.code == "mail_unavailable"


def test_a_server_without_encryption_is_not_told_the_password() -> None:
    with MailServer() as server:
        address = server.url.replace("smtp://", "smtp+starttls://shop:secret@")

        with pytest.raises(TryAgain) as fault:
            SmtpMailer(address, CLOCK).send(MESSAGE)
    assert fault.value.code == "mail_unavailable"
    assert "AUTH" not in server.commands


def test_a_picture_travels_beside_the_html_that_shows_it(tmp_path: Path) -> None:
    picture = MailPicture("qr", qr.picture("https://shop.test/g/x"))
    html = '<p>Scan it: <img src="cid:qr" alt="QR code"></p>'
    FileMailer(tmp_path, CLOCK).send(replace(MESSAGE, html=html, pictures=(picture,)))
    [file] = tmp_path.iterdir()
    mail = read(file)

    assert content(mail, "plain") == MESSAGE.text
    assert content(mail, "html").strip() == html
    [image] = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert image["Content-ID"] == "<qr>"
    assert image.get_content_disposition() == "inline"
    assert image.get_content() == picture.content


def test_only_a_mail_that_nobody_asked_for_says_how_to_stop_it(tmp_path: Path) -> None:
    FileMailer(tmp_path / "asked", CLOCK).send(MESSAGE)
    reminder = replace(MESSAGE, unsubscribe_url="https://shop.test/gift-reminders/x")
    FileMailer(tmp_path / "unasked", CLOCK).send(reminder)
    asked, unasked = (read(next((tmp_path / folder).iterdir())) for folder in ("asked", "unasked"))

    assert asked["List-Unsubscribe"] is asked["List-Unsubscribe-Post"] is None
    assert unasked["List-Unsubscribe"] == "<https://shop.test/gift-reminders/x>"
    assert unasked["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize(
    "changed",
    [
        {"subject": f"Your order at {', a shop with a long name' * 6}"},
        {"sender": "A, B & C <hello@shop.test>"},
        {"to": "jörg@buyer.test"},
        {"text": "謝" * 200 + "\n"},
        {"text": "a = b\r\n" + "no end " * 80 + "\n.\nFrom here on \n"},
    ],
)
def test_what_is_not_plain_arrives_as_it_was_meant(tmp_path: Path, changed: dict[str, str]) -> None:
    message = replace(MESSAGE, **changed)  # type: ignore[arg-type]
    FileMailer(tmp_path, CLOCK).send(message)
    [file] = tmp_path.iterdir()
    mail = read(file)

    assert max(map(len, file.read_bytes().split(b"\r\n"))) <= 78
    assert (mail["Subject"], mail["To"]) == (message.subject, message.to)
    assert content(mail, "plain") == message.text.replace("\r\n", "\n")


def test_what_programs_read_in_a_header_stands_there_as_it_is(tmp_path: Path) -> None:
    """A mail program that would stop reminders decodes no words; a real link has 100 symbols."""
    link = f"https://shop.test/storefront/gift-reminders/{'a1' * 24}"
    name = f"<gift_reminder.gft_{'a1' * 8}.unopened.1@{'long-' * 12}name.shop.test>"
    FileMailer(tmp_path, CLOCK).send(replace(MESSAGE, unsubscribe_url=link, message_id=name))
    [file] = tmp_path.iterdir()
    lines = file.read_bytes().decode().split("\r\n")

    assert f"List-Unsubscribe: <{link}>" in lines
    assert f"Message-ID: {name}" in lines
    assert max(map(len, lines)) < 998


@pytest.mark.parametrize("text", ["x" * 200, "a b " * 60 + "\n", "=" * 90, "one\rtwo\r\nthree", ""])
def test_no_line_of_a_mail_ends_in_half(tmp_path: Path, text: str) -> None:
    """A bare CR or LF is how lines are smuggled past a server, and many refuse such a mail."""
    FileMailer(tmp_path, CLOCK).send(replace(MESSAGE, text=text, html=text))
    [file] = tmp_path.iterdir()
    raw = file.read_bytes()

    assert not {b"\r", b"\n"} & set(map(bytes, zip(raw.replace(b"\r\n", b""))))
    assert max(map(len, raw.split(b"\r\n"))) <= 78
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    assert [lines, lines] == [content(read(file), kind) for kind in ("plain", "html")]


def test_an_address_that_the_server_cannot_write_is_refused_for_good() -> None:
    """It never will; a week of tries would only keep from the buyer that it must be corrected."""
    with MailServer() as server, pytest.raises(Invalid) as refusal:
        SmtpMailer(server.url, CLOCK).send(replace(MESSAGE, to="jörg@buyer.test"))

    assert ("mail_refused", "email") == (refusal.value.code, refusal.value.field)
    assert server.letters == []


def test_an_address_in_other_letters_reaches_a_server_that_knows_them() -> None:
    with MailServer({"EHLO": "250-mail.test\r\n250-8BITMIME\r\n250 SMTPUTF8"}) as server:
        SmtpMailer(server.url, CLOCK).send(replace(MESSAGE, to="jörg@buyer.test"))

    [letter] = server.letters
    assert (["jörg@buyer.test"], "jörg@buyer.test") == (letter.recipients, letter.mail["To"])


def test_a_header_of_two_lines_is_never_sent(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="linefeed"):
        FileMailer(tmp_path, CLOCK).send(replace(MESSAGE, subject="Hello\nBcc: eve@buyer.test"))

    assert list(tmp_path.iterdir()) == []
