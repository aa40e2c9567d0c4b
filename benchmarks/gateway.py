"""A payment gateway that answers at once: as much of Stripe's API as placing an order asks for.
What it costs is not ours to measure, so it costs next to nothing."""

import asyncio
import json
import sys
from urllib.parse import parse_qsl


def reference_of(payment_public_id: str) -> str:
    """Return the gateway's name for a payment of ours."""
    return f"pi_{payment_public_id}"


def payment_of(reference: str) -> str:
    """Return our name for a payment by the gateway's."""
    return reference.removeprefix("pi_")


class Intents(asyncio.Protocol):
    """Answers each POST with a fresh PaymentIntent."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin with nothing read."""
        self._transport = transport
        self._read = b""

    def data_received(self, data: bytes) -> None:
        """Answer every request that is here as a whole."""
        self._read += data
        while b"\r\n\r\n" in self._read:
            head, _, rest = self._read.partition(b"\r\n\r\n")
            length = _content_length(head)
            if len(rest) < length:
                return
            self._read = rest[length:]
            self._transport.write(_answer(rest[:length].decode()))  # type: ignore[attr-defined]


def _content_length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


def _answer(form: str) -> bytes:
    given = dict(parse_qsl(form))
    metadata = {
        name[len("metadata[") : -1]: value
        for name, value in given.items()
        if name.startswith("metadata[")
    }
    reference = reference_of(metadata.get("payment", "none"))
    intent = {
        "id": reference,
        "object": "payment_intent",
        "amount": int(given.get("amount", 0)),
        "currency": given.get("currency", "usd"),
        "client_secret": f"{reference}_secret",
        "livemode": False,
        "metadata": metadata,
        "status": "requires_payment_method",
    }
    body = json.dumps(intent).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return f"{head}\r\n\r\n".encode() + body


async def serve(port: int) -> None:
    """Answer until the process is ended."""
    server = await asyncio.get_running_loop().create_server(Intents, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
