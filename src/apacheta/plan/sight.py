"""Where the camera may look: inside the mandate's area, on the own side, in no no-look zone, errors taken off."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from ..core.mandate import Mandate
from ..core.sector import Sector
from ..geo import Camera, Dem, ray_ranges_m
from .airspace import Airspace, in_force, ring_xy

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

NEAR_BORDER_M = 350.0
"""The lattice's distances are off by less than its diagonal: nearer than this they are worked out anew, geodesic."""
FRAME_FARTHEST_M = 6_000.0
"""A frame that shows ground farther away, or sky, is not taken."""
FRAME_RAYS = 9
"""Rays across a frame and down it: 25 m apart where a frame is 200 m wide, less than a cell of the terrain."""
POINTING_SIGMA_RAD = math.radians(0.5)
PLACE_SIGMA_M = 8.0
"""Standard errors of where the camera looks (simulation.md): direction; and position with terrain, on the ground."""
GRAZING_SIN_MIN = 0.05
"""Under 3 degrees of depression an error in direction has no useful length on the ground."""
ROUND = 16
"""Corners of the polygon round a point's error."""


@dataclass(frozen=True)
class Sight:
    """What may be shown, in grid metres: the area of the mandate, less the no-look zones in force."""

    area: Any
    no_look: tuple[Any, ...]

    def allows(self, ground: Floats, error_m: Floats) -> Bools:
        """(n,) whether frames that show these points (n, rays, 2), each off by up to its error (n, rays), are lawful.

        A disc round the whole frame answers for most; the frame's hull for the others.
        """
        middle = ground.mean(axis=1)
        reach = (np.linalg.norm(ground - middle[:, None], axis=2) + error_m).max(axis=1)
        ok = self._clear(shapely.buffer(shapely.points(middle), reach / math.cos(math.pi / 16), quad_segs=8))
        unsure = np.flatnonzero(~ok)
        if len(unsure):
            ok[unsure] = self._clear(_hulls(ground[unsure], error_m[unsure]))
        return ok

    def _clear(self, shapes: NDArray[Any]) -> Bools:
        clear: Bools = np.asarray(shapely.covers(self.area, shapes), np.bool_)
        for zone in self.no_look:
            clear &= ~shapely.intersects(zone, shapes)
        return clear


def sight_of(sector: Sector, mandate: Mandate, dem: Dem) -> Sight:
    """What the mandate lets the camera show of a sector this night."""
    no_look = (z for z in sector.zones if z.kind == "no_look" and in_force(z, sector))
    sight = Sight(ring_xy(mandate.area, dem.grid), tuple(ring_xy(z.ring, dem.grid) for z in no_look))
    shapely.prepare([sight.area, *sight.no_look])
    return sight


def lawful_aims(eye: Floats, points: Floats, airspace: Airspace, camera: Camera, sight: Sight) -> Bools:
    """(n,) whether a level camera at `eye` that aims at each point (n, 3) shows only ground that it may, every point
    of the frame clear of the border line's error and of its own."""
    rays = frame_rays(eye, points, camera)
    ranges = ray_ranges_m(airspace.dem, eye, rays.reshape(-1, 3), FRAME_FARTHEST_M).reshape(rays.shape[:2])
    ok: Bools = np.asarray(np.isfinite(ranges).all(axis=1))
    ranges = np.nan_to_num(ranges)
    ground, error = (eye + rays * ranges[..., None])[..., :2], 3.0 * ground_sigma_m(rays, ranges)
    wanted = airspace.sector.border.accuracy_m + error
    away = airspace.border_about_m(ground[..., 0], ground[..., 1])
    close = away < wanted + NEAR_BORDER_M
    if close.any():
        away[close] = airspace.border_m(ground[close][:, 0], ground[close][:, 1])
    ok &= (away >= wanted).all(axis=1)
    kept = np.flatnonzero(ok)
    ok[kept] = sight.allows(ground[kept], error[kept])
    return ok


def ground_sigma_m(rays: Floats, ranges_m: Floats) -> Floats:
    """Standard error on the ground of what unit rays (..., 3) show at their ranges, along the range: the lower the
    ray, the farther an error in its direction reaches."""
    grazing = np.maximum(-rays[..., 2], GRAZING_SIN_MIN)
    return np.asarray(np.hypot(ranges_m * POINTING_SIGMA_RAD / grazing, PLACE_SIGMA_M))


def frame_rays(eye: Floats, points: Floats, camera: Camera) -> Floats:
    """(n, FRAME_RAYS**2, 3) unit rays through a raster of the frame, corners and edges among them, for level cameras
    that aim at n points."""
    column, row = np.meshgrid(np.linspace(-0.5, 0.5, FRAME_RAYS), np.linspace(-0.5, 0.5, FRAME_RAYS))
    forward = points - eye
    forward = forward / np.linalg.norm(forward, axis=1)[:, None]
    right = np.column_stack([forward[:, 1], -forward[:, 0], np.zeros(len(points))])
    right /= np.linalg.norm(right, axis=1)[:, None]
    down = np.cross(forward, right)
    across = column.ravel()[None, :, None] * (camera.width_px / camera.focal_px) * right[:, None, :]
    along = row.ravel()[None, :, None] * (camera.height_px / camera.focal_px) * down[:, None, :]
    rays = forward[:, None, :] + across + along
    return np.asarray(rays / np.linalg.norm(rays, axis=2)[..., None])


def _hulls(ground: Floats, error_m: Floats) -> NDArray[Any]:
    """(n,) hulls of points (n, rays, 2) with the whole round of each one's error."""
    angle = np.arange(ROUND) * 2.0 * math.pi / ROUND
    edge = np.column_stack([np.cos(angle), np.sin(angle)]) / math.cos(math.pi / ROUND)
    around = ground[:, :, None] + error_m[:, :, None, None] * edge
    return np.array([shapely.MultiPoint(a.reshape(-1, 2)).convex_hull for a in around])
