"""The markers' figure: flat warm squares at known places, georeferenced with exact pose over exact terrain.

The simulator's own camera says at which pixel a marker's coverage lies; our geometry says which ground that pixel
sees. Two implementations that share nothing but the standard have to meet.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from ...core.sight import CameraPose, Frame
from ...geo import Camera, Dem, LocalGrid, camera_axes, camera_position, pixel_rays, ray_points, ray_ranges_m
from ...see import PoseSigmas
from ...see.georeference import pixel_position
from ...see.view import view_of
from ...sim.world import World
from .score import GEOD

MAX_RANGE_M = 6000.0
CHI2_90 = 4.605170185988092
"""90 % point of chi-squared with two degrees of freedom: -2 ln 0.1."""


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


def ellipse_hits(
    markers: Sequence[dict[str, Any]], dem: Dem, sigmas: PoseSigmas, width_px: int, height_px: int
) -> tuple[int, int]:
    """How many markers lie inside the 90 % ellipse that the eye states for their pixel, of how many with a ground hit:
    from the reported, noisy pose and the product's own elevation model."""
    inside = [_inside(marker, dem, sigmas, width_px, height_px) for marker in markers]
    return sum(i is True for i in inside), sum(i is not None for i in inside)


def _inside(marker: dict[str, Any], dem: Dem, sigmas: PoseSigmas, width_px: int, height_px: int) -> bool | None:
    pose = msgspec.convert(marker["reported"], CameraPose, strict=False)
    frame = Frame(stream="", number=0, pts_s=None, width_px=width_px, height_px=height_px, pose=pose)
    view = view_of(frame, dem, dem.grid)
    found = None if view is None else pixel_position(view, marker["col"], marker["row"], sigmas)
    if found is None:
        return None
    point, covariance_m2 = found
    there = np.array(dem.grid.xy(marker["lat"], marker["lon"])) - np.array(dem.grid.xy(point.lat_deg, point.lon_deg))
    return bool(there @ np.linalg.solve(covariance_m2, there) <= CHI2_90)


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
