"""What the log says of a watch, found by kind and time: the index for replay, which grows as the log does."""

import threading
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from ..core.instant import NS
from .log_reader import LogReader
from .settings import ConsoleSettings

BLOCK_NS = 11 * NS
"""A block of positions begins up to ten seconds before the time of its entry (app/chain/keeper.py)."""
KINDS = ("positions", "alert", "decision", "looks")


class Segment(NamedTuple):
    """A piece of a stream's video on disk, by the times of its first and last frame."""

    number: int
    from_utc_ns: int
    to_utc_ns: int
    sha256: str


class Found(NamedTuple):
    """An entry: its index in the log, its time, its body."""

    number: int
    utc_ns: int
    body: dict[str, Any]


class _Entry(msgspec.Struct):
    kind: str
    utc_ns: str
    body: dict[str, Any]


class _SegmentBody(msgspec.Struct):
    stream: str
    number: int
    from_utc_ns: str | None
    to_utc_ns: str | None
    sha256: str


class Record:
    """The index of one watch. Safe to call from several threads; every call looks first what is new."""

    def __init__(self, settings: ConsoleSettings) -> None:
        self._reader = LogReader(settings.log)
        self._next = settings.first_entry
        self._notes: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self._segments: dict[str, dict[int, Segment]] = defaultdict(dict)
        self._lock = threading.Lock()
        self.unread = 0
        """Entries that could not be read: `apacheta verify` says what is wrong with them."""

    def segments(self, stream: str) -> list[Segment]:
        """The video of a stream, in order of time. What has no time at all is left out: nobody can find it."""
        with self._lock:
            self._refresh()
            return sorted(self._segments.get(stream, {}).values(), key=lambda s: (s.from_utc_ns, s.number))

    def find(self, kinds: Sequence[str], from_ns: int, to_ns: int) -> dict[str, list[Found]]:
        """The entries of these kinds that may say something of a span, in order of the log."""
        with self._lock:
            self._refresh()
            wanted = {kind: self._within(kind, from_ns, to_ns) for kind in kinds}
            bodies = self._reader.at(index for indexes in wanted.values() for index in indexes)
        return {k: [_found(i, bodies[i]) for i in indexes if i in bodies] for k, indexes in wanted.items()}

    def _within(self, kind: str, from_ns: int, to_ns: int) -> list[int]:
        reach_ns = BLOCK_NS if kind == "positions" else 0
        return [index for utc_ns, index in self._notes[kind] if from_ns <= utc_ns <= to_ns + reach_ns]

    def _refresh(self) -> None:
        for index, data in self._reader.since(self._next):
            self._next = index + 1
            try:
                self._note(index, data)
            except (msgspec.MsgspecError, ValueError):
                self.unread += 1

    def _note(self, index: int, data: bytes) -> None:
        entry = msgspec.json.decode(data, type=_Entry)
        if entry.kind == "video_segment":
            self._note_segment(msgspec.convert(entry.body, _SegmentBody))
        elif entry.kind in KINDS:
            self._notes[entry.kind].append((int(entry.utc_ns), index))

    def _note_segment(self, body: _SegmentBody) -> None:
        if body.from_utc_ns is not None and body.to_utc_ns is not None:
            first_ns, last_ns = sorted((int(body.from_utc_ns), int(body.to_utc_ns)))
            self._segments[body.stream][body.number] = Segment(body.number, first_ns, last_ns, body.sha256)


def _found(index: int, data: bytes) -> Found:
    entry = msgspec.json.decode(data, type=_Entry)
    return Found(index, int(entry.utc_ns), entry.body)
