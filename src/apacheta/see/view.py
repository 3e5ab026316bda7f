"""One frame's geometry: where the camera stands, how it looks, and the ground under a coarse mesh of its pixels."""

import math
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from ..core.sight import CameraPose, Frame
from ..geo import Camera, Dem, LocalGrid, camera_axes, camera_mesh, camera_position, pixel_rays, ray_ranges_m
from ..kernels.movers import projected

MESH_STEP_PX = 8
MAX_RANGE_M = 12_000.0
EDGE_GRAZING = 12.0
"""1 / tan(4.8 degrees): flatter than any ground that counts as seen."""
EDGE_TURN_RAD = math.radians(0.3)
EDGE_TERRAIN_PX = 13.0
"""A small gimbal's bias; 4 m of terrain error at 0.3 m a pixel: what may stand between a ridge and its place."""
NEAREST_M = 1.0
"""A camera that says it is on or under the ground sees none."""
EARTH_RADIUS_M = 6_371_000.0

Array = NDArray[np.float64]


@dataclass(frozen=True)
class View:
    """One frame's geometry in the local grid (metres, height above the ellipsoid).

    position_m (3,); axes (3, 3), rows right, down, forward. dem is None when the ground is taken as the ellipsoid.
    Points on the ground are "apparent": the camera's position plus a straight ray; x and y are those of the ground,
    z leaves out the Earth's curvature and refraction (0.07 m at 1 km), so that nearby cameras project them alike.
    """

    utc_ns: int
    number: int
    camera: Camera
    grid: LocalGrid
    dem: Dem | None
    position_m: Array
    axes: Array

    @cached_property
    def range_m(self) -> Array:
        """(mesh rows, mesh cols) range along the ray of each mesh node, at pixel 8 i + 3.5; NaN without ground."""
        if self.dem is not None:
            return self._wide_range_m[self._inner, self._inner]
        shape = self.camera.height_px // MESH_STEP_PX, self.camera.width_px // MESH_STEP_PX
        return ellipsoid_ranges_m(self.position_m, self._mesh_rays).reshape(shape)

    @property
    def edge_nodes(self) -> int:
        """Mesh nodes by which pose and terrain may have moved a ridge in the picture: 3 at 12.5 degrees and 640
        pixels, 5 at 6.2."""
        return math.ceil(math.hypot(EDGE_TURN_RAD * self.camera.focal_px, EDGE_TERRAIN_PX) / MESH_STEP_PX)

    @property
    def _inner(self) -> slice:
        return slice(self.edge_nodes, -self.edge_nodes)

    @cached_property
    def _wide_range_m(self) -> Array:
        """As range_m over the terrain, with edge_nodes more nodes on each side: a ridge just outside of what the
        reported pose shows may stand inside the picture."""
        assert self.dem is not None
        camera, margin_px = self.camera, self.edge_nodes * MESH_STEP_PX
        half_width_px = camera.width_px / 2 + margin_px
        hfov_deg = 2 * math.degrees(math.atan(half_width_px / camera.focal_px))
        wide = Camera(camera.width_px + 2 * margin_px, camera.height_px + 2 * margin_px, hfov_deg)
        mesh = camera_mesh(self.dem, self.position_m, self.axes, wide, MESH_STEP_PX, MAX_RANGE_M)
        return np.where(mesh > NEAREST_M, mesh, np.nan)

    @cached_property
    def point_m(self) -> Array:
        """(mesh rows, mesh cols, 3) where the rays of the mesh meet the ground, NaN where they do not."""
        ray = self._mesh_rays.reshape(*self.range_m.shape, 3)
        return np.asarray(self.position_m + ray * self.range_m[..., None])

    @cached_property
    def _mesh_rays(self) -> Array:
        columns, rows = mesh_pixels(self.camera.width_px, self.camera.height_px)
        node = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)
        return self.rays(node)

    @property
    def gsd_m(self) -> Array:
        """Metres between neighbouring pixels across the ray, at each mesh node."""
        return self.range_m / self.camera.focal_px

    @cached_property
    def grazing(self) -> Array:
        """Range step between neighbouring pixels in ground resolutions at each mesh node: 1 / tan(angle to the ground)
        on a smooth slope, far more where a ridge stands before its background; inf beside the sky."""
        if self.dem is None:
            return self._grazing_of(self.range_m)
        return self._grazing_of(self._wide_range_m)[self._inner, self._inner]

    def _grazing_of(self, range_m: Array) -> Array:
        reach = np.where(np.isfinite(range_m), range_m, 1e5)
        down, across = np.gradient(reach, MESH_STEP_PX)
        return np.asarray(np.maximum(np.abs(down), np.abs(across)) * self.camera.focal_px / reach)

    @cached_property
    def beside_edge(self) -> NDArray[np.bool_]:
        """Mesh nodes where terrain and pose cannot say which of two grounds a pixel shows: within `edge_nodes` of a
        ridge's edge."""
        if self.dem is None:
            return np.zeros(self.range_m.shape, np.bool_)
        edge = (self._grazing_of(self._wide_range_m) > EDGE_GRAZING).astype(np.uint8)
        side = 2 * self.edge_nodes + 1
        return np.asarray(cv2.dilate(edge, np.ones((side, side), np.uint8))[self._inner, self._inner] > 0)

    def pixels_of(self, point_m: Array) -> Array:
        """Columns and rows (n, 2) at which this camera sees grid points (n, 3); NaN behind it."""
        camera = self.camera
        flat = np.ascontiguousarray(point_m.reshape(-1, 3))
        column, row = camera.principal_point
        return np.asarray(projected(flat, self.position_m, self.axes, camera.focal_px, column, row))

    def rays(self, column_row: Array) -> Array:
        """Unit directions (n, 3) in the grid of pixels (n, 2) given as column, row."""
        return np.asarray(pixel_rays(column_row[:, 0], column_row[:, 1], self.axes, self.camera))

    def ground_points(self, column_row: Array) -> tuple[Array, Array]:
        """Where pixels (n, 2) meet the ground: points (n, 3) and ranges (n,), NaN where they do not. Exact."""
        direction = self.rays(column_row)
        reach = ranges_m(self.dem, self.position_m, direction)
        return self.position_m + direction * reach[:, None], reach


