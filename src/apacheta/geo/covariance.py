"""How well a ground point is known: pose, terrain and pixel errors carried through the ray's meeting with its patch."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .camera import Camera, pixel_rays
from .dem import Dem
from .grid import REFRACTION
from .rays import ray_points

GRAZING = 1e-3
"""Least descent of the ray onto its patch per metre: below it first order means nothing, and the error is huge."""


@dataclass(frozen=True)
class Sigmas:
    """Standard deviations: position, turns about the camera's right, down and forward axes, a turn about the
    vertical (heading), the height of the terrain, and where in the image the point is."""

    horizontal_m: float
    vertical_m: float
    attitude_deg: tuple[float, float, float]
    heading_deg: float
    terrain_m: float
    pixel_px: float


def ground_covariance(
    dem: Dem,
    position: ArrayLike,
    axes: ArrayLike,
    camera: Camera,
    columns_px: ArrayLike,
    rows_px: ArrayLike,
    ranges_m: ArrayLike,
    sigmas: Sigmas,
    refraction: float = REFRACTION,
) -> NDArray[np.float64]:
    """Covariance (n, 2, 2) in m^2, grid x and y, of the ground points of pixels (n,) at ranges (n,); NaN for no hit.

    Implicit derivative of n . (position + range ray - ground) = 0 with the patch's normal n: an error e of the ray's
    end slides along the ray back onto the patch, e - ray (n . e) / (n . ray). First order, on one patch.
    """
    origin, turn = np.asarray(position, float), np.asarray(axes, float)
    ways = np.atleast_2d(pixel_rays(np.atleast_1d(columns_px), np.atleast_1d(rows_px), turn, camera))
    reach = np.atleast_1d(np.asarray(ranges_m, float))
    ends = ray_points(dem.grid, origin, ways, reach, refraction)
    slope_x, slope_y = dem.slope_at(ends[:, 0], ends[:, 1])
    normal = np.stack([-slope_x, -slope_y, np.ones(len(ways))], axis=1)
    descent = np.minimum(np.einsum("ni,ni->n", normal, ways), -GRAZING)
    errors = [sigmas.horizontal_m * e for e in np.eye(3)[:2]] + [np.array([0.0, 0.0, sigmas.vertical_m])]
    moved = [np.broadcast_to(e, ways.shape) for e in errors]
    about = [*turn, np.array([0.0, 0.0, 1.0])]
    for axis, sigma_deg in zip(about, (*sigmas.attitude_deg, sigmas.heading_deg), strict=True):
        moved.append(math.radians(sigma_deg) * reach[:, None] * np.cross(axis, ways))
    # One pixel is 1 / focal of depth, whatever the ray's own length is.
    depth = (reach * (ways @ turn[2]))[:, None]
    moved += [sigmas.pixel_px / camera.focal_px * depth * axis for axis in turn[:2]]
    flat = [m - ways * (np.einsum("ni,ni->n", normal, m) / descent)[:, None] for m in moved]
    flat.append(ways * (sigmas.terrain_m / descent)[:, None])
    sideways = np.stack(flat, axis=1)[:, :, :2]
    return np.asarray(np.einsum("nki,nkj->nij", sideways, sideways))


def covariance_en(covariance_m2: NDArray[np.float64], convergence_deg: float) -> NDArray[np.float64]:
    """Covariances (..., 2, 2) of grid x, y turned to true east, north."""
    c, s = math.cos(math.radians(convergence_deg)), math.sin(math.radians(convergence_deg))
    turn = np.array([[c, s], [-s, c]])
    return np.asarray(turn @ covariance_m2 @ turn.T)
