"""What a simulated aircraft tells of its picture's middle: no truth but the range goes into it."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod, Transformer

from apacheta.core.place import GeoPoint, HaeM
from apacheta.core.sight import CameraPose
from apacheta.sim.night.attitude import rotation_of
from apacheta.sim.night.pose import centre_told

GEOD = Geod(ellps="WGS84")


def pose_of(lat_deg: float, hae_m: float, yaw_deg: float, elevation_deg: float) -> CameraPose:
    return CameraPose(
        utc_ns=0, position=GeoPoint(lat_deg=lat_deg, lon_deg=-70.0, alt_hae_m=HaeM(hae_m)), height_exact=True,
        platform_heading_deg=yaw_deg, platform_pitch_deg=2.0, platform_roll_deg=-3.0, sensor_rel_azimuth_deg=40.0,
        sensor_rel_elevation_deg=elevation_deg, sensor_rel_roll_deg=1.0, hfov_deg=12.0, vfov_deg=9.6,
    )  # fmt: skip


@given(
    lat_deg=st.floats(-66, 66), hae_m=st.floats(0, 6_000), yaw_deg=st.floats(0, 360),
    elevation_deg=st.floats(-90, 5), range_m=st.floats(10, 10_000),
)  # fmt: skip
def test_the_centre_lies_at_the_range_along_the_reported_line_of_sight(
    lat_deg: float, hae_m: float, yaw_deg: float, elevation_deg: float, range_m: float
) -> None:
    """Reference: PROJ's topocentric frame."""
    pose = pose_of(lat_deg, hae_m, yaw_deg, elevation_deg)
    told = centre_told(pose, 20.0, range_m, 100.0)
    sight = rotation_of(yaw_deg, 2.0, -3.0) @ rotation_of(40.0, elevation_deg, 1.0)
    north, east, down = range_m * sight[:, 0]
    back = Transformer.from_pipeline(
        f"+proj=pipeline +step +inv +proj=topocentric +ellps=WGS84 +lat_0={lat_deg} +lon_0=-70 +h_0={hae_m} "
        "+step +inv +proj=cart +ellps=WGS84 +step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )
    lon_deg, place_lat_deg, place_hae_m = back.transform(east, north, -down)
    away_m = GEOD.inv(told.lon_deg, told.lat_deg, lon_deg, place_lat_deg)[2]
    assert math.hypot(away_m, told.amsl_m + 20.0 - place_hae_m) < 0.1 + 1e-3 * range_m


def test_an_error_of_the_attitude_is_in_it() -> None:
    """Half a degree of heading at 2 km is 15 m beside, so that nobody can take it for the truth."""
    one, other = (centre_told(pose_of(-33.0, 4_500.0, yaw, -20.0), 25.0, 2_000.0, 100.0) for yaw in (90.0, 90.5))
    away_m = GEOD.inv(one.lon_deg, one.lat_deg, other.lon_deg, other.lat_deg)[2]
    assert away_m == pytest.approx(2_000.0 * math.cos(math.radians(21.0)) * np.radians(0.5), rel=0.1)
