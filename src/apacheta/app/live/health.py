"""How the watch's equipment is: streams, processes, disk."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ...core.instant import NS
from ...core.sight import CameraPose
from ..chain import ChainTotals

CLOCK_WINDOW_S = 30.0
STALE_S, LOST_S = 1.0, 10.0
"""With news once a second, a stream that falls silent is shown as stale within two."""

State = Literal["live", "stale", "lost"]


@dataclass
class Arrivals:
    """When units of one stream came, monotonic; by how much its clock is ahead of ours (None: not to be said)."""

    first_ns: int | None = None
    last_ns: int | None = None
    clock_offset_s: float | None = None
    _pose: CameraPose | None = None
    _window_ns: int | None = None
    _before_s: float = -math.inf
    _within_s: float = -math.inf

    def unit(self, monotonic_ns: int) -> None:
        """A unit came."""
        self.first_ns = self.first_ns or monotonic_ns
        self.last_ns = monotonic_ns

    def pose(self, pose: CameraPose, utc_ns: int) -> None:
        """The newest pose at that time of our clock. How late it came is in what it says of the clocks: the quickest of
        the last half minute to minute counts, and one that is old says nothing."""
        if pose is self._pose or self.last_ns is None:
            return
        if self._window_ns is None or self.last_ns - self._window_ns > CLOCK_WINDOW_S * NS:
            self._window_ns, self._before_s, self._within_s = self.last_ns, self._within_s, -math.inf
        self._pose, self._within_s = pose, max(self._within_s, (pose.utc_ns - utc_ns) / NS)
        self.clock_offset_s = max(self._before_s, self._within_s)

    def state(self, monotonic_ns: int) -> State:
        """live, stale after a second of silence, lost after ten or while nothing has come."""
        if self.last_ns is None or monotonic_ns - self.last_ns > LOST_S * NS:
            return "lost"
        return "stale" if monotonic_ns - self.last_ns > STALE_S * NS else "live"


def stream_row(stream: str, totals: ChainTotals, breaks: int, arrivals: Arrivals, monotonic_ns: int) -> dict[str, Any]:
    """One stream's health; `dropped`: breaks in its packets' counters, each of which lost us something."""
    return {
        "stream": stream,
        "state": arrivals.state(monotonic_ns),
        "last_utc_ns": None if totals.last_utc_ns is None else str(totals.last_utc_ns),
        "lag_s": totals.lag_s,
        "frames": totals.frames,
        "dropped": breaks,
        "damaged": totals.frames_damaged,
        "clock_offset_s": arrivals.clock_offset_s,
    }


def real_time_factor(streams: Sequence[tuple[ChainTotals, Arrivals]], monotonic_ns: int) -> float | None:
    """Seconds of video over seconds that went by since its first unit, of the stream that lags most; None before
    there is a second of any."""
    factors = [
        (totals.last_utc_ns - totals.first_utc_ns) / (monotonic_ns - arrivals.first_ns)
        for totals, arrivals in streams
        if totals.first_utc_ns is not None and totals.last_utc_ns is not None
        if arrivals.first_ns is not None and monotonic_ns - arrivals.first_ns >= NS
    ]
    return round(min(factors), 3) if factors else None
