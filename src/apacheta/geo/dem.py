"""The elevation model in the local grid: heights above the ellipsoid at nodes, voids kept."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..core.errors import InputFault
from ..core.sector import VerticalDatum
from ..kernels.rays import fill_pyramid
from ..kernels.resample import block_tops, heights_at, resample
from ..kernels.sweep import VOID_M
from ..ports import DemSource, HeightGrid
from .datum import WGS84, Bounds, crs_of, transformer_between, undulation_m
from .grid import Grid, LocalGrid

MESH_EVERY = 16
"""Nodes between exactly transformed points: between them the transform is linear, error s^2 / 8R < 1 cm for 30 m."""


@dataclass(frozen=True, eq=False)
class Pyramid:
    """Highest node of every block of 2^L x 2^L patches: `top_m` flat float32, `levels` (n, 3) offset, rows, cols."""

    top_m: NDArray[np.float32]
    levels: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Dem:
    """Heights HAE (rows, cols) float32, rows from SOUTH to north, columns west to east, node-centred, void = NaN.

    Node [0, 0] lies at (origin_x_m, origin_y_m) of `grid`; between nodes lie bilinear patches. `sha256` is that of the
    file it was read from. `highest_hae_m`, of the same shape, is the highest ground that the file has in the cell round
    each node (the heights themselves where none is given): what must not be hit is above it. The arrays are made
    read-only.
    """

    grid: Grid
    height_hae_m: NDArray[np.float32]
    origin_x_m: float
    origin_y_m: float
    cell_m: float
    sha256: str
    highest_hae_m: NDArray[np.float32] = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        height = _read_only(self.height_hae_m)
        if height.ndim != 2 or min(height.shape) < 2:
            raise ValueError(f"an elevation model needs at least 2 x 2 nodes, not {height.shape}")
        highest = height if self.highest_hae_m is None else _read_only(self.highest_hae_m)
        if highest.shape != height.shape:
            raise ValueError(f"the highest ground of {highest.shape} nodes for {height.shape}")
        object.__setattr__(self, "height_hae_m", height)
        object.__setattr__(self, "highest_hae_m", highest)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north of the outermost nodes, grid metres."""
        rows, cols = self.height_hae_m.shape
        east, north = self.origin_x_m + (cols - 1) * self.cell_m, self.origin_y_m + (rows - 1) * self.cell_m
        return self.origin_x_m, self.origin_y_m, east, north

    @property
    def south_west_m(self) -> NDArray[np.float64]:
        """x, y of node [0, 0]."""
        return np.array([self.origin_x_m, self.origin_y_m])

    @cached_property
    def pyramid(self) -> Pyramid:
        """The max pyramid that rays skip by; built when first asked for."""
        rows, cols = self.height_hae_m.shape
        shapes = [(rows - 1, cols - 1)]
        while max(shapes[-1]) > 1:
            shapes.append(((shapes[-1][0] + 1) // 2, (shapes[-1][1] + 1) // 2))
        sizes = np.array([r * c for r, c in shapes])
        offsets = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        levels = np.column_stack([offsets, np.array(shapes)]).astype(np.int64)
        top = np.empty(int(sizes.sum()), np.float32)
        fill_pyramid(self.height_hae_m, top, levels)
        return Pyramid(top_m=top, levels=levels)

    @cached_property
    def voids(self) -> NDArray[np.bool_]:
        """Where no height is known, (rows, cols)."""
        return np.isnan(self.height_hae_m)

    @cached_property
    def has_voids(self) -> bool:
        """Whether there is any."""
        return bool(self.voids.any())

    @cached_property
    def sides(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The heights with voids so low that they hide nothing, and the same transposed: what a sweep runs over."""
        heights = np.where(self.voids, np.float32(VOID_M), self.height_hae_m) if self.has_voids else self.height_hae_m
        return heights, np.ascontiguousarray(heights.T)

    def height_at(self, x_m: ArrayLike, y_m: ArrayLike) -> Any:
        """Bilinear height HAE in metres; NaN outside and where a void takes part; a float for floats."""
        x, y = np.broadcast_arrays(np.asarray(x_m, float), np.asarray(y_m, float))
        points = np.column_stack([x.ravel(), y.ravel()])
        out = np.empty(len(points))
        heights_at(self.height_hae_m, self.origin_x_m, self.origin_y_m, self.cell_m, points, out)
        return float(out[0]) if x.ndim == 0 else out.reshape(x.shape)

    def slope_at(self, x_m: ArrayLike, y_m: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """dz/dx and dz/dy of the bilinear patch at points (any shape); NaN outside and in voids."""
        x, y = np.broadcast_arrays(np.asarray(x_m, float), np.asarray(y_m, float))
        h, c = self.height_hae_m, self.cell_m
        u, v = (x - self.origin_x_m) / c, (y - self.origin_y_m) / c
        inside = (u >= 0) & (u <= h.shape[1] - 1) & (v >= 0) & (v <= h.shape[0] - 1)
        i = np.clip(np.nan_to_num(u), 0, h.shape[1] - 2).astype(np.int64)
        j = np.clip(np.nan_to_num(v), 0, h.shape[0] - 2).astype(np.int64)
        fu, fv = u - i, v - j
        a, b, d, e = (np.asarray(h[j + m, i + n], float) for m in (0, 1) for n in (0, 1))
        along_x = ((b - a) * (1 - fv) + (e - d) * fv) / c
        along_y = ((d - a) * (1 - fu) + (e - b) * fu) / c
        return np.where(inside, along_x, np.nan), np.where(inside, along_y, np.nan)

    def node_xy(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """x of the columns (cols,) and y of the rows (rows,), grid metres."""
        rows, cols = self.height_hae_m.shape
        return self.origin_x_m + self.cell_m * np.arange(cols, dtype=float), self.origin_y_m + self.cell_m * np.arange(
            rows, dtype=float
        )


def _read_only(heights: NDArray[np.float32]) -> NDArray[np.float32]:
    view = np.ascontiguousarray(heights, np.float32).view()
    view.flags.writeable = False
    return view


def _box(grid: LocalGrid, west: float, south: float, east: float, north: float) -> tuple[float, float, float, float]:
    """Bounds in the grid of a box in degrees (its sides are curved there, so 65 points on each)."""
    lon, lat = np.linspace(west, east, 65), np.linspace(south, north, 65)
    lats = np.concatenate([np.full(65, south), np.full(65, north), lat, lat])
    lons = np.concatenate([lon, lon, np.full(65, west), np.full(65, east)])
    x, y = grid.xy(lats, lons)
    return x.min(), y.min(), x.max(), y.max()


def _pixels(heights: HeightGrid, bounds: Bounds, lon: Any, lat: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Columns and rows (pixel centres at integers) of places in a raster's window that was read for the bounds."""
    to_source = transformer_between(WGS84, crs_of(heights.crs_wkt), bounds)
    x, y = to_source.transform(lon, lat)
    a, b, c, d, e, f = heights.transform
    det = a * e - b * d
    column = (e * (x - c) - b * (y - f)) / det - 0.5
    row = (a * (y - f) - d * (x - c)) / det - 0.5
    return np.ascontiguousarray(column), np.ascontiguousarray(row)


def _offset_m(datum: VerticalDatum, geoid: DemSource | None, bounds: Bounds, lon: Any, lat: Any) -> Any:
    """What to add to heights in a vertical datum to have them above the ellipsoid."""
    if datum == "hae":
        return np.zeros(lon.shape)
    if datum == "amsl_egm96":
        return undulation_m(lat, lon)
    if geoid is None:
        raise InputFault(
            "geoid_file_missing",
            "heights above EGM2008 need that geoid's grid, which is not inside Apacheta",
            field="terrain.geoid_file",
            remedy="Give geoid_file (for example egm08_25.gtx of PROJ), or terrain in amsl_egm96 or hae.",
        )
    window = geoid.read(bounds[0], bounds[1], bounds[2], bounds[3])
    column, row = _pixels(window, bounds, lon, lat)
    column = np.clip(column, 0.0, window.height_m.shape[1] - 1.0)
    row = np.clip(row, 0.0, window.height_m.shape[0] - 1.0)
    out, points = np.empty(column.size), np.column_stack([column.ravel(), row.ravel()])
    heights_at(np.ascontiguousarray(window.height_m, np.float32), 0.0, 0.0, 1.0, points, out)
    return out.reshape(column.shape)


def dem_of(
    source: DemSource,
    grid: LocalGrid,
    west: float,
    south: float,
    east: float,
    north: float,
    cell_m: float,
    vertical_datum: VerticalDatum = "amsl_egm96",
    geoid: DemSource | None = None,
) -> Dem:
    """The elevation model of a box in degrees, in the local grid with nodes at multiples of cell_m, heights HAE.

    Bilinear from a source as fine as the cells or finer, bicubic (never across a void) from a coarser one; what stands
    between the nodes is in `highest_hae_m`, where a void smaller than a cell counts as what is round it. The grid's
    box is the bounding box of the degrees' box; a node outside what the source gives is void. Raises InputFault:
    what the source raises, `datum_transform_unknown`, `geoid_file_missing`.
    """
    heights = source.read(west, south, east, north)
    x0, y0, x1, y1 = _box(grid, west, south, east, north)
    i0, j0, i1, j1 = (round(f(v / cell_m)) for f, v in ((np.floor, x0), (np.floor, y0), (np.ceil, x1), (np.ceil, y1)))
    out = np.empty((j1 - j0 + 1, i1 - i0 + 1), np.float32)
    mesh_rows, mesh_cols = (-(-n // MESH_EVERY) + 1 for n in out.shape)
    x = (i0 + MESH_EVERY * np.arange(mesh_cols)) * cell_m
    y = (j0 + MESH_EVERY * np.arange(mesh_rows)) * cell_m
    lat, lon = grid.latlon(*np.meshgrid(x, y))
    column, row = _pixels(heights, (west, south, east, north), lon, lat)
    offset = np.ascontiguousarray(_offset_m(vertical_datum, geoid, (west, south, east, north), lon, lat))
    pixels_per_cell = np.median(np.hypot(np.diff(column, axis=1), np.diff(row, axis=1))) / MESH_EVERY
    smooth = bool(pixels_per_cell < 0.999)
    pixels, highest = np.ascontiguousarray(heights.height_m, np.float32), np.empty_like(out)
    resample(pixels, column, row, offset, MESH_EVERY, smooth, out)
    block_tops(pixels, column, row, offset, MESH_EVERY, out, highest)
    return Dem(grid, out, i0 * cell_m, j0 * cell_m, cell_m, heights.sha256, highest)
