"""Whether a straight line over the truth terrain is clear: exact against every bilinear patch under it."""

import math

from numba import boolean, float64, njit

from .raster_kernel import HEIGHTS


@njit(inline="always")
def _over(heights, cell_m, i, j, x, y, dx, dy, t, camera_m, target_up, scale, drop, tilt_x, tilt_y):
    """Ground less line at a part of the way, by the patch (i, j), held to its edges."""
    p, q = min(max(x + t * dx - i, 0.0), 1.0), min(max(y + t * dy - j, 0.0), 1.0)
    south = heights[j, i] * (1.0 - p) + heights[j, i + 1] * p
    north = heights[j + 1, i] * (1.0 - p) + heights[j + 1, i + 1] * p
    east_m, north_m = t * dx * cell_m * scale, t * dy * cell_m * scale
    fall = drop * (east_m * east_m + north_m * north_m) - tilt_x * east_m - tilt_y * north_m
    return south * (1.0 - q) + north * q - camera_m - fall - t * target_up


@njit([boolean(HEIGHTS, *[float64] * 3, float64[::1], *[float64] * 7)], cache=True, nogil=True, error_model="numpy")
def line_is_clear(
    heights, cell_m, origin_x, origin_y, camera, target_x, target_y, target_up, scale, drop, tilt_x, tilt_y
):
    """True if no ground rises to the line from the camera (grid x, y, AMSL) to a point `target_up` above its plane.

    In each cell that the line crosses, the ground less the line is a quadratic along it: both ends and its extremum
    are looked at. scale, drop, tilts: see ground.Local (scale at the target). Outside the terrain there is no ground.
    """
    rows, columns = heights.shape
    x, y = (camera[0] - origin_x) / cell_m, (camera[1] - origin_y) / cell_m
    dx, dy = (target_x - camera[0]) / cell_m, (target_y - camera[1]) / cell_m
    t = 0.0
    while t < 1.0:
        i, j = math.floor(x + (t + 1e-9) * dx), math.floor(y + (t + 1e-9) * dy)
        end = 1.0
        if dx != 0.0:
            end = min(end, ((i + 1 if dx > 0.0 else i) - x) / dx)
        if dy != 0.0:
            end = min(end, ((j + 1 if dy > 0.0 else j) - y) / dy)
        end = max(end, t + 1e-9)
        if 0 <= i < columns - 1 and 0 <= j < rows - 1:
            middle = 0.5 * (t + end)
            over = (
                _over(heights, cell_m, i, j, x, y, dx, dy, t, camera[2], target_up, scale, drop, tilt_x, tilt_y),
                _over(heights, cell_m, i, j, x, y, dx, dy, middle, camera[2], target_up, scale, drop, tilt_x, tilt_y),
                _over(heights, cell_m, i, j, x, y, dx, dy, end, camera[2], target_up, scale, drop, tilt_x, tilt_y),
            )
            if max(over[0], over[1], over[2]) > 0.0:
                return False
            bend = 2.0 * (over[0] - 2.0 * over[1] + over[2])
            lean = over[2] - over[0] - bend
            if bend < 0.0 and 0.0 < -lean < -2.0 * bend and over[0] - lean * lean / (4.0 * bend) > 0.0:
                return False
        t = end
    return True
