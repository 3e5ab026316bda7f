"""How the watch's equipment is: streams, processes, disk."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ...core.instant import NS
from ...core.sight import CameraPose
from ..chain import ChainTotals

STALE_S, LOST_S = 1.0, 10.0
"""With news once a second, a stream that falls silent is shown as stale within two."""

State = Literal["live", "stale", "lost"]


@dataclass
class Arrivals:
    """When units of one stream came, monotonic; by how much its clock is ahead of ours, less the
    way here (None: not to be said)."""

    first_ns: int | None = None
    last_ns: int | None = None
    clock_offset_s: float | None = None
    _pose: CameraPose | None = None

    def unit(self, monotonic_ns: int) -> None:
        """A unit came."""
        self.first_ns = self.first_ns or monotonic_ns
        self.last_ns = monotonic_ns

    def pose(self, pose: CameraPose, utc_ns: int) -> None:
        """The newest pose at that time of our clock; one that is old says nothing of clocks."""
        if pose is not self._pose:
            self._pose, self.clock_offset_s = pose, (pose.utc_ns - utc_ns) / NS

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
