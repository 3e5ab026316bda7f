"""What waits to be sent to one reader. Bounded: old video goes first, then the reader.

Bound: MOST_BYTES. Beyond it each stream's video before its newest key frame is dropped, then all video; a stream of
which units were dropped goes on with its next key frame, whose envelope says `gap`. Where even that makes no room for a
message that is not video, the outbox is full for good: the link is closed, and begins anew with a snapshot.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from ...formats.envelope import KEY, flags_of, with_gap
from .wire import json_frame, video_frame

MOST_BYTES = 16 << 20


@dataclass
class _Item:
    """A message, framed; or a stream's envelope, which is framed when it is taken."""

    data: bytes
    stream: str | None = None
    is_key: bool = False

    def framed(self) -> bytes:
        return self.data if self.stream is None else video_frame(self.stream, self.data)


class Outbox:
    """Filled by whoever has news, emptied by the reader's own thread. Filling never waits. `hang_up` is called when the
    outbox closes: it must let go whoever is sending."""

    def __init__(self, most_bytes: int = MOST_BYTES, hang_up: Callable[[], None] = lambda: None) -> None:
        self._hang_up = hang_up
        self.dropped = 0
        """Units of video that were never sent."""
        self._most_bytes = most_bytes
        self._items: deque[_Item] = deque()
        self._bytes = self._in_hand = 0
        self._cut: set[str] = set()
        self._is_closed = False
        self._changed = threading.Condition()

    @property
    def waiting_bytes(self) -> int:
        """Bytes not yet sent, those in hand included."""
        return self._bytes + self._in_hand

    @property
    def is_closed(self) -> bool:
        return self._is_closed

    def put(self, body: bytes) -> None:
        """A JSON message waits to be sent; where there is no room for it, the outbox closes."""
        with self._changed:
            item = _Item(json_frame(body))
            if self._has_room(len(item.data)):
                self._append(item)
            else:
                self._close()

    def put_video(self, stream: str, envelope: bytes) -> None:
        """A unit of video waits to be sent, or is dropped."""
        is_key = bool(flags_of(envelope) & KEY)
        with self._changed:
            if self._goes_on(stream, is_key) and self._has_room(len(envelope)) and self._goes_on(stream, is_key):
                self._append(_Item(with_gap(envelope) if stream in self._cut else envelope, stream, is_key))
                self._cut.discard(stream)
            else:
                self._cut.add(stream)
                self.dropped += 1

    def _goes_on(self, stream: str, is_key: bool) -> bool:
        """Whether a stream can go on with such a unit: after units that were dropped, only with a key frame."""
        return is_key or stream not in self._cut

    def take(self) -> bytes | None:
        """The next message, framed; waits for one. What was taken before is sent by now. None: closed."""
        with self._changed:
            self._in_hand = 0
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._items or self._is_closed)
            if self._is_closed:
                return None
            item = self._items.popleft()
            self._bytes -= len(item.data)
            self._in_hand = len(item.data)
            return item.framed()

    def drain(self, seconds: float) -> None:
        """Wait until all is sent, at most so long."""
        with self._changed:
            self._changed.wait_for(lambda: self.waiting_bytes == 0 or self._is_closed, seconds)

    def close(self) -> None:
        """Nothing more is sent, and nothing waits."""
        with self._changed:
            self._close()

    def _close(self) -> None:
        self._is_closed = True
        self._items.clear()
        self._bytes = 0
        self._changed.notify_all()
        self._hang_up()

    def _append(self, item: _Item) -> None:
        if not self._is_closed:
            self._items.append(item)
            self._bytes += len(item.data)
            self._changed.notify_all()

    def _has_room(self, size: int) -> bool:
        """Whether so many bytes fit, after dropping video for them if need be."""
        while self.waiting_bytes + size > self._most_bytes:
            if not (self._shed_old() or self._shed_all()):
                return False
        return True

    def _shed_old(self) -> bool:
        """Drop each stream's video before its newest key frame, which then says so; whether any was dropped."""
        newest = {item.stream: item for item in self._items if item.is_key}
        kept: deque[_Item] = deque()
        met, cut = set[str | None](), set[str | None]()
        for item in self._items:
            met |= {item.stream} if newest.get(item.stream) is item else set()
            if item.stream is None or item.stream in met or item.stream not in newest:
                kept.append(item)
            else:
                cut.add(item.stream)
        for stream in cut:
            newest[stream].data = with_gap(newest[stream].data)
        return self._keep(kept)

    def _shed_all(self) -> bool:
        """Drop all video: each stream goes on with a key frame to come."""
        self._cut |= {item.stream for item in self._items if item.stream is not None}
        return self._keep(deque(item for item in self._items if item.stream is None))

    def _keep(self, kept: deque[_Item]) -> bool:
        dropped = len(self._items) - len(kept)
        self._items, self.dropped = kept, self.dropped + dropped
        self._bytes = sum(len(item.data) for item in kept)
        return dropped > 0
