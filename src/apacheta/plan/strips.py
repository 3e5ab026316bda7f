"""Strips: a leg flown back and forth at one height, and a line of ground beside it that the camera watches.

 _____                                         _____
(     `-.                                   .-'     )      at each end a turn of 60 degrees one way and 300
(        `A0 ---------------------------- A1        )      the other, so that both ways lie on the same line
(_____.-'                                   `-._____)
    .  .  .  .  .  .  .  .  .  .  .  .  .  .  .            <- aims, parallel to the leg (left is positive)
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ..core.aircraft import Aircraft, LensCamera
from ..geo import amsl_of_hae
from .airspace import STEP, Airspace
from .layers import Layer
from .performance import density_altitude_at, flight_at, turn_radius_m, wind_at
from .walkers import Traffic, count_bits

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Bits = NDArray[np.uint8]

SAMPLE_M = 25.0
CENTRE_SPACING = 3
"""Centres are tried at every third lattice node."""
BAND_M = 9_000.0
"""How far behind the standoff strips are tried: a walker is met within an hour or two of crossing."""
LEGS_M = (1_500.0, 2_300.0)
TURNED_DEG = (0.0, 45.0, 90.0, 135.0)
RAISED_M = (0.0, 120.0, 240.0, 360.0)
HEIGHTS = Layer(10.0)
"""Of racetracks, unless an aircraft has a layer."""
AIM_SPACING = 0.8
"""Of a footprint's width: neighbours overlap by a fifth."""
DEPRESSION_MIN_DEG, DEPRESSION_MAX_DEG = 25.0, 45.0
AIMS_LEAST = 6
AIMS_FULL = 9
"""A line with fewer aims than this leaves the camera idle in part of each lap."""
NEAREST_SHARE = 0.6
"""An aim is not nearer than this share of the farthest useful range, or its footprint would be too narrow."""
DISTANCES = (0.46, 0.53, 0.60, 0.67, 0.75)
"""Of the farthest useful range: horizontal distance of the watched line from the leg."""


@dataclass(frozen=True)
class Strip:
    """One racetrack with its watched line; grid metres, HAE."""

    x_m: float
    y_m: float
    course_x: float
    course_y: float
    leg_m: float
    radius_m: float
    hae_m: float
    offset_m: float
    spacing_m: float

    def lap(self) -> Floats:
        """(n, 2) corners of one lap from A0 over A1 back to A0; turns in steps of 15 degrees, just outside the arcs."""
        half, r = self.leg_m / 2, self.radius_m
        past = math.sqrt(3.0) * r
        out = r / math.cos(math.radians(7.5))
        small = np.radians(np.arange(82.5, 30.0, -15.0))
        great = np.radians(np.arange(-142.5, 150.0, 15.0))
        # from A1: right round (half, -r), left round (half + past, 0), right round (half, r), on the leg again
        along = [*(half + out * np.cos(small)), *(half + past + out * np.cos(great))]
        across = [*(-r + out * np.sin(small)), *(out * np.sin(great))]
        along += [*(half + out * np.cos(small[::-1]))]
        across += [*(r - out * np.sin(small[::-1]))]
        far_along, far_across = np.array(along), np.array(across)
        whole_along = np.concatenate([[-half, half], far_along, [half, -half], -far_along, [-half]])
        whole_across = np.concatenate([[0.0, 0.0], far_across, [0.0, 0.0], -far_across, [0.0]])
        return self.placed(whole_along, whole_across)

    def aims(self) -> Floats:
        """(n, 2) points of the watched line."""
        count = math.floor(self.leg_m / self.spacing_m) + 1
        along: Floats = np.asarray((np.arange(count) - (count - 1) / 2) * self.spacing_m, dtype=np.float64)
        return self.placed(along, np.full(count, self.offset_m))

    def aims_all_round(self, within_m: float) -> Floats:
        """(n, 2) points of a square raster that are so near to the lap."""
        lap = densified(self.lap(), self.spacing_m / 2.0)
        low, high = lap.min(axis=0) - within_m, lap.max(axis=0) + within_m
        x, y = np.meshgrid(*(np.arange(low[k], high[k] + self.spacing_m, self.spacing_m) for k in (0, 1)))
        raster = np.column_stack([x.ravel(), y.ravel()])
        return np.asarray(raster[cKDTree(lap).query(raster)[0] <= within_m])

    def placed(self, along: Floats, across: Floats) -> Floats:
        """(n, 2) grid positions of points given along the course and to its left."""
        x = self.x_m + along * self.course_x - across * self.course_y
        y = self.y_m + along * self.course_y + across * self.course_x
        return np.column_stack([x, y])


