"""Where pixels lie on the ground, and how honest the stated error is."""

import math

import msgspec
import numpy as np
import pytest
from see_world import GRID, START_NS, Flight, degraded, terrain

from apacheta.core.place import GeoPoint, HaeM
from apacheta.core.sight import CameraPose, Frame
from apacheta.geo import Camera, project
from apacheta.see import PoseSigmas, footprint_of, frame_centre_disagreement_m, pixel_position, view_of
from apacheta.see.georeference import bias_covariance_m2, feet_of


def _frame(pose, size=(640, 512)):
    return Frame(stream="t", number=0, pts_s=0.0, width_px=size[0], height_px=size[1], pose=pose)


def _down(lat=-32.7, lon=-70.2, height=1000.0, elevation=-90.0):
    return CameraPose(
        utc_ns=START_NS,
        position=GeoPoint(lat_deg=lat, lon_deg=lon, alt_hae_m=HaeM(height)),
        height_exact=True,
        platform_heading_deg=0.0,
        platform_pitch_deg=0.0,
        platform_roll_deg=0.0,
        sensor_rel_azimuth_deg=0.0,
        sensor_rel_elevation_deg=elevation,
        sensor_rel_roll_deg=0.0,
        hfov_deg=12.5,
        vfov_deg=10.0,
    )


@pytest.mark.parametrize(("slant_m", "depression_deg"), [(600.0, 35.0), (900.0, 30.0), (1800.0, 20.0)])
def test_flat_markers_lie_within_half_a_metre_with_exact_pose_and_terrain(slant_m, depression_deg):
    dem = terrain(3)
    flight = Flight(dem, slant_m=slant_m, depression_deg=depression_deg, size=(640, 512), hfov_deg=6.2)
    pose = flight.pose(3.0, exact=True)
    view = view_of(_frame(pose), dem, GRID)
    place = np.random.default_rng(1).uniform(-60, 60, (40, 2))
    markers = np.column_stack([place, dem.height_at(place[:, 0], place[:, 1])])
    column, row, _ = project(markers, view.position_m, view.axes, Camera(640, 512, 6.2), GRID)
    inside = (column > 0) & (column < 639) & (row > 0) & (row < 511)
    assert inside.sum() >= 5
    found, reach = view.ground_points(np.column_stack([column, row])[inside])
    behind = reach < np.linalg.norm(markers[inside] - view.position_m, axis=1) - 1.0  # a ridge stands before it
    error = np.hypot(*(found[:, :2] - place[inside]).T)[~behind]
    assert error.max() < 0.5


def test_footprint_lies_round_its_centre_and_states_its_resolution():
    dem = terrain(3)
    view = view_of(_frame(Flight(dem, size=(640, 512), slant_m=900.0).pose(6.0, exact=True)), dem, GRID)
    footprint = footprint_of(view, PoseSigmas())
    x, y = GRID.xy(*np.array([(lat, lon) for lon, lat in footprint.ring]).T)
    assert np.hypot(*GRID.xy(footprint.centre.lat_deg, footprint.centre.lon_deg)) < 30
    assert footprint.gsd_m == pytest.approx(footprint.slant_range_m / view.camera.focal_px)
    assert footprint.slant_range_m == pytest.approx(900, rel=0.05)
    assert 150 < np.ptp(x) < 600
    assert footprint.centre.alt_hae_m == pytest.approx(
        dem.height_at(*GRID.xy(footprint.centre.lat_deg, footprint.centre.lon_deg))
    )
    assert 3 < footprint.position_sigma_m < 30
    assert len(footprint.ring) == 32
    assert np.isfinite(y).all()


def test_without_terrain_the_ground_is_the_ellipsoid():
    grid = type(GRID)(-32.7, -70.2, 0.0)
    view = view_of(_frame(_down(elevation=-30.0)), None, grid)
    footprint = footprint_of(view, PoseSigmas())
    assert footprint.centre.alt_hae_m == 0.0
    assert footprint.slant_range_m == pytest.approx(1000 / math.sin(math.radians(30)), rel=1e-3)


def test_a_camera_that_looks_at_the_sky_has_no_footprint():
    assert footprint_of(view_of(_frame(_down(elevation=20.0)), terrain(1), GRID), PoseSigmas()) is None


@pytest.mark.parametrize("field", ["hfov_deg", "platform_heading_deg", "sensor_rel_elevation_deg"])
def test_a_pose_with_a_hole_gives_no_view(field):
    assert view_of(_frame(msgspec.structs.replace(_down(), **{field: math.nan})), None, GRID) is None
    assert view_of(_frame(None), None, GRID) is None


def test_disagreement_with_a_stated_frame_centre_is_in_metres():
    ours = GeoPoint(lat_deg=-32.7, lon_deg=179.9999, alt_hae_m=HaeM(10.0))
    theirs = GeoPoint(lat_deg=-32.7, lon_deg=-179.9999, alt_hae_m=HaeM(10.0))
    assert frame_centre_disagreement_m(theirs, ours) == pytest.approx(
        0.0002 * 111_195 * math.cos(math.radians(32.7)), rel=1e-3
    )


def test_a_walkers_feet_are_found_before_the_point_behind_him():
    dem = terrain(3)
    flight = Flight(dem, slant_m=900.0)
    view = view_of(_frame(flight.pose(6.0, exact=True), (320, 256)), dem, GRID)
    feet = np.array([[4.0, 6.0, float(dem.height_at(4.0, 6.0))]])
    column, row, _ = project(feet + np.array([0, 0, 0.85]), view.position_m, view.axes, flight.camera, GRID)
    ground, _ = view.ground_points(np.column_stack([column, row]))
    assert np.hypot(*(ground - feet)[0, :2]) > 0.8
    assert np.hypot(*(feet_of(view, ground, 0.85) - feet)[0, :2]) < 0.2


@pytest.mark.parametrize("depression_deg", [20.0, 35.0, 60.0])
def test_the_90_percent_ellipse_holds_the_truth_80_to_97_percent_of_the_time(depression_deg):
    truth, held = terrain(3), []
    sigmas = PoseSigmas()
    for seed in range(150):
        flight = Flight(truth, seed=seed, slant_m=900.0, depression_deg=depression_deg, size=(640, 512))
        rng = np.random.default_rng(seed)
        flight.bias_m = rng.normal(0, [sigmas.position_h_m, sigmas.position_h_m, sigmas.position_v_m])
        dem = degraded(truth, seed, sigmas.terrain_m)
        exact = view_of(_frame(flight.pose(4.0, exact=True)), truth, GRID)
        reported = view_of(_frame(flight.pose(4.0)), dem, GRID)
        pixel = rng.uniform((50, 50), (590, 462), (1, 2))
        true, found = exact.ground_points(pixel)[0], reported.ground_points(pixel)[0]
        covariance = bias_covariance_m2(reported, found, sigmas)[0]
        e = (found - true)[0, :2]
        held.append(e @ np.linalg.solve(covariance, e) < 4.605)
    assert 0.80 <= np.mean(held) <= 0.97


def test_a_pixels_position_comes_with_its_covariance():
    dem = terrain(3)
    view = view_of(_frame(Flight(dem, size=(640, 512), slant_m=900.0).pose(6.0, exact=True)), dem, GRID)
    point, covariance = pixel_position(view, 320.0, 256.0, PoseSigmas())
    assert np.linalg.eigvalsh(covariance).min() > 4.0
    assert abs(point.lat_deg + 32.7) < 0.01
    assert pixel_position(view_of(_frame(_down(elevation=20.0)), dem, GRID), 3.0, 3.0, PoseSigmas()) is None
