"""Many requests in one packet: over one HTTP/2 connection all of each request but its last byte is
sent ahead, and then all last bytes together, so that the server has them at one moment."""

import socket
from collections import defaultdict
from collections.abc import Sequence

import h2.config
import h2.connection
import h2.events

from tests.races.clients import PATIENCE, Answer, Request

A_PACKET = 1400
"""Bytes that an Ethernet frame carries of a TCP connection, or a little less."""


def in_one_packet(requests: Sequence[Request]) -> list[Answer]:
    """Send requests to one host so that one packet completes them all; return their answers."""
    host, _, port = requests[0].host.partition(":")
    connection = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.initiate_connection()
        streams = [_begin(connection, request) for request in requests]
        line.sendall(connection.data_to_send())
        for stream, request in zip(streams, requests, strict=True):
            connection.send_data(stream, request.body.encode()[-1:], end_stream=True)
        packet = connection.data_to_send()
        assert len(packet) <= A_PACKET
        line.sendall(packet)
        return _collect(connection, line, streams)


def _begin(connection: h2.connection.H2Connection, request: Request) -> int:
    stream = connection.get_next_available_stream_id()
    body = request.body.encode()
    head = {
        ":method": request.method,
        ":scheme": "http",
        ":authority": request.host,
        ":path": request.path,
        **{name.lower(): value for name, value in request.headers.items()},
        "content-length": str(len(body)),
    }
    connection.send_headers(stream, list(head.items()))
    connection.send_data(stream, body[:-1])
    return stream


def _collect(
    connection: h2.connection.H2Connection, line: socket.socket, streams: Sequence[int]
) -> list[Answer]:
    heads: dict[int, dict[str, str]] = {}
    bodies: dict[int, bytes] = defaultdict(bytes)
    open_streams = set(streams)
    while open_streams:
        for event in connection.receive_data(line.recv(65_535)):
            if isinstance(event, h2.events.ResponseReceived):
                heads[event.stream_id] = dict(event.headers)
            elif isinstance(event, h2.events.DataReceived):
                bodies[event.stream_id] += event.data
                connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                open_streams.discard(event.stream_id)
            assert not isinstance(event, h2.events.StreamReset | h2.events.ConnectionTerminated)
        line.sendall(connection.data_to_send())
    return [
        Answer(int(heads[stream].pop(":status")), bodies[stream].decode(), heads[stream], 0.0)
        for stream in streams
    ]
