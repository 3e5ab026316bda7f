"""Where pixels lie on the ground and how well we know it. Items 23-33 of ST 0601 are recomputed here, never trusted."""

import math
from dataclasses import dataclass

import numpy as np

from ..core.place import GeoPoint, HaeM
from ..core.sight import Footprint
from .view import Array, View

RING_STEP = 8
JUMP = 2.0
"""Turned rays that spread so many times wider (in variance) than the local slope says have met other ground."""


@dataclass(frozen=True)
class PoseSigmas:
    """One standard deviation of what is wrong with a pose and with the terrain, and stays wrong for minutes.

    attitude_deg about each camera axis: a boresight and heading bias of a small gimbal (simulation page, section 4:
    0.3). Position: GNSS without corrections, 2 m across and 4 m up. Terrain: heights 4 m (LE90 of about 6.6 m), places
    5 m on each axis (CE90 of about 10.7 m), which on a slope is a height too.
    """

    attitude_deg: float = 0.3
    position_h_m: float = 2.0
    position_v_m: float = 4.0
    terrain_m: float = 4.0
    terrain_shift_m: float = 5.0


def normals_at(view: View, point_m: Array) -> Array:
    """Upward unit normals (n, 3) of the ground at points (n, 3): of the terrain's bilinear patch."""
    up = np.zeros((len(point_m), 3))
    up[:, 2] = 1.0
    if view.dem is None or not len(point_m):
        return up
    slope_x, slope_y = view.dem.slope_at(point_m[:, 0], point_m[:, 1])
    up[:, 0], up[:, 1] = -slope_x, -slope_y
    up[~np.isfinite(up).all(axis=1)] = (0.0, 0.0, 1.0)
    return np.asarray(up / np.linalg.norm(up, axis=1, keepdims=True))


def sliding(direction: Array, normal: Array) -> Array:
    """(n, 3, 3): moves an error of the ray's end onto the ground along the ray; grazing is held at 1 : 50."""
    along = _along(direction, normal)
    return np.asarray(np.eye(3) - direction[:, :, None] * normal[:, None, :] / along[:, None, None])


def bias_covariance_m2(view: View, point_m: Array, sigmas: PoseSigmas) -> Array:
    """(n, 2, 2) covariance of ground points (n, 3) from what all points of a flight share: pose and terrain.

    First order: a turn of the camera and a shift of it, slid along the ray onto the local slope, and a ground that
    lies higher or elsewhere. Where a turn of one deviation ends on other ground (`turned_covariance_m2`), that counts.
    """
    offset = point_m - view.position_m
    reach = np.linalg.norm(offset, axis=1)
    direction = offset / reach[:, None]
    normal = normals_at(view, point_m)
    slide = sliding(direction, normal)
    across = np.eye(3) - direction[:, :, None] * direction[:, None, :]
    turn = (math.radians(sigmas.attitude_deg) * reach)[:, None, None] ** 2 * across
    shift = np.diag([sigmas.position_h_m**2, sigmas.position_h_m**2, sigmas.position_v_m**2])
    camera = slide @ (turn + shift) @ slide.transpose(0, 2, 1)
    # the ray's end runs along the ray to meet the ground where it truly is
    run2 = _lift2_m2(normal, sigmas) / _along(direction, normal) ** 2
    terrain = run2[:, None, None] * direction[:, :, None] * direction[:, None, :]
    smooth = (slide @ turn @ slide.transpose(0, 2, 1))[:, :2, :2]
    jumped = turned_covariance_m2(view, point_m, sigmas.attitude_deg)
    other = np.trace(jumped, axis1=1, axis2=2) > JUMP * np.trace(smooth, axis1=1, axis2=2)
    return np.asarray((camera + terrain)[:, :2, :2] + np.where(other[:, None, None], jumped - smooth, 0.0))


def turned_covariance_m2(view: View, point_m: Array, attitude_deg: float) -> Array:
    """(n, 2, 2) covariance of ground points (n, 3) from rays turned by one deviation to each side, up and down.

    Beside a crest such a ray passes over it and lands on the slope behind, hundreds of metres away: there a walker's
    place is not known to the first order. A ray into the sky counts as half as far again.
    """
    if not len(point_m):
        return np.zeros((0, 2, 2))
    off_px = math.radians(attitude_deg) * view.camera.focal_px
    turns = off_px * np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    pixel = (view.pixels_of(point_m)[:, None, :] + turns).reshape(-1, 2)
    pixel = np.where(np.isfinite(pixel), pixel, 0.0)
    ends, reach = view.ground_points(pixel)
    far = np.repeat(1.5 * np.linalg.norm(point_m - view.position_m, axis=1), len(turns))
    ends = np.where(np.isfinite(reach)[:, None], ends, view.position_m + view.rays(pixel) * far[:, None])
    offset = (ends.reshape(-1, len(turns), 3) - point_m[:, None, :])[..., :2]
    return np.asarray(np.einsum("nki,nkj->nij", offset, offset) / 2.0)


def lift_of(view: View, point_m: Array, sigmas: PoseSigmas) -> Array:
    """(n, 2) metres east and north by which ground points (n, 3) are put away from their true place where this stands
    out of the terrain model by one deviation of the model's error: the ray goes on until it meets the model."""
    direction = point_m - view.position_m
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    normal = normals_at(view, point_m)
    return np.asarray(direction[:, :2] * (np.sqrt(_lift2_m2(normal, sigmas)) / -_along(direction, normal))[:, None])


def _along(direction: Array, normal: Array) -> Array:
    """(n,) sine of the angle from the ground down to each ray, negative; grazing is held at 1 : 50."""
    return np.asarray(np.minimum(np.einsum("ni,ni->n", direction, normal), -0.02))


