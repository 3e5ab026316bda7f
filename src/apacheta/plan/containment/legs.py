"""The legs of a plan, each once however many tours share it, cut into pieces whose states are proven together."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ...core.plan import Tour, WatchPlan, Waypoint
from ...geo import LocalGrid

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Corner = tuple[float, float, float]
DIGITS = 2
"""Corners are rounded to a centimetre, so that a checker works with the same numbers."""


@dataclass(frozen=True)
class Leg:
    """A straight part of a tour of one type of aircraft, from x, y (grid metres), height to another; either way."""

    aircraft_type: str
    start: Corner
    end: Corner


@dataclass(frozen=True)
class Pieces:
    """middle_m (n, 2) x, y; half_m (n,) half its length over ground; high_m (n,) its highest; leg (n,) its index."""

    middle_m: Floats
    half_m: Floats
    high_m: Floats
    leg: Ints


def legs_of(plan: WatchPlan, grid: LocalGrid, hae: bool) -> tuple[list[Leg], dict[tuple[str, str], list[int]]]:
    """The different legs of every tour in some slot's lottery, drawn or not; and the legs of each (tour, type of
    aircraft) in the order of flight. Heights AMSL, or HAE where the elevation model has them so."""
    legs: dict[Leg, int] = {}
    tours: dict[tuple[str, str], list[int]] = {}
    flown = sorted({(tour, slot.aircraft_type) for slot in plan.slots for tour in (*slot.tours, slot.drawn)})
    by_id = {t.id: t for t in plan.tours}
    for name, kind in flown:
        corners = corners_of(by_id[name], grid, hae)
        tours[name, kind] = [legs.setdefault(Leg(kind, min(a, b), max(a, b)), len(legs)) for a, b in pairwise(corners)]
    return list(legs), tours


def corners_of(tour: Tour, grid: LocalGrid, hae: bool) -> list[Corner]:
    """The waypoints in the proof's grid, rounded."""
    return [_corner(w, grid, hae) for w in tour.waypoints]


def _corner(waypoint: Waypoint, grid: LocalGrid, hae: bool) -> Corner:
    x, y = grid.xy(waypoint.position.lat_deg, waypoint.position.lon_deg)
    height = waypoint.position.alt_hae_m if hae else waypoint.alt_amsl_m
    return round(float(x), DIGITS), round(float(y), DIGITS), round(float(height), DIGITS)


def pieces_of(legs: Iterable[Leg], spacing_m: float) -> Pieces:
    """Every leg in equal pieces no longer than the spacing."""
    middles, halves, highs, index = [], [], [], []
    for number, leg in enumerate(legs):
        a, b = np.array(leg.start), np.array(leg.end)
        length = float(np.hypot(*(b - a)[:2]))
        count = max(1, math.ceil(length / spacing_m))
        ends = a + (b - a) * (np.arange(count + 1) / count)[:, None]
        middles.append((ends[:-1, :2] + ends[1:, :2]) / 2)
        halves.append(np.full(count, length / count / 2))
        highs.append(np.maximum(ends[:-1, 2], ends[1:, 2]))
        index.append(np.full(count, number))
    if not middles:
        return Pieces(np.empty((0, 2)), np.empty(0), np.empty(0), np.empty(0, np.int64))
    return Pieces(*(np.concatenate(part) for part in (middles, halves, highs, index)))