@dataclass(frozen=True)
class Candidates:
    """Many strips as arrays, and the walkers' paths that each one's line crosses: bits (n, bytes), aims in reach."""

    strips: tuple[Strip, ...]
    bits: Bits
    aims: NDArray[np.int64]


def farthest_m(camera: LensCamera, gsd_m: float) -> float:
    """The slant range at which a pixel covers `gsd_m` across the line of sight."""
    return gsd_m * camera.width_px / (2.0 * math.tan(math.radians(camera.hfov_deg) / 2.0))


def candidates_of(
    airspace: Airspace, aircraft: Aircraft, traffic: Traffic, gsd_m: float, heights: Layer = HEIGHTS
) -> Candidates:
    """Racetracks over the own side that are high enough, far enough from the border and below the ceiling, each with
    the side and distance of its watched line that crosses most walkers' paths."""
    reach = farthest_m(aircraft.camera, gsd_m)
    spacing = AIM_SPACING * 0.85 * gsd_m * aircraft.camera.width_px
    radius = _radius_m(airspace, aircraft, 0.0 if heights is HEIGHTS else heights.every_m + RAISED_M[-1])
    strips: list[Strip] = []
    bits: list[Bits] = []
    aims: list[NDArray[np.int64]] = []
    for leg in LEGS_M:
        at, course = _centres(airspace, radius)
        low, high = _heights(airspace, at, course, leg, radius)
        ok = np.isfinite(low)
        at, course, low, high = at[ok], course[ok], low[ok], high[ok]
        before = np.full(len(low), -np.inf)
        for raised in RAISED_M:
            height = heights.at_least(low + raised)
            fits = _below_ceiling(airspace, aircraft, at, height) & (height <= high) & (height > before)
            before = height
            found = _lines(airspace, traffic, at[fits], course[fits], height[fits], (leg, radius), reach, spacing)
            strips += found.strips
            bits.append(found.bits)
            aims.append(found.aims)
    return Candidates(tuple(strips), np.concatenate(bits), np.concatenate(aims))


def _radius_m(airspace: Airspace, aircraft: Aircraft, above_m: float) -> float:
    """The turn radius that holds in the strongest wind over the band's heights, and so much above them."""
    wanted = airspace.wanted_border_m
    band = airspace.lattice_free & (airspace.lattice_border_m > wanted) & (airspace.lattice_border_m < wanted + BAND_M)
    heights = airspace.lattice_floor_m[band]
    if not len(heights):
        return 200.0
    return turn_m(aircraft, airspace, min(float(np.percentile(heights, 95)) + above_m, aircraft.ceiling_amsl_m))


def turn_m(aircraft: Aircraft, airspace: Airspace, height_hae_m: float) -> float:
    """The turn radius over ground at a height, with the forecast wind and its sigma from behind."""
    amsl = airspace.amsl_m(height_hae_m)
    wind = wind_at(airspace.sector.weather, amsl)
    tas = flight_at(aircraft, amsl, airspace.sector.weather).tas_m_s
    return turn_radius_m(aircraft, tas + wind.speed_m_s + wind.sigma_m_s)


def _centres(airspace: Airspace, radius_m: float) -> tuple[Floats, Floats]:
    """(n, 2) centres in the band behind the standoff and (n, 2) unit courses, four to a centre."""
    step = airspace.dem.cell_m * STEP
    up_y, up_x = (np.asarray(g) for g in np.gradient(airspace.lattice_border_m, step))
    band = airspace.lattice_free & (airspace.lattice_border_m >= airspace.wanted_border_m + radius_m)
    band &= airspace.lattice_border_m <= airspace.wanted_border_m + BAND_M
    thin = np.zeros_like(band)
    thin[::CENTRE_SPACING, ::CENTRE_SPACING] = True
    rows, cols = np.nonzero(band & thin)
    centre = np.column_stack([airspace.lattice_x_m[cols], airspace.lattice_y_m[rows]])
    along = np.arctan2(up_x[rows, cols], -up_y[rows, cols])
    angle = (along[:, None] + np.radians(TURNED_DEG)[None, :]).ravel()
    return np.repeat(centre, len(TURNED_DEG), axis=0), np.column_stack([np.cos(angle), np.sin(angle)])


