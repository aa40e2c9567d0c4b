"""A mail server that counts: what SMTP needs and no more. It can be shut, and then says nothing."""

import socketserver
import threading
from collections import Counter
from email import message_from_bytes


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    office: "PostOffice"


class _Conversation(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        office = self.server.office
        office.note_caller()
        office.is_open.wait()
        self._say("220 post office")
        while command := self.rfile.readline():
            word = command[:4].upper()
            if word == b"DATA":
                self._say("354 go on")
                office.take_in(self._letter())
            self._say("221 bye" if word == b"QUIT" else "250 fine")

    def _letter(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line.removeprefix(b"."))
        return b"".join(lines)

    def _say(self, words: str) -> None:
        try:
            self.wfile.write(f"{words}\r\n".encode())
        except OSError:  # whoever called is dead
            self.rfile.close()


class PostOffice:
    """A mail server on a free port. `received` counts letters by their Message-ID."""

    def __init__(self) -> None:
        self.received: Counter[str] = Counter()
        self.is_open = threading.Event()
        self.is_open.set()
        self._callers = 0
        self._server = _Server(("127.0.0.1", 0), _Conversation)
        self._server.office = self
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """The address for STOREFRONT_MAIL_URL."""
        return f"smtp://127.0.0.1:{self._server.server_address[1]}"

    def take_in(self, letter: bytes) -> None:
        """Count a letter that has come in whole."""
        self.received[str(message_from_bytes(letter)["Message-ID"])] += 1

    def shut(self) -> None:
        """Let callers wait."""
        self._callers = 0
        self.is_open.clear()

    def open(self) -> None:
        """Serve whoever calls or waits."""
        self.is_open.set()

    def has_caller(self) -> bool:
        """Tell whether anybody has called since it was shut."""
        return self._callers > 0

    def note_caller(self) -> None:
        """Count a call."""
        self._callers += 1

    def close(self) -> None:
        """Answer nobody any more."""
        self.is_open.set()
        self._server.shutdown()
        self._server.server_close()
