"""The core's messages: plain JSON objects, checked once for what the console itself reads of them."""

from typing import Annotated, Any

import msgspec

from ..core.errors import RemoteProtocolError

Message = dict[str, Any]
Stamp = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,19}$")]
"""UTC nanoseconds as a decimal string."""


class _Fix(msgspec.Struct):
    aircraft: str


class _OfStream(msgspec.Struct):
    stream: str


class _Alert(msgspec.Struct):
    id: str


class _Decision(msgspec.Struct):
    alert: str
    index: int | None = None


class _Seen(msgspec.Struct):
    utc_ns: Stamp
    cells: list[int]


class _Health(msgspec.Struct):
    processes: list[Message]
    streams: list[Message]


class _Night(msgspec.Struct):
    night: Message


class _Snapshot(msgspec.Struct):
    aircraft: list[_Fix] = []
    sights: list[_OfStream] = []
    tracks: list[_OfStream] = []
    alerts: list[_Alert] = []
    decisions: list[_Decision] = []
    health: _Health | None = None


_SHAPES: dict[str, type] = {
    "fix": _Fix,
    "sight": _OfStream,
    "tracks": _OfStream,
    "alert": _Alert,
    "decision": _Decision,
    "seen": _Seen,
    "health": _Health,
    "night": _Night,
    "snapshot": _Snapshot,
}


def checked(message: Message) -> Message:
    """The same message. RemoteProtocolError where it lacks what its kind must have; unknown kinds pass."""
    try:
        msgspec.convert(message, _SHAPES.get(message["kind"], Message))
    except msgspec.ValidationError as problem:
        raise RemoteProtocolError("bad_message", f"a message {message['kind']!r}: {problem}") from problem
    return message
