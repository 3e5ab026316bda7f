"""The simulated world: truth terrain, the poorer terrain that the product gets, and what people built there.

Frame: transverse Mercator on WGS 84 centred at (lat0_deg, lon0_deg), scale 1, metres, x east, y grid north. Heights
are AMSL; `undulation_m` turns them into HAE. Arrays of heights: rows from south, columns from west, node-centred,
node [0, 0] at (origin_x_m, origin_y_m) for the truth and for all 30 m grids alike.
"""

import functools
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Transformer

from .grids import bilinear

WORLD_VERSION = 2
TRUTH_CELL_M = 10.0
PRODUCT_CELL_M = 30.0

Heights = NDArray[np.float32]
Chain = NDArray[np.float64]
"""Points (n, 2) x, y in metres."""
XY = tuple[float, float]


@dataclass(frozen=True)
class Village:
    """People live within `radius_m` of the centre."""

    name: str
    x_m: float
    y_m: float
    radius_m: float


@dataclass(frozen=True)
class Site:
    """A named point: goal of a crosser, base of aircraft, radio relay on a peak."""

    name: str
    x_m: float
    y_m: float


@dataclass(frozen=True)
class Way:
    """A road, or a track beyond the border, as a chain that starts at the own side's edge or at the border."""

    name: str
    kind: str
    chain: Chain


@dataclass(frozen=True)
class Undulation:
    """The geoid's height above the ellipsoid as a plane about the frame's origin, metres and metres per metre."""

    at_origin_m: float = 0.0
    per_m_east: float = 0.0
    per_m_north: float = 0.0


@dataclass(frozen=True, eq=False)
class World:
    """One place of the simulation; see the module's text for the frame. `real_place` is false for generated ground.

    `rock_share`, `sun_share`, `hollow_share` are (rows, cols) float32 from 0 to 1 at 30 m: bare rock; afternoon sun
    received; depth in a pool of cold air. `boulder_share` says how densely boulders lie. `own_mask` marks own nodes.
    """

    name: str
    seed: int
    version: int
    real_place: bool
    lat0_deg: float
    lon0_deg: float
    origin_x_m: float
    origin_y_m: float
    truth_amsl_m: Heights
    product_amsl_m: Heights
    undulation: Undulation
    border: tuple[Chain, ...]
    own_side: XY
    own_mask: NDArray[np.bool_]
    ways: tuple[Way, ...]
    villages: tuple[Village, ...]
    salt_flat: Chain
    goals: tuple[Site, ...]
    bases: tuple[Site, ...]
    relays: tuple[Site, ...]
    keep_in: Chain
    rock_share: Heights
    boulder_share: Heights
    sun_share: Heights
    hollow_share: Heights
    note: str = ""
    truth_cell_m: float = field(default=TRUTH_CELL_M)
    product_cell_m: float = field(default=PRODUCT_CELL_M)

    def __post_init__(self) -> None:
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False

    @property
    def proj4(self) -> str:
        """The frame as a PROJ text, for whoever writes rasters of it."""
        return f"+proj=tmerc +lat_0={self.lat0_deg!r} +lon_0={self.lon0_deg!r} +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m"

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north of the 30 m nodes, metres."""
        rows, cols = self.product_amsl_m.shape
        east = self.origin_x_m + (cols - 1) * self.product_cell_m
        return self.origin_x_m, self.origin_y_m, east, self.origin_y_m + (rows - 1) * self.product_cell_m

    @property
    def roads(self) -> tuple[Way, ...]:
        """The ways on the own side."""
        return tuple(way for way in self.ways if way.kind == "road")

    def to_lonlat(self, x_m: ArrayLike, y_m: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Longitude and latitude, degrees, WGS 84."""
        lon, lat = _transformer(self.proj4).transform(np.asarray(x_m, float), np.asarray(y_m, float))
        return np.asarray(lon), np.asarray(lat)

    def to_xy(self, lon_deg: ArrayLike, lat_deg: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """x and y in metres of longitude and latitude, degrees, WGS 84."""
        x, y = _transformer(self.proj4).transform(
            np.asarray(lon_deg, float), np.asarray(lat_deg, float), direction="INVERSE"
        )
        return np.asarray(x), np.asarray(y)

    def undulation_m(self, x_m: ArrayLike, y_m: ArrayLike) -> NDArray[np.float64]:
        """HAE minus AMSL at the points."""
        u = self.undulation
        return u.at_origin_m + u.per_m_east * np.asarray(x_m, float) + u.per_m_north * np.asarray(y_m, float)

    def truth_at(self, x_m: ArrayLike, y_m: ArrayLike) -> NDArray[np.float64]:
        """True ground height AMSL, bilinear between the 10 m nodes; NaN outside."""
        return bilinear(self.truth_amsl_m, self.origin_x_m, self.origin_y_m, self.truth_cell_m, x_m, y_m)

    def truth_hae_at(self, x_m: ArrayLike, y_m: ArrayLike) -> NDArray[np.float64]:
        """True ground height above the ellipsoid; NaN outside."""
        return self.truth_at(x_m, y_m) + self.undulation_m(x_m, y_m)

    def product_at(self, x_m: ArrayLike, y_m: ArrayLike) -> NDArray[np.float64]:
        """Height AMSL in the model that the product gets; NaN outside."""
        return bilinear(self.product_amsl_m, self.origin_x_m, self.origin_y_m, self.product_cell_m, x_m, y_m)

    def is_own(self, x_m: ArrayLike, y_m: ArrayLike) -> NDArray[np.bool_]:
        """Whether the nearest 30 m node lies on the own side; outside the world False."""
        rows, cols = self.own_mask.shape
        col = np.rint((np.asarray(x_m, float) - self.origin_x_m) / self.product_cell_m).astype(int)
        row = np.rint((np.asarray(y_m, float) - self.origin_y_m) / self.product_cell_m).astype(int)
        inside = (row >= 0) & (row < rows) & (col >= 0) & (col < cols)
        return np.asarray(inside & self.own_mask[np.clip(row, 0, rows - 1), np.clip(col, 0, cols - 1)])


@functools.lru_cache(maxsize=8)
def _transformer(proj4: str) -> Transformer:
    return Transformer.from_crs(CRS.from_proj4(proj4), CRS.from_epsg(4326), always_xy=True)
