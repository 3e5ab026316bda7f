"""The local grid against PROJ's geodesics and against straight lines in space (ECEF)."""

import math

import numpy as np
import pytest
from pyproj import Geod, Transformer
from scipy.spatial.transform import Rotation

from apacheta.core.place import GeoPoint
from apacheta.core.sight import CameraPose
from apacheta.geo import (
    Camera,
    Dem,
    LocalGrid,
    camera_axes,
    camera_position,
    pixel_rays,
    project,
    ray_points,
    ray_ranges_m,
)

GEOD = Geod(ellps="WGS84")
TO_ECEF = Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
PASS = (-32.82, -70.08)
GRIDS = [LocalGrid(-32.7, -70.25, 4500.0), LocalGrid(-32.7, -70.25, 0.0), LocalGrid(-16.5, -68.1, 5000.0)]


def ecef(lat, lon, hae):
    return np.array(TO_ECEF.transform(lon, lat, hae))


def enu_axes(lat_deg, lon_deg):
    """Rows east, north, up in ECEF."""
    la, lo = math.radians(lat_deg), math.radians(lon_deg)
    east = [-math.sin(lo), math.cos(lo), 0.0]
    north = [-math.sin(la) * math.cos(lo), -math.sin(la) * math.sin(lo), math.cos(la)]
    up = [math.cos(la) * math.cos(lo), math.cos(la) * math.sin(lo), math.sin(la)]
    return np.array([east, north, up])


def test_grid_and_back_is_the_same_place_to_a_tenth_of_a_millimetre():
    grid, rng = GRIDS[0], np.random.default_rng(1)
    lat, lon = rng.uniform(-33.2, -32.2, 500), rng.uniform(-70.8, -69.7, 500)
    back = grid.latlon(*grid.xy(lat, lon))
    assert np.max(np.abs(back[0] - lat)) < 1e-9
    assert np.max(np.abs(back[1] - lon)) < 1e-9


@pytest.mark.parametrize("grid", GRIDS)
def test_grid_distances_are_ground_distances_at_the_grids_height(grid):
    there = GEOD.fwd(grid.lon0_deg, grid.lat0_deg, 37.0, 1000.0)
    x, y = grid.xy(there[1], there[0])
    assert math.hypot(x, y) == pytest.approx(1000.0 * grid.k0, abs=1e-3)
    assert grid.ground_scale(grid.height0_m) == pytest.approx(1.0, abs=5e-6)


@pytest.mark.parametrize(("lat", "lon"), [PASS, (-32.5, -70.45), (-32.7, -70.25)])
def test_convergence_is_how_far_grid_north_lies_east_of_true_north(lat, lon):
    grid = GRIDS[0]
    x, y = grid.xy(lat, lon)
    lon1, lat1, _ = GEOD.fwd(lon, lat, 0.0, 10.0)
    x1, y1 = grid.xy(lat1, lon1)
    grid_azimuth_of_true_north = math.degrees(math.atan2(x1 - x, y1 - y))
    assert -grid_azimuth_of_true_north == pytest.approx(grid.convergence_deg(lat, lon), abs=1e-4)
    assert abs(grid.convergence_deg(lat, lon)) < 0.12


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("azimuth", [0.0, 75.0, 200.0, 310.0])
@pytest.mark.parametrize("depression", [3.0, 30.0, 60.0, 89.0])
def test_ray_from_5000_m_over_2_km_lies_on_the_straight_line_in_space_within_2_cm(grid, azimuth, depression):
    lat, lon, hae = grid.lat0_deg - 0.12, grid.lon0_deg + 0.17, 5000.0
    a, d = math.radians(azimuth), math.radians(depression)
    enu = np.array([math.sin(a) * math.cos(d), math.cos(a) * math.cos(d), -math.sin(d)])
    way = grid.vector_of_enu(enu, lat, lon)
    x, y, z = ray_points(grid, grid.point(lat, lon, hae), way, 2000.0, refraction=0.0)[0]
    end_lat, end_lon = grid.latlon(x, y)
    chord = ecef(end_lat, end_lon, z) - ecef(lat, lon, hae)
    straight = enu @ enu_axes(lat, lon)
    beside = np.linalg.norm(chord - straight * (chord @ straight))
    assert beside < 0.02
    assert np.linalg.norm(chord) == pytest.approx(2000.0, rel=1.5e-3)


def pose_over(lat, lon, hae, angles, hfov=12.5):
    heading, pitch, roll, azimuth, elevation, sensor_roll = angles
    return CameraPose(
        utc_ns=0,
        position=GeoPoint(lat_deg=lat, lon_deg=lon, alt_hae_m=hae),
        height_exact=True,
        platform_heading_deg=heading,
        platform_pitch_deg=pitch,
        platform_roll_deg=roll,
        sensor_rel_azimuth_deg=azimuth,
        sensor_rel_elevation_deg=elevation,
        sensor_rel_roll_deg=sensor_roll,
        hfov_deg=hfov,
        vfov_deg=10.0,
    )


def level_dem(grid, x, y, hae, half_m=6000.0, cell=60.0):
    """Ground of one height above the ellipsoid round a place."""
    n = int(2 * half_m / cell) + 1
    return Dem(grid, np.full((n, n), hae, np.float32), x - half_m, y - half_m, cell, "")


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("slant", [500.0, 1000.0, 2000.0])
@pytest.mark.parametrize(
    "angles", [(20.0, 3.0, -5.0, 80.0, -30.0, 1.0), (215.0, -2.0, 15.0, 190.0, -55.0, 0.0), (300.0, 6.0, 0, 5, -14, 9)]
)
def test_marker_georeferences_within_5_cm_of_exact_geometry_in_space(grid, slant, angles):
    lat, lon, hae = grid.lat0_deg + 0.1, grid.lon0_deg - 0.15, 5200.0
    pose, camera = pose_over(lat, lon, hae, angles), Camera(640, 512, 12.5)
    # The other way to the pixel: scipy's rotations in NED, an exact line in space, no grid.
    turn = Rotation.from_euler("ZYX", angles[:3], degrees=True) * Rotation.from_euler("ZYX", angles[3:], degrees=True)
    column, row = 611.0, 37.0
    focal = 320.0 / math.tan(math.radians(6.25))
    ned = turn.apply([1.0, (column - 319.5) / focal, (row - 255.5) / focal])
    ned /= np.linalg.norm(ned)
    space = np.array([ned[1], ned[0], -ned[2]]) @ enu_axes(lat, lon)
    spot = ecef(lat, lon, hae) + slant * space
    m_lon, m_lat, m_hae = TO_ECEF.transform(*spot, direction="INVERSE")
    axes, position = camera_axes(pose, grid), camera_position(pose, grid)
    way = pixel_rays([column], [row], axes, camera)
    dem = level_dem(grid, position[0], position[1], m_hae)
    ranges = ray_ranges_m(dem, position, way, 5000.0, refraction=0.0)
    x, y, _ = position + ranges[0] * way[0]
    got_lat, got_lon = grid.latlon(x, y)
    # float32 heights: half a millimetre of height may be millimetres along a shallow ray
    assert GEOD.inv(got_lon, got_lat, m_lon, m_lat)[2] < 0.05
    back = project(np.array([[*grid.xy(m_lat, m_lon), m_hae]]), position, axes, camera, grid)
    assert back[0][0] == pytest.approx(column, abs=0.6)
    assert back[1][0] == pytest.approx(row, abs=0.6)
