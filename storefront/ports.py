"""The outside world as types: what the shop asks of gateways, mail, clocks and storage.

`Ports` bundles one implementation of each; `app.py` builds it once, tests build their own."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import IO, TYPE_CHECKING, Any, Literal, Protocol

from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from sqlalchemy.orm import Session

    from storefront.domain.connections import AccountTold
    from storefront.domain.money import Money
    from storefront.domain.payments import DisputeNews, GatewayEvent, RefundNews, Snapshot
    from storefront.kinds import LineKind
    from storefront.settings import Settings

    News = RefundNews | DisputeNews

NewsKind = Literal["refund", "dispute"]


@frozen
class OpenRequest:
    """Money to be asked for. `key` makes a repeat harmless; `metadata` comes back in events."""

    amount: Money
    account: str
    key: str
    description: str
    metadata: Mapping[str, str]


@frozen
class Opened:
    """The gateway's reference, and the secret with which the buyer's page completes it."""

    reference: str
    client_secret: str


@frozen
class RefundRequest:
    """Money to be given back from one payment."""

    reference: str
    amount: Money
    account: str
    key: str
    metadata: Mapping[str, str]


@frozen
class AccountRequest:
    """A merchant's own account to be made at the gateway. `key` makes a repeat harmless; the
    country is two letters."""

    key: str
    country: str
    metadata: Mapping[str, str]


@frozen
class NewsPage:
    """A page of the gateway's own list of refunds or disputes, oldest first. `last` is the
    gateway's name of its newest entry, from which to read on: also where it is nothing of ours."""

    news: tuple[News, ...]
    last: str | None
    has_more: bool


class PaymentGateway(Protocol):
    """Takes and returns money. Raises `Declined`, `Invalid`, `TryAgain` or `Unreadable`."""

    def open(self, request: OpenRequest) -> Opened:
        """Ask for money; the same key never asks twice."""

    def cancel(self, reference: str, *, account: str) -> Snapshot:
        """Stop asking, and return what the payment is now: money may have been faster."""

    def fetch(self, reference: str, *, account: str) -> Snapshot:
        """Return what the gateway knows of a payment."""

    def refund(self, request: RefundRequest) -> str:
        """Give money back and return the gateway's reference of the refund."""

    def find_refund(self, request: RefundRequest) -> RefundNews | None:
        """Return what became of a refund that was asked for before, known by the metadata it
        carries; None when the gateway never made it. Keys make a repeat harmless for a day only."""

    def fetch_news(self, kind: NewsKind, reference: str, *, account: str) -> News:
        """Return how a refund or a dispute stands."""

    def list_news(self, kind: NewsKind, *, account: str, after: str | None) -> NewsPage:
        """Return the refunds or disputes of an account that came after the one that is named;
        after None the newest five hundred."""

    def open_account(self, request: AccountRequest) -> str:
        """Make an account that its owner has yet to complete, and return the gateway's name for it;
        the same key never makes two. Raises `Invalid` connect_refused."""

    def account_link(self, account: str, *, back_url: str, again_url: str) -> str:
        """Return an address, good once and for minutes, at which an account is completed.

        Whoever is done goes to `back_url`, and to `again_url` who comes with a spent link.
        """

    def find_account(self, account: str) -> AccountTold | None:
        """Return what the gateway knows of an account, None where it is no longer ours to use."""

    def read_event(self, body: bytes, signature: str | None) -> GatewayEvent:
        """Verify a webhook's signature over its raw body and return what it says."""

    def skew(self) -> timedelta:
        """Return how far this machine's clock is ahead of the gateway's."""


@frozen
class MailPicture:
    """A PNG that travels inside a mail; its HTML shows it as `cid:<name>`."""

    name: str
    content: bytes


@frozen
class Message:
    """One e-mail, ready to send. `message_id` is stable, so that a repeat can be recognised.

    `unsubscribe_url` is where one POST stops mails of this sort (RFC 8058); it is for those that
    nobody has asked for, and "" for all that a purchase brings with it.
    """

    to: str
    sender: str
    reply_to: str
    subject: str
    text: str
    html: str
    message_id: str
    pictures: tuple[MailPicture, ...] = ()
    unsubscribe_url: str = ""


