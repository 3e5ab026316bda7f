"""Cutting a transport stream into segments of a few seconds that are hashed, and may be kept.

A segment ends before a packet that begins a program association table, once it holds `seconds` of video: the place
depends on the stream's bytes alone, never on how they arrived, so that a pipe and a socket give the same hashes.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

PACKET = 188
SYNC = 0x47


@dataclass(frozen=True)
class Segment:
    """Whole transport packets, in order, with their SHA-256."""

    number: int
    data: bytes
    sha256: str


class Segmenter:
    """Gives runs of whole packets that each begin at a PAT, and closes segments when told the video's time."""

    def __init__(self) -> None:
        self._rest = b""
        self._parts: list[bytes] = []
        self._number = 0

    def runs(self, data: bytes) -> Iterator[bytes]:
        """Whole packets of what came so far, split before each PAT. A stream out of step is one run as it came."""
        data = self._rest + data
        whole = len(data) // PACKET * PACKET
        packets = np.frombuffer(data, dtype=np.uint8, count=whole).reshape(-1, PACKET)
        if whole and not (packets[:, 0] == SYNC).all():
            self._rest = b""
            yield data
            return
        self._rest = data[whole:]
        pat = (packets[:, 1] & 0x5F == 0x40) & (packets[:, 2] == 0)
        cuts = [0, *(int(i) * PACKET for i in np.flatnonzero(pat) if i), whole]
        yield from (data[a:b] for a, b in pairwise(cuts) if b > a)

    def keep(self, run: bytes) -> None:
        """Add a run to the open segment."""
        self._parts.append(run)

    def close(self) -> Segment | None:
        """The open segment, if it holds anything; the next begins empty."""
        data = b"".join(self._parts)
        self._parts = []
        if not data:
            return None
        self._number += 1
        return Segment(self._number, data, hashlib.sha256(data).hexdigest())

    def flush(self) -> bytes:
        """Bytes of a last packet that never became whole."""
        rest, self._rest = self._rest, b""
        return rest


def begins_with_pat(run: bytes) -> bool:
    """Whether a segment may begin here."""
    return len(run) >= 3 and run[0] == SYNC and run[1] & 0x5F == 0x40 and run[2] == 0
