"""Seen ground for a map: when each cell of a Web Mercator grid was last seen by any stream. When unsure: never.

The grid's cells are 1.5 of the terrain model's cells wide: a square of more than sqrt(2) of them holds the middle of at
least one, however the two grids lie to each other. A cell counts as seen only where every model cell whose middle lies
in it was seen, at the time at which the first of those was last seen; and never where it reaches out of the model.
"""

import math
import zlib
from base64 import b64encode
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.instant import NS
from ...geo import Dem
from ...see import SeenGround

NEVER_S = -1
CELL_RATIO = 1.5
EARTH_RADIUS_M = 6_371_000.0
LATEST_S = 2**31 - 1

Seconds = NDArray[np.int32]
"""Flat (rows * cols,), rows from the north: seconds from the grid's epoch at which a cell was last seen, -1 never."""
NO_GRID: Seconds = np.empty(0, np.int32)


class SeenGrid:
    """The grid over a terrain model; `header` is that of docs/page.md."""

    def __init__(self, dem: Dem, epoch_utc_ns: int) -> None:
        self.epoch_utc_ns = epoch_utc_ns
        self._lay(*_box_deg(dem), dem.cell_m)
        lat, lon = dem.grid.latlon(*(a.ravel() for a in np.meshgrid(*dem.node_xy())))
        cell = self._cells_at(lat, lon)
        self._order = np.argsort(cell, kind="stable")
        self._cells, self._starts = np.unique(cell[self._order], return_index=True)
        self._is_whole = self._inside(dem)

    @property
    def header(self) -> dict[str, Any]:
        """Rows, columns, bounds in degrees (rows equal in Mercator y), epoch."""
        south_deg = _lat_deg(self._north_y - self.rows * self._step_y)
        east_deg = self._west_deg + self.cols * self._step_deg
        return {
            "rows": self.rows,
            "cols": self.cols,
            "west": self._west_deg,
            "south": south_deg,
            "east": east_deg,
            "north": _lat_deg(self._north_y),
            "epoch_utc_ns": str(self.epoch_utc_ns),
        }

    def never(self) -> Seconds:
        """The grid before anything was seen."""
        return np.full(self.rows * self.cols, NEVER_S, np.int32)

    def seconds(self, grounds: Sequence[SeenGround]) -> Seconds:
        """When each cell was last seen by any stream. What was seen before the epoch counts as never."""
        out = self.never()
        if grounds:
            last_ns = np.maximum.reduce([g.last_seen_ns for g in grounds]).ravel()
            first_ns = np.minimum.reduceat(last_ns[self._order], self._starts)
            since_s = np.minimum((first_ns - self.epoch_utc_ns) // NS, LATEST_S)
            out[self._cells] = np.where(first_ns >= max(self.epoch_utc_ns, 1), since_s, NEVER_S)
            out[~self._is_whole] = NEVER_S
        return out

    def _lay(self, west_deg: float, south_deg: float, east_deg: float, north_deg: float, cell_m: float) -> None:
        """Lay the grid over a box in degrees, from its north-west corner."""
        middle = math.cos(math.radians((south_deg + north_deg) / 2))
        self._step_y = CELL_RATIO * cell_m / EARTH_RADIUS_M / middle
        self._step_deg = math.degrees(self._step_y)
        self._west_deg, self._north_y = west_deg, float(_mercator_y(north_deg))
        self.rows = math.ceil((self._north_y - float(_mercator_y(south_deg))) / self._step_y)
        self.cols = math.ceil((east_deg - west_deg) / self._step_deg)

    def _cells_at(self, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> NDArray[np.int64]:
        """The index of the cell in which each place lies."""
        row = np.floor((self._north_y - _mercator_y(lat_deg)) / self._step_y)
        col = np.floor((lon_deg - self._west_deg) / self._step_deg)
        row, col = np.clip(row, 0, self.rows - 1), np.clip(col, 0, self.cols - 1)
        return np.asarray(row * self.cols + col, np.int64)

    def _inside(self, dem: Dem) -> NDArray[np.bool_]:
        """Which cells lie wholly over the model, flat."""
        y = self._north_y - self._step_y * np.arange(self.rows + 1)
        lon, lat = np.meshgrid(self._west_deg + self._step_deg * np.arange(self.cols + 1), _lat_deg(y))
        x_m, y_m = dem.grid.xy(lat.ravel(), lon.ravel())
        west, south, east, north = _outline_m(dem)
        inside = (x_m >= west) & (x_m <= east) & (y_m >= south) & (y_m <= north)
        corner = inside.reshape(self.rows + 1, self.cols + 1)
        return np.asarray(corner[:-1, :-1] & corner[:-1, 1:] & corner[1:, :-1] & corner[1:, 1:]).ravel()


def grid_message(grid: SeenGrid | None, seconds: Seconds, utc_ns: int) -> dict[str, Any]:
    """The whole grid for the console: header and the body of /api/seen; both null where no ground is accounted."""
    header = None if grid is None else grid.header
    body = None if grid is None else b64encode(deflated(seconds)).decode()
    return {"kind": "seen_grid", "utc_ns": str(utc_ns), "header": header, "body": body}


def deflated(seconds: Seconds) -> bytes:
    """The body of /api/seen: int32 little-endian, as zlib (RFC 1950), which HTTP calls deflate."""
    return zlib.compress(seconds.astype("<i4").tobytes(), level=6)


def changes(before: Seconds, after: Seconds) -> Iterator[tuple[int, list[int]]]:
    """What was seen anew: seconds from the epoch, and the indices of the cells that were last seen then."""
    changed = np.flatnonzero(before != after)
    for second in np.unique(after[changed]).tolist():
        yield second, changed[after[changed] == second].tolist()


def seen_km2(grounds: Sequence[SeenGround], own_side: NDArray[np.bool_] | None) -> float:
    """Area of the model's own-side cells that any stream has seen."""
    if not grounds:
        return 0.0
    seen = np.logical_or.reduce([g.last_seen_ns > 0 for g in grounds])
    return grounds[0].area_km2(seen if own_side is None else seen & own_side)


def _outline_m(dem: Dem) -> tuple[float, float, float, float]:
    """West, south, east, north of the model's cells, grid metres."""
    west, south, east, north = dem.bounds
    half = dem.cell_m / 2
    return west - half, south - half, east + half, north + half


def _box_deg(dem: Dem) -> tuple[float, float, float, float]:
    """West, south, east, north in degrees of the box round the model's cells (its sides are curved in degrees)."""
    west, south, east, north = _outline_m(dem)
    x, y = np.linspace(west, east, 33), np.linspace(south, north, 33)
    xs = np.concatenate([x, x, np.full(33, west), np.full(33, east)])
    ys = np.concatenate([np.full(33, south), np.full(33, north), y, y])
    lat, lon = dem.grid.latlon(xs, ys)
    return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())


def _mercator_y(lat_deg: Any) -> Any:
    """Web Mercator's y in radians, north up."""
    return np.log(np.tan(np.pi / 4 + np.radians(lat_deg) / 2))


def _lat_deg(mercator_y: Any) -> Any:
    lat = np.degrees(2 * np.arctan(np.exp(mercator_y)) - np.pi / 2)
    return float(lat) if np.ndim(lat) == 0 else lat
