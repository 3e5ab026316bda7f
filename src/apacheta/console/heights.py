"""Heights above the sea from heights above the ellipsoid, and back: EGM96, as everywhere in the house."""

from functools import cache
from typing import Any


@cache
def _geo() -> Any:
    """The room `geo`, with its kernels: some seconds and 180 MB, which a console without replay never needs."""
    from .. import geo

    return geo


def undulation_m(lat_deg: float, lon_deg: float) -> float:
    """Height of the geoid above the ellipsoid in metres."""
    return float(_geo().undulation_m(lat_deg, lon_deg))


def amsl_m(lat_deg: float, lon_deg: float, alt_hae_m: float) -> float:
    """Metres above mean sea level of a height above the ellipsoid."""
    return alt_hae_m - undulation_m(lat_deg, lon_deg)
