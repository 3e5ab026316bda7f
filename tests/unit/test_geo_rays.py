"""Rays and sight in tiny named worlds."""

import numpy as np
import pytest

from apacheta.geo import (
    Camera,
    Dem,
    LocalGrid,
    Look,
    aim_axes,
    camera_mesh,
    line_of_sight,
    pixel_rays,
    ray_ranges_m,
    viewshed,
)

GRID = LocalGrid(-32.7, -70.25, 4500.0)


@pytest.fixture
def one_ridge():
    r"""Level ground at 4,000 m with a north-south ridge of 4,100 m at x = 600.

             /\
    ________/  \________
    0      600      1200
    """
    height = np.full((21, 41), 4000.0, np.float32)
    height[:, 20] = 4100.0
    return Dem(GRID, height, 0.0, 0.0, 30.0, "")


@pytest.fixture
def void_in_the_middle(one_ridge):
    """The same world, the ridge unknown."""
    height = one_ridge.height_hae_m.copy()
    height[:, 20] = np.nan
    return Dem(GRID, height, 0.0, 0.0, 30.0, "")


def ray(dx, dy, dz):
    way = np.array([[dx, dy, dz]], float)
    return way / np.linalg.norm(way)


def test_ridge_hides_the_far_side_and_not_the_near_one(one_ridge):
    low, high = [100.0, 300.0, 4010.0], [100.0, 300.0, 4300.0]
    near, far = [500.0, 300.0, 4001.0], [1100.0, 300.0, 4001.0]
    assert line_of_sight(one_ridge, low, near)[0]
    assert not line_of_sight(one_ridge, low, far)[0]
    assert line_of_sight(one_ridge, high, far)[0]


@pytest.mark.parametrize("mode", ["fast", "exact"])
def test_what_is_seen_ends_at_the_ridge(one_ridge, mode):
    seen = viewshed(one_ridge, [100.0, 300.0, 4010.0], Look(), mode).seen
    assert (seen[:, :21] == 1).all()
    assert (seen[:, 21:40] == 0).all()


def test_void_blocks_nothing_and_ground_beyond_it_is_hit(void_in_the_middle):
    origin = np.array([100.0, 300.0, 4050.0])
    way = ray(1000.0, 0.0, -50.0)
    hit = ray_ranges_m(void_in_the_middle, origin, way, 5000.0)[0]
    assert origin[0] + hit * way[0, 0] == pytest.approx(1100.0, abs=5.0)
    assert line_of_sight(void_in_the_middle, origin, [1100.0, 300.0, 4001.0])[0]


def test_ray_that_meets_the_ground_inside_a_void_has_no_answer_and_no_sight_beyond(void_in_the_middle):
    origin = np.array([100.0, 300.0, 4050.0])
    assert np.isnan(ray_ranges_m(void_in_the_middle, origin, ray(500.0, 0.0, -50.0), 5000.0)[0])
    assert not line_of_sight(void_in_the_middle, origin, [1100.0, 300.0, 3900.0])[0]


def test_ray_that_starts_at_or_below_the_ground_has_range_zero(one_ridge):
    for height in (4000.0, 3990.0):
        assert ray_ranges_m(one_ridge, [100.0, 300.0, height], ray(1, 0, -0.1), 5000.0)[0] == 0.0


def test_ray_from_outside_enters_the_model_and_one_from_below_its_edge_has_no_answer(one_ridge):
    over = ray_ranges_m(one_ridge, [-500.0, 300.0, 4050.0], ray(800.0, 0, -50.0), 5000.0)[0]
    assert over == pytest.approx(np.hypot(800.0, 50.0), abs=2.0)
    assert np.isnan(ray_ranges_m(one_ridge, [-500.0, 300.0, 3990.0], ray(1, 0, 0), 5000.0)[0])


def test_plumb_ray_measures_the_height(one_ridge):
    assert ray_ranges_m(one_ridge, [100.0, 300.0, 4700.0], ray(0, 0, -1), 5000.0)[0] == pytest.approx(700.0, abs=0.3)


def test_unknown_numbers_give_no_hit_and_no_sight(one_ridge):
    assert np.isnan(ray_ranges_m(one_ridge, [np.nan, 300.0, 4100.0], ray(1, 0, -0.1), 5000.0)[0])
    assert np.isnan(ray_ranges_m(one_ridge, [100.0, 300.0, 4100.0], np.full((1, 3), np.nan), 5000.0)[0])
    assert not line_of_sight(one_ridge, [100.0, 300.0, 4100.0], [np.nan, 1.0, 2.0])[0]


def test_range_limit_ends_the_ray(one_ridge):
    way = ray(400.0, 0, -50.0)
    assert np.isnan(ray_ranges_m(one_ridge, [100.0, 300.0, 4050.0], way, 300.0)[0])
    assert np.isfinite(ray_ranges_m(one_ridge, [100.0, 300.0, 4050.0], way, 500.0)[0])


def test_curvature_hides_level_ground_beyond_the_horizon():
    """From 2 m the horizon lies at sqrt(2 R h / (1 - k)) = 5.45 km; with k = 1 there is none."""
    dem = Dem(GRID, np.full((3, 801), 4500.0, np.float32), 0.0, -30.0, 30.0, "")
    eye = [0.0, 0.0, 4502.0]
    assert line_of_sight(dem, eye, [5000.0, 0.0, 4500.01])[0]
    assert not line_of_sight(dem, eye, [6500.0, 0.0, 4500.01])[0]
    assert line_of_sight(dem, eye, [6500.0, 0.0, 4500.01], refraction=1.0)[0]


def test_mesh_of_a_camera_is_its_pixels_rays(one_ridge):
    camera, origin = Camera(64, 48, 12.5), np.array([100.0, 300.0, 4300.0])
    axes = aim_axes(origin, [700.0, 280.0, 4000.0], GRID)
    mesh = camera_mesh(one_ridge, origin, axes, camera, 8)
    columns, rows = np.meshgrid(8 * np.arange(8) + 3.5, 8 * np.arange(6) + 3.5)
    each = ray_ranges_m(one_ridge, origin, pixel_rays(columns.ravel(), rows.ravel(), axes, camera), 20_000.0)
    assert mesh.shape == (6, 8)
    assert np.allclose(mesh.ravel(), each, rtol=1e-12, equal_nan=True)


def test_elevation_model_is_read_only_and_nan_outside(one_ridge):
    with pytest.raises(ValueError, match="read-only"):
        one_ridge.height_hae_m[0, 0] = 1.0
    assert np.isnan(one_ridge.height_at(-0.1, 0.0))
    assert one_ridge.height_at(585.0, 0.0) == pytest.approx(4050.0)
    with pytest.raises(ValueError, match="2 x 2"):
        Dem(GRID, np.zeros((1, 5), np.float32), 0.0, 0.0, 30.0, "")
