"""The ray kernel by itself: paths bent so strongly that the curvature inside a patch shows."""

import numpy as np
import pytest

from apacheta.geo import Dem, LocalGrid
from apacheta.kernels.rays import UNDERGROUND, cast


def surface(height):
    """Kernel arguments of a small array of heights."""
    dem = Dem(LocalGrid(0.0, 0.0, 0.0), np.asarray(height, np.float32), 0.0, 0.0, 1.0, "")
    return dem.height_hae_m, dem.pyramid.top_m, dem.pyramid.levels


def test_curvature_inside_a_patch_is_solved_exactly():
    """z = 10 - 7 t + t^2 over level ground: t = 2; over ground 5 u with u = 0.1 t: 10 - 7.5 t + t^2 = 0."""
    level, slope = surface(np.zeros((2, 2))), surface([[0.0, 5.0], [0.0, 5.0]])
    assert cast(*level, 0.0, 0.5, 10.0, 0.1, 0.0, -7.0, 1.0, 100.0) == pytest.approx(2.0, abs=1e-12)
    want = (7.5 - np.sqrt(7.5**2 - 40.0)) / 2
    assert cast(*slope, 0.0, 0.5, 10.0, 0.1, 0.0, -7.0, 1.0, 100.0) == pytest.approx(want, abs=1e-12)


def test_path_that_dips_between_two_nodes_meets_what_stands_there():
    """High at both ends of a block, low in the middle (z = 9 at t = 8): the skip must look at the turning point."""
    height = np.zeros((17, 17))
    height[:, 8] = 10.0
    assert cast(*surface(height), 0.0, 8.5, 73.0, 1.0, 0.0, -16.0, 1.0, 16.0) == pytest.approx(13 - np.sqrt(26.0))
    height[:, 8] = 8.0
    assert np.isnan(cast(*surface(height), 0.0, 8.5, 73.0, 1.0, 0.0, -16.0, 1.0, 16.0))


def test_saddle_is_a_bilinear_patch_and_not_two_triangles():
    """Corners 0, 10, 10, 0: the middle of the patch is 5 high along both diagonals' crossing, the ridge line bends."""
    saddle = surface([[0.0, 10.0], [10.0, 0.0]])
    assert cast(*saddle, 0.5, 0.5, 8.0, 0.0, 0.0, -1.0, 0.0, 100.0) == pytest.approx(3.0)
    assert cast(*saddle, 0.25, 0.25, 8.0, 0.0, 0.0, -1.0, 0.0, 100.0) == pytest.approx(8.0 - 3.75)


def test_ray_along_a_grid_line_and_through_nodes_meets_the_ground():
    height = np.zeros((9, 9))
    height[4, 6] = 3.0
    assert cast(*surface(height), 0.0, 4.0, 1.5, 1.0, 0.0, 0.0, 0.0, 100.0) == pytest.approx(5.5)
    assert cast(*surface(height), 8.0, 6.0, 1.5, -1.0, -1.0, 0.0, 0.0, 100.0) == pytest.approx(
        2.0 - np.sqrt(0.5), abs=1
    )
    height[4, 6] = 0.0
    height[4, 4] = 3.0
    assert cast(*surface(height), 0.0, 0.0, 1.5, 1.0, 1.0, 0.0, 0.0, 100.0) == pytest.approx(3 + np.sqrt(0.5))


def test_coming_out_of_a_void_below_ground_is_told_apart_from_a_miss():
    height = np.full((3, 9), 5.0)
    height[:, 4] = np.nan
    height[:, :4] = 0.0
    assert cast(*surface(height), 0.0, 1.0, 2.0, 1.0, 0.0, 0.0, 0.0, 100.0) == UNDERGROUND
    assert np.isnan(cast(*surface(height), 0.0, 1.0, 6.0, 1.0, 0.0, 0.0, 0.0, 100.0))
