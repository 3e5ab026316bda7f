"""`log/pending`: the entries that no checkpoint signs yet, one frame a commit.

Frame: `APL1`, index of its first entry (u64), bytes of payload (u32), SHA-256 over these and the payload, payload =
the entries as in a C2SP bundle. All big-endian. A frame is whole or it does not count, so a commit is kept or lost
as one. Only the last frame can be torn by a crash, since each is on disk before the next is written.
"""

import hashlib
import struct
from collections.abc import Sequence
from typing import NamedTuple

from ...account import bundle_of, entries_of
from ...core.errors import InputFault

MAGIC = b"APL1"
_HEAD = struct.Struct(">4sQI")
_HEAD_BYTES = _HEAD.size + 32


class Frame(NamedTuple):
    """One commit: index of its first entry, its entries, and where the frame ends in the file."""

    first: int
    entries: list[bytes]
    end: int


def frame_bytes(first: int, entries: Sequence[bytes]) -> bytes:
    """The bytes of one commit."""
    payload = bundle_of(entries)
    head = _HEAD.pack(MAGIC, first, len(payload))
    return head + hashlib.sha256(head + payload).digest() + payload


def frame_at(data: bytes, at: int) -> Frame | None:
    """The frame that begins at a byte, or None when none does or it is not whole."""
    head = data[at : at + _HEAD.size]
    if len(head) < _HEAD.size or head[:4] != MAGIC:
        return None
    _, first, length = _HEAD.unpack(head)
    payload = data[at + _HEAD_BYTES : at + _HEAD_BYTES + length]
    if data[at + _HEAD.size : at + _HEAD_BYTES] != hashlib.sha256(head + payload).digest():
        return None
    try:
        return Frame(first, entries_of(payload), at + _HEAD_BYTES + length)
    except ValueError:
        return None


def frames_of(data: bytes) -> tuple[list[Frame], int]:
    """The whole frames, and the number of bytes that they take; what follows was torn by a crash.

    InputFault `log_corrupt` when a whole frame follows a broken one: no crash does that.
    """
    frames: list[Frame] = []
    good = 0
    while frame := frame_at(data, good):
        frames.append(frame)
        good = frame.end
    later = data.find(MAGIC, good + 1)
    while later >= 0:
        if frame_at(data, later):
            raise corrupt("log/pending", f"the bytes from {good} to {later} were changed after they were written")
        later = data.find(MAGIC, later + 1)
    return frames, good


def corrupt(file: str, text: str) -> InputFault:
    """The fault of a log that is not as it was written."""
    remedy = "Run `apacheta verify` on the post: it names what changed. Keep the folder as it is."
    return InputFault("log_corrupt", text, file=file, remedy=remedy)
