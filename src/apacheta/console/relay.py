"""Video from the core to whoever looks: the last minute of each stream, and a bounded queue for each viewer.

An envelope is one bytes object, however many look. A viewer who is slow loses whole groups of pictures of his own; the
next key frame that he gets says so.
"""

import asyncio
from collections import deque

from ..core.instant import NS
from ..formats.envelope import KEY, flags_of, with_gap
from ..ports import Clock

RING_NS = 60 * NS
RING_MOST_BYTES = 128 << 20
"""Of one stream: a minute at 17 Mbit/s."""
QUEUE_NS = 2 * NS
QUEUE_MOST_BYTES = 32 << 20


class Viewer:
    """What one viewer has still to be sent: at most two seconds."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[int, bytes]] = deque()
        self._bytes = 0
        self._news = asyncio.Event()
        self._skips = True
        self.dropped = 0

    def push(self, envelope: bytes, is_key: bool, now_ns: int) -> None:
        """Put a unit to those that wait. Where the first has waited too long all go, up to the next key frame."""
        if self._is_full(len(envelope), now_ns):
            self._drop()
        if self._skips and not is_key:
            self.dropped += 1
            return
        unit, self._skips = (with_gap(envelope) if self._skips and self.dropped else envelope), False
        self._waiting.append((now_ns, unit))
        self._bytes += len(unit)
        self._news.set()

    async def next(self) -> bytes:
        """The next unit, as soon as there is one."""
        while not self._waiting:
            self._news.clear()
            await self._news.wait()
        _, unit = self._waiting.popleft()
        self._bytes -= len(unit)
        return unit

    def _is_full(self, size: int, now_ns: int) -> bool:
        waited_ns = now_ns - self._waiting[0][0] if self._waiting else 0
        return waited_ns > QUEUE_NS or (bool(self._waiting) and self._bytes + size > QUEUE_MOST_BYTES)

    def _drop(self) -> None:
        self.dropped += len(self._waiting)
        self._waiting.clear()
        self._bytes, self._skips = 0, True


class Ring:
    """The last minute of one stream in whole groups of pictures: it begins with a key frame, or is empty."""

    def __init__(self) -> None:
        self._groups: deque[tuple[int, list[bytes]]] = deque()
        self._bytes = 0
        self._is_begun, self._is_cut = False, True

    def add(self, envelope: bytes, is_key: bool, now_ns: int) -> bytes | None:
        """Keep a unit; as it is to be passed on, or None where nobody could go on to it."""
        if self._is_cut and not is_key:
            return None
        unit = with_gap(envelope) if self._is_cut and self._is_begun else envelope
        self._is_begun, self._is_cut = True, False
        if is_key:
            self._groups.append((now_ns, []))
        if self._groups:
            self._groups[-1][1].append(unit)
            self._bytes += len(unit)
            self._forget(now_ns)
        return unit

    def cut(self) -> None:
        """What comes next does not go on from here: it waits for a key frame, which says `gap`."""
        self._is_cut = True

    def units(self) -> list[bytes]:
        """All of it, oldest first."""
        return [unit for _, group in self._groups for unit in group]

    def newest_group(self) -> list[bytes]:
        """From the newest key frame on."""
        return list(self._groups[-1][1]) if self._groups else []

    def _forget(self, now_ns: int) -> None:
        """Groups that ended more than a minute ago, and what is too much: a lone group without end too."""
        while (len(self._groups) > 1 and self._groups[1][0] <= now_ns - RING_NS) or self._bytes > RING_MOST_BYTES:
            _, group = self._groups.popleft()
            self._bytes -= sum(map(len, group))


class Relay:
    """Streams by name, each with its ring and its viewers."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rings: dict[str, Ring] = {}
        self._viewers: dict[str, set[Viewer]] = {}

    @property
    def streams(self) -> set[str]:
        """Names of which something came."""
        return set(self._rings)

    def take(self, stream: str, envelope: bytes) -> None:
        """One unit from the core: keep it, and pass it on."""
        now_ns, is_key = self._clock.monotonic_ns(), bool(flags_of(envelope) & KEY)
        unit = self._rings.setdefault(stream, Ring()).add(envelope, is_key, now_ns)
        if unit is not None:
            for viewer in self._viewers.get(stream, ()):
                viewer.push(unit, is_key, now_ns)

    def cut(self) -> None:
        """The link was down: no stream goes on from where it was."""
        for ring in self._rings.values():
            ring.cut()

    def join(self, stream: str) -> Viewer:
        """A viewer who begins at the newest key frame; of a stream that is not there yet, at its first."""
        viewer, now_ns = Viewer(), self._clock.monotonic_ns()
        for place, unit in enumerate(self._ring(stream).newest_group()):
            viewer.push(unit, place == 0, now_ns)
        self._viewers.setdefault(stream, set()).add(viewer)
        return viewer

    def leave(self, stream: str, viewer: Viewer) -> None:
        """The viewer is gone."""
        viewers = self._viewers.get(stream, set())
        viewers.discard(viewer)
        if not viewers:
            self._viewers.pop(stream, None)

    def ring(self, stream: str) -> list[bytes]:
        """The last minute of a stream, from a key frame on; nothing where it is unknown."""
        return self._ring(stream).units()

    def _ring(self, stream: str) -> Ring:
        return self._rings.get(stream) or Ring()
