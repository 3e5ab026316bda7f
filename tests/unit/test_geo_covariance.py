"""Each source of error by itself over level ground, looking east at 20 degrees of depression: closed forms."""

import math

import numpy as np
import pytest

from apacheta.geo import Camera, Dem, LocalGrid, Sigmas, aim_axes, ground_covariance, pixel_rays, ray_ranges_m
from apacheta.geo.covariance import covariance_en

GRID = LocalGrid(-32.7, -70.25, 4500.0)
CAMERA = Camera(641, 513, 12.5)
DIP, SLANT = math.radians(20.0), 1500.0
TURN = math.radians(0.1)


def spread(**sigma):
    """Standard deviations along (east) and across (north) of the centre pixel's ground point, and the slant range."""
    dem = Dem(GRID, np.full((101, 101), 4500.0, np.float32), -3000.0, -3000.0, 60.0, "")
    origin = np.array([-SLANT * math.cos(DIP), 0.0, 4500.0 + SLANT * math.sin(DIP)])
    axes = aim_axes(origin, [0.0, 0.0, 4500.0], GRID)
    reach = ray_ranges_m(dem, origin, pixel_rays([320.0], [256.0], axes, CAMERA), 9000.0)
    zero = {
        "horizontal_m": 0,
        "vertical_m": 0,
        "attitude_deg": (0, 0, 0),
        "heading_deg": 0,
        "terrain_m": 0,
        "pixel_px": 0,
    }
    covariance = ground_covariance(dem, origin, axes, CAMERA, [320.0], [256.0], reach, Sigmas(**{**zero, **sigma}))[0]
    assert abs(covariance[0, 1]) < 1e-2 * np.trace(covariance) + 1e-12
    return math.sqrt(covariance[0, 0]), math.sqrt(covariance[1, 1])


@pytest.mark.parametrize(
    ("sigma", "along", "across"),
    [
        ({"terrain_m": 4.0}, 4.0 / math.tan(DIP), 0.0),
        ({"vertical_m": 4.0}, 4.0 / math.tan(DIP), 0.0),
        ({"horizontal_m": 2.0}, 2.0, 2.0),
        ({"attitude_deg": (0.1, 0, 0)}, SLANT * TURN / math.sin(DIP), 0.0),
        ({"attitude_deg": (0, 0.1, 0)}, 0.0, SLANT * TURN),
        ({"attitude_deg": (0, 0, 0.1)}, 0.0, 0.0),
        ({"heading_deg": 0.1}, 0.0, SLANT * math.cos(DIP) * TURN),
        ({"pixel_px": 1.0}, SLANT / CAMERA.focal_px / math.sin(DIP), SLANT / CAMERA.focal_px),
    ],
)
def test_each_error_alone_spreads_as_geometry_says(sigma, along, across):
    got = spread(**sigma)
    assert got[0] == pytest.approx(along, rel=2e-3, abs=1e-6)
    assert got[1] == pytest.approx(across, rel=2e-3, abs=1e-6)


def test_covariance_turns_from_grid_to_true_axes():
    """East-west spread in a grid that lies 90 degrees clockwise of true is north-south spread."""
    assert np.allclose(covariance_en(np.diag([4.0, 1.0]), 90.0), np.diag([1.0, 4.0]))
    # A spread along grid north where grid north lies 30 degrees east of true north leans to the east.
    assert covariance_en(np.diag([0.0, 1.0]), 30.0)[0, 1] > 0
