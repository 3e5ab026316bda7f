"""From an elevation file to a file of tiles."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rasterio

from ...core.errors import InputFault
from ...geo.datum import Bounds
from .archive import write_archive
from .heights import Heights
from .mercator import TILE_PX, zoom_for, zoom_of_all
from .pyramid import Pyramid
from .terrarium import COARSE_STEP_M, FINE_FROM_ZOOM, FINE_STEP_M, encode

TILES_VERSION = 1
"""Counts up when the same elevation file gives other tiles."""
CACHE_BYTES = 128 * 1024 * 1024
"""What GDAL may keep of the file; without a word it takes a twentieth of the machine's memory."""
ZOOMS_OUT = 2
"""Zooms below the one at which all of the area is in one tile, for small screens."""


@dataclass(frozen=True)
class Written:
    """What is in the file: bounds in degrees, zooms, how many tiles; of which elevation file, in which reference
    system, and what its heights are above (None: not said)."""

    dem_sha256: str
    crs: str
    bounds: Bounds
    min_zoom: int
    max_zoom: int
    tiles: int
    vertical_datum: str | None


def write_tiles(
    source: Heights,
    out: Path,
    bounds: Bounds | None = None,
    min_zoom: int | None = None,
    max_zoom: int | None = None,
    vertical_datum: str | None = None,
    tell: Callable[[float], None] = lambda share: None,
) -> Written:
    """Write the height tiles of the bounds (all of the file) as PMTiles, whole or not at all.

    Zooms: up to the first whose pixels are no larger than the file's, unless said otherwise; `vertical_datum`: what
    the file does not say itself. InputFault `raster_does_not_cover`, `raster_void`; OSError: nothing was written.
    """
    area = source.covered(bounds or source.bounds)
    least, most = _zooms(source, area, min_zoom, max_zoom)
    datum = vertical_datum or source.vertical_datum
    pyramid = Pyramid(source, area, least, most, tell)
    pictures = ((tile, encode(height_m, tile.z)) for tile, height_m in pyramid.tiles())
    with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES):
        count = write_archive(out, pictures, area, _metadata(source, area, (least, most), datum))
    if not count:
        raise InputFault(
            "raster_void", "there is no ground within the bounds", file=str(source.path), field="DEM",
            remedy="Give other bounds, or a file without voids there.",
        )  # fmt: skip
    return Written(source.sha256, source.crs, area, least, most, count, datum)


def _zooms(source: Heights, area: Bounds, least: int | None, most: int | None) -> tuple[int, int]:
    """First and last zoom; what is not given makes room for what is."""
    if most is None:
        most = max(zoom_for(source.cell_m, (area[1] + area[3]) / 2), least or 0)
    if least is None:
        least = min(max(0, zoom_of_all(area) - ZOOMS_OUT), most)
    return least, most


def _metadata(source: Heights, area: Bounds, zooms: tuple[int, int], vertical_datum: str | None) -> dict[str, Any]:
    """What a reader must know; `encoding` as MapLibre names it."""
    return {
        "name": source.path.stem,
        "description": "Heights above the vertical datum named, metres; where B & 1 there is no ground.",
        "attribution": source.copyright or "",
        "type": "baselayer",
        "format": "png",
        "encoding": "terrarium",
        "tile_size_px": TILE_PX,
        "bounds": list(area),
        "min_zoom": zooms[0],
        "max_zoom": zooms[1],
        "vertical_datum": vertical_datum,
        "step_m": {"below": COARSE_STEP_M, "from": FINE_STEP_M, "zoom": FINE_FROM_ZOOM},
        "no_ground": "lowest bit of blue",
        "dem_sha256": source.sha256,
        "tiles_version": TILES_VERSION,
    }
