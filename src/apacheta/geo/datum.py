"""Heights and datums: the EGM96 geoid inside the wheel, and coordinate changes that say how good they are."""

import warnings
import zlib
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS
from pyproj.aoi import AreaOfInterest
from pyproj.exceptions import CRSError
from pyproj.transformer import TransformerGroup

from ..core.errors import InputFault

Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees."""

WGS84 = "EPSG:4326"
WORLD = ((-180.0, -90.0, -180.0, -90.0), (180.0, 90.0, 180.0, 90.0))
GEOID_SHAPE = (721, 1440)
GEOID_STEP_DEG = 0.25


@cache
def egm96_m() -> NDArray[np.float32]:
    """EGM96 undulation, (721, 1440) metres: rows from 90 S to 90 N, columns from 180 W, both every 15 minutes.

    Source: NGA's WW15MGH grid as egm96_15.gtx, rounded to 1 cm by design/pack_geoid.py.
    """
    packed = files(__package__).joinpath("egm96.bin").read_bytes()
    second = np.frombuffer(zlib.decompress(packed), "<i2").reshape(GEOID_SHAPE)
    first = np.cumsum(second, axis=0, dtype=np.int16)
    grid = (np.cumsum(first, axis=1, dtype=np.int16) / np.float32(100)).astype(np.float32)
    grid.flags.writeable = False
    return grid


def undulation_m(lat_deg: ArrayLike, lon_deg: ArrayLike) -> Any:
    """Height of the EGM96 geoid above the WGS 84 ellipsoid, metres; a float for floats, else an array.

    Bilinear, as PROJ and GDAL do it, so that our heights are theirs to the centimetre. Bicubic would halve the error
    (design/pack_geoid.py) and differ by up to 0.15 m in mountains; EGM96 itself is good to about 0.5 m.
    """
    lat, lon = np.broadcast_arrays(np.asarray(lat_deg, float), np.asarray(lon_deg, float))
    if not (np.all(np.abs(lat) <= 90.0) and np.all(np.isfinite(lon))):
        raise ValueError("a latitude beyond the poles, or an unknown place")
    row, col = (lat + 90.0) / GEOID_STEP_DEG, ((lon + 180.0) % 360.0) / GEOID_STEP_DEG
    j, i = np.minimum(row.astype(np.int64), GEOID_SHAPE[0] - 2), col.astype(np.int64)
    fy, fx, grid = row - j, col - i, egm96_m()
    west, east = i % GEOID_SHAPE[1], (i + 1) % GEOID_SHAPE[1]
    south = grid[j, west] * (1.0 - fx) + grid[j, east] * fx
    north = grid[j + 1, west] * (1.0 - fx) + grid[j + 1, east] * fx
    total = south * (1.0 - fy) + north * fy
    return float(total) if total.ndim == 0 else total


def hae_of_amsl(lat_deg: ArrayLike, lon_deg: ArrayLike, alt_amsl_m: ArrayLike) -> Any:
    """Height above the ellipsoid from height above mean sea level (EGM96), metres: h = H + N."""
    return alt_amsl_m + undulation_m(lat_deg, lon_deg)


def amsl_of_hae(lat_deg: ArrayLike, lon_deg: ArrayLike, alt_hae_m: ArrayLike) -> Any:
    """Height above mean sea level (EGM96) from height above the ellipsoid, metres: H = h - N."""
    return alt_hae_m - undulation_m(lat_deg, lon_deg)


def crs_of(definition: str, *, file: str | None = None) -> CRS:
    """The horizontal reference system of a definition (EPSG code, WKT, PROJ string); InputFault `crs_unknown`."""
    try:
        system = CRS.from_user_input(definition)
    except CRSError as error:
        raise InputFault("crs_unknown", f"the coordinate reference system is not known: {error}", file=file) from error
    return system.sub_crs_list[0] if system.is_compound else system.to_2d()


def transformer_between(source: Any, target: Any, bounds: Bounds | None = None, *, file: str | None = None) -> Any:
    """A pyproj Transformer (x or longitude first) whose accuracy is known; with `bounds`, the best one for that place.

    Where PROJ knows no way between two datums it quietly changes nothing ("ballpark", accuracy -1), which is wrong by
    up to hundreds of metres: here that is InputFault `datum_transform_unknown`. So is a way made for another country.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a better grid that is not installed: the accuracy says so
        place = None if bounds is None else AreaOfInterest(*np.clip(bounds, *WORLD))
        group = TransformerGroup(source, target, always_xy=True, allow_ballpark=False, area_of_interest=place)
    for found in group.transformers:
        if found.accuracy >= 0.0 and _holds(found.area_of_use, place):
            return found
    there = "" if bounds is None else " and is made for this place"
    raise InputFault(
        "datum_transform_unknown",
        f"no transformation of known accuracy leads from {CRS(source).name!r} to {CRS(target).name!r}{there}",
        file=file,
        remedy="Bring the file to WGS 84 with the country's own grid or published parameters, and name them "
        "(gdalwarp -t_srs EPSG:4326 -ct ...): without -ct GDAL may quietly change nothing.",
    )


def _holds(area: Any, place: AreaOfInterest | None) -> bool:
    """Whether a transformation's area of use, where it has one, holds the whole place."""
    if area is None or place is None:
        return True
    after_west, before_east = area.west <= place.west_lon_degree, place.east_lon_degree <= area.east
    # an area across the date line begins east of where it ends
    along = (after_west and before_east) if area.west <= area.east else (after_west or before_east)
    return bool(along and area.south <= place.south_lat_degree and place.north_lat_degree <= area.north)
