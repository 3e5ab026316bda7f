"""The elevation model of a file for one question: the part round a place, in metres."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod
from rasterio.windows import Window

from ...adapters.raster import RasterSource
from ...core.errors import InputFault
from ...core.sector import VerticalDatum
from ...geo import Dem, LocalGrid, ProjectedGrid, dem_of, undulation_m
from ...geo.datum import Bounds
from ...ports import HeightGrid

LONGEST_M = 1e7
"""A range beyond this is no limit."""
MOST_NODES = 50_000_000
"""Of one question, about 1.5 GB: seven tiles of one second."""
MESH_EVERY = 64
"""Nodes between those whose geoid height is worked out: EGM96 bends by less than a centimetre over 64 cells of 30 m."""
_GEOD = Geod(ellps="WGS84")


@dataclass(frozen=True)
class Ground:
    """The model, and what its file says: `crs` of the model's grid, `geoid` by which heights were changed."""

    dem: Dem
    crs: str
    geoid: str | None


class Source(RasterSource):
    """An elevation file named on the command line."""

    def _fault(self, code: str, text: str, remedy: str | None = None) -> InputFault:
        remedies = {"raster_missing": "Check the path.", "raster_does_not_cover": "Give a place in the file."}
        return InputFault(code, text, file=str(self.path), field="DEM", remedy=remedies.get(code, remedy))

    @property
    def crs(self) -> str:
        """The reference system: its code where it has one, else WKT."""
        code = self._crs.to_authority(min_confidence=100)
        return ":".join(code) if code else str(self._crs.to_wkt())

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height."""
        return self._size

    @property
    def bounds(self) -> Bounds:
        """West, south, east, north of a box inside the file, degrees."""
        return self.clipped(-180.0, -90.0, 180.0, 90.0)

    @property
    def cell_m(self) -> float:
        """The shorter side of the file's middle pixel on the ground."""
        width, height = self._size
        corner = np.array([0.0, 1.0, 0.0]) + width / 2, np.array([0.0, 0.0, 1.0]) + height / 2
        lon, lat = self._lonlat(self._from_wgs84(self.bounds), *corner)
        _, _, sides = _GEOD.inv(lon[[0, 0]], lat[[0, 0]], lon[1:], lat[1:])
        return float(min(sides))

    @property
    def is_metric(self) -> bool:
        """Whether its own grid is one of metres: projected, upright, square."""
        a, units = self._affine, {axis.unit_name for axis in self._crs.axis_info}
        is_square = math.isclose(a.a, -a.e, rel_tol=1e-9) and a.a > 0.0 and a.b == a.d == 0.0
        return bool(self._crs.is_projected and units == {"metre"} and is_square)

    def outside(self, lat_deg: float, lon_deg: float) -> InputFault:
        """The fault of a place that is not on the file's ground."""
        text = f"{lat_deg:.5f}, {lon_deg:.5f} lies outside the file"
        return InputFault(
            "place_outside", text, file=str(self.path), field="--lat, --lon", remedy="Give a place in it."
        )

    def check_size(self, nodes: float) -> None:
        """Raise `too_large` rather than fill the memory."""
        if nodes > MOST_NODES:
            text = f"{nodes / 1e6:.0f} million nodes are too many at once (at most {MOST_NODES / 1e6:.0f})"
            raise InputFault("too_large", text, file=str(self.path), field="--range", remedy="Give a shorter range.")

    def round_pixel(self, x: float, y: float, range_m: float) -> HeightGrid | None:
        """The pixels whose centres lie within the range of a place in the file's own metres; None where that is not
        between the outermost centres."""
        a, (width, height) = self._affine, self._size
        column, row = (x - a.c) / a.a - 0.5, (y - a.f) / a.e - 0.5
        if not (0.0 <= column <= width - 1 and 0.0 <= row <= height - 1 and min(self._size) >= 2):
            return None
        cells = min(range_m / a.a, float(width + height)) + 1.0
        c0, r0 = max(0, math.floor(column - cells)), max(0, math.floor(row - cells))
        c1, r1 = min(width, math.ceil(column + cells) + 1), min(height, math.ceil(row + cells) + 1)
        self.check_size((c1 - c0) * (r1 - r0))
        with self._open() as dataset:
            band = dataset.read(1, window=Window(c0, r0, c1 - c0, r1 - r0), masked=True)
            height_m = self._metres(band, dataset.scales[0], dataset.offsets[0])
        x0, y0 = a @ (c0, r0)
        return HeightGrid(height_m, self._crs_wkt, (a.a, 0.0, x0, 0.0, a.e, y0), self.sha256)


