"""Alerts about one course of events are one incident, and an incident is alerted once.

Two findings belong together when they are about the same track, or lie within `reach_m` plus what a walker does in
the time between, and not more than `gap_s` apart. Short on purpose: whoever comes later on the same path is new.
"""

from dataclasses import dataclass, field
from math import hypot

from ..core.instant import NS
from ..core.sight import Track
from ..geo import LocalGrid


@dataclass
class _Incident:
    name: str
    tracks: set[str]
    last_utc_ns: int
    x_m: float
    y_m: float
    east_m_s: float
    north_m_s: float


@dataclass
class Incidents:
    """The open incidents of one watch, numbered on from those `before`."""

    grid: LocalGrid
    reach_m: float = 60.0
    gap_s: float = 60.0
    before: int = 0
    _open: list[_Incident] = field(default_factory=list)
    _count: int = 0

    def of(self, track_id: str) -> str | None:
        """The name of the incident that a track belongs to, or None."""
        return next((i.name for i in self._open if track_id in i.tracks), None)

    def follow(self, track: Track) -> str | None:
        """Keep an incident's place up to date with one of its tracks; its name, or None if it has none."""
        incident = next((i for i in self._open if track.id in i.tracks), None)
        if incident is not None:
            self._move(incident, track)
        return incident.name if incident else None

    def join(self, track: Track) -> tuple[str, bool]:
        """The incident that this track belongs to, and whether it is new."""
        self._open = [i for i in self._open if track.utc_ns - i.last_utc_ns <= self.gap_s * NS]
        incident = next((i for i in self._open if track.id in i.tracks or self._near(i, track)), None)
        if incident is None:
            self._count += 1
            incident = _Incident(f"incident-{self.before + self._count:04d}", set(), track.utc_ns, 0.0, 0.0, 0.0, 0.0)
            self._open.append(incident)
            new = True
        else:
            new = False
        incident.tracks.add(track.id)
        self._move(incident, track)
        return incident.name, new

    def _near(self, incident: _Incident, track: Track) -> bool:
        since_s = (track.utc_ns - incident.last_utc_ns) / NS
        x_m, y_m = self.grid.xy(track.position.lat_deg, track.position.lon_deg)
        ahead_x_m = incident.x_m + incident.east_m_s * since_s
        ahead_y_m = incident.y_m + incident.north_m_s * since_s
        return hypot(float(x_m) - ahead_x_m, float(y_m) - ahead_y_m) <= self.reach_m

    def _move(self, incident: _Incident, track: Track) -> None:
        x_m, y_m = self.grid.xy(track.position.lat_deg, track.position.lon_deg)
        incident.last_utc_ns = track.utc_ns
        incident.x_m, incident.y_m = float(x_m), float(y_m)
        incident.east_m_s, incident.north_m_s = track.velocity_east_m_s, track.velocity_north_m_s
