"""The ground of a proof: per cell how low it may be, and the least distance to the border, own side positive."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.sector import Sector
from ...geo import BorderLine, LocalGrid
from ...geo.datum import WGS84, crs_of, transformer_between
from ...ports.dem_source import HeightGrid

Floats = NDArray[np.float64]
Array32 = NDArray[np.float32]
Bounds = tuple[float, float, float, float]
ROOM_DEG = 0.05
"""Round keep_in, where border and elevation model go so far: what comes down there is known, too."""
CELL_M = 30.0
CENTRE_DIGITS = 4
BEYOND_M = -1.0e6
"""Distance to the border of what lies outside the grid: nothing is known there, so it counts as beyond."""
EDGE_POINTS = 33
SNAP = 1e-6
HAIR_M = 0.1


@dataclass(frozen=True)
class Box:
    """Square cells on a grid of metres on the ellipsoid: cell (row, col) has its south-west corner at west_m + col
    cell_m, south_m + row cell_m."""

    lat0_deg: float
    lon0_deg: float
    west_m: float
    south_m: float
    cell_m: float
    rows: int
    cols: int

    @property
    def grid(self) -> LocalGrid:
        """Metres on the ellipsoid (height 0): at 5 km a metre there is 1.0008 m over ground, so that what is reached
        is rounded outwards and what is left to the border downwards."""
        return LocalGrid(self.lat0_deg, self.lon0_deg, 0.0)

    def middles(self) -> tuple[Floats, Floats]:
        """x, y (rows, cols) of the cells' middles."""
        x = self.west_m + (np.arange(self.cols) + 0.5) * self.cell_m
        y = self.south_m + (np.arange(self.rows) + 0.5) * self.cell_m
        xs, ys = np.meshgrid(x, y)
        return xs, ys


@dataclass(frozen=True)
class Ground:
    """lowest_m (rows, cols): lowest ground in each cell, heights in the elevation model's own datum. border_m
    (rows, cols): least signed distance of any point of the cell to the border line; where the ground is not known, or
    near that, it counts as beyond. Both float32, row 0 south. bounds_deg: the degrees that the box was made round."""

    bounds_deg: Bounds
    box: Box
    lowest_m: Array32
    border_m: Array32


def room_round(sector: Sector) -> Bounds:
    """West, south, east, north in degrees of keep_in with 5.5 km of room round it."""
    lons, lats = [p[0] for p in sector.keep_in], [p[1] for p in sector.keep_in]
    aside_deg = ROOM_DEG / math.cos(math.radians((min(lats) + max(lats)) / 2))
    return min(lons) - aside_deg, min(lats) - ROOM_DEG, max(lons) + aside_deg, max(lats) + ROOM_DEG


def box_of(bounds: Bounds) -> Box:
    """The grid of a proof: round the bounds in degrees."""
    west, south, east, north = bounds
    lat0, lon0 = round((south + north) / 2, CENTRE_DIGITS), round((west + east) / 2, CENTRE_DIGITS)
    edge = np.linspace(0.0, 1.0, EDGE_POINTS)
    lon, lat = west + edge * (east - west), south + edge * (north - south)
    x, y = LocalGrid(lat0, lon0, 0.0).xy(
        np.concatenate([edge * 0 + south, edge * 0 + north, lat, lat]),
        np.concatenate([lon, lon, edge * 0 + west, edge * 0 + east]),
    )
    cell = CELL_M
    first_col, first_row = (math.floor(float(v.min()) / cell + SNAP) for v in (x, y))
    last_col, last_row = (math.ceil(float(v.max()) / cell - SNAP) for v in (x, y))
    return Box(lat0, lon0, first_col * cell, first_row * cell, cell, last_row - first_row, last_col - first_col)


