"""What goes between a decoder's process and its owner, over a stream socket; integers big-endian.

ready      R                                            child to owner, once, when it is locked in
request    kind (D decode, F flush), flags, pts, size    then the access unit
answer     frames, failed units, two sizes               then profile and pixel format (ASCII), then the frames
frame      rows, columns, flags, pts                     then rows x columns bytes of luma
"""

import struct
from typing import NamedTuple

READY = b"R"
REQUEST = struct.Struct(">cBqI")
ANSWER = struct.Struct(">HIBB")
FRAME = struct.Struct(">HHBq")
DECODE, FLUSH = b"D", b"F"
_DAMAGED, _AFTER_LOSS, _TIMED, _KEY = 1, 2, 4, 8


class Request(NamedTuple):
    """One access unit and what is known of it; `unit` None: bring out what is held."""

    unit: bytes | None
    pts_90k: int | None = None
    damaged: bool = False
    after_loss: bool = False

    def head(self) -> bytes:
        """What goes before the unit's bytes."""
        flags = _DAMAGED * self.damaged | _AFTER_LOSS * self.after_loss | _TIMED * (self.pts_90k is not None)
        return REQUEST.pack(DECODE if self.unit is not None else FLUSH, flags, self.pts_90k or 0, len(self.unit or b""))


class RequestHead(NamedTuple):
    """A request without its unit, which has `size` bytes."""

    kind: bytes
    size: int
    pts_90k: int | None
    damaged: bool
    after_loss: bool


def request_head(data: bytes) -> RequestHead:
    """What `Request.head` wrote."""
    kind, flags, pts, size = REQUEST.unpack(data)
    return RequestHead(kind, size, pts if flags & _TIMED else None, bool(flags & _DAMAGED), bool(flags & _AFTER_LOSS))


def frame_head(rows: int, columns: int, pts_90k: int | None, keyframe: bool, damaged: bool) -> bytes:
    """What goes before a frame's luma."""
    flags = _DAMAGED * damaged | _TIMED * (pts_90k is not None) | _KEY * keyframe
    return FRAME.pack(rows, columns, flags, pts_90k or 0)


def frame_of(head: bytes) -> tuple[int, int, int | None, bool, bool]:
    """Rows, columns, time, key frame, damaged: what `frame_head` wrote."""
    rows, columns, flags, pts = FRAME.unpack(head)
    return rows, columns, pts if flags & _TIMED else None, bool(flags & _KEY), bool(flags & _DAMAGED)
