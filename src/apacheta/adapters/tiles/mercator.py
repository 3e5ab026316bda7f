"""Web Mercator tiles (EPSG:3857 cut as in OGC WebMercatorQuad): x from 180 W eastwards, y from the north."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...geo.datum import Bounds

LAT_LIMIT_DEG = math.degrees(math.atan(math.sinh(math.pi)))
"""85.05: where the square world ends."""
EQUATOR_M = 2 * math.pi * 6_378_137.0
TILE_PX = 512


class Tile(NamedTuple):
    """One tile of the 2^z x 2^z."""

    z: int
    x: int
    y: int

    @property
    def exists(self) -> bool:
        return 0 <= self.z <= 31 and 0 <= self.x < 1 << self.z and 0 <= self.y < 1 << self.z

    @property
    def children(self) -> tuple["Tile", "Tile", "Tile", "Tile"]:
        """The four of the next zoom: north-west, north-east, south-west, south-east."""
        z, x, y = self.z + 1, 2 * self.x, 2 * self.y
        return Tile(z, x, y), Tile(z, x + 1, y), Tile(z, x, y + 1), Tile(z, x + 1, y + 1)

    def pixel_centres(self, size_px: int, at: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Longitudes of the columns `at`, latitudes of the rows `at` (degrees), in a tile of so many pixels."""
        part = (at + 0.5) / size_px
        lon_deg = (self.x + part) / 2**self.z * 360.0 - 180.0
        return lon_deg, np.degrees(np.arctan(np.sinh(np.pi * (1.0 - 2.0 * (self.y + part) / 2**self.z))))


def tiles_over(bounds: Bounds, z: int) -> Iterator[Tile]:
    """The tiles that the bounds touch, row by row; a side that only meets a tile's edge does not touch it."""
    columns, rows = tile_ranges(bounds, z)
    return (Tile(z, x, y) for y in rows for x in columns)


def tile_ranges(bounds: Bounds, z: int) -> tuple[range, range]:
    """Columns and rows of those tiles."""
    west, south, east, north = bounds
    return (
        _range((west + 180.0) / 360.0, (east + 180.0) / 360.0, z),
        _range(_down(north), _down(south), z),
    )


def zoom_for(cell_m: float, lat_deg: float) -> int:
    """The first zoom whose pixels are no larger than the cells."""
    return max(0, math.ceil(math.log2(EQUATOR_M * math.cos(math.radians(lat_deg)) / TILE_PX / cell_m)))


def zoom_of_all(bounds: Bounds) -> int:
    """The last zoom at which the bounds are no larger than one tile."""
    west, south, east, north = bounds
    widest = max((east - west) / 360.0, _down(south) - _down(north))
    return max(0, math.floor(-math.log2(widest)))


def _down(lat_deg: float) -> float:
    """The part of the world's square, from its north edge, at which a latitude lies."""
    lat = math.radians(min(max(lat_deg, -LAT_LIMIT_DEG), LAT_LIMIT_DEG))
    return 0.5 - math.asinh(math.tan(lat)) / (2.0 * math.pi)


def _range(low: float, high: float, z: int) -> range:
    """Tiles from a low to a high part of the world's side; at least one."""
    count = 1 << z
    first = min(max(math.floor(low * count), 0), count - 1)
    return range(first, max(first + 1, min(math.ceil(high * count), count)))
