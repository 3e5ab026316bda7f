"""Where things are. Three heights kill when mixed, so they are three types; see docs/frames.md."""

from typing import NewType

import msgspec

HaeM = NewType("HaeM", float)
"""Metres above the WGS 84 ellipsoid."""
AmslM = NewType("AmslM", float)
"""Metres above mean sea level (the EGM96 geoid unless a field says otherwise)."""
AglM = NewType("AglM", float)
"""Metres above the ground below."""

LonLat = tuple[float, float]
"""Longitude, latitude in degrees, WGS 84: the order of GeoJSON."""


class GeoPoint(msgspec.Struct, frozen=True, kw_only=True):
    """A point in WGS 84."""

    lat_deg: float
    lon_deg: float
    alt_hae_m: HaeM
