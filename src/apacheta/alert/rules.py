"""Rules: each looks at one track at a time and says once when it holds, with its probability.

Hysteresis: a rule that fired for a track is armed again only after its probability fell below `release`.
"""

from dataclasses import dataclass, field
from typing import Protocol

from ..core.alerts import Rule as RuleName
from ..core.instant import NS
from ..core.sight import Track
from .area import WatchArea, probability_above


@dataclass(frozen=True)
class Finding:
    """A rule holds for a track now."""

    rule: RuleName
    line: str
    track: Track
    probability: float
    reason: str


class Rule(Protocol):
    """`look` gives a finding when the rule begins to hold for the track, else None."""

    def look(self, track: Track) -> Finding | None: ...

    def forget(self, track_id: str) -> None: ...


@dataclass
class ZoneEntry:
    """A confirmed track is inside the watched area with probability >= `raise_at` for `hold_s` seconds."""

    area: WatchArea
    raise_at: float = 0.9
    release_at: float = 0.5
    hold_s: float = 1.0
    _since: dict[str, int] = field(default_factory=dict)
    _fired: set[str] = field(default_factory=set)

    def look(self, track: Track) -> Finding | None:
        probability = self.area.probability_inside(track)
        if probability < self.release_at:
            self.forget(track.id)
        if probability < self.raise_at:
            self._since.pop(track.id, None)
            return None
        if track.id in self._fired:
            return None
        if track.utc_ns - self._since.setdefault(track.id, track.utc_ns) < self.hold_s * NS:
            return None
        self._fired.add(track.id)
        reason = f"inside the watched area with p = {probability:.2f} for {self.hold_s:g} s"
        return Finding("zone_entry", "own_side", track, probability, reason)

    def forget(self, track_id: str) -> None:
        self._since.pop(track_id, None)
        self._fired.discard(track_id)


@dataclass
class LineCrossing:
    """A track went from more than two sigma beyond a line to more than two sigma on its inner side.

    `at_m` is the line's distance from the border, own side positive; only inward crossings are reported.
    """

    area: WatchArea
    name: str
    at_m: float
    sigmas: float = 2.0
    _beyond: set[str] = field(default_factory=set)

    def look(self, track: Track) -> Finding | None:
        distance_m, sigma_m = self.area.border_distance_m(track)
        probability = probability_above(distance_m - self.at_m, sigma_m)
        inward = (distance_m - self.at_m) / max(sigma_m, 1e-6)
        if inward < -self.sigmas:
            self._beyond.add(track.id)
        if inward < self.sigmas or track.id not in self._beyond:
            return None
        self._beyond.discard(track.id)
        reason = f"crossed {self.name} inward, {inward:.1f} sigma past it"
        return Finding("line_crossing", self.name, track, probability, reason)

    def forget(self, track_id: str) -> None:
        self._beyond.discard(track_id)
