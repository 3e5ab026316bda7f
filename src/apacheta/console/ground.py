"""How high the ground lies below an aircraft of the past: read from the page's terrain tiles (docs/tiles.md).

The core tells a live height above ground from its own terrain; the log keeps none. The tiles were made of that terrain,
and rounded to 0.25 m.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pmtiles.reader import MmapSource, Reader
from pmtiles.tile import MagicNumberNotFound, SpecVersionUnsupported

TILE_PX = 512
VOID_BIT = 1
KNOWN_DATUMS = ("amsl_egm96", "hae")
"""Heights above these can be compared with those of a fix."""


class Ground:
    """The terrain of one watch, at its tiles' finest zoom."""

    def __init__(self, tiles: Callable[[int, int], bytes]) -> None:
        self._reader = Reader(tiles)
        self._zoom = int(self._reader.header()["max_zoom"])
        self.datum = str(self._reader.metadata().get("vertical_datum"))
        self._tile = lru_cache(maxsize=64)(self._read)

    def agl_m(self, lat_deg: float, lon_deg: float, alt_hae_m: float, alt_amsl_m: float) -> float | None:
        """Metres above the ground there; None where no ground is known, or what its heights are above."""
        height_m = self._height_m(lat_deg, lon_deg) if self.datum in KNOWN_DATUMS else math.nan
        above_m = (alt_hae_m if self.datum == "hae" else alt_amsl_m) - height_m
        return None if math.isnan(above_m) else round(above_m, 2)

    def _height_m(self, lat_deg: float, lon_deg: float) -> float:
        """Between the four nearest pixels; NaN where one of them has no ground."""
        side = TILE_PX << self._zoom
        across = (lon_deg + 180.0) / 360.0 * side - 0.5
        down = (0.5 - math.asinh(math.tan(math.radians(lat_deg))) / (2.0 * math.pi)) * side - 0.5
        column, row = math.floor(across), math.floor(down)
        u, v = across - column, down - row
        upper, lower = ([self._pixel(row + k, column + j) for j in (0, 1)] for k in (0, 1))
        return (1 - v) * ((1 - u) * upper[0] + u * upper[1]) + v * ((1 - u) * lower[0] + u * lower[1])

    def _pixel(self, row: int, column: int) -> float:
        tile = self._tile(column // TILE_PX, row // TILE_PX)
        return math.nan if tile is None else float(tile[row % TILE_PX, column % TILE_PX])

    def _read(self, x: int, y: int) -> NDArray[np.float32] | None:
        """Heights (rows, cols) of a tile, NaN = no ground; None where there is no such tile."""
        import cv2  # comes with the first replay, not with the console

        data = self._reader.get(self._zoom, x, y)
        picture: Any = None if data is None else cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        if picture is None:
            return None
        blue, green, red = (picture[..., k].astype(np.float32) for k in range(3))
        return np.where(picture[..., 0] & VOID_BIT, np.nan, 256 * red + green + blue / 256 - 32_768).astype(np.float32)


def ground_of(path: Path | None) -> Ground | None:
    """The ground in a file of tiles; None where there is none yet, or none that can be read."""
    if path is None or not path.is_file():
        return None
    with path.open("rb") as file:
        try:
            return Ground(MmapSource(file))
        except (OSError, ValueError, MagicNumberNotFound, SpecVersionUnsupported):
            return None
