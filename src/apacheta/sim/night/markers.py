"""Flat warm squares on the ground at known places: what georeferencing is measured by."""

import numpy as np
from numpy.typing import NDArray

from .gimbal import Aim
from .ground import Ground
from .render import Renderer, View

MARKER_COUNT = 40
SPREAD_M = 40.0
WHOLE = 0.97
"""Part of the square that must be in sight."""
FACING = 0.3
"""Sine of the least angle (17 deg) between line of sight and square: flatter, the picture says little of the place."""


def marker_places(aims: tuple[Aim, ...], ground: Ground, rng: np.random.Generator) -> NDArray[np.float64]:
    """Grid x, y (n, 2) of up to 40 squares near places that the tours look at, each well inside one terrain cell."""
    if not aims:
        return np.zeros((0, 2))
    spread = np.linspace(0, len(aims) - 1, min(MARKER_COUNT, max(len(aims), 1))).round().astype(int)
    places = []
    for k in range(MARKER_COUNT):
        aim = aims[spread[k % len(spread)]]
        x, y = np.array([aim.x_m, aim.y_m]) + rng.uniform(-SPREAD_M, SPREAD_M, 2)
        places.append(
            (_inside_cell(x, ground.origin_x_m, ground.cell_m), _inside_cell(y, ground.origin_y_m, ground.cell_m))
        )
    return np.array(places)


def _inside_cell(value_m: float, origin_m: float, cell_m: float) -> float:
    """The coordinate, moved so that 2 m remain to the cell's edges."""
    cell = np.floor((value_m - origin_m) / cell_m)
    inside = value_m - origin_m - cell * cell_m
    return float(origin_m + cell * cell_m + min(max(inside, 2.0), cell_m - 2.0))


class MarkerField:
    """Draws the squares and says where their seen coverage lies in the picture."""

    def __init__(self, places_xy_m: NDArray[np.float64], ground: Ground) -> None:
        self.places = places_xy_m
        self.amsl_m = ground.heights_at(places_xy_m[:, 0], places_xy_m[:, 1])
        self.last_utc_ns = np.full(len(places_xy_m), -(10**18), np.int64)

    def render(self, renderer: Renderer, view: View) -> list[tuple[int, float, float]]:
        """Paint them; number, column and row of each that is wholly in the picture and in sight."""
        near = np.flatnonzero(np.hypot(*(self.places - np.array(view.camera[:2])).T) < 4_000.0)
        if not len(near):
            return []
        drawn = renderer.add_markers(view, np.ascontiguousarray(self.places[near]))
        whole = (drawn[:, 4] > 0) & (drawn[:, 5] >= FACING) & (drawn[:, 1] > 0) & (drawn[:, 0] >= WHOLE * drawn[:, 1])
        return [(int(near[k]), float(drawn[k, 2]), float(drawn[k, 3])) for k in np.flatnonzero(whole)]

    def due(self, number: int, utc_ns: int) -> bool:
        """At most once a second for each square."""
        if utc_ns - self.last_utc_ns[number] < 1_000_000_000:
            return False
        self.last_utc_ns[number] = utc_ns
        return True