def ground_round(
    source: Source, lat_deg: float, lon_deg: float, range_m: float, datum: VerticalDatum = "amsl_egm96"
) -> Ground:
    """The model round a place, as far as the range and the file go, heights HAE.

    A file in square metres keeps its own nodes, so that what is found lies on its pixels; any other is resampled to the
    local grid of the place, in cells as fine as the file's. Raises what RasterSource does, and `place_outside`.
    """
    geoid = None if datum == "hae" else "EGM96"
    if source.is_metric:
        return Ground(_own(source, lat_deg, lon_deg, range_m, datum), source.crs, geoid)
    west, south, east, north = source.bounds
    if not (west <= lon_deg <= east and south <= lat_deg <= north):
        raise source.outside(lat_deg, lon_deg)
    box = _round(lat_deg, lon_deg, range_m, (west, south, east, north))
    cell_m = source.cell_m
    sides_m = (_GEOD.inv(box[0], lat_deg, box[2], lat_deg)[2], _GEOD.inv(lon_deg, box[1], lon_deg, box[3])[2])
    source.check_size(sides_m[0] * sides_m[1] / cell_m**2)
    grid = LocalGrid(lat_deg, lon_deg, _height_near(source, lat_deg, lon_deg))
    dem = dem_of(source, grid, *box, cell_m, datum)
    # what stands between the nodes is for those who fly: without it a large tile takes a tenth less memory
    return Ground(replace(dem, highest_hae_m=dem.height_hae_m), grid.proj4, geoid)


def _height_near(source: Source, lat_deg: float, lon_deg: float) -> float:
    """Roughly, so that the grid's metres are the ground's; 0 in a void."""
    near = source.read(lon_deg, lat_deg, lon_deg, lat_deg).height_m
    return float(np.nanmean(near)) if np.isfinite(near).any() else 0.0


def _own(source: Source, lat_deg: float, lon_deg: float, range_m: float, datum: VerticalDatum) -> Dem:
    """The file's own nodes."""
    grid = ProjectedGrid(source._crs_wkt, lat_deg, lon_deg)
    heights = source.round_pixel(*grid.xy(lat_deg, lon_deg), range_m)
    if heights is None:
        raise source.outside(lat_deg, lon_deg)
    cell, _, west, _, _, top = heights.transform
    rows, cols = heights.height_m.shape
    x, y = west + cell * (0.5 + np.arange(cols)), top - cell * (rows - 0.5 - np.arange(rows))
    hae = np.ascontiguousarray(heights.height_m[::-1])
    if datum != "hae":
        _add_undulation(hae, grid, x, y)
    return Dem(grid, hae, float(x[0]), float(y[0]), cell, heights.sha256)


def _add_undulation(
    heights: NDArray[np.float32], grid: ProjectedGrid, x: NDArray[np.float64], y: NDArray[np.float64]
) -> None:
    """Add the geoid's height at every node (y, x), linear between every 64th."""
    some_x, some_y = (np.linspace(v[0], v[-1], max(2, len(v) // MESH_EVERY)) for v in (x, y))
    table = undulation_m(*grid.latlon(*np.meshgrid(some_x, some_y)))
    wide = np.stack([np.interp(x, some_x, row) for row in table])
    place = (y - y[0]) / (y[-1] - y[0]) * (len(some_y) - 1)
    below = np.minimum(place.astype(np.int64), len(some_y) - 2)
    for row, (k, share) in enumerate(zip(below, place - below, strict=True)):
        heights[row] += (wide[k] + share * (wide[k + 1] - wide[k])).astype(np.float32)


def _round(lat_deg: float, lon_deg: float, range_m: float, box: Bounds) -> Bounds:
    """The box of the range round a place, cut to another."""
    if not range_m < LONGEST_M:
        return box
    lon, lat, _ = _GEOD.fwd(np.full(3, lon_deg), np.full(3, lat_deg), np.array([180, 90, 0]), np.full(3, range_m))
    # a parallel bows towards the equator: the corners lie a little farther out than the middle of a side
    wide = 1.02 * abs(lon[1] - lon_deg)
    west, east = max(lon_deg - wide, box[0]), min(lon_deg + wide, box[2])
    return west, max(lat[0], box[1]), east, min(lat[2], box[3])
