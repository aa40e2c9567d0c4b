"""What both mailers share: a Message as MIME."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from storefront.ports import MailPicture, Message


def mime(message: Message, sent_at: datetime) -> EmailMessage:
    """Return the message with a text part and its HTML alternative, pictures beside the latter."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = message.sender
    mail["To"] = message.to
    mail["Reply-To"] = message.reply_to
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(sent_at)
    mail["Message-ID"] = message.message_id
    mail["Auto-Submitted"] = "auto-generated"
    if message.unsubscribe_url:
        mail["List-Unsubscribe"] = f"<{message.unsubscribe_url}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    if message.pictures:
        _enclose(mail, message.pictures)
    return mail


def _enclose(mail: EmailMessage, pictures: Iterable[MailPicture]) -> None:
    """Put the pictures beside the HTML, which names them."""
    _, html = mail.iter_parts()
    for picture in pictures:
        html.add_related(
            picture.content,
            "image",
            "png",
            cid=f"<{picture.name}>",
            disposition="inline",
            filename=f"{picture.name}.png",
        )
