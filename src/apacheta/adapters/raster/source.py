"""A DemSource over any raster that GDAL reads."""

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import Geod
from rasterio.errors import RasterioIOError
from rasterio.windows import Window

from ...core.errors import InputFault
from ...geo.datum import WGS84, Bounds, crs_of, transformer_between
from ...ports import HeightGrid

MARGIN_PX = 3
"""Pixels read beyond the bounds where the file has them: bicubic interpolation needs two."""
ROWS = 256
"""Converted at once."""
CE90_UNSTATED_M = 12.0
"""Error to the side that a model may have of which nobody says any: about what `see` reckons with (5 m sigma)."""
METRES = {"": 1.0, "m": 1.0, "metre": 1.0, "meter": 1.0, "metres": 1.0, "meters": 1.0, "unknown": 1.0}
FEET = {"ft": 0.3048, "foot": 0.3048, "feet": 0.3048, "us survey foot": 1200 / 3937, "us-ft": 1200 / 3937}
_GEOD = Geod(ellps="WGS84")


class RasterSource:
    """Heights from band 1 of a file; see ports.DemSource for the guarantees.

    `ce90_m` is how far to the side its user says that it may be off: a change of datum must not be worse than that.
    Raises InputFault: `raster_missing`, `raster_unreadable`, `raster_no_crs`, `raster_no_position`,
    `raster_units_unknown`, `raster_does_not_cover`, `datum_transform_unknown`, `datum_transform_coarse`.
    """

    def __init__(self, path: Path | str, ce90_m: float = CE90_UNSTATED_M) -> None:
        self.path, self._ce90_m = Path(path), ce90_m
        if not self.path.is_file():
            raise self._fault(
                "raster_missing", "the elevation file does not exist", "Check the path in [terrain] file."
            )
        with self._open() as dataset:
            if dataset.crs is None:
                raise self._fault(
                    "raster_no_crs", "the file does not say its coordinate reference system", "gdal_edit.py -a_srs ..."
                )
            if dataset.transform.is_identity:
                raise self._fault("raster_no_position", "the file does not say where it lies", "Georeference it.")
            self._crs_wkt = str(dataset.crs.to_wkt())
            self._unit_m = self._metres_per_unit(dataset.units[0])
            self._affine, self._size = dataset.transform, (dataset.width, dataset.height)
        self._crs = crs_of(self._crs_wkt, file=self.path.name)
        transformer_between(WGS84, self._crs, file=self.path.name)

    def _fault(self, code: str, text: str, remedy: str | None = None) -> InputFault:
        return InputFault(code, text, file=self.path.name, field="terrain.file", remedy=remedy)

    def _open(self) -> Any:
        try:
            return rasterio.open(self.path)
        except RasterioIOError as error:
            raise self._fault(
                "raster_unreadable", f"not an elevation raster that GDAL reads: {error}", "Convert it to GeoTIFF."
            ) from error

    def _metres_per_unit(self, unit: str | None) -> float:
        factor = {**METRES, **FEET}.get((unit or "").strip().lower())
        if factor is None:
            raise self._fault("raster_units_unknown", f"heights in {unit!r}", "Convert the heights to metres.")
        return factor

    @cached_property
    def sha256(self) -> str:
        """Of the whole file; of a virtual raster and, in its order, of all the files that it names."""
        with self._open() as dataset:
            named = [Path(file) for file in dataset.files] if dataset.driver == "VRT" else []
        own = _sha256(self.path)
        others = [_sha256(path) for path in named if path.is_file() and not path.samefile(self.path)]
        return hashlib.sha256("\n".join([own, *others]).encode()).hexdigest() if others else own

    def read(self, west_deg: float, south_deg: float, east_deg: float, north_deg: float) -> HeightGrid:
        """The window that covers the bounds, with a margin of 3 pixels where there are any."""
        lon, lat = _outline(west_deg, south_deg, east_deg, north_deg)
        from_wgs84 = self._from_wgs84((west_deg, south_deg, east_deg, north_deg))
        column, row = ~self._affine @ np.array(from_wgs84.transform(lon, lat))
        self._check_cover(from_wgs84, lon, lat, column, row)
        width, height = self._size
        c0, r0 = max(0, int(column.min()) - MARGIN_PX), max(0, int(row.min()) - MARGIN_PX)
        c1, r1 = min(width, int(column.max()) + 1 + MARGIN_PX), min(height, int(row.max()) + 1 + MARGIN_PX)
        with self._open() as dataset:
            try:
                band = dataset.read(1, window=Window(c0, r0, c1 - c0, r1 - r0), masked=True)
            except RasterioIOError as error:
                raise self._fault("raster_unreadable", f"the file is damaged: {error}", "Fetch it again.") from error
            height_m = self._metres(band, dataset.scales[0], dataset.offsets[0])
        a = self._affine
        x0, y0 = a @ (c0, r0)
        height_m.flags.writeable = False
        return HeightGrid(height_m, self._crs_wkt, (a.a, a.b, x0, a.d, a.e, y0), self.sha256)

    def clipped(
        self, west_deg: float, south_deg: float, east_deg: float, north_deg: float
    ) -> tuple[float, float, float, float]:
        """The part of the bounds that the file covers (for a turned or projected file: a box inside it).

        Raises `raster_does_not_cover` when nothing is left.
        """
        width, height = self._size
        edge = np.linspace(0.0, 1.0, 33)
        none, full = np.zeros(33), np.ones(33)
        sides = ((none, edge), (edge, full), (full, edge), (edge, none))  # left, bottom, right, top
        from_wgs84 = self._from_wgs84((west_deg, south_deg, east_deg, north_deg))
        lon, lat = zip(*(self._lonlat(from_wgs84, c * width, r * height) for c, r in sides), strict=True)
        inner = (max(west_deg, lon[0].max()), max(south_deg, lat[1].max()))
        outer = (min(east_deg, lon[2].min()), min(north_deg, lat[3].min()))
        if not (inner[0] < outer[0] and inner[1] < outer[1]):
            raise self._fault("raster_does_not_cover", "the elevation file covers nothing of the area")
        return (*map(float, inner), *map(float, outer))  # type: ignore[return-value]

    def _from_wgs84(self, bounds: Bounds) -> Any:
        """The transformer for a place, refused where it is worse than the model may be."""
        found = transformer_between(WGS84, self._crs, bounds, file=self.path.name)
        if found.accuracy > self._ce90_m:
            raise self._fault(
                "datum_transform_coarse",
                f"the way from WGS 84 to {self._crs.name!r} is good to {found.accuracy:.0f} m here, and the model "
                f"may be off by {self._ce90_m:.0f} m (ce90_m)",
                "Bring the file to WGS 84 with the country's own grid (gdalwarp -t_srs EPSG:4326), or state the error.",
            )
        return found

    def _lonlat(self, from_wgs84: Any, column: Any, row: Any) -> Any:
        """Longitudes and latitudes of pixel corners."""
        return from_wgs84.transform(*(self._affine @ np.array([column, row])), direction="INVERSE")

    def _metres(self, band: Any, scale: float, offset: float) -> NDArray[np.float32]:
        """Heights in metres, float32, voids (nodata, mask, not finite) as NaN."""
        out, mask = np.empty(band.shape, np.float32), np.ma.getmaskarray(band)
        for row in range(0, len(out), ROWS):  # a large file whole in double precision would be most of the memory
            part = slice(row, row + ROWS)
            values = np.asarray(band.data[part], np.float64) * scale + offset
            out[part] = np.where(mask[part] | ~np.isfinite(values), np.nan, values * self._unit_m)
        return out

    def _check_cover(self, from_wgs84: Any, lon: Any, lat: Any, column: Any, row: Any) -> None:
        """Raise `raster_does_not_cover` with the sides and the kilometres that are missing."""
        if not (np.all(np.isfinite(column)) and np.all(np.isfinite(row))):
            raise self._fault("raster_does_not_cover", "the bounds lie outside the file's reference system")
        width, height = self._size
        near = np.clip(column, 0.0, width), np.clip(row, 0.0, height)
        out = np.hypot(near[0] - column, near[1] - row) > 0.01  # of a pixel: rounding of the transform
        if not np.any(out):
            return
        back = self._lonlat(from_wgs84, near[0][out], near[1][out])
        azimuth, _, distance = _GEOD.inv(back[0], back[1], lon[out], lat[out])
        east, north = distance * np.sin(np.radians(azimuth)) / 1e3, distance * np.cos(np.radians(azimuth)) / 1e3
        missing = {"west": -east.min(), "east": east.max(), "south": -north.min(), "north": north.max()}
        sides = [f"{km:.1f} km in the {side}" for side, km in missing.items() if km >= 0.05]
        what = " and ".join(sides) or f"{distance.max():.0f} m"
        raise self._fault(
            "raster_does_not_cover",
            f"the elevation file does not cover the area: it misses {what}",
            "Give a larger file (gdal_merge.py joins tiles), or a smaller sector.",
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _outline(west: float, south: float, east: float, north: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitudes and latitudes of 33 points along each side of a box."""
    lon, lat = np.linspace(west, east, 33), np.linspace(south, north, 33)
    lons = np.concatenate([lon, lon, np.full(33, west), np.full(33, east)])
    return lons, np.concatenate([np.full(33, south), np.full(33, north), lat, lat])