def _heights(airspace: Airspace, at: Floats, course: Floats, leg: float, radius: float) -> tuple[Floats, Floats]:
    """(n,) the lowest safe height of each racetrack, HAE, +inf where the standoff or a zone forbids it; (n,) the
    highest for which its containment is proven."""
    unit = Strip(0.0, 0.0, 1.0, 0.0, leg, radius, 0.0, 0.0, 100.0)
    along, across = densified(unit.lap(), SAMPLE_M).T
    x = at[:, :1] + course[:, :1] * along - course[:, 1:] * across
    y = at[:, 1:] + course[:, 1:] * along + course[:, :1] * across
    low = airspace.floor_at(x, y).max(axis=1)
    near = airspace.border_about_m(x, y).min(axis=1) < airspace.wanted_border_m + SAMPLE_M
    return np.where(near, np.inf, low), airspace.ceiling_at(x.ravel(), y.ravel()).reshape(x.shape).min(axis=1)


def _below_ceiling(airspace: Airspace, aircraft: Aircraft, at: Floats, height: Floats) -> Bools:
    lat, lon = airspace.dem.grid.latlon(at[:, 0], at[:, 1])
    amsl = amsl_of_hae(lat, lon, height)
    dense = density_altitude_at(airspace.sector.weather, amsl)
    return np.asarray(np.maximum(dense, 0.0) <= aircraft.ceiling_amsl_m)


def _lines(
    airspace: Airspace,
    traffic: Traffic,
    at: Floats,
    course: Floats,
    height: Floats,
    shape: tuple[float, float],
    reach: float,
    spacing: float,
) -> Candidates:
    """Each racetrack with the best of its watched lines; those with too few aims in reach are left out."""
    leg, radius = shape
    best_bits = np.zeros((len(at), traffic.bits.shape[2]), np.uint8)
    best_value = np.full(len(at), -1.0)
    best_offset = np.zeros(len(at))
    best_aims = np.zeros(len(at), np.int64)
    for side in (-1.0, 1.0):
        for share in DISTANCES:
            offset = side * share * reach
            model = Strip(0.0, 0.0, 1.0, 0.0, leg, radius, 0.0, offset, spacing)
            along = model.aims()[:, 0]
            x = at[:, :1] + course[:, :1] * along - course[:, 1:] * offset
            y = at[:, 1:] + course[:, 1:] * along + course[:, :1] * offset
            ok = _in_reach(airspace, x, y, height, share * reach, reach)
            crossing = traffic.crossing(np.where(ok, x, -1e9), np.where(ok, y, -1e9))
            share_met = count_bits(crossing) / max(traffic.paths, 1)
            value = share_met * np.minimum(1.0, ok.sum(axis=1) / AIMS_FULL) + 0.004 * ok.sum(axis=1)
            better = value > best_value
            best_value[better], best_offset[better], best_bits[better] = value[better], offset, crossing[better]
            best_aims[better] = ok.sum(axis=1)[better]
    keep = np.flatnonzero(best_aims >= AIMS_LEAST)
    strips = tuple(
        Strip(
            x_m=float(at[i, 0]),
            y_m=float(at[i, 1]),
            course_x=float(course[i, 0]),
            course_y=float(course[i, 1]),
            leg_m=leg,
            radius_m=radius,
            hae_m=float(height[i]),
            offset_m=float(best_offset[i]),
            spacing_m=float(spacing),
        )
        for i in keep
    )
    return Candidates(strips, best_bits[keep], best_aims[keep])


def _in_reach(airspace: Airspace, x: Floats, y: Floats, height: Floats, flat_m: float, reach: float) -> Bools:
    """Which aims the leg has at a useful range and depression, well inside the own side."""
    below = height[:, None] - airspace.dem.height_at(x, y)
    own = airspace.border_about_m(x, y) >= airspace.sector.border.accuracy_m + 0.25 * reach
    slant = np.hypot(flat_m, below)
    depression = np.degrees(np.arctan2(below, flat_m))
    ok = (slant <= 0.95 * reach) & (slant >= NEAREST_SHARE * reach)
    ok &= (depression >= DEPRESSION_MIN_DEG) & (depression <= DEPRESSION_MAX_DEG)
    return np.asarray(ok & own)


def densified(corners: Floats, spacing_m: float) -> Floats:
    """(m, k) points along a polyline (n, k), the corners among them, no two neighbours farther apart than spacing."""
    lengths = np.linalg.norm(np.diff(corners, axis=0), axis=1)
    parts = [
        a + (b - a) * np.linspace(0.0, 1.0, max(1, math.ceil(n / spacing_m)), endpoint=False)[:, None]
        for a, b, n in zip(corners[:-1], corners[1:], lengths, strict=True)
    ]
    return np.concatenate([*parts, corners[-1:]])
