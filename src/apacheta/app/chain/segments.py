"""Cutting a transport stream into segments of a few seconds that are hashed, and may be kept.

A segment ends before a packet that begins a program association table, once it holds enough; one that may hold no more
ends where it stands. The place depends on the stream's bytes alone, never on how they arrived, so that a pipe and a
socket give the same hashes. Every byte that came is in exactly one segment, whether in step or not.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

PACKET = 188
SYNC = 0x47
LOOK_AHEAD = 2 * PACKET
SEGMENT_90K = 6 * 90_000
MOST_BYTES = PACKET << 16
"""12 MB: six seconds at 16 Mbit/s. From half of it on the next table ends a segment, whatever the video's time says."""


class Run(NamedTuple):
    """Bytes in a row. `at_table`: they are packets in step, and the first begins a program association table."""

    data: bytes
    at_table: bool


@dataclass(frozen=True)
class Segment:
    """Bytes as they came, in order, with their SHA-256."""

    number: int
    data: bytes
    sha256: str


class Segmenter:
    """Finds where a stream may be cut, gathers the open segment, and says when it is full. Numbers go on after that of
    the last segment `before`."""

    def __init__(self, before: int = 0) -> None:
        self._rest = b""
        self._in_step = True
        self._parts: list[bytes] = []
        self._size, self._number = 0, before
        self._span_90k: tuple[int, int] | None = None

    @property
    def room(self) -> int:
        """Bytes that the open segment still takes."""
        return MOST_BYTES - self._size

    @property
    def is_full(self) -> bool:
        """Whether the open segment ends at the next table: by its video's span of time, or by its size."""
        first, last = self._span_90k or (0, 0)
        return last - first >= SEGMENT_90K or self._size >= MOST_BYTES // 2

    def runs(self, data: bytes) -> Iterator[Run]:
        """What came so far, split before each table. Bytes that are not in step are a run of their own; what may still
        become a packet waits for more."""
        buffer, at = self._rest + data, 0
        self._rest = b""
        while True:
            begin, at = at, self._find_step(buffer, at)
            if at > begin:
                yield Run(buffer[begin:at], at_table=False)
            if not self._in_step:
                break
            begin, at = at, self._end_of_step(buffer, at)
            yield from _cut_at_tables(buffer[begin:at])
            if len(buffer) - at < PACKET:
                break
            self._in_step = False
        self._rest = buffer[at:]

    def keep(self, data: bytes) -> None:
        """Add bytes, at most as many as there is room for, to the open segment."""
        self._parts.append(data)
        self._size += len(data)

    def at(self, pts_90k: int) -> None:
        """The open segment holds video of this time. Times may jump; the span from least to greatest counts."""
        first, last = self._span_90k or (pts_90k, pts_90k)
        self._span_90k = min(first, pts_90k), max(last, pts_90k)

    def close(self) -> Segment | None:
        """The open segment, if it holds anything; the next begins empty."""
        data = b"".join(self._parts)
        self._parts, self._size, self._span_90k = [], 0, None
        if not data:
            return None
        self._number += 1
        return Segment(self._number, data, hashlib.sha256(data).hexdigest())

    def flush(self) -> bytes:
        """Bytes of a last packet that never became whole."""
        rest, self._rest = self._rest, b""
        return rest

    def _find_step(self, buffer: bytes, begin: int) -> int:
        """Where packets begin: here while in step, else at three sync bytes a packet apart. Without them: from where to
        look again when more has come."""
        if self._in_step:
            return begin
        at, last = buffer.find(SYNC, begin), len(buffer) - LOOK_AHEAD - 1
        while 0 <= at <= last:
            if buffer[at + PACKET] == SYNC and buffer[at + LOOK_AHEAD] == SYNC:
                self._in_step = True
                return at
            at = buffer.find(SYNC, at + 1)
        return len(buffer) if at < 0 else at

    def _end_of_step(self, buffer: bytes, begin: int) -> int:
        """Where the last whole packet ends that begins with a sync byte, as all before it do."""
        whole = (len(buffer) - begin) // PACKET
        first_bytes = np.frombuffer(buffer, dtype=np.uint8, offset=begin, count=whole * PACKET)[::PACKET]
        wrong = np.flatnonzero(first_bytes != SYNC)
        return begin + PACKET * (int(wrong[0]) if wrong.size else whole)


def _cut_at_tables(packets: bytes) -> Iterator[Run]:
    """Whole packets, split before each that begins a program association table."""
    rows = np.frombuffer(packets, dtype=np.uint8).reshape(-1, PACKET)
    table = (rows[:, 1] & 0x5F == 0x40) & (rows[:, 2] == 0)
    cuts = [0, *(int(i) * PACKET for i in np.flatnonzero(table) if i), len(packets)]
    yield from (Run(packets[a:b], bool(table[a // PACKET])) for a, b in pairwise(cuts) if b > a)
