"""Mail as files: one .eml per message in a folder, for demos and tests."""

from __future__ import annotations

import os
import tempfile
from hashlib import sha256
from typing import TYPE_CHECKING

from storefront.adapters.mail import mime
from storefront.errors import TryAgain

if TYPE_CHECKING:
    from pathlib import Path

    from storefront.ports import Clock, Message


class FileMailer:
    """Writes each message to its own file; the same Message-ID is written once."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    def send(self, message: Message) -> None:
        """Write the message whole or not at all."""
        now = self._clock.now()
        name = sha256(message.message_id.encode()).hexdigest()[:24]
        target = self._folder / f"{name}.eml"
        partial = target.with_suffix(f".{os.getpid()}.part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(mime(message, now))
            os.utime(partial, (now.timestamp(), now.timestamp()))  # the shop's clock, as its date
            partial.replace(target)
        except OSError as error:
            raise TryAgain("mail_unavailable") from error

    def reach(self) -> None:
        """Write to the folder and take it back."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self._folder):
                pass
        except OSError as error:
            raise TryAgain("mail_unavailable") from error
