"""Elevation files of known ground, and the height tiles made of them read back by the format's own package."""

import hashlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import rasterio
from pmtiles.reader import MemorySource, Reader, all_tiles
from pmtiles.tile import zxy_to_tileid
from pyproj import Transformer
from rasterio.transform import Affine

LON_DEG, LAT_DEG = -70.08, -32.82
SIZE = 260
LAEA = f"+proj=laea +lat_0={LAT_DEG + 3} +lon_0={LON_DEG - 4} +datum=WGS84 +units=m"
SYSTEMS: dict[str, tuple[str, float, float]] = {
    "utm": ("EPSG:32719", 30.0, 0.0),
    "degrees": ("EPSG:4326", 1 / 3600, 0.0),
    "turned": ("EPSG:32719", 30.0, 25.0),
    "laea": (LAEA, 30.0, 0.0),
}
"""Reference system, side of a pixel in its units, and by how much the file is turned, degrees."""
STEEPEST = 300.0 * (2 * np.pi / 3000.0) ** 2
"""Second derivative of the waves, 1 / m: a file of 30 m misses them between its pixels by 30^2 / 4 of it, 0.3 m."""


def ground_m(lon_deg: Any, lat_deg: Any) -> Any:
    """Two waves of 3 km and 300 m, crossing."""
    x_m = (np.asarray(lon_deg) - LON_DEG) * 111_195 * np.cos(np.radians(LAT_DEG))
    y_m = (np.asarray(lat_deg) - LAT_DEG) * 111_195
    return 4000.0 + 300.0 * (np.sin(2 * np.pi * x_m / 3000.0) + np.sin(2 * np.pi * y_m / 3000.0 + 1.0))


def write_dem(path: Path, system: str = "utm", void: tuple[slice, slice] | None = None, **more: Any) -> Path:
    """A file of that ground, 260 x 260 pixels round (LON_DEG, LAT_DEG)."""
    crs, side, turn_deg = SYSTEMS[system]
    x, y = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(LON_DEG, LAT_DEG)
    half = SIZE / 2
    place = (
        Affine.translation(x, y)
        @ Affine.rotation(turn_deg)
        @ Affine.scale(side, -side)
        @ Affine.translation(-half, -half)
    )
    column, row = np.meshgrid(np.arange(SIZE) + 0.5, np.arange(SIZE) + 0.5)
    xs, ys = place @ np.array([column.ravel(), row.ravel()])
    lon, lat = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(xs, ys)
    height_m = ground_m(lon, lat).reshape(SIZE, SIZE).astype(np.float32)
    if void is not None:
        height_m[void] = np.nan
    return write_raster(path, height_m, crs, place, **more)


def write_raster(path: Path, height_m: Any, crs: str | None, place: Affine, **more: Any) -> Path:
    """Heights as GeoTIFF."""
    rows, cols = height_m.shape
    options = {"driver": "GTiff", "dtype": height_m.dtype.name, "count": 1, "width": cols, "height": rows} | more
    with rasterio.open(path, "w", crs=crs, transform=place, **options) as file:
        file.write(height_m, 1)
    return path


class ReadBack:
    """A PMTiles file through the package `pmtiles`."""

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        self.sha256 = hashlib.sha256(data).hexdigest()
        self.header, self.metadata = (getattr(Reader(MemorySource(data)), what)() for what in ("header", "metadata"))
        self.png = dict(all_tiles(MemorySource(data)))

    def at(self, z: int) -> list[tuple[int, int, int]]:
        """The tiles of a zoom."""
        return sorted((tile for tile in self.png if tile[0] == z), key=lambda tile: zxy_to_tileid(*tile))

    def heights(self, tile: tuple[int, int, int]) -> tuple[Any, Any]:
        """Heights in metres (512, 512), and whether there is ground."""
        picture = cv2.imdecode(np.frombuffer(self.png[tile], np.uint8), cv2.IMREAD_UNCHANGED)
        assert picture.shape == (512, 512, 3), "opaque"
        blue, green, red = (picture[..., i].astype(float) for i in range(3))
        return red * 256 + green + (blue - blue % 2) / 256 - 32768, blue % 2 == 0

    def height_near(self, lon_deg: float, lat_deg: float, z: int) -> tuple[float, bool, float, float]:
        """Height and whether there is ground in the pixel that holds a place; longitude, latitude of its centre."""
        to_world = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)
        side = 2 * 20_037_508.342789244 / (512 << z)
        x, y = to_world.transform(lon_deg, lat_deg)
        column, row = int((x + 20_037_508.342789244) // side), int((20_037_508.342789244 - y) // side)
        height_m, ground = self.heights((z, column // 512, row // 512))
        centre = (column + 0.5) * side - 20_037_508.342789244, 20_037_508.342789244 - (row + 0.5) * side
        pixel = row % 512, column % 512
        return float(height_m[pixel]), bool(ground[pixel]), *to_world.transform(*centre, direction="INVERSE")
