"""The journal: commits of entries that no checkpoint signed yet when they were written.

A commit: `APL1`, index of the first entry (u64), bytes of payload (u32), SHA-256 over these 16 bytes and the payload,
payload = the entries as in a bundle; big-endian. Each is on disk before the next is written, so a crash can tear the
last one only: it ends early, or some of its sectors were never written and read as zeros.
"""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from .files import entries_of

MAGIC = b"APL1"
_HEAD = struct.Struct(">4sQI32s")
_SECTOR = 512


@dataclass(frozen=True)
class Frame:
    """A commit: where it ends in the file, index of its first entry, its entries."""

    end: int
    first: int
    entries: list[bytes]

    @property
    def reach(self) -> int:
        """Index after its last entry."""
        return self.first + len(self.entries)


def frames_of(journal: bytes, at: int = 0) -> Iterator[Frame]:
    """The commits from a byte on, up to the first one that is not whole."""
    while at + _HEAD.size <= len(journal):
        magic, first, length, wanted = _HEAD.unpack_from(journal, at)
        end = at + _HEAD.size + length
        payload = journal[at + _HEAD.size : end]
        entries, rest = entries_of(payload)
        if magic != MAGIC or _hash_of(first, length, payload) != wanted or rest:
            return
        yield Frame(end, first, entries)
        at = end


def is_torn(journal: bytes, at: int) -> bool:
    """Whether a crash can have left the bytes from `at` on, where no whole commit begins."""
    if _has_commit_after(journal, at):
        return False
    return _ends_early(journal[at:]) or _has_blank_sector(journal, at)


def _has_commit_after(journal: bytes, at: int) -> bool:
    while (at := journal.find(MAGIC, at + 1)) >= 0:
        if next(frames_of(journal, at), None):
            return True
    return False


def _ends_early(tail: bytes) -> bool:
    """Its header says more bytes than there are. If it is whole with those that are there, the header was changed."""
    if len(tail) < _HEAD.size:
        return MAGIC.startswith(tail[:4])
    magic, first, length, wanted = _HEAD.unpack_from(tail)
    payload = tail[_HEAD.size :]
    return magic == MAGIC and len(payload) < length and _hash_of(first, len(payload), payload) != wanted


def _has_blank_sector(journal: bytes, at: int) -> bool:
    """Whether a sector, or the part of one that was written last, holds only zeros."""
    edges = [at, *range(at - at % _SECTOR + _SECTOR, len(journal), _SECTOR), len(journal)]
    return any(not any(journal[start:end]) for start, end in pairwise(edges))


def _hash_of(first: int, length: int, payload: bytes) -> bytes:
    return hashlib.sha256(struct.pack(">4sQI", MAGIC, first, length) + payload).digest()