def pixel_m(heights: HeightGrid, bounds: Bounds) -> float:
    """How far the elevation model's pixel in the middle of the bounds goes along the grid's axes, at most, metres: a
    place lies within that of the four pixels round it, however the model is turned."""
    west, south, east, north = bounds
    lat, lon = (south + north) / 2, (west + east) / 2
    to_source = transformer_between(WGS84, crs_of(heights.crs_wkt), bounds)
    x, y = to_source.transform(lon, lat)
    a, b, _, d, e, _ = heights.transform
    lons, lats = to_source.transform(np.array([x, x + a, x + b]), np.array([y, y + d, y + e]), direction="INVERSE")
    px, py = LocalGrid(lat, lon, 0.0).xy(np.asarray(lats), np.asarray(lons))
    return float(max(np.abs(v[1:] - v[0]).sum() for v in (px, py)))


def ground_of(
    sector: Sector, bounds: Bounds, heights: HeightGrid, line: BorderLine, le90_factor: float, ce90_factor: float
) -> Ground:
    """The ground of a proof within bounds. `heights`: the elevation model's own pixels, in its own datum, of as much of
    the bounds as there is. `line`: the border, sides known within the bounds; distances are geodesic."""
    pixel = pixel_m(heights, bounds)
    box = box_of(bounds)
    lowest = _lowest_pixel(box, heights, bounds)
    unknown = ~_closed(np.isfinite(lowest), math.ceil(pixel / box.cell_m)) | np.isnan(lowest)
    reach = math.ceil((pixel + ce90_factor * sector.terrain.ce90_m) / box.cell_m)
    least = _least_round(np.where(np.isnan(lowest), np.inf, lowest), reach)
    void_near = _least_round(np.where(unknown, -1.0, 1.0), reach) < 0.0
    x, y = box.middles()
    lat, lon = box.grid.latlon(x.ravel(), y.ravel())
    border = np.asarray(line.signed_distance_m(lat, lon)).reshape(x.shape) - box.cell_m * math.sqrt(0.5) - HAIR_M
    known = np.isfinite(least) & ~void_near
    deepest = float(least[known].min()) if known.any() else 0.0
    return Ground(
        bounds,
        box,
        np.ascontiguousarray(np.where(known, least, deepest) - le90_factor * sector.terrain.le90_m, np.float32),
        np.ascontiguousarray(np.where(known, border, BEYOND_M), np.float32),
    )


def _lowest_pixel(box: Box, heights: HeightGrid, bounds: Bounds) -> Floats:
    """(rows, cols) lowest of the pixels within the bounds whose middles lie in each cell; +inf without any, NaN with a
    void."""
    rows, cols = heights.height_m.shape
    a, b, c, d, e, f = heights.transform
    col, row = np.meshgrid(np.arange(cols) + 0.5, np.arange(rows) + 0.5)
    to_source = transformer_between(WGS84, crs_of(heights.crs_wkt), bounds)
    west, south, east, north = bounds
    lon, lat = to_source.transform(a * col + b * row + c, d * col + e * row + f, direction="INVERSE")
    lat, lon = np.asarray(lat).ravel(), np.asarray(lon).ravel()
    x, y = box.grid.xy(lat, lon)
    i = np.floor((y - box.south_m) / box.cell_m).astype(np.int64)
    j = np.floor((x - box.west_m) / box.cell_m).astype(np.int64)
    inside = (i >= 0) & (j >= 0) & (i < box.rows) & (j < box.cols)
    inside &= (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    out = np.full((box.rows, box.cols), np.inf)
    np.minimum.at(out, (i[inside], j[inside]), heights.height_m.ravel()[inside])  # a NaN stays
    return out


def _closed(known: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """Cells with a pixel, or between such cells: a coarse model has none in most."""
    wide = _least_round(np.where(known, -1.0, 1.0), reach) < 0.0
    return np.asarray(_least_round(np.where(wide, 1.0, -1.0), reach) > 0.0)


def _least_round(values: Floats, reach: int) -> Floats:
    """The least within so many cells in each direction."""
    for axis in (0, 1):
        padded = np.pad(values, [(reach, reach) if a == axis else (0, 0) for a in (0, 1)], constant_values=np.inf)
        windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1, axis=axis)
        values = windows.min(axis=-1)
    return values
