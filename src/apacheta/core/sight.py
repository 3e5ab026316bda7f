"""What a stream gives: fixes, camera poses, frames and their footprints, and the plots and tracks made of them."""

from typing import Literal

import msgspec

from .place import GeoPoint, LonLat

LOOK_S = 8.0
LOOK_ABOVE_SLOPE_DEG = 15.0
"""What a look at ground is: watched for so long, from so far above its slope. Then a walker of 1 m/s is confirmed more
often than not, whichever way he goes (`tests/unit/test_see_looks.py`)."""


class Fix(msgspec.Struct, frozen=True, kw_only=True):
    """One position and attitude report of an aircraft. Attitude: heading true, pitch up, roll right, degrees."""

    aircraft: str
    utc_ns: int
    position: GeoPoint
    heading_deg: float
    pitch_deg: float
    roll_deg: float
    ground_speed_m_s: float
    battery_fraction: float
    phase: str
    sigma_h_m: float
    sigma_v_m: float
    source: str


class CameraPose(msgspec.Struct, frozen=True, kw_only=True):
    """Where the camera is and how it looks, from metadata items 5-7 (or 90, 91), 13-15 (or 75, 104), 16-20.

    `height_exact` says that the full-resolution item (104) gave the height. Relative angles are those of ST 0601 items
    18-20: azimuth from the aircraft's nose clockwise, elevation positive up from its fore-aft plane, roll clockwise.
    `height_reference`: items 75 and 104 are heights above the ellipsoid; item 15 and EG 0104 give AMSL, and while
    this says "amsl" the number in `position.alt_hae_m` still is AMSL and wants the geoid's undulation added.
    `vfov_deg` is NaN where the stream does not say it.
    """

    utc_ns: int
    position: GeoPoint
    height_exact: bool
    platform_heading_deg: float
    platform_pitch_deg: float
    platform_roll_deg: float
    sensor_rel_azimuth_deg: float
    sensor_rel_elevation_deg: float
    sensor_rel_roll_deg: float
    hfov_deg: float
    vfov_deg: float
    height_reference: Literal["hae", "amsl"] = "hae"


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """One image of a stream: its number from 0, its presentation time on the stream's own clock, its pose if any."""

    stream: str
    number: int
    pts_s: float | None
    width_px: int
    height_px: int
    pose: CameraPose | None


class Footprint(msgspec.Struct, frozen=True, kw_only=True):
    """The ground that a frame covers: ring of lon, lat; resolution and position error at its centre."""

    utc_ns: int
    ring: tuple[LonLat, ...]
    centre: GeoPoint
    slant_range_m: float
    gsd_m: float
    position_sigma_m: float


class Plot(msgspec.Struct, frozen=True, kw_only=True):
    """One report of one look: a mover at a place. Covariance in m^2 as (east-east, east-north, north-north)."""

    stream: str
    frame: int
    utc_ns: int
    position: GeoPoint
    position_cov_m2: tuple[float, float, float]
    column_px: float
    row_px: float
    strength: float
    area_m2: float


TrackKind = Literal["person", "vehicle", "animal", "unknown"]


class Track(msgspec.Struct, frozen=True, kw_only=True):
    """The estimate of one mover over time. `moved_m` is the straight distance from where it was first seen."""

    id: str
    stream: str
    utc_ns: int
    first_utc_ns: int
    position: GeoPoint
    position_cov_m2: tuple[float, float, float]
    velocity_east_m_s: float
    velocity_north_m_s: float
    moved_m: float
    scatter_m: float
    plots: int
    area_m2: float
    existence: float
    confirmed: bool
    kind: TrackKind
    column_px: float
    row_px: float
    frame: int
