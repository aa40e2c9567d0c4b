"""A small mail server for tests: it speaks SMTP, keeps what it is given, and refuses as told."""

import socketserver
import threading
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from types import TracebackType
from typing import Self, cast

USUAL = {"EHLO": "250-mail.test\r\n250 AUTH PLAIN LOGIN", "AUTH": "235 welcome", "QUIT": "221 bye"}


@dataclass
class Letter:
    """One message as the server took it."""

    sender: str
    recipients: list[str]
    mail: EmailMessage


@dataclass
class MailServer:
    """Listens on a port of its own. `answers` maps a command to what it is answered with;
    `"drop"` hangs up instead."""

    answers: dict[str, str] = field(default_factory=dict)
    letters: list[Letter] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self.url = f"smtp://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[socketserver.StreamRequestHandler]:
        told = self

        class Handler(Conversation):
            server_told = told

        return Handler


class Conversation(socketserver.StreamRequestHandler):
    """One connection: commands are obeyed or answered as the server was told."""

    server_told: MailServer

    def handle(self) -> None:
        self.sender, self.recipients = "", list[str]()
        is_open = self.answer("greeting", "220 mail.test")
        while is_open and (line := self.rfile.readline()):
            is_open = self.obey(line.decode().strip())

    def obey(self, line: str) -> bool:
        verb, _, rest = line.partition(" ")
        self.server_told.commands.append(verb.upper())
        if verb.upper() == "MAIL":
            self.sender = rest.partition(":")[2].split()[0].strip("<>")
        if verb.upper() == "RCPT":
            self.recipients.append(rest.partition(":")[2].strip("<>"))
        if verb.upper() == "DATA" and "DATA" not in self.server_told.answers:
            return self.take()
        return self.answer(verb.upper(), USUAL.get(verb.upper(), "250 fine"))

    def take(self) -> bool:
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        mail = cast("EmailMessage", message_from_bytes(b"".join(lines), policy=default))
        if "body" not in self.server_told.answers:
            self.server_told.letters.append(Letter(self.sender, self.recipients, mail))
        return self.answer("body", "250 taken")

    def answer(self, command: str, usual: str) -> bool:
        told = self.server_told.answers.get(command, usual)
        if told != "drop":
            self.say(told)
        return told != "drop"

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())