class Mailer(Protocol):
    """Hands messages on. Raises `TryAgain` for a passing fault, `Invalid` for a final refusal."""

    def send(self, message: Message) -> None:
        """Hand one message to the mail system."""

    def reach(self) -> None:
        """Go as far as a message would, without one; raise as `send` does."""


class Letters(Protocol):
    """Fills a named e-mail template in a language."""

    def write(self, name: str, locale: str, values: Mapping[str, object]) -> tuple[str, str, str]:
        """Return subject, text and HTML of templates/email/<name>/."""


@frozen
class KeptPicture:
    """A picture in the media folder: its file's name, its size in pixels, and the widths of the
    smaller copies beside it, such as "320 640"."""

    file: str
    width: int
    height: int
    widths: str


class Pictures(Protocol):
    """Keeps pictures that merchants upload."""

    def keep(self, upload: IO[bytes]) -> KeptPicture:
        """Decode a picture and keep it anew in several sizes, without anything but its pixels.

        The same pixels are kept once. Raises `Invalid` picture_unreadable or
        picture_too_many_pixels.
        """

    def kept_before(self, before: datetime) -> Iterator[str]:
        """Yield the files that were last kept before a moment."""

    def discard(self, file: str, *, kept_before: datetime) -> bool:
        """Delete a picture with its copies, unless it was kept anew meanwhile; return whether it
        is gone."""


class Signer(Protocol):
    """Signs small values so that they can travel through strangers' hands."""

    def seal(self, purpose: str, value: object, *, is_dated: bool = False) -> str:
        """Return a URL-safe token that carries `value` and is good for `purpose` only.

        A dated token can be too old one day; an undated one is the same each time it is made.
        """

    def unseal(self, purpose: str, token: str, *, max_age: timedelta | None = None) -> object:
        """Return the value, or None when the token is altered, foreign or too old."""

    def digest(self, purpose: str, secret: str) -> str:
        """Return a keyed digest (hex) under the pepper: for looking secrets up, not for signing."""

    def encrypt(self, purpose: str, secret: str) -> str:
        """Return `secret` as only `decrypt` for the same purpose can read it."""

    def decrypt(self, purpose: str, encrypted: str) -> str | None:
        """Return the secret, or None when it is altered or was encrypted under another key."""

    def newest_key(self, purpose: str) -> int:
        """Return the number of the key that encrypts for a purpose: "3:" begins what it made."""


class Sessions(Protocol):
    """Opens write transactions; see `db/engine.py`."""

    @property
    def is_sqlite(self) -> bool:
        """Whether it is SQLite, which lies in the house, so that its statements need not be few."""

    def begin(self) -> AbstractContextManager[Session]:
        """Open one write transaction that commits when the block ends well."""

    def at_once(self) -> AbstractContextManager[Any]:
        """Open one hot statement that writes, which is a transaction of its own, in what stands for
        a session in `db/hot.py`."""

    def insert(self, model: type[Any], row: Mapping[str, object]) -> int:
        """Insert a row of a table and return its id once it is durable, in a transaction that it
        may share with rows that others insert at the same moment."""

    def insert_soon(self, model: type[Any], row: Mapping[str, object]) -> int | None:
        """Do so, or promise to do so within a moment and return None, as the shop is set."""

    def glance(self) -> AbstractContextManager[Any]:
        """Open hot statements that only read, each by itself, in the same way."""


class Reads(Protocol):
    """Opens read-only sessions; see `db/engine.py`."""

    def __call__(self) -> AbstractContextManager[Session]:
        """Open a session that can only read."""


class Clock:
    """Tells the time. Outside live mode a file may hold an offset in seconds, so that
    tomorrow can be walked through by hand."""

    def __init__(self, offset_file: Path | None = None) -> None:
        self._offset_file = offset_file

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC) + self._offset()

    def _offset(self) -> timedelta:
        if self._offset_file is None or not os.access(self._offset_file, os.F_OK):
            return timedelta(0)
        try:
            return timedelta(seconds=float(self._offset_file.read_text()))
        except (OSError, ValueError):
            return timedelta(0)


@frozen
class Ports:
    """Everything a use case may need from outside, in one frozen bundle."""

    settings: Settings
    sessions: Sessions
    reads: Reads
    clock: Clock
    payments: PaymentGateway
    mailer: Mailer
    letters: Letters
    sign: Signer
    pictures: Pictures
    kinds: tuple[LineKind, ...]
