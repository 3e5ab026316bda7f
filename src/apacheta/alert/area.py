"""Where people have no lawful business at night: the own side, less a distance round each village.

Everything is a signed distance in metres with a sigma, so that a rule can say how sure it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import erf, hypot, sqrt

import numpy as np

from ..core.sector import Zone
from ..core.sight import Track
from ..geo import BorderLine, LocalGrid

LE90_TO_SIGMA = 1.0 / 1.6449
"""A linear error at 90 % is 1.6449 sigma of a normal distribution."""
QUIET_KINDS = ("village", "no_look")


def probability_above(distance_m: float, sigma_m: float) -> float:
    """P(true distance > 0) for a normal error."""
    return 0.5 * (1.0 + erf(distance_m / (sqrt(2.0) * max(sigma_m, 1e-6))))


def inner_lines_m(standoff_m: float, accuracy_m: float, resolved_range_m: float) -> tuple[float, ...]:
    """Distances from the border (own side positive) of the lines whose crossing is reported.

    The border itself (0) is among them only if a camera that keeps `standoff + accuracy` away can still resolve a
    walker there; the first inner line is the nearest that it can, the second a kilometre further in.
    """
    nearest_m = max(0.0, standoff_m + accuracy_m - resolved_range_m)
    first_m = max(nearest_m, accuracy_m)
    return tuple(dict.fromkeys((0.0, first_m, first_m + 1000.0) if nearest_m == 0.0 else (first_m, first_m + 1000.0)))


@dataclass(frozen=True)
class _Quiet:
    """One quiet zone's ring in the local grid: rings_m (n, 2), metres, closed."""

    name: str
    ring_m: np.ndarray


class WatchArea:
    """The own side less `quiet_m` round each village and no-look zone."""

    def __init__(self, border: BorderLine, zones: Sequence[Zone], grid: LocalGrid, quiet_m: float) -> None:
        self._border = border
        self._quiet_m = quiet_m
        self._quiet = [_Quiet(z.name, _closed_ring_m(z, grid)) for z in zones if z.kind in QUIET_KINDS]
        self._grid = grid
        self._line_sigma_m = border.border.accuracy_m * LE90_TO_SIGMA

    def border_distance_m(self, track: Track) -> tuple[float, float]:
        """Signed distance to the border (own side positive) and its sigma, the line's own accuracy included."""
        distance_m = float(self._border.signed_distance_m(track.position.lat_deg, track.position.lon_deg))
        return distance_m, hypot(_sigma_m(track), self._line_sigma_m)

    def probability_inside(self, track: Track) -> float:
        """P(the mover is on the own side and outside every quiet zone): the least of the single ones."""
        inside = probability_above(*self.border_distance_m(track))
        x_m, y_m = self._grid.xy(track.position.lat_deg, track.position.lon_deg)
        for quiet in self._quiet:
            beyond_m = _distance_to_ring_m(float(x_m), float(y_m), quiet.ring_m) - self._quiet_m
            inside = min(inside, probability_above(beyond_m, _sigma_m(track)))
        return inside


def _sigma_m(track: Track) -> float:
    """The larger semi-axis of the track's position covariance."""
    ee, en, nn = track.position_cov_m2
    return sqrt(max(0.5 * (ee + nn) + hypot(0.5 * (ee - nn), en), 0.0))


def _closed_ring_m(zone: Zone, grid: LocalGrid) -> np.ndarray:
    """The zone's ring as (n, 2) metres, first point repeated at the end."""
    lon, lat = np.asarray(zone.ring, dtype=np.float64).T
    ring_m = np.stack(grid.xy(lat, lon), axis=1)
    return ring_m if np.array_equal(ring_m[0], ring_m[-1]) else np.vstack([ring_m, ring_m[:1]])


def _distance_to_ring_m(x_m: float, y_m: float, ring_m: np.ndarray) -> float:
    """Signed distance to a closed ring in metres, negative inside."""
    a, b = ring_m[:-1], ring_m[1:]
    edge, point = b - a, np.array([x_m, y_m])
    share = np.clip(((point - a) * edge).sum(1) / np.maximum((edge**2).sum(1), 1e-9), 0.0, 1.0)
    distance_m = float(np.hypot(*(point - a - share[:, None] * edge).T).min())
    above = (a[:, 1] > y_m) != (b[:, 1] > y_m)
    crossing_m = a[:, 0] + (y_m - a[:, 1]) / np.where(edge[:, 1] == 0, 1e-12, edge[:, 1]) * edge[:, 0]
    inside = bool(np.count_nonzero(above & (x_m < crossing_m)) % 2)
    return -distance_m if inside else distance_m