def ellipsoid_ranges_m(origin: Array, direction: Array) -> Array:
    """Ranges (n,) at which rays meet height 0 above the ellipsoid, with the Earth's curvature; NaN for the sky."""
    bend = (direction[:, 0] ** 2 + direction[:, 1] ** 2) / (2 * EARTH_RADIUS_M)
    drop = direction[:, 2]
    with np.errstate(invalid="ignore", divide="ignore"):
        root = np.sqrt(drop**2 - 4 * bend * origin[2])
        reach = 2 * origin[2] / (-drop + root)
    return np.asarray(np.where(np.isfinite(reach) & (reach > 0) & (drop < 0), reach, np.nan))


def ranges_m(dem: Dem | None, origin: Array, direction: Array) -> Array:
    """Ranges (n,) at which rays meet the ground: the terrain, or without one the ellipsoid; NaN for none."""
    if dem is None:
        return ellipsoid_ranges_m(origin, direction)
    reach = ray_ranges_m(dem, origin, np.ascontiguousarray(direction), MAX_RANGE_M)
    return np.where(reach > NEAREST_M, reach, np.nan)


def mesh_pixels(width_px: int, height_px: int) -> tuple[Array, Array]:
    """Columns and rows of the mesh nodes."""
    half = (MESH_STEP_PX - 1) / 2
    return (
        np.arange(width_px // MESH_STEP_PX, dtype=np.float64) * MESH_STEP_PX + half,
        np.arange(height_px // MESH_STEP_PX, dtype=np.float64) * MESH_STEP_PX + half,
    )


def usable(pose: CameraPose | None) -> bool:
    """Whether a pose can be used: there, finite, and with a lens that can be."""
    if pose is None:
        return False
    p = pose.position
    angles = (
        pose.platform_heading_deg,
        pose.platform_pitch_deg,
        pose.platform_roll_deg,
        pose.sensor_rel_azimuth_deg,
        pose.sensor_rel_elevation_deg,
        pose.sensor_rel_roll_deg,
    )
    numbers = (p.lat_deg, p.lon_deg, p.alt_hae_m, pose.hfov_deg, *angles)
    return all(math.isfinite(x) for x in numbers) and 0.01 < pose.hfov_deg < 175.0 and abs(p.lat_deg) <= 90.0


def view_of(frame: Frame, dem: Dem | None, grid: LocalGrid) -> View | None:
    """The geometry of a frame; None without a usable pose."""
    pose = frame.pose
    if pose is None or not usable(pose):
        return None
    camera = Camera(frame.width_px, frame.height_px, pose.hfov_deg)
    axes = np.ascontiguousarray(camera_axes(pose, grid), dtype=np.float64)
    position = np.ascontiguousarray(camera_position(pose, grid), dtype=np.float64)
    if not (np.isfinite(position).all() and np.isfinite(axes).all()):
        return None
    return View(
        utc_ns=pose.utc_ns,
        number=frame.number,
        camera=camera,
        grid=grid,
        dem=dem,
        position_m=position,
        axes=axes,
    )
