"""The local grid: metres to the east and north of a place, heights above the ellipsoid. See docs/frames.md."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Proj

from .datum import WGS84, crs_of, transformer_between

WGS84_A_M = 6_378_137.0
WGS84_E2 = 6.694379990141316e-3
"""Semi-major axis and first eccentricity squared (NGA.STND.0036, WGS 84)."""
SCALE_RADIUS_M = 6_371_000.0
REFRACTION = 0.142857
"""Part of the Earth's curvature that the bent ray gives back; GDAL's curvature coefficient is 1 - this."""


def _given(value: Any, like: ArrayLike) -> Any:
    return float(value) if np.ndim(like) == 0 else np.asarray(value, float)


def gaussian_radius_m(lat_deg: float) -> float:
    """Of the WGS 84 ellipsoid: sqrt(meridian x prime vertical)."""
    w2 = 1.0 - WGS84_E2 * math.sin(math.radians(lat_deg)) ** 2
    return WGS84_A_M * math.sqrt(1.0 - WGS84_E2) / w2


@dataclass(frozen=True)
class LocalGrid:
    """Transverse Mercator on WGS 84 centred at lat0, lon0, scaled so that metres are ground metres near height0.

    x is east and y is north of the centre (grid north: it leaves true north away from lon0), z is metres HAE.
    """

    lat0_deg: float
    lon0_deg: float
    height0_m: float

    @property
    def k0(self) -> float:
        """Scale on the central meridian: grid metres per metre on the ellipsoid."""
        return 1.0 + self.height0_m / SCALE_RADIUS_M

    @property
    def proj4(self) -> str:
        """The projection as a PROJ string."""
        return (
            f"+proj=tmerc +lat_0={self.lat0_deg!r} +lon_0={self.lon0_deg!r} +k_0={self.k0!r} +x_0=0 +y_0=0 "
            "+datum=WGS84 +units=m +no_defs"
        )

    @property
    def crs_wkt(self) -> str:
        """The reference system as WKT, for files."""
        return str(CRS.from_proj4(self.proj4).to_wkt())

    @cached_property
    def _proj(self) -> Any:
        return Proj(self.proj4)

    @cached_property
    def radius_m(self) -> float:
        """Gaussian radius of curvature of the ellipsoid at the centre."""
        return gaussian_radius_m(self.lat0_deg)

    def xy(self, lat_deg: ArrayLike, lon_deg: ArrayLike) -> tuple[Any, Any]:
        """x, y in metres; floats for floats, arrays for arrays."""
        x, y = self._proj(np.asarray(lon_deg, float), np.asarray(lat_deg, float))
        return _given(x, lat_deg), _given(y, lat_deg)

    def latlon(self, x_m: ArrayLike, y_m: ArrayLike) -> tuple[Any, Any]:
        """Latitude, longitude in degrees; floats for floats, arrays for arrays."""
        lon, lat = self._proj(np.asarray(x_m, float), np.asarray(y_m, float), inverse=True)
        return _given(lat, x_m), _given(lon, x_m)

    def convergence_deg(self, lat_deg: ArrayLike, lon_deg: ArrayLike) -> Any:
        """By how much grid north lies clockwise (east) of true north: grid azimuth = true azimuth - convergence."""
        lat, lon = np.broadcast_arrays(np.asarray(lat_deg, float), np.asarray(lon_deg, float))
        factors = self._proj.get_factors(lon, lat)
        return _given(factors.meridian_convergence, lat_deg)

    def ground_scale(self, hae_m: Any, x_m: Any = 0.0) -> Any:
        """Grid metres per ground metre at a height and a distance from the central meridian."""
        return self.k0 * (1.0 + 0.5 * (x_m / self.radius_m) ** 2) / (1.0 + hae_m / self.radius_m)

    def vector_of_enu(self, enu: ArrayLike, lat_deg: float, lon_deg: float) -> NDArray[np.float64]:
        """Directions (..., 3) in true east, north, up at a place as directions in grid axes x, y, z."""
        angle = math.radians(self.convergence_deg(lat_deg, lon_deg))
        c, s = math.cos(angle), math.sin(angle)
        turn = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
        return np.asarray(np.asarray(enu, float) @ turn.T)

    def enu_of_vector(self, xyz: ArrayLike, lat_deg: float, lon_deg: float) -> NDArray[np.float64]:
        """The inverse of vector_of_enu."""
        angle = math.radians(self.convergence_deg(lat_deg, lon_deg))
        c, s = math.cos(angle), math.sin(angle)
        turn = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
        return np.asarray(np.asarray(xyz, float) @ turn.T)

    def point(self, lat_deg: float, lon_deg: float, hae_m: float) -> NDArray[np.float64]:
        """x, y, z of a place."""
        x, y = self.xy(lat_deg, lon_deg)
        return np.array([x, y, hae_m])


@dataclass(frozen=True)
class ProjectedGrid:
    """The grid of a file in square metres: a projected reference system, centred for our purposes at lat0, lon0.

    Its metres are those of the projection, up to 0.1 % other than on the ground.
    """

    crs_wkt: str
    lat0_deg: float
    lon0_deg: float

    @cached_property
    def _from_wgs84(self) -> Any:
        return transformer_between(WGS84, crs_of(self.crs_wkt))

    @cached_property
    def radius_m(self) -> float:
        """Gaussian radius of curvature of the ellipsoid at the centre."""
        return gaussian_radius_m(self.lat0_deg)

    def xy(self, lat_deg: ArrayLike, lon_deg: ArrayLike) -> tuple[Any, Any]:
        """x, y in metres; floats for floats, arrays for arrays."""
        x, y = self._from_wgs84.transform(np.asarray(lon_deg, float), np.asarray(lat_deg, float))
        return _given(x, lat_deg), _given(y, lat_deg)

    def latlon(self, x_m: ArrayLike, y_m: ArrayLike) -> tuple[Any, Any]:
        """Latitude, longitude in degrees; floats for floats, arrays for arrays."""
        lon, lat = self._from_wgs84.transform(np.asarray(x_m, float), np.asarray(y_m, float), direction="INVERSE")
        return _given(lat, x_m), _given(lon, x_m)

    def convergence_deg(self, lat_deg: ArrayLike, lon_deg: ArrayLike) -> Any:
        """By how much grid north lies clockwise (east) of true north."""
        lat, lon = np.broadcast_arrays(np.asarray(lat_deg, float), np.asarray(lon_deg, float))
        return _given(Proj(crs_of(self.crs_wkt)).get_factors(lon, lat).meridian_convergence, lat_deg)

    def ground_scale(self, hae_m: Any, x_m: Any = 0.0) -> Any:
        """Grid metres per ground metre at a height; the projection's own scale at the centre."""
        scale = Proj(crs_of(self.crs_wkt)).get_factors(self.lon0_deg, self.lat0_deg).meridional_scale
        return scale / (1.0 + hae_m / self.radius_m)


Grid = LocalGrid | ProjectedGrid
