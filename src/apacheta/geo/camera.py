"""The camera: from ST 0601 angles to axes, from axes to pixels and back. See docs/frames.md.

ST 0601: platform heading (item 5, true), pitch (6), roll (7), then sensor relative azimuth (18, clockwise from the
nose), elevation (19, up from the fore-aft plane) and roll (20): R = Rz Ry Rx Rz Ry Rx, sensor axes (forward, right,
down) to north, east, down.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..core.sight import CameraPose
from .grid import REFRACTION, LocalGrid

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Camera:
    """An ideal (pinhole) camera: size in pixels, horizontal field of view. Pixel (0, 0) is a centre."""

    width_px: int
    height_px: int
    hfov_deg: float

    @property
    def focal_px(self) -> float:
        """Focal length in pixels."""
        return 0.5 * self.width_px / math.tan(math.radians(self.hfov_deg) / 2)

    @property
    def principal_point(self) -> tuple[float, float]:
        """Column and row of the optical axis."""
        return (self.width_px - 1) / 2, (self.height_px - 1) / 2


def rotation_of(yaw_deg: float, pitch_deg: float, roll_deg: float) -> Array:
    """Rz(yaw) Ry(pitch) Rx(roll): from body (forward, right, down) to the frame that the angles are given in."""
    cy, cp, cr = (math.cos(math.radians(a)) for a in (yaw_deg, pitch_deg, roll_deg))
    sy, sp, sr = (math.sin(math.radians(a)) for a in (yaw_deg, pitch_deg, roll_deg))
    return np.array(
        [
            [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
            [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
            [-sp, cp * sr, cp * cr],
        ]
    )


def angles_of(rotation: Array) -> tuple[float, float, float]:
    """Yaw (0 to 360), pitch, roll in degrees of a rotation: the inverse of rotation_of; roll 0 at pitch 90."""
    pitch = math.asin(min(1.0, max(-1.0, -rotation[2, 0])))
    if math.hypot(rotation[0, 0], rotation[1, 0]) < 1e-9:
        yaw, roll = math.atan2(-rotation[0, 1], rotation[1, 1]), 0.0
    else:
        yaw, roll = math.atan2(rotation[1, 0], rotation[0, 0]), math.atan2(rotation[2, 1], rotation[2, 2])
    return math.degrees(yaw) % 360.0, math.degrees(pitch), math.degrees(roll)


def _axes_of_ned(rotation: Array, grid: LocalGrid, lat_deg: float, lon_deg: float) -> Array:
    """Rows right, down, forward in grid axes of a sensor-to-NED rotation (columns forward, right, down)."""
    ned = rotation.T[[1, 2, 0]]
    return grid.vector_of_enu(np.column_stack([ned[:, 1], ned[:, 0], -ned[:, 2]]), lat_deg, lon_deg)


def camera_axes(pose: CameraPose, grid: LocalGrid) -> Array:
    """(3, 3), rows right, down, forward of the camera in grid axes (x, y, z); convergence at the camera included."""
    platform = rotation_of(pose.platform_heading_deg, pose.platform_pitch_deg, pose.platform_roll_deg)
    sensor = rotation_of(pose.sensor_rel_azimuth_deg, pose.sensor_rel_elevation_deg, pose.sensor_rel_roll_deg)
    return _axes_of_ned(platform @ sensor, grid, pose.position.lat_deg, pose.position.lon_deg)


def camera_position(pose: CameraPose, grid: LocalGrid) -> Array:
    """(3,) x, y in grid metres, z HAE."""
    return grid.point(pose.position.lat_deg, pose.position.lon_deg, pose.position.alt_hae_m)


def sight_vectors(
    points_xyz: ArrayLike, position: ArrayLike, grid: LocalGrid | None = None, refraction: float = REFRACTION
) -> Array:
    """Vectors (..., 3) in grid axes along which an optical ray leaves `position` to reach the points; not unit length.

    The inverse of rays.ray_points: a chord made straight. Without a grid its scale at the camera is taken as 1,
    which at 2 km misses by up to 0.3 m per km that the camera is above the grid's height0.
    """
    chord = np.asarray(points_xyz, float) - np.asarray(position, float)
    x, z = float(np.asarray(position)[0]), float(np.asarray(position)[2])
    scale, radius = (grid.ground_scale(z, x), grid.radius_m) if grid else (1.0, 6.371e6)
    flat2, rise = chord[..., 0] ** 2 + chord[..., 1] ** 2, chord[..., 2]
    straight = scale * (rise - (rise**2 + 0.5 * (1.0 - refraction) * flat2) / radius)
    return np.stack([chord[..., 0], chord[..., 1], straight], axis=-1)


def aim_axes(position: ArrayLike, aim_xyz: ArrayLike, grid: LocalGrid | None = None) -> Array:
    """Axes (rows right, down, forward) of a level camera at `position` that looks at a point; right is horizontal."""
    forward = sight_vectors(aim_xyz, position, grid)
    forward = forward / np.linalg.norm(forward)
    right = np.array([forward[1], -forward[0], 0.0])
    size = float(np.linalg.norm(right))
    right = right / size if size > 1e-12 else np.array([1.0, 0.0, 0.0])
    return np.stack([right, np.cross(forward, right), forward])


def relative_angles(
    axes_wanted: ArrayLike,
    grid: LocalGrid,
    lat_deg: float,
    lon_deg: float,
    heading_deg: float,
    pitch_deg: float,
    roll_deg: float,
) -> tuple[float, float, float]:
    """Sensor relative azimuth (0 to 360), elevation and roll, degrees, that give the wanted axes on a platform.

    The inverse of camera_axes: axes (3, 3) rows right, down, forward in grid axes at a place; platform attitude true.
    """
    enu = grid.enu_of_vector(axes_wanted, lat_deg, lon_deg)
    ned = np.column_stack([enu[:, 1], enu[:, 0], -enu[:, 2]])
    return angles_of(rotation_of(heading_deg, pitch_deg, roll_deg).T @ ned[[2, 0, 1]].T)


def project(
    points_xyz: ArrayLike, position: ArrayLike, axes: ArrayLike, camera: Camera, grid: LocalGrid | None = None
) -> tuple[Array, Array, Array]:
    """Column, row in pixels and depth along the optical axis in metres (n,) of points (n, 3); NaN behind the camera.

    Give the grid for full accuracy (see sight_vectors).
    """
    right, down, depth = np.moveaxis(sight_vectors(points_xyz, position, grid) @ np.asarray(axes, float).T, -1, 0)
    column0, row0 = camera.principal_point
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(depth > 0.0, camera.focal_px / depth, np.nan)
        return column0 + factor * right, row0 + factor * down, depth


def pixel_rays(columns_px: ArrayLike, rows_px: ArrayLike, axes: ArrayLike, camera: Camera) -> Array:
    """Unit directions (n, 3) in grid axes of pixels (n,)."""
    column0, row0 = camera.principal_point
    columns, rows = np.broadcast_arrays(np.asarray(columns_px, float), np.asarray(rows_px, float))
    local = np.stack(
        [(columns - column0) / camera.focal_px, (rows - row0) / camera.focal_px, np.ones(columns.shape)], axis=-1
    )
    ways = local @ np.asarray(axes, float)
    return np.asarray(ways / np.linalg.norm(ways, axis=-1, keepdims=True))
