"""The line to the sandbox's own controls, over HTTP like any other program's. Shows nothing."""

import json
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

PATIENCE_SECONDS = 5


class SandboxSilent(Exception):
    """The sandbox does not answer, or refuses; the message says which."""


class SandboxLine:
    """What the levers page asks of a sandbox at an address."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")

    def get(self, path: str) -> Any:
        """Return what a control shows; raise `SandboxSilent`."""
        return self._call(Request(f"{self.address}/sandbox/{path}"))  # noqa: S310 - a known address

    def post(self, path: str, **told: Any) -> Any:
        """Pull a lever; raise `SandboxSilent`."""
        body = json.dumps(told).encode()
        headers = {"Content-Type": "application/json"}
        return self._call(Request(f"{self.address}/sandbox/{path}", body, headers))  # noqa: S310 - as above

    def _call(self, request: Request) -> Any:
        try:
            with urlopen(request, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310 - as above
                return json.load(answer)
        except (URLError, OSError, ValueError) as fault:
            raise SandboxSilent(str(fault)) from fault
