"""Mails about gifts as messages: to the recipient from the shop, answers to the merchant. When they
are sent is said in `delivery.py`, `reminders.py` and `thanks.py`."""

from __future__ import annotations

import re
from email.utils import formataddr, parseaddr
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gifting import art, links
from storefront import qr
from storefront.ports import MailPicture, Message

if TYPE_CHECKING:
    from gifting.presents import Present
    from storefront.ports import Ports
    from storefront.services.views import MerchantView

JOINER = "\N{WORD JOINER}"
"""Takes no room, and keeps mail programs from making a link of what somebody wrote."""

LINK_LIKE = re.compile(r"(?<=\w)(?=[.@]\w)|(?<=:)(?=//)")


def write(
    ports: Ports, present: Present, name: str, *, about: str, unsubscribe_url: str = ""
) -> Message:
    """Return the letter of this name to a gift's recipient, with its picture and its QR code.

    `about` tells it from others about the same gift: the same letter has the same Message-ID.
    """
    values = {
        "present": present,
        "merchant": present.merchant,
        "words": [unlinked(line) for line in present.words.splitlines()],
        "sender": unlinked(present.sender),
        "recipient": unlinked(present.recipient),
        "host": urlsplit(ports.settings.base_url).netloc,
        "lost_url": links.finding_url(ports.settings),
        "stop_url": unsubscribe_url,
        "ground": art.art_of(present.design).ground,
        "is_demo": ports.settings.demo,
    }
    subject, text, html = ports.letters.write(name, present.locale, values)
    return Message(
        to=present.email,
        sender=_from(ports, present.merchant),
        reply_to=_reply_to(present.merchant),
        subject=subject,
        text=text,
        html=html,
        message_id=_message_id(ports, f"{name}.{present.public_id}.{about}"),
        pictures=(
            MailPicture("design", art.picture(present.design)),
            MailPicture("qr", qr.picture(present.url)),
        ),
        unsubscribe_url=unsubscribe_url,
    )


def write_to_giver(
    ports: Ports, present: Present, name: str, *, to: tuple[str, str], about: str, order_url: str
) -> Message:
    """Return the letter of this name to a gift's buyer, whose address and language `to` gives."""
    address, locale = to
    values = {
        "present": present,
        "merchant": present.merchant,
        "recipient": unlinked(present.recipient),
        "address": present.email,
        "thanks": [unlinked(line) for line in present.thanks.splitlines()],
        "order_url": order_url,
        "is_demo": ports.settings.demo,
    }
    subject, text, html = ports.letters.write(name, locale, values)
    return Message(
        to=address,
        sender=_from(ports, present.merchant),
        reply_to=_reply_to(present.merchant),
        subject=subject,
        text=text,
        html=html,
        message_id=_message_id(ports, f"{name}.{present.public_id}.{about}"),
    )


def unlinked(text: str) -> str:
    """Return what a person wrote so that no mail program makes a link of any part of it."""
    return LINK_LIKE.sub(JOINER, text)


def _from(ports: Ports, merchant: MerchantView) -> str:
    """Return the shop's own mailbox under the merchant's name: never the giver's."""
    return formataddr((merchant.name, parseaddr(ports.settings.mail_from)[1]))


def _reply_to(merchant: MerchantView) -> str:
    return formataddr((merchant.name, merchant.contact_email))


def _message_id(ports: Ports, name: str) -> str:
    _, address = parseaddr(ports.settings.mail_from)
    return f"<{name}@{address.rpartition('@')[2]}>"
