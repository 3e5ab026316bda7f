"""An entry of the account: kind, time, body. On disk one RFC 8785 JSON object."""

from typing import Any, Literal

import msgspec

EntryKind = Literal[
    "log_open",
    "mandate",
    "plan",
    "flight_open",
    "positions",
    "position_gap",
    "flight_close",
    "draw",
    "video_segment",
    "looks",
    "alert",
    "decision",
    "fault",
    "log_resume",
    "log_close",
]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What the account keeps. Integers of 2^53 and more, and every *_utc_ns, are decimal strings in `body`."""

    kind: EntryKind
    utc_ns: str
    body: dict[str, Any]
