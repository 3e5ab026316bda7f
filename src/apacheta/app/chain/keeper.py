"""What a watch writes down: entries gathered for a moment, then made durable together; alerts at once.

Bound: entries are committed when `MOST` wait, or with the first note or tick `every_s` after the last commit, by our
own monotonic clock: what times a stream claims decides nothing here. Nothing is acknowledged before.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import msgspec
import numpy as np

from ...account import Account, Checkpoint, entry_bytes
from ...adapters.clock import SystemClock
from ...core.alerts import Alert, Decision
from ...core.entries import Entry, EntryKind
from ...core.errors import LocalProtocolError
from ...core.instant import NS
from ...core.sight import Fix
from ...formats.canonical import sha256_hex
from ...ports import Clock
from ..draw import reveal_of
from ..files import write_whole
from ..post import Post

CHECKPOINT_S = 60.0
MOST = 256
POSITIONS_S = 10.0
MOST_FIXES = 256
"""In one block, so that its entry stays well below the log's 65,535 bytes."""


class Keeper:
    """The one writer of a post's account; every chain of a watch shares it. Safe to call from several threads."""

    def __init__(
        self, post: Post, account: Account, keep_video: bool, every_s: float = 5.0, clock: Clock | None = None
    ) -> None:
        self.told: Callable[[Checkpoint], None] | None = None
        """Who is told of each checkpoint."""
        self._post = post
        self._account = account
        self._keep_video = keep_video
        self._every_ns = int(every_s * NS)
        self._waiting: list[Entry] = []
        self._fixes: dict[str, list[Fix]] = {}
        self._clock = clock or SystemClock()
        self._committed_ns = self._checkpoint_ns = self._clock.monotonic_ns()
        self._is_closed = False
        self._lock = threading.RLock()

    def note(self, kind: EntryKind, utc_ns: int, body: dict[str, Any], at_once: bool = False) -> None:
        """Write an entry down; `at_once` returns only when it is on disk. LocalProtocolError where the log can take no
        such entry: it does not wait, so that those that do are not held up by it."""
        entry = _checked(Entry(kind=kind, utc_ns=str(utc_ns), body=body))
        with self._lock:
            self._refuse_closed(entry)
            self._waiting.append(entry)
            if at_once or len(self._waiting) >= MOST or self._is_due():
                self.commit()

    def decide(self, decision: Decision, more: dict[str, Any]) -> int:
        """Write a person's decision down, with more in its body; its entry's index, when it is on disk. One that cannot
        be written does not wait: who decided is told, and it never comes into the log behind his back."""
        body = _body(decision) | more | {"watch": self._post.watch}
        entry = _checked(Entry(kind="decision", utc_ns=str(decision.utc_ns), body=body))
        with self._lock:
            self._refuse_closed(entry)
            self.commit()
            return self._account.record_many([entry])

    def tick(self) -> None:
        """Commit what has waited long enough, also when nothing new comes."""
        with self._lock:
            if self._waiting and self._is_due() and not self._is_closed:
                self.commit()

    def fix(self, fix: Fix) -> None:
        """Write a position down, in blocks of ten seconds per aircraft."""
        with self._lock:
            block = self._fixes.setdefault(fix.aircraft, [])
            if block and (abs(fix.utc_ns - block[0].utc_ns) >= POSITIONS_S * NS or len(block) >= MOST_FIXES):
                self._close_block(fix.aircraft)
                block = self._fixes.setdefault(fix.aircraft, [])
            block.append(fix)

    def segment(self, stream: str, number: int, data: bytes, body: dict[str, Any], utc_ns: int) -> None:
        """Keep a video segment (if video is kept) and its hash. The hash is noted when the video is on disk."""
        if self._keep_video:
            write_whole(self._post.video / stream / f"{number:06d}.ts", data, durable=True)
        self.note("video_segment", utc_ns, {"stream": stream, "number": number, **body})

    def picture(self, image: np.ndarray | None) -> str | None:
        """Keep a picture as PNG, on disk when this returns; its SHA-256, which is its name. None stays None."""
        if image is None:
            return None
        data = cv2.imencode(".png", image)[1].tobytes()
        name = sha256_hex(data)
        write_whole(self._post.evidence / f"{name}.png", data, durable=True)
        return name

    def alert(self, alert: Alert, decision: Decision) -> None:
        """Write an alert and its decision down at once, with the watch within which the alert's id holds."""
        watch = {"watch": self._post.watch}
        self.note("alert", alert.utc_ns, _body(alert) | watch)
        self.note("decision", decision.utc_ns, _body(decision) | watch, at_once=True)

    def commit(self) -> None:
        """Make everything that waits durable; a checkpoint once a minute. What cannot be written goes on waiting."""
        with self._lock:
            if self._waiting:
                self._account.record_many(self._waiting)
                self._waiting = []
            self._committed_ns = now_ns = self._clock.monotonic_ns()
            if now_ns - self._checkpoint_ns >= CHECKPOINT_S * NS:
                self._tell(self._account.checkpoint())
                self._checkpoint_ns = now_ns

    def close(self, is_over: bool = False) -> Checkpoint:
        """Write down what waits and close the log, whatever becomes of what waits; its last checkpoint. A thread that
        still lives then finds the log closed: LocalProtocolError `log_is_closed`. is_over: nobody goes on in this
        watch; if nothing of it flies any more the seed of its draw is told, and no flight can be opened after that."""
        with self._lock:
            try:
                self.close_blocks()
                self.commit()
                if is_over and not self._is_closed:
                    self._reveal()
            finally:
                self._is_closed = True
                checkpoint = self._account.close()
            self._tell(checkpoint)
            return checkpoint

    def _reveal(self) -> None:
        """Tell the seed of the watch's draw, where that is due."""
        entries = (self._account.entry(index) for index in range(self._account.size))
        entry = reveal_of(entries, self._post.watch, self._post.draw)
        if entry is not None:
            self._account.record_many([entry])

    def _tell(self, checkpoint: Checkpoint) -> None:
        if self.told is not None:
            self.told(checkpoint)

    def _refuse_closed(self, entry: Entry) -> None:
        if self._is_closed:
            raise LocalProtocolError("log_is_closed", f"a {entry.kind} entry came after the log was closed")

    def _is_due(self) -> bool:
        return self._clock.monotonic_ns() - self._committed_ns >= self._every_ns

    def close_blocks(self) -> None:
        """Write down the positions that wait for their block to fill."""
        with self._lock:
            for aircraft in list(self._fixes):
                self._close_block(aircraft)

    def _close_block(self, aircraft: str) -> None:
        fixes = self._fixes.pop(aircraft, [])
        if fixes:
            self.note("positions", fixes[-1].utc_ns, {"aircraft": aircraft, "fixes": _rows(fixes)})


def _checked(entry: Entry) -> Entry:
    """The entry, which the log can take. Raises LocalProtocolError."""
    entry_bytes(entry)
    return entry


def _rows(fixes: Sequence[Fix]) -> list[list[Any]]:
    """utc_ns, lat, lon, alt_hae_m, heading, ground speed, battery, phase of each fix, rounded to what it can know."""
    return [
        [
            str(f.utc_ns),
            round(f.position.lat_deg, 7),
            round(f.position.lon_deg, 7),
            round(f.position.alt_hae_m, 2),
            round(f.heading_deg, 1),
            round(f.ground_speed_m_s, 1),
            round(f.battery_fraction, 4),
            f.phase,
        ]
        for f in fixes
    ]


def _body(record: msgspec.Struct) -> dict[str, Any]:
    body: dict[str, Any] = msgspec.to_builtins(record)
    return body | {"utc_ns": str(body["utc_ns"])}
