"""Where an aircraft may be: the lowest safe height over every place, the border's standoff, zones, radio.

Two grids. The *floor* has the elevation model's nodes. The *lattice* has every STEP-th node; a lattice node answers
for the square of one step round it, so that a straight line whose every point has an allowed nearest node is safe.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import ndimage

from ..core.aircraft import Radio
from ..core.sector import Base, Relay, Sector, Zone
from ..geo import (
    BorderLine,
    Dem,
    Grid,
    cold_altimeter_error_m,
    free_space_loss_db,
    hae_of_amsl,
    link_margin_db,
)
from .containment import Ceiling
from .noticing import LookTable, default_table

CLEARANCE_M = 60.0
"""Least height over the terrain after every error is taken off."""
TRACK_TOLERANCE_M = 45.0
"""How far an aircraft may lie beside its planned line: autopilots of the class hold 10-20 m, doubled for gusts."""
STEP = 8
LINK_MARGIN_DB = 10.0
"""What geo.link_margin_db asks for: it leaves out antenna patterns, rain and multipath."""
RADIO_SAMPLES = 240
RADIO_SLACK_M = 15.0
NEAR_MAST_M = 45.0
LIGHT_M_S = 299_792_458.0
EFFECTIVE_EARTH_M = 6.371e6 * 4.0 / 3.0
LATTICE_BORDER_SLACK_M = 180.0
"""A lattice node's square reaches 0.71 steps from it: 170 m at 30 m cells."""

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Station:
    """An antenna on the ground, grid metres and HAE."""

    name: str
    x_m: float
    y_m: float
    z_hae_m: float


