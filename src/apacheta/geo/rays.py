"""What a straight optical ray meets in the elevation model, and what sees what. Kernels: apacheta.kernels.rays."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..kernels.rays import camera_ranges, lines_of_sight, ray_ranges
from .camera import Camera
from .dem import Dem
from .grid import REFRACTION, LocalGrid


def _rows(points: ArrayLike) -> NDArray[np.float64]:
    return np.ascontiguousarray(np.atleast_2d(np.asarray(points, float)))


def ray_ranges_m(
    dem: Dem, origin_xyz: ArrayLike, directions: ArrayLike, max_range_m: float, refraction: float = REFRACTION
) -> NDArray[np.float64]:
    """Range (n,) at which each ray first meets the ground; NaN when it does not.

    origin_xyz (3,) grid metres and HAE; directions (n, 3) unit vectors in grid axes. The range is in grid metres:
    origin x, y + range * direction x, y is the place, exactly; the slant range in metres differs by less than 0.1 %.
    For the height ask the elevation model, or ray_points. Voids are passed through; a ray that meets the ground inside
    a void gives NaN; one that starts at or below the ground gives 0.
    """
    origin, ways = np.asarray(origin_xyz, float), _rows(directions)
    out = np.empty(len(ways))
    scale, tree = float(dem.grid.ground_scale(origin[2], origin[0])), dem.pyramid
    ray_ranges(
        *(dem.height_hae_m, tree.top_m, tree.levels, dem.south_west_m, float(dem.cell_m), origin, ways),
        *(scale, dem.grid.radius_m, float(refraction), float(max_range_m), out),
    )
    return out


def ray_points(
    grid: LocalGrid, origin_xyz: ArrayLike, directions: ArrayLike, ranges_m: ArrayLike, refraction: float = REFRACTION
) -> NDArray[np.float64]:
    """Points (n, 3) on the rays at the given ranges, as ray_ranges_m means them."""
    origin, ways = np.asarray(origin_xyz, float), _rows(directions)
    t = np.atleast_1d(np.asarray(ranges_m, float))[:, None]
    points = origin + ways * t
    rise = (ways[:, 2:] ** 2 + 0.5 * (1 - refraction) * (ways[:, :1] ** 2 + ways[:, 1:2] ** 2)) / grid.radius_m
    scale = grid.ground_scale(origin[2], origin[0])
    points[:, 2:] = origin[2] + ways[:, 2:] / scale * t + rise * t * t
    return np.asarray(points)


def camera_mesh(
    dem: Dem,
    position: ArrayLike,
    axes: ArrayLike,
    camera: Camera,
    step_px: int,
    max_range_m: float = 20_000.0,
    refraction: float = REFRACTION,
) -> NDArray[np.float64]:
    """Ranges (height // step, width // step) at pixels step * i + (step - 1) / 2, as ray_ranges_m gives them.

    position (3,) grid metres and HAE; axes (3, 3) rows right, down, forward in grid axes.
    """
    origin, turn = np.asarray(position, float), np.ascontiguousarray(axes, float)
    out = np.empty((camera.height_px // step_px, camera.width_px // step_px))
    scale, tree = float(dem.grid.ground_scale(origin[2], origin[0])), dem.pyramid
    column0, row0 = camera.principal_point
    camera_ranges(
        *(dem.height_hae_m, tree.top_m, tree.levels, dem.south_west_m, float(dem.cell_m), origin, turn),
        *(camera.focal_px, column0, row0, scale, dem.grid.radius_m, float(refraction), float(max_range_m)),
        *(step_px, out),
    )
    return out


def line_of_sight(dem: Dem, a_xyz: ArrayLike, b_xyz: ArrayLike, refraction: float = REFRACTION) -> NDArray[np.bool_]:
    """Whether a sees b, (n,): points (n, 3) or (3,) in grid metres and HAE. The same both ways.

    Voids and what lies outside the model block nothing; a line that comes out of a void below the ground is blocked;
    an unknown (NaN) point is not seen. Ends may touch the ground (1 mm).
    """
    a, b = (np.ascontiguousarray(p) for p in np.broadcast_arrays(_rows(a_xyz), _rows(b_xyz)))
    out, tree = np.empty(len(a), np.bool_), dem.pyramid
    lines_of_sight(
        *(dem.height_hae_m, tree.top_m, tree.levels, dem.south_west_m, float(dem.cell_m), a, b),
        *(dem.grid.radius_m, float(refraction), out),
    )
    return out
