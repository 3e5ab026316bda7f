"""Many elevation files as one: a GDAL virtual raster, which names them and copies nothing."""

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as xml

import rasterio
from rasterio.errors import RasterioIOError

from ...core.errors import InputFault

NAMES = {
    "int16": "Int16",
    "uint16": "UInt16",
    "int32": "Int32",
    "uint8": "Byte",
    "float32": "Float32",
    "float64": "Float64",
}
"""numpy's names of types and GDAL's."""


@dataclass(frozen=True)
class Tile:
    """One file: its place in the grid that all share, in pixels from its own corner's coordinates."""

    path: Path
    crs_wkt: str
    west: float
    north: float
    pixel_x: float
    pixel_y: float
    width: int
    height: int
    dtype: str
    nodata: float | None
    scale: tuple[float, float]


def tile_of(path: Path) -> Tile:
    """Raises InputFault `raster_missing`, `raster_unreadable`, `raster_turned`, `raster_no_crs`."""
    if not path.is_file():
        raise _fault(path, "raster_missing", "the elevation file does not exist", "Check the path.")
    try:
        with rasterio.open(path) as file:
            a = file.transform
            if file.crs is None:
                raise _fault(path, "raster_no_crs", "it does not say its reference system", "gdal_edit.py -a_srs ...")
            if a.b or a.d or a.e >= 0.0:
                raise _fault(path, "raster_turned", "its rows do not run from north to south", "gdalwarp it upright.")
            return Tile(
                path.resolve(), str(file.crs.to_wkt()), a.c, a.f, a.a, -a.e, file.width, file.height,
                file.dtypes[0], file.nodata, (file.scales[0], file.offsets[0]),
            )  # fmt: skip
    except RasterioIOError as error:
        raise _fault(path, "raster_unreadable", f"not a raster that GDAL reads: {error}", "Fetch it again.") from error


def mosaic_xml(tiles: Sequence[Tile], beside: Path) -> bytes:
    """The virtual raster of tiles on one grid; where two overlap the later one counts. `beside`: the folder that
    it will lie in, from which the tiles are named. Raises InputFault `tiles_differ`, `no_tiles`."""
    if not tiles:
        raise InputFault("no_tiles", "there is nothing to join", field="DEM", remedy="Name the tiles.")
    first = tiles[0]
    for tile in tiles[1:]:
        _check_alike(first, tile)
    west, north = min(t.west for t in tiles), max(t.north for t in tiles)
    places = [(_whole(t, (t.west - west) / t.pixel_x), _whole(t, (north - t.north) / t.pixel_y)) for t in tiles]
    width = max(x + t.width for (x, _), t in zip(places, tiles, strict=True))
    height = max(y + t.height for (_, y), t in zip(places, tiles, strict=True))
    root = xml.Element("VRTDataset", rasterXSize=str(width), rasterYSize=str(height))
    xml.SubElement(root, "SRS").text = first.crs_wkt
    place = (west, first.pixel_x, 0.0, north, 0.0, -first.pixel_y)
    xml.SubElement(root, "GeoTransform").text = ", ".join(repr(v) for v in place)
    band = xml.SubElement(root, "VRTRasterBand", dataType=NAMES[first.dtype], band="1")
    void = first.nodata if first.nodata is not None else float("nan") if first.dtype.startswith("float") else None
    if void is not None:
        xml.SubElement(band, "NoDataValue").text = repr(void)
    for name, value in zip(("Offset", "Scale"), reversed(first.scale), strict=True):
        xml.SubElement(band, name).text = repr(value)
    for (x, y), tile in zip(places, tiles, strict=True):
        source = xml.SubElement(band, "ComplexSource" if void is not None else "SimpleSource")
        name = os.path.relpath(tile.path, beside.resolve())
        xml.SubElement(source, "SourceFilename", relativeToVRT="1").text = name
        xml.SubElement(source, "SourceBand").text = "1"
        size = {"xSize": str(tile.width), "ySize": str(tile.height)}
        xml.SubElement(source, "SrcRect", xOff="0", yOff="0", **size)
        xml.SubElement(source, "DstRect", xOff=str(x), yOff=str(y), **size)
        if void is not None:
            xml.SubElement(source, "NODATA").text = repr(void)
    xml.indent(root)
    return bytes(xml.tostring(root, encoding="utf-8")) + b"\n"


def _check_alike(first: Tile, tile: Tile) -> None:
    for what in ("crs_wkt", "dtype", "nodata", "scale"):
        if getattr(tile, what) != getattr(first, what) and not _both_nan(getattr(tile, what), getattr(first, what)):
            raise _differs(tile, f"its {what.replace('_wkt', '')} is not that of {first.path.name}")
    if not (
        math.isclose(tile.pixel_x, first.pixel_x, rel_tol=1e-9)
        and math.isclose(tile.pixel_y, first.pixel_y, rel_tol=1e-9)
    ):
        raise _differs(tile, f"its pixels are not as large as those of {first.path.name}")


def _both_nan(a: object, b: object) -> bool:
    return isinstance(a, float) and isinstance(b, float) and math.isnan(a) and math.isnan(b)


def _whole(tile: Tile, pixels: float) -> int:
    """A tile's offset; a tile half a pixel beside the others' grid would be shifted."""
    if abs(pixels - round(pixels)) > 0.01:
        raise _differs(tile, "its pixels do not lie on the grid of the others")
    return round(pixels)


def _differs(tile: Tile, text: str) -> InputFault:
    remedy = "Bring all tiles to one grid (gdalwarp -t_srs ... -tr ... -tap)."
    return InputFault("tiles_differ", text, file=str(tile.path), field="DEM", remedy=remedy)


def _fault(path: Path, code: str, text: str, remedy: str) -> InputFault:
    return InputFault(code, text, file=str(path), field="DEM", remedy=remedy)