@dataclass
class Airspace:
    """The air over a sector for one class of navigation errors.

    wanted_border_m: least distance of a planned line from the border, so that an aircraft beside its line keeps the
    standoff and the line's accuracy all the same. floor_hae_m: (rows, cols) lowest planned height, HAE, +inf where
    none; required_m: (rows, cols) its height over the highest terrain within the track's error; lattice arrays:
    (lattice rows, lattice cols).
    """

    sector: Sector
    dem: Dem
    line: BorderLine
    stations: tuple[Station, ...]
    radio: Radio
    wanted_border_m: float
    floor_hae_m: Floats
    required_m: Floats
    lattice_x_m: Floats
    lattice_y_m: Floats
    lattice_floor_m: Floats
    lattice_border_m: Floats
    lattice_free: Bools
    lattice_radio_m: Floats
    undulation_m: float
    ceiling: Ceiling | None
    lattice_ceiling_m: Floats
    looks: LookTable
    _allowed: dict[float, Bools] = field(default_factory=dict)

    def amsl_m(self, hae_m: float) -> float:
        """AMSL of a height with the geoid of the sector's middle: for performance, which does not feel a metre."""
        return hae_m - self.undulation_m

    def floor_at(self, x_m: Floats, y_m: Floats) -> Floats:
        """The highest of the four floor nodes round each point; +inf outside."""
        rows, cols = self.floor_hae_m.shape
        col = (np.asarray(x_m) - self.dem.origin_x_m) / self.dem.cell_m
        row = (np.asarray(y_m) - self.dem.origin_y_m) / self.dem.cell_m
        inside = (col >= 0) & (row >= 0) & (col <= cols - 2) & (row <= rows - 2)
        c = np.clip(col, 0, cols - 2).astype(np.int64)
        r = np.clip(row, 0, rows - 2).astype(np.int64)
        f = self.floor_hae_m
        highest = np.maximum(np.maximum(f[r, c], f[r, c + 1]), np.maximum(f[r + 1, c], f[r + 1, c + 1]))
        return np.where(inside, highest, np.inf)

    def nearest(self, x_m: Floats, y_m: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64], Bools]:
        """Lattice row and column nearest to each point, and whether the point lies in the lattice."""
        step = self.dem.cell_m * STEP
        row = np.rint((np.asarray(y_m) - self.lattice_y_m[0]) / step).astype(np.int64)
        col = np.rint((np.asarray(x_m) - self.lattice_x_m[0]) / step).astype(np.int64)
        rows, cols = self.lattice_floor_m.shape
        inside = (row >= 0) & (col >= 0) & (row < rows) & (col < cols)
        return np.clip(row, 0, rows - 1), np.clip(col, 0, cols - 1), inside

    def allowed(self, hae_m: float) -> Bools:
        """(lattice rows, cols): nodes where level flight at that height is safe, lawful and in radio sight."""
        if hae_m not in self._allowed:
            free = self.lattice_free & (self.lattice_floor_m <= hae_m) & (self.lattice_radio_m <= hae_m)
            free &= hae_m <= self.lattice_ceiling_m
            self._allowed[hae_m] = free & (self.lattice_border_m >= self.wanted_border_m + LATTICE_BORDER_SLACK_M)
        return self._allowed[hae_m]

    def ceiling_at(self, x_m: Floats, y_m: Floats) -> Floats:
        """Up to which height HAE the containment proof holds over places; +inf where none is asked for."""
        if self.ceiling is None:
            return np.full(np.shape(x_m), np.inf)
        return np.asarray(self.ceiling.hae_at(self.dem.grid, x_m, y_m), dtype=np.float64)

    def link_db(self, x_m: Floats, y_m: Floats, z_hae_m: Floats) -> Floats:
        """Margin of the best link to any base mast or relay, dB; -inf where none is in sight."""
        points = np.column_stack([x_m, y_m, z_hae_m]).astype(np.float64)
        best = np.full(len(points), -np.inf)
        for s in self.stations:
            mast = np.tile([s.x_m, s.y_m, s.z_hae_m], (len(points), 1))
            best = np.maximum(best, link_margin_db(self.dem, mast, points, self.radio))
        return best

    def border_m(self, x_m: Floats, y_m: Floats) -> Floats:
        """Geodesic signed distance to the border, positive on the own side."""
        lat, lon = self.dem.grid.latlon(np.asarray(x_m), np.asarray(y_m))
        return np.asarray(self.line.signed_distance_m(lat, lon), dtype=np.float64)

    def border_about_m(self, x_m: Floats, y_m: Floats) -> Floats:
        """The same by interpolation in the lattice: for choosing among many places, not for proving."""
        step = self.dem.cell_m * STEP
        row = (np.asarray(y_m) - self.lattice_y_m[0]) / step
        col = (np.asarray(x_m) - self.lattice_x_m[0]) / step
        return ndimage.map_coordinates(self.lattice_border_m, [row, col], order=1, mode="constant", cval=-1e6)  # type: ignore[no-any-return]


def airspace_of(
    sector: Sector,
    dem: Dem,
    line: BorderLine,
    radio: Radio,
    nav_sigma_h_m: float,
    nav_sigma_v_m: float,
    ceiling: Ceiling | None = None,
    looks: LookTable | None = None,
) -> Airspace:
    """The airspace of a sector for aircraft with those navigation errors and that radio, below a ceiling of the
    containment proof. looks: what they are worth in it, by default by the program's own table."""
    floor, required = _floor(sector, dem, nav_sigma_h_m, nav_sigma_v_m)
    floor = np.where(_free_of_zones(sector, dem, track_error_m(nav_sigma_h_m)), floor, np.inf)
    rows, cols = floor.shape
    lattice_rows, lattice_cols = np.arange(0, rows, STEP), np.arange(0, cols, STEP)
    x: Floats = np.asarray(dem.origin_x_m + lattice_cols * dem.cell_m, dtype=np.float64)
    y: Floats = np.asarray(dem.origin_y_m + lattice_rows * dem.cell_m, dtype=np.float64)
    highest = ndimage.maximum_filter(floor, size=STEP + 1, mode="nearest")[np.ix_(lattice_rows, lattice_cols)]
    grid_x, grid_y = np.meshgrid(x, y)
    lat, lon = dem.grid.latlon(grid_x.ravel(), grid_y.ravel())
    border = np.asarray(line.signed_distance_m(lat, lon), dtype=np.float64).reshape(grid_x.shape)
    proven = np.full(grid_x.shape, np.inf)
    if ceiling is not None:
        square_m = STEP / 2 * dem.cell_m + ceiling.box.cell_m
        proven = ceiling.hae_at(dem.grid, grid_x.ravel(), grid_y.ravel(), square_m).reshape(grid_x.shape)
    masts = stations_of(sector, dem)
    heard = radio_floor_m(dem, masts, radio, grid_x.ravel(), grid_y.ravel()).reshape(grid_x.shape)
    return Airspace(
        sector=sector,
        dem=dem,
        line=line,
        stations=masts,
        radio=radio,
        wanted_border_m=sector.border.standoff_m + sector.border.accuracy_m + track_error_m(nav_sigma_h_m),
        floor_hae_m=floor,
        required_m=required,
        lattice_x_m=x,
        lattice_y_m=y,
        lattice_floor_m=highest,
        lattice_border_m=border,
        lattice_free=np.isfinite(highest),
        lattice_radio_m=heard,
        undulation_m=undulation_m_of(dem),
        ceiling=ceiling,
        lattice_ceiling_m=proven,
        looks=looks or default_table(),
    )


