"""The demo's mailbox: every mail the shop wrote, to be read in a browser instead of being sent."""

import re
from http import HTTPStatus
from pathlib import Path

from flask import Flask, Response, abort, current_app, render_template, url_for
from flask_babel import format_datetime
from markupsafe import Markup, escape

from storefront.demo.letters import Letter, find_letter, list_envelopes, with_pictures
from storefront.demo.site import create_site

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# The mail's own HTML: a document without scripts, forms or the network. It has our origin, so that
# the page around it can ask how tall it is.
_OPEN_LINKS = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"
LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'none'; "
    f"frame-ancestors 'self'; sandbox {_OPEN_LINKS}"
)
PART_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
# What a browser may show by itself; all else is only ever saved.
_SHOWN = ("image/png", "image/jpeg", "image/gif", "image/webp")
_ADDRESS = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")


def create_mailbox(mail_dir: Path) -> Flask:
    """Build the mailbox over a folder of `.eml` files; mount it anywhere."""
    mailbox = create_site("mailbox", policy=PAGE_POLICY, MAIL_DIR=mail_dir)
    mailbox.jinja_env.filters["linked"] = linked
    mailbox.jinja_env.filters["moment"] = format_datetime
    mailbox.jinja_env.globals["open_links"] = _OPEN_LINKS
    mailbox.add_url_rule("/", view_func=inbox)
    mailbox.add_url_rule("/<name>", view_func=letter)
    mailbox.add_url_rule("/<name>/html", view_func=html)
    mailbox.add_url_rule("/<name>/source", view_func=source)
    mailbox.add_url_rule("/<name>/parts/<int:number>", view_func=part)
    mailbox.register_error_handler(HTTPStatus.NOT_FOUND, _not_found)
    return mailbox


def inbox() -> str:
    """List the mails, newest first."""
    return render_template("mailbox/inbox.html", envelopes=list_envelopes(_folder()))


def letter(name: str) -> str:
    """Show one mail: headers, text, HTML and what came with it."""
    return render_template("mailbox/letter.html", letter=_letter(name))


def html(name: str) -> Response:
    """Send the mail's HTML for a sandboxed frame; links in it open in a tab of their own."""
    found = _letter(name)
    addresses = {
        part.content_id: url_for("part", name=name, number=part.number)
        for part in found.enclosures
        if part.content_id
    }
    page = '<!doctype html><base target="_blank">' + with_pictures(found.html, addresses)
    return _sent(page, "text/html; charset=utf-8", LETTER_POLICY)


def source(name: str) -> Response:
    """Send the mail as it was written."""
    return _sent(_letter(name).source, "text/plain; charset=utf-8", PART_POLICY)


def part(name: str, number: int) -> Response:
    """Send one attachment or inline picture."""
    found = next((each for each in _letter(name).enclosures if each.number == number), None)
    if found is None:
        abort(HTTPStatus.NOT_FOUND)
    response = _sent(found.content, found.media_type, PART_POLICY)
    if found.media_type not in _SHOWN:
        filename = found.filename or f"part-{number}"
        response.headers.set("Content-Disposition", "attachment", filename=filename)
    return response


def linked(text: str) -> Markup:
    """Escape plain text and make its web addresses links."""
    pieces, end = [], 0
    for match in _ADDRESS.finditer(text):
        address = escape(match[0])
        pieces += [
            escape(text[end : match.start()]),
            Markup('<a href="{0}" target="_blank" rel="noopener">{0}</a>').format(address),
        ]
        end = match.end()
    return Markup().join([*pieces, escape(text[end:])])


def _sent(content: str | bytes, media_type: str, policy: str) -> Response:
    response = Response(content, content_type=media_type)
    response.headers["Content-Security-Policy"] = policy
    return response


def _letter(name: str) -> Letter:
    return find_letter(_folder(), name) or abort(HTTPStatus.NOT_FOUND)


def _folder() -> Path:
    folder: Path = current_app.config["MAIL_DIR"]
    return folder


def _not_found(_: Exception) -> tuple[str, HTTPStatus]:
    return render_template("mailbox/missing.html"), HTTPStatus.NOT_FOUND
