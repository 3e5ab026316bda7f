"""The markers' figure: flat warm squares at known places, georeferenced with exact pose over exact terrain.

The simulator's own camera says at which pixel a marker's coverage lies; our geometry says which ground that pixel
sees. Two implementations that share nothing but the standard have to meet.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from ...core.sight import CameraPose
from ...geo import Camera, Dem, LocalGrid, camera_axes, camera_position, pixel_rays, ray_points, ray_ranges_m
from ...sim.world import World
from .score import GEOD

MAX_RANGE_M = 6000.0


def exact_terrain(world: World) -> Dem:
    """The truth as an elevation model. A local grid at height 0 there is the world's own projection, node for node."""
    grid = LocalGrid(world.lat0_deg, world.lon0_deg, 0.0)
    rows, cols = world.truth_amsl_m.shape
    x_m = world.origin_x_m + world.truth_cell_m * np.arange(cols)
    heights = np.empty((rows, cols), dtype=np.float32)
    for row in range(rows):
        y_m = world.origin_y_m + world.truth_cell_m * row
        heights[row] = world.truth_amsl_m[row] + world.undulation_m(x_m, np.full(cols, y_m))
    return Dem(
        grid=grid,
        height_hae_m=heights,
        origin_x_m=world.origin_x_m,
        origin_y_m=world.origin_y_m,
        cell_m=world.truth_cell_m,
        sha256="",
    )


def marker_errors_m(markers: Sequence[dict[str, Any]], dem: Dem, width_px: int, height_px: int) -> list[float]:
    """Horizontal distance from each marker's true place to where its pixel meets the ground; inf if it meets none."""
    return [_error_m(marker, dem, width_px, height_px) for marker in markers]


def _error_m(marker: dict[str, Any], dem: Dem, width_px: int, height_px: int) -> float:
    pose = msgspec.convert(marker["pose"], CameraPose, strict=False)
    camera = Camera(width_px, height_px, pose.hfov_deg)
    position, axes = camera_position(pose, dem.grid), camera_axes(pose, dem.grid)
    rays = pixel_rays(np.array([marker["col"]]), np.array([marker["row"]]), axes, camera)
    range_m = float(ray_ranges_m(dem, position, rays, MAX_RANGE_M)[0])
    if not np.isfinite(range_m):
        return float("inf")
    x_m, y_m, _ = ray_points(dem.grid, position, rays, range_m)[0]
    lat, lon = dem.grid.latlon(x_m, y_m)
    return float(GEOD.inv(float(lon), float(lat), marker["lon"], marker["lat"])[2])