def track_error_m(nav_sigma_h_m: float) -> float:
    """How far from its planned line an aircraft may truly be: tolerance of the track and 3 sigma of navigation."""
    return TRACK_TOLERANCE_M + 3.0 * nav_sigma_h_m


def radio_floor_m(dem: Dem, masts: Sequence[Station], radio: Radio, x_m: Floats, y_m: Floats) -> Floats:
    """Lowest height HAE over each place that any mast has in radio sight with margin, +inf where none.

    Samples of the ground between, 0.6 of the first Fresnel zone above each, effective Earth 4/3; it serves the search,
    every tour is then checked by geo.link_margin_db.
    """
    best = np.full(len(x_m), np.inf)
    share = np.linspace(0.0, 1.0, RADIO_SAMPLES + 1)[1:-1]
    wave = LIGHT_M_S / radio.band_hz
    for mast in masts:
        for part in np.array_split(np.arange(len(x_m)), max(1, len(x_m) // 4096)):
            dx, dy = x_m[part] - mast.x_m, y_m[part] - mast.y_m
            far = np.maximum(np.hypot(dx, dy), 1.0)
            ground = dem.height_at(mast.x_m + dx[:, None] * share, mast.y_m + dy[:, None] * share)
            one, two = far[:, None] * share, far[:, None] * (1.0 - share)
            zone = 0.6 * np.sqrt(wave * one * two / far[:, None]) + one * two / (2.0 * EFFECTIVE_EARTH_M)
            wanted = mast.z_hae_m + (np.nan_to_num(ground, nan=-1e3) + zone - mast.z_hae_m) / share
            wanted[one < NEAR_MAST_M] = -np.inf
            loss = free_space_loss_db(far, radio.band_hz)
            loud = radio.eirp_dbm - loss - radio.sensitivity_dbm >= LINK_MARGIN_DB + 1.0
            best[part] = np.minimum(best[part], np.where(loud, wanted.max(axis=1) + RADIO_SLACK_M, np.inf))
    return best


def required_clearance_m(sector: Sector, slope: Floats, cold_m: Floats, nav_sigma_v_m: float) -> Floats:
    """Planned height over the model's terrain: 60 m + LE90 + slope x CE90 + cold-altimeter error + 3 sigma.

    `slope` is metres up per metre; `cold_m` the altimeter's error at that height.
    """
    errors = sector.terrain.le90_m + slope * sector.terrain.ce90_m + 3.0 * nav_sigma_v_m
    return np.asarray(CLEARANCE_M + errors + cold_m, dtype=np.float64)


def stations_of(sector: Sector, dem: Dem) -> tuple[Station, ...]:
    """The antennas of the bases and relays, on their masts."""
    masts: list[Base | Relay] = [*sector.bases, *sector.relays]
    found = []
    for m in masts:
        x, y = dem.grid.xy(m.lat_deg, m.lon_deg)
        ground = float(dem.height_at(x, y))
        if math.isfinite(ground):
            found.append(Station(m.name, float(x), float(y), ground + max(m.mast_agl_m, 1.0)))
    return tuple(found)


def ring_xy(ring: Sequence[tuple[float, float]], grid: Grid) -> Any:
    """The polygon of a ring of lon, lat in grid metres."""
    lon, lat = np.array([p[0] for p in ring]), np.array([p[1] for p in ring])
    x, y = grid.xy(lat, lon)
    return shapely.Polygon(np.column_stack([x, y]))


def in_force(zone: Zone, sector: Sector) -> bool:
    """Whether a zone is valid at any time of the night."""
    starts = zone.valid_from_utc_ns is None or zone.valid_from_utc_ns < sector.end_utc_ns
    return starts and (zone.valid_to_utc_ns is None or zone.valid_to_utc_ns > sector.start_utc_ns)


def _free_of_zones(sector: Sector, dem: Dem, error_m: float) -> Bools:
    """Where no track error leads out of keep_in or into a no-fly or no-overfly zone, at whatever height (floors and
    ceilings of zones are not used yet)."""
    closed = [z for z in sector.zones if z.kind in ("no_fly", "no_overfly") and in_force(z, sector)]
    rows, cols = dem.height_hae_m.shape
    grid_x, grid_y = np.meshgrid(
        dem.origin_x_m + np.arange(cols) * dem.cell_m, dem.origin_y_m + np.arange(rows) * dem.cell_m
    )
    free = shapely.contains_xy(ring_xy(sector.keep_in, dem.grid).buffer(-error_m), grid_x, grid_y)
    for zone in closed:
        # a place's nearest node lies up to half a cell's diagonal from it: a zone between the nodes closes some too
        near = ring_xy(zone.ring, dem.grid).buffer(error_m + 0.75 * dem.cell_m)
        free &= ~shapely.contains_xy(near, grid_x, grid_y)
    return np.asarray(free)


def _floor(sector: Sector, dem: Dem, nav_sigma_h_m: float, nav_sigma_v_m: float) -> tuple[Floats, Floats]:
    terrain = np.where(np.isfinite(dem.highest_hae_m), dem.highest_hae_m, np.inf).astype(np.float64)
    reach = math.ceil(track_error_m(nav_sigma_h_m) / dem.cell_m)
    size = 2 * reach + 1
    highest = ndimage.maximum_filter(terrain, size=size, mode="nearest")
    known = np.where(np.isfinite(terrain), terrain, np.nan)
    up_y, up_x = np.gradient(known, dem.cell_m)
    slope = ndimage.maximum_filter(np.nan_to_num(np.hypot(up_x, up_y)), size=size, mode="nearest")
    setting = _altimeter_setting_hae_m(sector, dem)
    setting_amsl = setting - undulation_m_of(dem)
    cold: Floats = np.zeros_like(highest)
    for _ in range(3):
        required = required_clearance_m(sector, slope, cold, nav_sigma_v_m)
        above = np.where(np.isfinite(highest), highest + required - setting, 0.0)
        cold = np.maximum(cold_altimeter_error_m(above, sector.weather.isa_deviation_c, setting_amsl), 0.0)
    required = required_clearance_m(sector, slope, cold, nav_sigma_v_m)
    return highest + required, required


def undulation_m_of(dem: Dem) -> float:
    """HAE less AMSL in the sector's middle."""
    return float(hae_of_amsl(dem.grid.lat0_deg, dem.grid.lon0_deg, 0.0))


def _altimeter_setting_hae_m(sector: Sector, dem: Dem) -> float:
    """The lowest base's ground: where altimeters are set; the error grows with the height above it."""
    heights = []
    for base in sector.bases:
        x, y = dem.grid.xy(base.lat_deg, base.lon_deg)
        heights.append(float(dem.height_at(x, y)))
    known = [h for h in heights if math.isfinite(h)]
    return min(known) if known else float(hae_of_amsl(sector.bases[0].lat_deg, sector.bases[0].lon_deg, 0.0))
