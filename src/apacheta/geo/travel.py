"""How long people take over the ground: on foot, with mules, in a vehicle. Fields of times, and ways.

Speeds on a slope are Tobler's (1993): 6 exp(-3.5 |slope + 0.05|) km/h on a path, 0.6 of that beside one, 1.25 of it on
horseback, here for mules. A vehicle's are assumed: 30 km/h on a track by night without lights, 25 on a salt flat, less
uphill, nothing beside.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..kernels.travel import least_times, trace
from .dem import Dem

Traveller = Literal["walker", "mule", "vehicle"]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
TABLE = 4801
"""Slopes in the table of speeds: so many that Tobler's edge at -0.05 is one of them."""


@dataclass(frozen=True)
class Going:
    """One who travels. on_path_m_s: speed on a path at slopes; beside_share: of it where there is none (0: not at all);
    flat_share: of it on a salt flat; night_share: of it by night. steepest: slope, metres per metre, up and down."""

    kind: Traveller
    steepest: float
    beside_share: float
    flat_share: float
    night_share: float

    def on_path_m_s(self, slope: ArrayLike) -> Floats:
        """By slope, metres up per metre."""
        slope = np.asarray(slope, float)
        if self.kind == "vehicle":
            return np.asarray(30.0 / 3.6 * np.maximum(1.0 - 2.0 * np.abs(slope), 0.1))
        tobler = 6.0 / 3.6 * np.exp(-3.5 * np.abs(slope + 0.05))
        return np.asarray(tobler * (1.25 if self.kind == "mule" else 1.0))


GOINGS: dict[Traveller, Going] = {
    "walker": Going("walker", steepest=1.2, beside_share=0.6, flat_share=1.0, night_share=0.8),
    "mule": Going("mule", steepest=0.6, beside_share=0.6, flat_share=1.0, night_share=0.8),
    "vehicle": Going("vehicle", steepest=0.25, beside_share=0.0, flat_share=0.83, night_share=1.0),
}


@dataclass(frozen=True, eq=False)
class Times:
    """time_s (rows, cols): least seconds from a start, or to it; inf where nobody comes. came: by which neighbour."""

    time_s: Floats
    came: NDArray[np.int8]

    def way(self, row: int, col: int) -> NDArray[np.int64]:
        """Nodes (n, 2) row, column from a node back to where its way begins; empty where nobody comes."""
        if not np.isfinite(self.time_s[row, col]):
            return np.empty((0, 2), np.int64)
        out = np.empty((self.came.size, 2), np.int64)
        return out[: trace(self.came, row, col, out)].copy()


def travel_times(
    dem: Dem,
    starts_xy: ArrayLike,
    going: Going | Traveller = "walker",
    *,
    paths: Bools | None = None,
    flats: Bools | None = None,
    by_night: bool = True,
    longest_s: float = np.inf,
    to_start: bool = False,
) -> Times:
    """Least times from the nearest of the starts (n, 2) grid metres to every node, or (to_start) from it to them.

    paths, flats: (rows, cols) where there is a path or track, and a salt flat; None: none. Voids, and slopes beyond
    what one can do, are never crossed. Raises ValueError for a start beside the model.
    """
    how = GOINGS[going] if isinstance(going, str) else going
    slopes = np.linspace(-how.steepest, how.steepest, TABLE)
    share = how.night_share if by_night else 1.0
    time, came = np.empty(dem.height_hae_m.shape), np.empty(dem.height_hae_m.shape, np.int8)
    least_times(
        *(dem.height_hae_m, _cost(dem, how, paths, flats), float(dem.cell_m), 1.0 / (share * how.on_path_m_s(slopes))),
        *(how.steepest, _nodes(dem, starts_xy), float(longest_s), to_start, time, came),
    )
    return Times(time, came)


def _cost(dem: Dem, how: Going, paths: Bools | None, flats: Bools | None) -> NDArray[np.float32]:
    """What each node costs beside a path's 1."""
    with np.errstate(divide="ignore"):
        beside, flat = np.float32(1.0) / np.float32(how.beside_share), np.float32(1.0) / np.float32(how.flat_share)
    cost = np.full(dem.height_hae_m.shape, beside)
    if flats is not None:
        cost[flats] = flat
    if paths is not None:
        cost[paths] = 1.0
    cost[dem.voids] = np.inf
    return cost


def _nodes(dem: Dem, starts_xy: ArrayLike) -> NDArray[np.int64]:
    starts = np.atleast_2d(np.asarray(starts_xy, float))
    col, row = np.rint((starts - dem.south_west_m) / dem.cell_m).astype(np.int64).T
    rows, cols = dem.height_hae_m.shape
    if not ((col >= 0) & (col < cols) & (row >= 0) & (row < rows)).all():
        raise ValueError("a start lies beside the elevation model")
    return np.asarray(row * cols + col)
