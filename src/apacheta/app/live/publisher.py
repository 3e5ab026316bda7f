"""What the core tells: taken from the chains as it happens, kept as far as a snapshot needs it, handed to each reader.

Nothing here waits: a chain's thread encodes its message, and leaves it in each reader's outbox. Positions are told
twice a second for each aircraft, new seen ground once, health once, all by `tick`, which the pulse calls.
"""

import shutil
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec

from ...account import Checkpoint
from ...core.alerts import Alert
from ...core.instant import NS
from ...core.sight import Fix, Frame
from ...formats.ts import PesUnit
from ...geo import Dem
from ...ports import Clock
from ...see import SeenGround, Sighting
from ..chain import Chain, Posed
from . import health
from .book import Book, Decided
from .messages import (
    LinkState,
    Message,
    alert_message,
    decision_message,
    fix_message,
    log_message,
    sight_message,
    tracks_message,
)
from .night import Shown
from .outbox import Outbox
from .seen_grid import NO_GRID, SeenGrid, changes, grid_message, seen_km2
from .taps import StreamTap
from .video import envelope_of

LATE_S, LOST_S = 2.0, 10.0
"""After so long without a position an aircraft's link is late, or lost: four, or twenty, of its reports."""
SLOW_TICKS = 2
"""Every second tick brings seen ground and health."""

Rows = Callable[[], list[Message]]
"""Gives the processes of the watch, as `health` tells them."""


