"""Mail by SMTP. What the server says decides between another try and an end."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from storefront.adapters.mail import is_plain, mime, sender_address
from storefront.errors import Invalid, TryAgain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from storefront.ports import Clock, Message

TIMEOUT_SECONDS = 20
PERMANENT = 500
PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}


class SmtpMailer:
    """Sends through the server of an address such as smtp+starttls://user:password@host:587."""

    def __init__(self, url: str, clock: Clock) -> None:
        self._url = urlsplit(url)
        self._clock = clock

    def send(self, message: Message) -> None:
        """Hand the message over; `TryAgain` for a passing fault, `Invalid` for a refusal."""
        try:
            with self._connection() as connection:
                _hand_over(connection, message, self._clock.now())
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise _meaning(max(codes, default=0)) from error
        except smtplib.SMTPAuthenticationError as error:
            # Our fault, not the reader's: it can be put right, and no mail is lost meanwhile.
            raise TryAgain("mail_unavailable") from error
        except smtplib.SMTPResponseException as error:
            raise _meaning(error.smtp_code) from error
        except (smtplib.SMTPException, OSError) as error:
            raise TryAgain("mail_unavailable") from error

    def reach(self) -> None:
        """Connect and sign in; `TryAgain` where that fails."""
        try:
            with self._connection() as connection:
                connection.noop()
        except (smtplib.SMTPException, OSError) as error:
            raise TryAgain("mail_unavailable") from error

    @contextmanager
    def _connection(self) -> Iterator[smtplib.SMTP]:
        scheme, host = self._url.scheme, self._url.hostname or "localhost"
        port = self._url.port or PORTS[scheme]
        if scheme == "smtps":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                host, port, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context()
            )
        else:
            connection = smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
        try:
            if scheme == "smtp+starttls":
                connection.starttls(context=ssl.create_default_context())
            if self._url.username:
                connection.login(unquote(self._url.username), unquote(self._url.password or ""))
            yield connection
        finally:
            # However the server says goodbye, what it has taken is sent.
            with suppress(smtplib.SMTPException, OSError):
                connection.quit()


def _hand_over(connection: smtplib.SMTP, message: Message, sent_at: datetime) -> None:
    """Raise `Invalid` mail_refused for an address that this server will never take; what smtplib
    would raise for it could as well be about signing in."""
    options = () if is_plain(message) else ("SMTPUTF8", "BODY=8BITMIME")
    connection.ehlo_or_helo_if_needed()
    if options and not connection.has_extn("smtputf8"):
        raise Invalid("mail_refused", field="email")
    connection.sendmail(
        sender_address(message), message.to, mime(message, sent_at), mail_options=options
    )


def _meaning(code: int) -> Invalid | TryAgain:
    return (
        Invalid("mail_refused", field="email")
        if code >= PERMANENT
        else TryAgain("mail_unavailable")
    )
