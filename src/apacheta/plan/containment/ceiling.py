"""How high an aircraft may be over each cell so that the proof holds: what the planner plans under."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from ...core.aircraft import Aircraft
from ...core.sector import Sector
from ...geo import Grid, hae_of_amsl
from .catalogue import Excursion, P, descents_of, excursions_of
from .ground import Box, Ground
from .proof import air_of
from .reach import fields, least_over, runs_of

Field = NDArray[np.float32]


@dataclass(frozen=True)
class Ceiling:
    """The height up to which flight over a place is proven. height_m: (rows, cols) of the box, in the elevation model's
    datum (`hae` or AMSL)."""

    box: Box
    height_m: Field
    hae: bool

    def hae_at(self, grid: Grid, x_m: ArrayLike, y_m: ArrayLike, within_m: float = 0.0) -> Any:
        """The same HAE over places in a planner's grid; the least within so many metres to each side; -inf outside."""
        lat, lon = grid.latlon(np.asarray(x_m, float), np.asarray(y_m, float))
        x, y = self.box.grid.xy(lat, lon)
        i = np.floor((np.asarray(y) - self.box.south_m) / self.box.cell_m).astype(np.int64)
        j = np.floor((np.asarray(x) - self.box.west_m) / self.box.cell_m).astype(np.int64)
        inside = (i >= 0) & (j >= 0) & (i < self.box.rows) & (j < self.box.cols)
        least = ndimage.minimum_filter(self.height_m, size=2 * math.ceil(within_m / self.box.cell_m) + 1)
        height = np.where(inside, least[np.clip(i, 0, self.box.rows - 1), np.clip(j, 0, self.box.cols - 1)], -np.inf)
        return height if self.hae else hae_of_amsl(lat, lon, height)


def ceiling_of(sector: Sector, aircraft: Aircraft, ground: Ground) -> Ceiling:
    """Where a type of aircraft may fly over a sector's ground."""
    return Ceiling(ground.box, ceiling_m(sector, aircraft, ground), sector.terrain.vertical_datum == "hae")


def ceiling_m(sector: Sector, aircraft: Aircraft, ground: Ground) -> Field:
    """(rows, cols) of the ground's grid: the height up to which every state over a cell is proven in every mode, in
    the elevation model's datum; -inf where none is. Never higher than what `prove` finds.

    Modes that nothing bounds are left out: they are said to be not provable, not made so by flying elsewhere.
    """
    air = air_of(sector, ground)
    descents = descents_of(aircraft, air)
    modes = [m for m in excursions_of(aircraft, sector, air) if m.why is None]
    modes = [m for m in modes if m.descent is None or descents[m.descent] is not None]
    lowest = np.full(ground.border_m.shape, np.inf, np.float32)
    for kind in (None, *descents):
        falling = [m for m in modes if m.descent == kind]
        if falling:
            first_bad = np.full(ground.border_m.shape, air.layers, np.float32)
            for k, field in enumerate(fields(ground, air, None if kind is None else descents[kind])):
                first_bad = np.where((field < sector.border.accuracy_m) & (first_bad > k), np.float32(k), first_bad)
            for mode in falling:
                lowest = np.minimum(lowest, _height(first_bad, mode, ground, air.bottom_m, air.layer_m))
    return lowest


def _height(first_bad: Field, mode: Excursion, ground: Ground, bottom_m: float, layer_m: float) -> Field:
    """Below the first layer that is bad for any cell of the excursion's disc, less what the excursion goes up."""
    cell = ground.box.cell_m
    radius = max(mode.radius_m) + P["spacing_m"] / 2.0 + P["straight_m"] + cell * math.sqrt(0.5)
    least = least_over(first_bad, runs_of(np.array([0.0, 0.0, radius]), cell), 0.0)
    return np.where(least > 0.0, bottom_m + layer_m * least - mode.up_m, -np.inf).astype(np.float32)
