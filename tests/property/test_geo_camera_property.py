"""The camera there and back: angles to axes to angles, points to pixels to points."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apacheta.core.place import GeoPoint
from apacheta.core.sight import CameraPose
from apacheta.geo import (
    Camera,
    LocalGrid,
    aim_axes,
    camera_axes,
    pixel_rays,
    project,
    ray_points,
    relative_angles,
)

GRID = LocalGrid(-32.7, -70.25, 4500.0)
LAT, LON = -32.82, -70.08
angle = st.floats(-180.0, 180.0)
tilt = st.floats(-60.0, 60.0)


def pose_of(heading, pitch, roll, azimuth, elevation, sensor_roll):
    return CameraPose(
        utc_ns=0,
        position=GeoPoint(lat_deg=LAT, lon_deg=LON, alt_hae_m=5000.0),
        height_exact=True,
        platform_heading_deg=heading,
        platform_pitch_deg=pitch,
        platform_roll_deg=roll,
        sensor_rel_azimuth_deg=azimuth,
        sensor_rel_elevation_deg=elevation,
        sensor_rel_roll_deg=sensor_roll,
        hfov_deg=12.5,
        vfov_deg=10.0,
    )


@given(angle, tilt, tilt, angle, st.floats(-89.0, 89.0), angle)
def test_relative_angles_are_the_inverse_of_the_axes(heading, pitch, roll, azimuth, elevation, sensor_roll):
    axes = camera_axes(pose_of(heading, pitch, roll, azimuth, elevation, sensor_roll), GRID)
    assert np.allclose(axes @ axes.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(axes) == pytest.approx(1.0)
    found = relative_angles(axes, GRID, LAT, LON, heading, pitch, roll)
    assert np.allclose(camera_axes(pose_of(heading, pitch, roll, *found), GRID), axes, atol=1e-9)


def test_level_aircraft_north_camera_down_left_of_the_nose():
    """Heading 0, azimuth 270 (left, west), elevation -30: looks west and down; right of the image is north."""
    right, down, forward = camera_axes(pose_of(0, 0, 0, 270, -30, 0), LocalGrid(LAT, LON, 0.0))
    c, s = math.cos(math.radians(30)), math.sin(math.radians(30))
    assert np.allclose(forward, [-c, 0, -s], atol=1e-12)
    assert np.allclose(right, [0, 1, 0], atol=1e-12)
    assert np.allclose(down, [s, 0, -c], atol=1e-12)


def test_grid_north_is_not_true_north():
    """At 0.17 degrees east of the centre a camera that looks true north looks 0.09 degrees off grid north."""
    forward = camera_axes(pose_of(0, 0, 0, 0, 0, 0), GRID)[2]
    assert math.degrees(math.atan2(forward[0], forward[1])) == pytest.approx(-GRID.convergence_deg(LAT, LON), abs=1e-9)
    assert abs(GRID.convergence_deg(LAT, LON)) > 0.08


@given(angle, st.floats(5.0, 89.0), st.floats(0, 639), st.floats(0, 511), st.floats(100.0, 20_000.0))
def test_point_on_a_pixels_ray_projects_to_that_pixel(azimuth, depression, column, row, reach):
    camera, origin = Camera(640, 512, 12.5), np.array([9000.0, -4000.0, 6000.0])
    a, d = math.radians(azimuth), math.radians(depression)
    aim = origin + 1000 * np.array([math.sin(a) * math.cos(d), math.cos(a) * math.cos(d), -math.sin(d)])
    axes = aim_axes(origin, aim, GRID)
    point = ray_points(GRID, origin, pixel_rays([column], [row], axes, camera), reach)
    got_column, got_row, depth = project(point, origin, axes, camera, GRID)
    # second order in reach / radius: 20 km / 6,371 km squared is 1e-5 of a radian's part
    assert got_column[0] == pytest.approx(column, abs=0.02)
    assert got_row[0] == pytest.approx(row, abs=0.02)
    assert depth[0] > 0


def test_point_behind_the_camera_has_no_pixel():
    camera, origin = Camera(640, 512, 12.5), np.array([0.0, 0.0, 5000.0])
    axes = aim_axes(origin, [1000.0, 0.0, 4500.0], GRID)
    column, row, depth = project([[-1000.0, 0.0, 5500.0]], origin, axes, camera, GRID)
    assert np.isnan(column[0])
    assert np.isnan(row[0])
    assert depth[0] < 0
