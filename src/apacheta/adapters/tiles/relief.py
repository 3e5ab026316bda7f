"""Shaded relief as pictures, for a page that cannot draw heights itself."""

import math
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ...geo.datum import Bounds
from .heights import Heights
from .mercator import EQUATOR_M, Tile, tiles_over, zoom_for
from .terrarium import filled, png_of

RELIEF_PX = 256
ZOOMS = 5
"""How many are coarser than the finest."""
MARGIN_PX = 1
"""Horn's slope looks at the eight neighbours."""
LAMP_AZIMUTH_DEG, LAMP_ELEVATION_DEG = 315.0, 45.0
DARKEST = 0.4
"""The part of its colour that ground in full shade keeps; what faces the lamp has all of it, level ground 0.82."""
TINT = np.array(
    [
        # metres, red, green, blue: pale and close to each other, so that lines and marks on top stay readable
        (-500.0, 196, 208, 214),
        (0.0, 204, 216, 200),
        (1500.0, 222, 222, 200),
        (3000.0, 222, 211, 192),
        (4200.0, 210, 200, 190),
        (5200.0, 218, 216, 214),
        (6200.0, 242, 242, 244),
    ]
)


class Relief:
    """Relief tiles of an elevation file; made anew at each call: who asks keeps them."""

    def __init__(self, source: Heights) -> None:
        self._source = source

    def relief_tile(self, z: int, x: int, y: int) -> bytes | None:
        """PNG, 256 x 256 RGBA, transparent where there is no ground; None where there is none in all the tile."""
        tile = Tile(z, x, y)
        height_m = self._source.tile(tile, RELIEF_PX, MARGIN_PX, smooth=True) if tile.exists else None
        inside = (slice(MARGIN_PX, -MARGIN_PX),) * 2
        if height_m is None or np.isnan(height_m[inside]).all():
            return None
        ground_m = filled(height_m)
        light = DARKEST + (1.0 - DARKEST) * shade_of(ground_m, _pixel_m(tile))[inside]
        alpha = np.where(np.isnan(height_m[inside]), 0, 255)
        return png_of(np.dstack([np.rint(tint_of(ground_m[inside]) * light[..., None]), alpha]).astype(np.uint8))


def write_relief(source: Heights, folder: Path, bounds: Bounds, tell: Callable[[float], None]) -> None:
    """Write `z/x/y.png` for the bounds, from all of them in one tile or two down to pixels as fine as the file's."""
    lat_deg = (bounds[1] + bounds[3]) / 2
    finest = zoom_for(source.cell_m, lat_deg) + 1  # tiles of half the width
    tiles = [tile for z in range(max(0, finest - ZOOMS), finest + 1) for tile in tiles_over(bounds, z)]
    relief = Relief(source)
    for number, tile in enumerate(tiles, 1):
        if (png := relief.relief_tile(*tile)) is not None:
            path = folder / str(tile.z) / str(tile.x) / f"{tile.y}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(png)
        tell(number / len(tiles))


def shade_of(height_m: NDArray[np.float32], pixel_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cosine between the slope's normal and the lamp in the north-west, 0 where it turns away (Horn 1981, the slope
    of 3 x 3 neighbours). `pixel_m` (rows, 1): metres on the ground from pixel to pixel."""
    to_east = cv2.Sobel(height_m, cv2.CV_64F, 1, 0, scale=1 / 8) / pixel_m
    to_north = -cv2.Sobel(height_m, cv2.CV_64F, 0, 1, scale=1 / 8) / pixel_m
    azimuth, elevation = math.radians(LAMP_AZIMUTH_DEG), math.radians(LAMP_ELEVATION_DEG)
    along = math.sin(azimuth) * to_east + math.cos(azimuth) * to_north
    lit = math.sin(elevation) - math.cos(elevation) * along
    return np.maximum(lit / np.sqrt(1.0 + to_east**2 + to_north**2), 0.0)


def tint_of(height_m: NDArray[np.float32]) -> NDArray[np.float64]:
    """Blue, green, red (rows, cols, 3) of heights."""
    return np.dstack([np.interp(height_m, TINT[:, 0], TINT[:, colour]) for colour in (3, 2, 1)])


def _pixel_m(tile: Tile) -> NDArray[np.float64]:
    """Metres on the ground from pixel to pixel in each row, margin and all."""
    _, lat_deg = tile.pixel_centres(RELIEF_PX, np.arange(-MARGIN_PX, RELIEF_PX + MARGIN_PX))
    return (EQUATOR_M / (RELIEF_PX * 2**tile.z) * np.cos(np.radians(lat_deg)))[:, None]