def _lift2_m2(normal: Array, sigmas: PoseSigmas) -> Array:
    """(n,) variance of how far the ground may lie off its model: moved by e, its plane is lifted by n . e."""
    return np.asarray(
        (normal**2) @ np.array([sigmas.terrain_shift_m**2, sigmas.terrain_shift_m**2, sigmas.terrain_m**2])
    )


def pixel_covariance_m2(view: View, point_m: Array, sigma_px: float) -> Array:
    """(n, 2, 2) covariance of ground points (n, 3) from an independent error of sigma_px in the picture."""
    offset = point_m - view.position_m
    reach = np.linalg.norm(offset, axis=1)
    direction = offset / reach[:, None]
    slide = sliding(direction, normals_at(view, point_m))
    across = np.eye(3) - direction[:, :, None] * direction[:, None, :]
    sigma = sigma_px * reach / view.camera.focal_px
    total = slide @ (sigma[:, None, None] ** 2 * across) @ slide.transpose(0, 2, 1)
    return np.asarray(total[:, :2, :2])


def feet_of(view: View, point_m: Array, body_height_m: float) -> Array:
    """Ground points (n, 3) below bodies whose middle is seen at point_m, body_height_m above the ground.

    The ray meets the ground 1.5 m (30 degrees) to 2.3 m (20 degrees) behind a walker's feet; going back along it until
    it is body_height_m above the local slope gives the feet.
    """
    offset = point_m - view.position_m
    direction = offset / np.linalg.norm(offset, axis=1, keepdims=True)
    normal = normals_at(view, point_m)
    along = _along(direction, normal)
    back = body_height_m * normal[:, 2] / along
    feet = point_m + direction * back[:, None]
    feet[:, 2] -= body_height_m
    return np.asarray(feet)


def heights_m(view: View, x_m: Array, y_m: Array) -> Array:
    """Heights (n,) above the ellipsoid of the ground; NaN outside the model."""
    return np.zeros(len(x_m)) if view.dem is None else np.asarray(view.dem.height_at(x_m, y_m))


def geo_points(view: View, point_m: Array) -> list[GeoPoint]:
    """Ground points (n, >= 2) of the grid in WGS 84, with the ground's height."""
    lat, lon = view.grid.latlon(point_m[:, 0], point_m[:, 1])
    height = heights_m(view, point_m[:, 0], point_m[:, 1])
    return [
        GeoPoint(lat_deg=float(a), lon_deg=float(o), alt_hae_m=HaeM(float(h)))
        for a, o, h in zip(lat, lon, height, strict=True)
    ]


def _ring(view: View) -> Array:
    """Ground points (n, 3) along the picture's edge, clockwise from the top left; rays into the sky are left out."""
    w, h = view.camera.width_px - 0.5, view.camera.height_px - 0.5
    s = np.linspace(0.0, 1.0, RING_STEP, endpoint=False)
    across, down = -0.5 + s * (w + 0.5), -0.5 + s * (h + 0.5)
    top = np.stack([across, np.full_like(s, -0.5)], axis=1)
    right = np.stack([np.full_like(s, w), down], axis=1)
    bottom = np.stack([across[::-1] + (w + 0.5) / RING_STEP, np.full_like(s, h)], axis=1)
    left = np.stack([np.full_like(s, -0.5), down[::-1] + (h + 0.5) / RING_STEP], axis=1)
    point, reach = view.ground_points(np.concatenate([top, right, bottom, left]))
    return np.asarray(point[np.isfinite(reach)])


def footprint_of(view: View, sigmas: PoseSigmas) -> Footprint | None:
    """The ground that a frame covers; None when its centre meets no ground. position_sigma_m is the root mean square
    of the error's two axes at the centre."""
    centre = np.array([[(view.camera.width_px - 1) / 2, (view.camera.height_px - 1) / 2]])
    point, reach = view.ground_points(centre)
    if not np.isfinite(reach[0]):
        return None
    ring = _ring(view)
    lat, lon = view.grid.latlon(ring[:, 0], ring[:, 1])
    covariance = bias_covariance_m2(view, point, sigmas)[0]
    return Footprint(
        utc_ns=view.utc_ns,
        ring=tuple(zip(np.asarray(lon).tolist(), np.asarray(lat).tolist(), strict=True)),
        centre=geo_points(view, point)[0],
        slant_range_m=float(reach[0]),
        gsd_m=float(reach[0] / view.camera.focal_px),
        position_sigma_m=float(math.sqrt(np.trace(covariance) / 2)),
    )


def pixel_position(view: View, column_px: float, row_px: float, sigmas: PoseSigmas) -> tuple[GeoPoint, Array] | None:
    """Where one pixel lies on the ground, and the (2, 2) covariance in m^2 (east, north); None for the sky."""
    point, reach = view.ground_points(np.array([[column_px, row_px]]))
    if not np.isfinite(reach[0]):
        return None
    covariance = bias_covariance_m2(view, point, sigmas) + pixel_covariance_m2(view, point, 0.5)
    return geo_points(view, point)[0], covariance[0]


def frame_centre_disagreement_m(reported: GeoPoint, ours: GeoPoint) -> float:
    """Distance in metres between the frame centre that a packet states (items 23-25) and ours: shown, never used.

    Short distances on the sphere of the place; with both heights it is the distance in space.
    """
    mean = math.radians((reported.lat_deg + ours.lat_deg) / 2)
    north = math.radians(ours.lat_deg - reported.lat_deg) * 6_371_000.0
    east = math.radians((ours.lon_deg - reported.lon_deg + 180) % 360 - 180) * 6_371_000.0 * math.cos(mean)
    up = ours.alt_hae_m - reported.alt_hae_m
    return math.hypot(north, east, up if math.isfinite(up) else 0.0)
