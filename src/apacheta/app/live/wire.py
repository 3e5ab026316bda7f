"""The core's link as bytes (docs/page.md): 4 bytes length, big-endian, of what follows; 1 byte kind; body."""

import socket
import struct
from typing import NamedTuple

from ...core.errors import RemoteProtocolError

JSON, VIDEO = b"J", b"V"
MOST_HEARD_BYTES = 64 << 10
"""A decision is a thousandth of it: who sends more does not speak this language."""
_LENGTH = struct.Struct(">I")


class Heard(NamedTuple):
    """One message as it came."""

    kind: bytes
    body: bytes


def json_frame(body: bytes) -> bytes:
    """A JSON object as one message."""
    return _LENGTH.pack(1 + len(body)) + JSON + body


def video_frame(stream: str, envelope: bytes) -> bytes:
    """A stream's envelope as one message. The stream's name has at most 255 bytes."""
    name = stream.encode()
    head = VIDEO + bytes((len(name),)) + name
    return _LENGTH.pack(len(head) + len(envelope)) + head + envelope


def heard(channel: socket.socket) -> Heard | None:
    """The next message of a blocking socket; None when the other side has gone. Raises RemoteProtocolError
    `bad_message` for a length that no message has: where the next would begin, nobody can say."""
    head = _bytes(channel, _LENGTH.size)
    if head is None:
        return None
    (length,) = _LENGTH.unpack(head)
    if not 1 <= length <= MOST_HEARD_BYTES:
        raise RemoteProtocolError("bad_message", f"a message of {length} bytes on the link.")
    data = _bytes(channel, length)
    return None if data is None else Heard(data[:1], data[1:])


def _bytes(channel: socket.socket, count: int) -> bytes | None:
    """So many bytes; None when the other side goes before they have come."""
    parts = b""
    while len(parts) < count:
        part = channel.recv(count - len(parts))
        if not part:
            return None
        parts += part
    return parts
