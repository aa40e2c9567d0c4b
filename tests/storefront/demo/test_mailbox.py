"""The mailbox reads what the shop wrote, and lets no mail do anything."""

import os
from email.message import EmailMessage
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

from storefront.demo.mailbox import create_mailbox, linked

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "mail"
    folder.mkdir()
    (tmp_path / "secret.eml").write_bytes(b"Subject: Not yours\n\nsecret")
    return folder


@pytest.fixture
def mailbox(folder: Path) -> Flask:
    return create_mailbox(folder)


@pytest.fixture
def client(mailbox: Flask) -> FlaskClient:
    return mailbox.test_client()


def _message(html: str = '<p>Thank you</p><img src="cid:qr@shop">') -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = "Your order at Café Brinella"
    message["From"] = "Brinella <ciao@brinella.example.com>"
    message["To"] = "ada@example.com"
    message.set_content("Thank you <b>Ada</b>. See http://localhost:8000/orders/ord_1?t=a&in=page.")
    message.add_alternative(html, subtype="html")
    body = message.get_body(("html",))
    assert isinstance(body, EmailMessage)
    body.add_related(PNG, "image", "png", cid="<qr@shop>")
    message.add_attachment(b"<svg/>", maintype="image", subtype="svg+xml", filename="card.svg")
    return message


def _write(folder: Path, name: str, message: EmailMessage | bytes) -> None:
    raw = message if isinstance(message, bytes) else message.as_bytes()
    (folder / name).write_bytes(raw)


@pytest.mark.parametrize("is_there", [True, False])
def test_an_empty_mailbox_says_so(folder: Path, client: FlaskClient, is_there: bool) -> None:
    if not is_there:
        folder.rmdir()

    assert "No mail yet" in client.get("/").text


def test_the_newest_mail_stands_first(folder: Path, client: FlaskClient) -> None:
    for age, name in enumerate(["b.eml", "c.eml", "a.eml"]):
        _write(folder, name, b"Subject: mail " + name.encode() + b"\n\nHello")
        os.utime(folder / name, (1000 - age, 1000 - age))

    page = client.get("/").text
    places = [page.index(f"mail {name}") for name in ("b.eml", "c.eml", "a.eml")]
    assert places == sorted(places)


def test_only_mails_are_listed(folder: Path, client: FlaskClient) -> None:
    _write(folder, "half.eml.tmp", b"Subject: half written\n\n")

    assert "half written" not in client.get("/").text


def test_a_mail_shows_its_headers_and_both_bodies(folder: Path, client: FlaskClient) -> None:
    _write(folder, "a.eml", _message())

    page = client.get("/a.eml").text
    assert "<h1>Your order at Café Brinella</h1>" in page
    assert "ada@example.com" in page
    assert (
        'src="/a.eml/html" sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"'
        in page
    )
    assert "Thank you &lt;b&gt;Ada&lt;/b&gt;." in page


def test_a_picture_inside_the_html_is_found_by_its_content_id(
    folder: Path, client: FlaskClient
) -> None:
    _write(folder, "a.eml", _message())

    html = client.get("/a.eml/html").text
    address = html.partition('<img src="')[2].partition('"')[0]
    picture = client.get(address)
    assert (picture.data, picture.mimetype) == (PNG, "image/png")


def test_addresses_hold_wherever_the_mailbox_is_mounted(folder: Path, mailbox: Flask) -> None:
    _write(folder, "a.eml", _message())
    mounted = Client(DispatcherMiddleware(Flask("outer"), {"/demo/mailbox": mailbox}))

    html = mounted.get("/demo/mailbox/a.eml/html").text
    assert '<img src="/demo/mailbox/a.eml/parts/' in html


def test_the_html_of_a_mail_may_run_and_send_nothing(folder: Path, client: FlaskClient) -> None:
    _write(folder, "a.eml", _message("<script>alert(1)</script>"))

    expected = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'none'; "
        "frame-ancestors 'self'; sandbox allow-same-origin allow-popups "
        "allow-popups-to-escape-sandbox"
    )
    assert client.get("/a.eml/html").headers["Content-Security-Policy"] == expected
    assert "<script>" not in client.get("/a.eml").text


def test_an_attachment_is_saved_and_not_opened(folder: Path, client: FlaskClient) -> None:
    _write(folder, "a.eml", _message())

    page = client.get("/a.eml").text
    address = page[: page.index("<span>card.svg")].rpartition('<a href="')[2].partition('"')[0]
    answer = client.get(address)
    assert answer.data == b"<svg/>"
    assert answer.headers["Content-Disposition"] == "attachment; filename=card.svg"
    assert answer.headers["Content-Security-Policy"].endswith("sandbox")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_source_is_plain_text(folder: Path, client: FlaskClient) -> None:
    _write(folder, "a.eml", b"Subject: <script>\n\n<script>alert(1)</script>")

    answer = client.get("/a.eml/source")
    assert answer.mimetype == "text/plain"
    assert answer.data == b"Subject: <script>\n\n<script>alert(1)</script>"


def test_a_hostile_subject_is_only_words(folder: Path, client: FlaskClient) -> None:
    _write(folder, "a.eml", b"Subject: <img src=x onerror=alert(1)>\n\nHello")

    for page in (client.get("/").text, client.get("/a.eml").text):
        assert "&lt;img src=x onerror=alert(1)&gt;" in page
        assert "<img src=x" not in page


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00",
        b'To: "\xe9 <,,;@\nFrom: =?x?q?=\nSubject: =?utf-8?b?!!!?=\nMessage-ID: <\n\nHello',
        b"Content-Type: text/plain; charset=no-such-charset\n\nHello",
        b"Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: multipart/alternative",
        b"Content-Type: image/png\nContent-Transfer-Encoding: base64\n\n****",
        b"Content-Type: message/rfc822\n\nSubject: inner\n\nHello",
    ],
)
def test_a_broken_mail_is_shown_as_far_as_it_goes(
    folder: Path, client: FlaskClient, raw: bytes
) -> None:
    _write(folder, "a.eml", raw)

    statuses = [client.get(each).status_code for each in ("/", "/a.eml", "/a.eml/html")]
    assert statuses == [200, 200, 200]


@pytest.mark.parametrize(
    "address",
    [
        "/../secret.eml",
        "/..%2fsecret.eml",
        "/%2e%2e%2fsecret.eml/source",
        "/..%5csecret.eml",
        "/....//secret.eml",
        "/%2fetc%2fpasswd/source",
        "/b.eml",
        "/a.eml/parts/99",
        "/a.eml.tmp",
    ],
)
def test_nothing_outside_the_folder_can_be_read(
    folder: Path, client: FlaskClient, address: str
) -> None:
    _write(folder, "a.eml", b"Subject: here\n\nHello")
    _write(folder, "a.eml.tmp", b"Subject: half\n\n")

    answer = client.get(address)
    assert answer.status_code == 404
    assert b"secret" not in answer.data


def test_addresses_in_plain_text_become_links_and_all_else_stays_words() -> None:
    text = 'a <b> (http://x.example/?a=1&b="2). javascript:alert(1)'

    expected = (
        'a &lt;b&gt; (<a href="http://x.example/?a=1&amp;b=" target="_blank" rel="noopener">'
        "http://x.example/?a=1&amp;b=</a>&#34;2). javascript:alert(1)"
    )
    assert linked(text) == expected