class Publisher:
    """One for a watch. Safe to call from every thread."""

    def __init__(self, book: Book, scene: Shown, folder: Path, clock: Clock, processes: Rows = list) -> None:
        self._ahead_ns = 0
        self._checkpoint: tuple[Checkpoint, int] | None = None
        self._book, self._folder, self._clock, self._processes = book, folder, clock, processes
        self._simulated, self._newest_utc_ns, self._ticks = scene.simulated, scene.epoch_utc_ns, 0
        self._dem: Dem | None = None
        self._lay(scene)
        self._lock = threading.Lock()
        self._outboxes: list[Outbox] = []
        self._last: dict[tuple[str, str], msgspec.Raw] = {}
        self._alerts = {a.id: _raw(alert_message(a)) for a in book.alerts.values()}
        self._alert_of = {a.incident: a.id for a in book.alerts.values()}
        self._chains: Mapping[str, Chain] = {}
        self._arrivals: dict[str, health.Arrivals] = {}
        self._fixes: dict[str, tuple[Fix, int]] = {}
        self._told_fixes: dict[str, tuple[int, LinkState]] = {}

    def _lay(self, scene: Shown) -> None:
        """Take the scene's facts; where its ground is another, nothing of it was seen yet."""
        night = {"kind": "night", "utc_ns": str(scene.epoch_utc_ns), "night": scene.night()}
        self._night, self._own_side = msgspec.json.encode(night), scene.own_side
        if scene.dem is None:
            self._grid, self._seen, self._seen_km2 = None, NO_GRID, None
        elif scene.dem is not self._dem:
            self._grid = SeenGrid(scene.dem, scene.epoch_utc_ns)
            self._seen, self._seen_km2 = self._grid.never(), 0.0
        self._dem = scene.dem

    def renew(self, scene: Shown) -> None:
        """More is known of what is watched: tell it all readers, with a snapshot."""
        with self._lock:
            self._lay(scene)
        self._greet(self._outboxes)

    def utc_ns(self) -> int:
        """The watch's own time: in an exercise that of its newest frame or position, else the machine's, and what it is
        ahead of that."""
        return self._newest_utc_ns if self._simulated else self._clock.utc_ns() + self._ahead_ns

    def follow(self, chains: Mapping[str, Chain]) -> None:
        """Tell of these chains, by stream, from now on."""
        self._arrivals = {name: health.Arrivals() for name in chains}
        self._chains = chains
        for name, chain in chains.items():
            chain.tap = StreamTap(self, name)

    def attach(self, outbox: Outbox) -> None:
        """Tell a reader the night, the seen ground and the snapshot, and from there on all that happens."""
        self._greet([], outbox)

    def _greet(self, outboxes: list[Outbox], *new: Outbox) -> None:
        """Tell all of these what is so; those that are new hear from there on what happens."""
        while True:
            grid, seen = self._grid, self._seen
            ground = msgspec.json.encode(grid_message(grid, seen, self.utc_ns()))
            with self._lock:
                if seen is self._seen:  # else more was seen meanwhile, and would be missing
                    for outbox in (*outboxes, *new):
                        for body in (self._night, ground, self._snapshot()):
                            outbox.put(body)
                    self._outboxes = [*self._outboxes, *new]
                    return

    def detach(self, outbox: Outbox) -> None:
        """Tell that reader nothing more."""
        with self._lock:
            self._outboxes = [o for o in self._outboxes if o is not outbox]

    def unit(self, stream: str, unit: PesUnit, newest: Posed | None) -> None:
        """A unit of video is complete, and may be shown."""
        self.show(stream, unit, newest, self.arrived(stream, newest))

    def arrived(self, stream: str, newest: Posed | None) -> int:
        """A unit of video is complete, whether it is shown or not: when, UTC ns."""
        utc_ns = self._clock.utc_ns()
        self._arrivals[stream].unit(self._clock.monotonic_ns())
        if newest is not None and not self._simulated:
            self._arrivals[stream].pose(newest.pose, utc_ns)
        return utc_ns

    def clock_offset_s(self, stream: str) -> float | None:
        """By how much the stream's clock is ahead of ours; None before that can be said."""
        return self._arrivals[stream].clock_offset_s

    def show(self, stream: str, unit: PesUnit, posed: Posed | None, complete_utc_ns: int) -> None:
        """Hand a unit of video, with a pose, to every reader."""
        envelope = envelope_of(unit, posed, complete_utc_ns)
        with self._lock:
            for outbox in self._outboxes:
                outbox.put_video(stream, envelope)

    def look(self, frame: Frame, sighting: Sighting, incidents: Mapping[str, str]) -> None:
        """A look at a frame is done."""
        alerts = {track: self._alert_of[i] for track, i in incidents.items() if i in self._alert_of}
        self._note_time(0 if frame.pose is None else frame.pose.utc_ns)
        self._tell(sight_message(frame, sighting), frame.stream)
        self._tell(tracks_message(frame, sighting, alerts), frame.stream)

    def alert(self, alert: Alert) -> None:
        """An alert is on disk."""
        message = _raw(alert_message(alert))
        with self._lock:
            self._book.alerts[alert.id] = alert
            self._alert_of[alert.incident] = alert.id
            self._alerts[alert.id] = message
            self._put(message)

    def decision(self, decided: Decided) -> None:
        """A person's decision is on disk."""
        with self._lock:
            self._book.decisions.append(decided)
            self._put(_raw(decision_message(decided)))

    def checkpoint(self, checkpoint: Checkpoint) -> None:
        """The log has a new checkpoint."""
        self._checkpoint = checkpoint, self._clock.utc_ns()
        self._tell(log_message(checkpoint, self.utc_ns()), "")

    def set_ahead(self, ahead_ns: int) -> None:
        """The watch's time, where it is not simulated, is so far ahead of this machine's; so is that of the newest
        checkpoint."""
        self._ahead_ns = ahead_ns
        if self._checkpoint is not None:
            checkpoint, at_utc_ns = self._checkpoint
            self._tell(log_message(checkpoint, at_utc_ns + ahead_ns), "")

    def fix(self, fix: Fix) -> None:
        """An aircraft reports; told with the next tick."""
        self._note_time(fix.utc_ns)
        self._fixes[fix.aircraft] = fix, self._clock.monotonic_ns()

    def fault(self, code: str, text: str, values: Mapping[str, object]) -> None:
        """Something of the equipment failed."""
        self._tell({"kind": "fault", "utc_ns": str(self.utc_ns()), "code": code, "text": text, "values": values}, "")

    def end(self, report: str | None) -> None:
        """The watch is over; where its report lies in the post."""
        self._tell({"kind": "end", "utc_ns": str(self.utc_ns()), "report": report}, "")

    def tick(self) -> None:
        """Half a second has gone by."""
        self._ticks += 1
        for aircraft in list(self._fixes):
            self._tell_fix(aircraft)
        if self._ticks % SLOW_TICKS == 0:
            self._look_at_ground()
            self._tell(self._health(), "")

    def _tell_fix(self, aircraft: str) -> None:
        """Tell an aircraft's newest position, if it or its link's state is new."""
        fix, came_ns = self._fixes[aircraft]
        link = _link_state((self._clock.monotonic_ns() - came_ns) / NS)
        if self._told_fixes.get(aircraft) != (came_ns, link):
            self._told_fixes[aircraft] = came_ns, link
            self._tell(fix_message(fix, self._dem, link), aircraft)

    def _look_at_ground(self) -> None:
        """Tell which cells were seen since the last time, each lot with the time at which it was."""
        grid, before = self._grid, self._seen
        if grid is None:
            return
        grounds = list(_grounds(self._chains.values()))
        seen, area_km2 = grid.seconds(grounds), seen_km2(grounds, self._own_side)
        lots = [_seen_message(grid, *lot, area_km2) for lot in changes(before, seen)]
        with self._lock:
            if grid is self._grid:
                self._seen, self._seen_km2 = seen, area_km2
                for lot in lots:
                    self._put(lot)

    def _health(self) -> Message:
        now_ns = self._clock.monotonic_ns()
        streams = [(name, c.totals, c.demuxer.stats.continuity_errors) for name, c in self._chains.items()]
        return {
            "kind": "health",
            "utc_ns": str(self.utc_ns()),
            "processes": self._processes(),
            "streams": [health.stream_row(n, t, lost, self._arrivals[n], now_ns) for n, t, lost in streams],
            "disk_free_bytes": shutil.disk_usage(self._folder).free,
            "real_time_factor": health.real_time_factor([(t, self._arrivals[n]) for n, t, _ in streams], now_ns),
        }

    def _snapshot(self) -> bytes:
        """All that a new reader must know; the lock is held."""
        last = self._last
        return msgspec.json.encode(
            {
                "kind": "snapshot",
                "utc_ns": str(self.utc_ns()),
                "aircraft": [m for (kind, _), m in last.items() if kind == "fix"],
                "sights": [m for (kind, _), m in last.items() if kind == "sight"],
                "tracks": [m for (kind, _), m in last.items() if kind == "tracks"],
                "alerts": list(self._alerts.values()),
                "decisions": [decision_message(d) for d in self._book.decisions],
                "health": last.get(("health", "")),
                "log": last.get(("log", "")),
                "seen_km2": self._seen_km2,
                "simulated": self._simulated,
            }
        )

    def _tell(self, message: Message, key: str) -> None:
        """Tell all readers, and keep it as the last of its kind and key."""
        raw = _raw(message)
        with self._lock:
            self._last[message["kind"], key] = raw
            self._put(raw)

    def _put(self, message: msgspec.Raw) -> None:
        for outbox in self._outboxes:
            outbox.put(bytes(message))

    def _note_time(self, utc_ns: int) -> None:
        self._newest_utc_ns = max(self._newest_utc_ns, utc_ns)


def _seen_message(grid: SeenGrid, second: int, cells: list[int], area_km2: float) -> msgspec.Raw:
    utc_ns = grid.epoch_utc_ns + second * NS
    return _raw({"kind": "seen", "utc_ns": str(utc_ns), "cells": cells, "seen_km2": area_km2})


def _raw(message: Message) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(message))


def _link_state(silent_s: float) -> LinkState:
    if silent_s > LOST_S:
        return "lost"
    return "late" if silent_s > LATE_S else "good"


def _grounds(chains: Iterable[Chain]) -> Iterable[SeenGround]:
    return (c.eye.seen for c in chains if c.eye is not None and c.eye.seen is not None)
