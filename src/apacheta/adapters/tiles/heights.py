"""Heights of an elevation file under the pixels of tiles: any GDAL raster in any reference system, window by window."""

import math
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Geod
from rasterio.enums import Resampling
from rasterio.errors import RasterioIOError
from rasterio.windows import Window

from ...core.errors import InputFault
from ...geo.datum import WGS84, Bounds, transformer_between
from ...kernels.resample import resample
from ..raster import RasterSource
from .mercator import LAT_LIMIT_DEG, TILE_PX, Tile

MESH_EVERY = 16
"""Pixels between exactly transformed points. Mercator's rows bend by the square of that: at zoom 10 by 2 cm."""
MARGIN_PX = 2
"""Pixels of the file read beyond the tile: bicubic interpolation needs two."""
GROUND_M = (-12_000.0, 9_500.0)
"""From below the deepest trench to above the highest top: a height outside is a void that the file did not mark."""
REMEDIES = {"raster_missing": "Check the path.", "raster_does_not_cover": "Give bounds that meet the file."}
_GEOD = Geod(ellps="WGS84")


class Heights(RasterSource):
    """An elevation file, open until `close`; it may be asked from several threads.

    `bounds`: degrees, round all of the file. `cell_m`: the shorter side of its middle pixel on the ground.
    `vertical_datum`: what the file says that its heights are above; None where it says nothing.
    Raises InputFault as RasterSource does.
    """

    def __init__(self, path: Path | str) -> None:
        super().__init__(path)
        self._lock = Lock()
        self.bounds = self._bounds()
        self._to_file = self._from_wgs84(self.bounds)
        self.cell_m = self._cell_m()
        self._dataset = self._open()

    def __enter__(self) -> "Heights":
        return self

    def __exit__(self, kind: type[BaseException] | None, what: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._dataset.close()

    @property
    def crs(self) -> str:
        """The reference system: its code where it has one, else WKT."""
        code = self._crs.to_authority(min_confidence=100)
        return ":".join(code) if code else str(self._crs.to_wkt())

    @property
    def vertical_datum(self) -> str | None:
        system = CRS.from_wkt(self._crs_wkt)
        if system.is_compound:
            return str(system.sub_crs_list[1].name)
        return f"ellipsoid of {system.datum.name}" if len(system.axis_info) == 3 else None

    @property
    def copyright(self) -> str | None:
        """What the file says of its owner."""
        with self._lock:
            return self._dataset.tags().get("TIFFTAG_COPYRIGHT")

    def covered(self, bounds: Bounds) -> Bounds:
        """The part of the bounds that meets the file's; InputFault `raster_does_not_cover` where none does."""
        west, south, east, north = self.bounds
        part = max(west, bounds[0]), max(south, bounds[1]), min(east, bounds[2]), min(north, bounds[3])
        if not (part[0] < part[2] and part[1] < part[3]):
            file = ", ".join(f"{degrees:.4f}" for degrees in self.bounds)
            raise self._fault("raster_does_not_cover", f"the file ({file}) covers nothing of the bounds")
        return part

    def tile(
        self, tile: Tile, size_px: int = TILE_PX, margin_px: int = 0, smooth: bool = False
    ) -> NDArray[np.float32] | None:
        """Heights at the pixel centres of a tile and a margin round it, metres above the file's own datum.

        (rows, cols) float32, north up, void and outside = NaN; None where there is no ground at all. Bilinear, or
        bicubic where the file is coarser and `smooth` is asked for; where it is finer, from averages of its pixels.
        """
        column, row = self._places(tile, size_px, margin_px)
        step = _pixels_per_step(column, row)
        if not math.isfinite(step):
            return None
        window = self._window(column, row, max(1, int(step)))
        if window is None:
            return None
        pixels, column, row = window
        out = np.empty((size_px + 2 * margin_px,) * 2, np.float32)
        resample(pixels, column, row, np.zeros_like(column), MESH_EVERY, smooth and step < 1.0, out)
        return out if np.isfinite(out).any() else None

    def _fault(self, code: str, text: str, remedy: str | None = None) -> InputFault:
        """As a file of the command line."""
        return InputFault(code, text, file=str(self.path), field="DEM", remedy=REMEDIES.get(code, remedy))

    def _bounds(self) -> Bounds:
        """Round 33 x 33 points of the file, as far as Web Mercator goes."""
        width, height = self._size
        column, row = np.meshgrid(np.linspace(0, width, 33), np.linspace(0, height, 33))
        whole = transformer_between(WGS84, self._crs, file=self.path.name)
        lon, lat = self._lonlat(whole, column.ravel(), row.ravel())
        known = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lat) <= 90.0)
        if not known.any():
            raise self._fault("raster_no_position", "the file lies nowhere on the Earth", "Georeference it anew.")
        lon, lat = lon[known], np.clip(lat[known], -LAT_LIMIT_DEG, LAT_LIMIT_DEG)
        return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())

    def _cell_m(self) -> float:
        column, row = self._size[0] / 2, self._size[1] / 2
        lon, lat = self._lonlat(self._to_file, np.array([0.0, 1.0, 0.0]) + column, np.array([0.0, 0.0, 1.0]) + row)
        _, _, side_m = _GEOD.inv(lon[[0, 0]], lat[[0, 0]], lon[1:], lat[1:])
        return float(side_m.min())

    def _places(self, tile: Tile, size_px: int, margin_px: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Columns and rows in the file (pixel centres at whole numbers) of every 16th pixel of the tile."""
        count = -(-(size_px + 2 * margin_px) // MESH_EVERY) + 1
        lon, lat = np.meshgrid(*tile.pixel_centres(size_px, np.arange(count) * MESH_EVERY - margin_px))
        x, y = self._to_file.transform(lon.ravel(), lat.ravel())
        column, row = ~self._affine @ np.array([x, y])
        return column.reshape(lon.shape) - 0.5, row.reshape(lat.shape) - 0.5

    def _window(self, column: Any, row: Any, factor: int) -> tuple[NDArray[np.float32], Any, Any] | None:
        """The file's pixels under the mesh, `factor` x `factor` averaged into one, and the mesh counted in these."""
        across, down = (_span(at, size, factor) for at, size in zip((column, row), self._size, strict=True))
        if not (across and down):
            return None
        pixels = self._read(across, down, factor)
        along = [(len(span) / n, span.start) for span, n in ((across, pixels.shape[1]), (down, pixels.shape[0]))]
        meshes = [(at + 0.5 - start) / scale - 0.5 for at, (scale, start) in zip((column, row), along, strict=True)]
        return pixels, *map(np.ascontiguousarray, meshes)  # type: ignore[return-value]

    def _read(self, across: range, down: range, factor: int) -> NDArray[np.float32]:
        """Heights in metres, void = NaN."""
        window = Window(across.start, down.start, len(across), len(down))
        shape = -(-len(down) // factor), -(-len(across) // factor)
        try:
            with self._lock:
                band = self._dataset.read(1, window=window, out_shape=shape, resampling=Resampling.average, masked=True)
        except RasterioIOError as error:
            raise self._fault("raster_unreadable", f"the file is damaged: {error}", "Fetch it again.") from error
        height_m = self._metres(band, self._dataset.scales[0], self._dataset.offsets[0])
        height_m[~((height_m >= GROUND_M[0]) & (height_m <= GROUND_M[1]))] = np.nan
        return height_m


def _pixels_per_step(column: NDArray[np.float64], row: NDArray[np.float64]) -> float:
    """The file's pixels in one of the tile's, at the middle of them; NaN where the tile is beyond the file's system."""
    steps = np.concatenate([np.hypot(np.diff(column, axis=i), np.diff(row, axis=i)).ravel() for i in (0, 1)])
    steps = steps[np.isfinite(steps)]
    return float(np.median(steps)) / MESH_EVERY if len(steps) else math.nan


def _span(at: NDArray[np.float64], size: int, factor: int) -> range:
    """The file's columns (or rows) under the mesh with a margin, from whole blocks of `factor`; empty beside it."""
    at = at[np.isfinite(at)]
    low, high = math.floor(at.min() / factor) - MARGIN_PX, math.ceil(at.max() / factor) + MARGIN_PX + 1
    return range(max(0, low * factor), min(size, high * factor))
