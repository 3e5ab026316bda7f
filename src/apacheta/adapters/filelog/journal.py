"""`log/pending`: the entries that no checkpoint signs yet, one frame a commit.

Frame: `APL1`, index of its first entry (u64), bytes of payload (u32), SHA-256 over these and the payload, payload =
the entries as in a C2SP bundle. All big-endian. A frame is whole or it does not count, so a commit is kept or lost
as one. Only the last frame can be torn by a crash, since each is on disk before the next is written. A torn frame ends
early, or has sectors that were never written and read as zeros; whatever else is not whole was changed.
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
_SECTOR = 512
"""Bytes that a disk writes as one; a file begins on a sector's edge."""


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

    InputFault `log_corrupt` when no crash leaves what follows.
    """
    frames: list[Frame] = []
    good = 0
    while frame := frame_at(data, good):
        frames.append(frame)
        good = frame.end
    if good < len(data) and not _is_torn(data, good):
        raise corrupt("log/pending", f"the commit at byte {good} was changed after it was written")
    return frames, good


def _is_torn(data: bytes, at: int) -> bool:
    """Whether a crash can have left the bytes from `at` on."""
    return (_ends_early(data[at:]) or _has_blank_sector(data, at)) and not _has_frame_after(data, at)


def _ends_early(tail: bytes) -> bool:
    """Whether these are the first bytes of a frame that goes on. One that only gives a wrong length does not."""
    if tail[:4] != MAGIC[: len(tail)]:
        return False
    if len(tail) < _HEAD_BYTES:
        return True
    _, first, length = _HEAD.unpack(tail[: _HEAD.size])
    there = len(tail) - _HEAD_BYTES
    return there < length and frame_at(_HEAD.pack(MAGIC, first, there) + tail[_HEAD.size :], 0) is None


def _has_blank_sector(data: bytes, at: int) -> bool:
    starts = range(at - at % _SECTOR, len(data), _SECTOR)
    return any(not data[max(start, at) : start + _SECTOR].strip(b"\0") for start in starts)


def _has_frame_after(data: bytes, at: int) -> bool:
    later = data.find(MAGIC, at + 1)
    while later >= 0 and frame_at(data, later) is None:
        later = data.find(MAGIC, later + 1)
    return later >= 0


def corrupt(file: str, text: str) -> InputFault:
    """The fault of a log that is not as it was written."""
    remedy = "Run `apacheta verify` on the post: it names what changed. Keep the folder as it is."
    return InputFault("log_corrupt", text, file=file, remedy=remedy)
