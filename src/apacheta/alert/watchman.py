"""The room's recipe: confirmed tracks in, alerts out, one per incident."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..core.alerts import Alert, Decision, Evidence
from ..core.sector import Zone
from ..core.sight import Track
from ..geo import BorderLine, LocalGrid
from .area import WatchArea, inner_lines_m
from .incidents import Incidents
from .rules import Finding, LineCrossing, Rule, ZoneEntry

NOBODY = "nobody"
HISTORY = 400
"""Estimates kept of a track: 80 s at 5 Hz, more than any stare."""


@dataclass(frozen=True)
class WatchSettings:
    """`quiet_m` round villages; the range to which the camera resolves a walker decides which lines are watched.
    Numbers of alerts and incidents go on after those `before`, where a watch goes on in a new process."""

    standoff_m: float
    resolved_range_m: float
    quiet_m: float = 300.0
    silent_kinds: tuple[str, ...] = ("animal",)
    alerts_before: int = 0
    incidents_before: int = 0


class Watchman:
    """Looks at the tracks of every stream; gives an alert when an incident begins."""

    def __init__(self, border: BorderLine, zones: Sequence[Zone], grid: LocalGrid, settings: WatchSettings) -> None:
        self.area = WatchArea(border, zones, grid, settings.quiet_m)
        self.lines_m = inner_lines_m(settings.standoff_m, border.border.accuracy_m, settings.resolved_range_m)
        self._rules: list[Rule] = [ZoneEntry(self.area)]
        self._rules += [LineCrossing(self.area, _line_name(m), m) for m in self.lines_m]
        self._incidents = Incidents(grid, before=settings.incidents_before)
        self._silent = settings.silent_kinds
        self._paths: dict[str, list[tuple[str, float, float]]] = {}
        self._count = settings.alerts_before

    def step(self, tracks: Iterable[Track]) -> list[Alert]:
        """Alerts that begin with these track estimates. Only confirmed tracks that are not animals count."""
        alerts = []
        for track in tracks:
            self._remember(track)
            if not track.confirmed or track.kind in self._silent:
                continue
            self._incidents.follow(track)
            alerts += [a for f in self._findings(track) if (a := self._alert_of(f)) is not None]
        return alerts

    def incidents_of(self, tracks: Iterable[Track]) -> dict[str, str]:
        """The open incident of each of these tracks that has one, by the track's id."""
        named = {t.id: self._incidents.of(t.id) for t in tracks}
        return {track: incident for track, incident in named.items() if incident is not None}

    def forget(self, track_ids: Iterable[str]) -> None:
        """Drop what was kept of tracks that have ended."""
        for track_id in track_ids:
            self._paths.pop(track_id, None)
            for rule in self._rules:
                rule.forget(track_id)

    def _findings(self, track: Track) -> list[Finding]:
        return [f for rule in self._rules if (f := rule.look(track)) is not None]

    def _alert_of(self, finding: Finding) -> Alert | None:
        incident, new = self._incidents.join(finding.track)
        if not new:
            return None
        self._count += 1
        track = finding.track
        return Alert(
            id=f"alert-{self._count:04d}",
            incident=incident,
            rule=finding.rule,
            line=finding.line,
            utc_ns=track.utc_ns,
            stream=track.stream,
            tracks=(track.id,),
            position=track.position,
            position_cov_m2=track.position_cov_m2,
            probability=finding.probability,
            kind=track.kind,
            reason=finding.reason,
            evidence=Evidence(still_sha256=None, chip_sha256=None, track=tuple(self._paths[track.id])),
        )

    def _remember(self, track: Track) -> None:
        path = self._paths.setdefault(track.id, [])
        path.append((str(track.utc_ns), track.position.lon_deg, track.position.lat_deg))
        del path[:-HISTORY]


def unreviewed(alert: Alert) -> Decision:
    """What stands in the log until somebody has looked."""
    reason = "nobody has looked at it yet"
    return Decision(alert=alert.id, utc_ns=alert.utc_ns, state="unreviewed", by=NOBODY, reason=reason)


def _line_name(at_m: float) -> str:
    return "border" if at_m == 0.0 else f"inner_line_{at_m:.0f}_m"
