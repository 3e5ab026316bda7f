"""The truth terrain as the night needs it: heights, and exact small geometry round a camera.

The world's map projection is conformal, so round a camera it differs from the tangent plane by a rotation (the
convergence), a scale (the projection's and that of height over the ellipsoid) and a drop (curvature, less what
refraction bends back). With these, positions agree with exact ECEF geometry to centimetres at 2 km.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod

WGS84_A_M = 6_378_137.0
WGS84_E2 = 6.694379990141e-3
REFRACTION = 0.13
"""Optical refraction coefficient at night over mountains; the usual survey value (Brunner 1984 gives 0.13)."""


@dataclass(frozen=True)
class Local:
    """The constants of the tangent frame at one camera.

    metres per grid metre at height h (AMSL): scale0 + scale1 * h; drop_per_m: a point at s metres lies
    drop_per_m * s^2 lower; tilt_x, tilt_y: slope of the geoid over the ellipsoid, metres per grid metre;
    convergence_deg: grid north clockwise of true north; undulation_m at the camera.
    """

    scale0: float
    scale1: float
    drop_per_m: float
    tilt_x: float
    tilt_y: float
    convergence_deg: float
    undulation_m: float


class Ground:
    """Heights AMSL on a node grid, rows from south, with the projection and the geoid of a World."""

    def __init__(self, world: Any, refraction: float = REFRACTION) -> None:
        self.world = world
        self.height_amsl_m: NDArray[np.float32] = np.ascontiguousarray(world.truth_amsl_m, dtype=np.float32)
        self.origin_x_m = float(world.origin_x_m)
        self.origin_y_m = float(world.origin_y_m)
        self.cell_m = float(world.truth_cell_m)
        self.refraction = refraction
        sin2 = math.sin(math.radians(world.lat0_deg)) ** 2
        self.radius_m = WGS84_A_M * math.sqrt(1.0 - WGS84_E2) / (1.0 - WGS84_E2 * sin2)
        self.scale_at_centre = self._scale_at_centre()

    def _scale_at_centre(self) -> float:
        """Grid metres per ellipsoid metre at the projection's centre (k0)."""
        lon, lat = self.world.to_lonlat(np.array([-500.0, 500.0]), np.array([0.0, 0.0]))
        return 1000.0 / float(Geod(ellps="WGS84").inv(lon[0], lat[0], lon[1], lat[1])[2])

    def lonlat(self, x_m: float, y_m: float) -> tuple[float, float]:
        """Longitude, latitude (degrees) of one grid point."""
        lon, lat = self.world.to_lonlat(x_m, y_m)
        return float(lon), float(lat)

    def xy(self, lon_deg: float, lat_deg: float) -> tuple[float, float]:
        """Grid metres of one point."""
        x, y = self.world.to_xy(lon_deg, lat_deg)
        return float(x), float(y)

    def undulation_at(self, x_m: float, y_m: float) -> float:
        """HAE minus AMSL at one grid point."""
        return float(self.world.undulation_m(x_m, y_m))

    def height_at(self, x_m: float, y_m: float) -> float:
        """Ground AMSL (bilinear) at one grid point; points outside take the nearest edge."""
        rows, columns = self.height_amsl_m.shape
        u = min(max((x_m - self.origin_x_m) / self.cell_m, 0.0), columns - 1.001)
        v = min(max((y_m - self.origin_y_m) / self.cell_m, 0.0), rows - 1.001)
        i, j = int(u), int(v)
        p, q = u - i, v - j
        z = self.height_amsl_m
        south = float(z[j, i]) * (1 - p) + float(z[j, i + 1]) * p
        north = float(z[j + 1, i]) * (1 - p) + float(z[j + 1, i + 1]) * p
        return south * (1 - q) + north * q

    def heights_at(self, x_m: NDArray[np.float64], y_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Ground AMSL (bilinear) at many grid points, edges held."""
        rows, columns = self.height_amsl_m.shape
        u = np.clip((x_m - self.origin_x_m) / self.cell_m, 0.0, columns - 1.001)
        v = np.clip((y_m - self.origin_y_m) / self.cell_m, 0.0, rows - 1.001)
        i, j = u.astype(np.int64), v.astype(np.int64)
        p, q = u - i, v - j
        z = self.height_amsl_m
        south = z[j, i] * (1 - p) + z[j, i + 1] * p
        north = z[j + 1, i] * (1 - p) + z[j + 1, i + 1] * p
        return np.asarray(south * (1 - q) + north * q, dtype=np.float64)

    def local(self, x_m: float, y_m: float) -> Local:
        """The tangent frame's constants at one camera place."""
        lon, lat = self.lonlat(x_m, y_m)
        here, east, north = (self.undulation_at(x_m + dx, y_m + dy) for dx, dy in ((0, 0), (1000, 0), (0, 1000)))
        point_scale = self.scale_at_centre * (1.0 + x_m * x_m / (2.0 * self.radius_m**2))
        convergence = math.atan(math.tan(math.radians(lon - self.world.lon0_deg)) * math.sin(math.radians(lat)))
        return Local(
            scale0=(1.0 + here / self.radius_m) / point_scale,
            scale1=1.0 / (self.radius_m * point_scale),
            drop_per_m=(1.0 - self.refraction) / (2.0 * self.radius_m),
            tilt_x=(east - here) / 1000.0,
            tilt_y=(north - here) / 1000.0,
            convergence_deg=math.degrees(convergence),
            undulation_m=here,
        )

    def offsets(
        self,
        x_m: NDArray[np.float64],
        y_m: NDArray[np.float64],
        amsl_m: NDArray[np.float64],
        camera: tuple[float, float, float],
        local: Local,
    ) -> NDArray[np.float64]:
        """Points in the grid-aligned tangent frame (x, y, up) of a camera at (x_m, y_m, amsl_m); (n, 3)."""
        scale = local.scale0 + local.scale1 * amsl_m
        east, north = (x_m - camera[0]) * scale, (y_m - camera[1]) * scale
        fall = local.drop_per_m * (east * east + north * north)
        up = amsl_m - camera[2] - fall + local.tilt_x * east + local.tilt_y * north
        return np.stack([east, north, up], axis=-1)
