"""A tour's route in the world's grid."""

import math
from dataclasses import dataclass
from itertools import pairwise

from ...core.plan import Tour
from .ground import Ground


@dataclass(frozen=True)
class Point:
    """One waypoint: grid x, y, AMSL, its kind, the distance flown so far."""

    x_m: float
    y_m: float
    amsl_m: float
    kind: str
    along_m: float


@dataclass(frozen=True)
class Leg:
    """From one point to the next; direction is a unit vector in the grid, length horizontal."""

    start: Point
    end: Point
    length_m: float
    dx: float
    dy: float

    def along(self, x_m: float, y_m: float) -> float:
        """Metres flown along the leg at the foot of the perpendicular; may lie outside [0, length]."""
        return (x_m - self.start.x_m) * self.dx + (y_m - self.start.y_m) * self.dy

    def fraction(self, x_m: float, y_m: float) -> float:
        """The same as a part of the leg, held to [0, 1]."""
        return min(max(self.along(x_m, y_m) / max(self.length_m, 1e-6), 0.0), 1.0)


def points_of(tour: Tour, ground: Ground) -> tuple[Point, ...]:
    """The waypoints in the grid."""
    places = (ground.xy(w.position.lon_deg, w.position.lat_deg) for w in tour.waypoints)
    return tuple(
        Point(x, y, float(w.alt_amsl_m), w.kind, w.along_m) for (x, y), w in zip(places, tour.waypoints, strict=True)
    )


def legs_of(points: tuple[Point, ...]) -> tuple[Leg, ...]:
    """The straight legs between them."""
    return tuple(_leg(a, b) for a, b in pairwise(points))


def _leg(a: Point, b: Point) -> Leg:
    length = math.hypot(b.x_m - a.x_m, b.y_m - a.y_m)
    return Leg(a, b, length, (b.x_m - a.x_m) / max(length, 1e-9), (b.y_m - a.y_m) / max(length, 1e-9))
