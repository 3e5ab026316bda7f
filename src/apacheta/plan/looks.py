"""What the camera would really see from a strip: which aims, when in the lap, with which resolution, and which cells.

A lap is cut into steps of one slew and one stare. A stare may take an aim when range, depression and line of sight
hold at its start, middle and end and when its whole frame then shows only what the mandate allows (sight.py).

The camera looks along a strip's line in turns; or all round, each stare's aim drawn by lot among all that it may take,
whatever the others take: then nobody knows where it looks, and every place in sight is watched a little all the time.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.aircraft import Aircraft
from ..core.sight import LOOK_ABOVE_SLOPE_DEG
from ..geo import Camera, Dem, aim_axes, line_of_sight, project
from .airspace import Airspace
from .noticing import LookTable
from .performance import Flight, Wind, ground_speed_m_s
from .sight import Sight, lawful_aims
from .strips import DEPRESSION_MAX_DEG, DEPRESSION_MIN_DEG, Strip, farthest_m

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

STARE_S = 14.0
SLEW_LEAST_S = 1.5
"""Between two stares: 60 deg/s over 40 degrees, and settle; then the mover's baseline begins anew (simulation.md)."""
SLEW_DEG, SLEW_BY_LOT_DEG = 40.0, 180.0
"""Drawn by lot any aim may follow any other."""
SETTLE_S = 0.8
BODY_M = 0.85
"""Half a person's height: line of sight is asked to there."""
END_SLACK_DEG = 5.0
"""Depression may leave its limits by so much at a stare's ends."""


@dataclass(frozen=True)
class Window:
    """One stare's place in the lap: metres along it, and the aims (indices) that it may take with their quality."""

    from_m: float
    to_m: float
    aims: tuple[int, ...]


@dataclass(frozen=True)
class Look:
    """A stare in one lap: metres along the lap, window and aim, and the geometry in the stare's middle."""

    from_m: float
    to_m: float
    window: int
    aim: int
    slant_range_m: float
    depression_deg: float
    gsd_m: float
    chance: float
    """That it notices a walker in its middle (`noticing.py`)."""


@dataclass(frozen=True)
class StripView:
    """What one lap after another can watch: lap length and duration, windows, and the looks that each may take.

    eyes: (windows, 3, 3) where the camera is at start, middle and end of each; points: (aims, 3) what it aims at, half
    a person above ground; both grid metres, HAE. geometry: by window and aim. slew_s: between neighbouring windows.
    """

    lap_m: float
    lap_s: float
    slew_s: float
    slew_deg_s: float
    windows: tuple[Window, ...]
    eyes: Floats
    points: Floats
    geometry: dict[tuple[int, int], Look]
    by_lot: bool

    def aims(self) -> list[int]:
        """The aims that at least one window may take."""
        return sorted({aim for _, aim in self.geometry})

    def looks(self, laps: int) -> list[tuple[int, tuple[Look, ...]]]:
        """(lap, looks) in order of time: of each stare all that may be drawn; or the one that it takes."""
        if not self.by_lot:
            return [(lap, (look,)) for lap, look in self._in_turns(laps)]
        lots = [tuple(self.geometry[w, a] for a in window.aims) for w, window in enumerate(self.windows)]
        return [(lap, lot) for lap in range(laps) for lot in lots if lot]

    def _in_turns(self, laps: int) -> list[tuple[int, Look]]:
        """Each window takes the aim that has waited longest, of those to which the camera can turn in time; none where
        there is no such."""
        last: dict[int, int] = {}
        found: list[tuple[int, Look]] = []
        for number in range(laps * len(self.windows)):
            lap, index = divmod(number, len(self.windows))
            aims = [a for a in self.windows[index].aims if not found or self._turns_in_time(found[-1], number, a)]
            if aims:
                aim = min(aims, key=lambda a: (last.get(a, -1), a))
                last[aim] = len(found)
                found.append((lap, self.geometry[index, aim]))
        return found

    def _turns_in_time(self, before: tuple[int, Look], number: int, aim: int) -> bool:
        """Whether the camera has turned from one look's aim to another, and settled, when a window begins; windows are
        counted through all laps."""
        lap, look = before
        idle = number - (lap * len(self.windows) + look.window) - 1
        lasts_s = self.slew_s + idle * (self.slew_s + STARE_S)
        one = self.points[look.aim] - self.eyes[look.window, 2]
        two = self.points[aim] - self.eyes[number % len(self.windows), 0]
        cosine = float(one @ two) / math.sqrt(float(one @ one) * float(two @ two))
        return math.degrees(math.acos(min(max(cosine, -1.0), 1.0))) <= (lasts_s - SETTLE_S) * self.slew_deg_s


def lap_times(lap: Floats, flight: Flight, wind: Wind) -> tuple[Floats, Floats]:
    """Metres and seconds at each corner of a lap (n, 2); NaN seconds where the wind is too strong."""
    step = np.diff(lap, axis=0)
    length = np.hypot(step[:, 0], step[:, 1])
    speed = [ground_speed_m_s(flight.tas_m_s, wind, dx / n, dy / n) for (dx, dy), n in zip(step, length, strict=True)]
    metres = np.concatenate([[0.0], np.cumsum(length)])
    return metres, np.concatenate([[0.0], np.cumsum(length / np.array(speed))])


def view_of(
    strip: Strip,
    airspace: Airspace,
    aircraft: Aircraft,
    flight: Flight,
    wind: Wind,
    gsd_m: float,
    sight: Sight,
    by_lot: bool = False,
) -> StripView:
    """The windows of a lap, and what each may take: of the strip's line, or all round."""
    lap = strip.lap()
    metres, seconds = lap_times(lap, flight, wind)
    slew_s = slew_s_of(aircraft, by_lot)
    count = int(seconds[-1] // (STARE_S + slew_s))
    starts = np.arange(count) * (STARE_S + slew_s) + slew_s
    moments = np.stack([starts, starts + STARE_S / 2, starts + STARE_S], axis=1)
    along = np.interp(moments, seconds, metres)
    where = np.stack(
        [np.interp(along, metres, lap[:, 0]), np.interp(along, metres, lap[:, 1]), np.full(along.shape, strip.hae_m)],
        -1,
    )
    aims = strip.aims_all_round(farthest_m(aircraft.camera, gsd_m)) if by_lot else strip.aims()
    ground = np.asarray(airspace.dem.height_at(aims[:, 0], aims[:, 1]))
    points = np.column_stack([aims, ground + BODY_M])
    possible = _possible(where, points, airspace, aircraft, gsd_m)
    camera = camera_of(aircraft)
    possible = _lawful(where, points, possible, airspace, camera, sight)
    geometry: dict[tuple[int, int], Look] = {}
    windows: list[Window] = []
    for w in range(count):
        taken = np.flatnonzero(possible[w])
        windows.append(Window(float(along[w, 0]), float(along[w, 2]), tuple(int(a) for a in taken)))
        gsd_m = np.linalg.norm(points[taken] - where[w, 1], axis=1) / camera.focal_px
        chance = airspace.looks.chance(gsd_m, STARE_S)
        for a, notices in zip(taken, chance, strict=True):
            geometry[w, int(a)] = _look(along[w], where[w, 1], points[a], (w, int(a)), camera, float(notices))
    lap_m, lap_s = float(metres[-1]), float(seconds[-1])
    return StripView(lap_m, lap_s, slew_s, aircraft.camera.slew_deg_s, tuple(windows), where, points, geometry, by_lot)


def slew_s_of(aircraft: Aircraft, by_lot: bool = False) -> float:
    """Seconds between two stares."""
    turned_deg = SLEW_BY_LOT_DEG if by_lot else SLEW_DEG
    return max(SLEW_LEAST_S, turned_deg / aircraft.camera.slew_deg_s + SETTLE_S)


def camera_of(aircraft: Aircraft) -> Camera:
    """The aircraft's thermal camera."""
    return Camera(aircraft.camera.width_px, aircraft.camera.height_px, aircraft.camera.hfov_deg)


def _possible(where: Floats, points: Floats, airspace: Airspace, aircraft: Aircraft, gsd_m: float) -> Bools:
    """(windows, aims): range, depression and line of sight hold at start, middle and end."""
    offset = points[None, None, :, :] - where[:, :, None, :]
    flat = np.hypot(offset[..., 0], offset[..., 1])
    slant = np.hypot(flat, offset[..., 2])
    depression = np.degrees(np.arctan2(-offset[..., 2], flat))
    slack = np.array([END_SLACK_DEG, 0.0, END_SLACK_DEG])[None, :, None]
    low = max(DEPRESSION_MIN_DEG, aircraft.camera.depression_min_deg)
    high = min(DEPRESSION_MAX_DEG, aircraft.camera.depression_max_deg)
    ok = (slant <= farthest_m(aircraft.camera, gsd_m)) & (depression >= low - slack) & (depression <= high + slack)
    possible = ok.all(axis=1) & np.isfinite(points[:, 2])[None, :]
    w, a = np.nonzero(possible)
    if len(w):
        eye = where[w].reshape(-1, 3)
        seen = line_of_sight(airspace.dem, eye, np.repeat(points[a], 3, axis=0)).reshape(-1, 3).all(axis=1)
        possible[w, a] = seen
    return possible


def _lawful(where: Floats, points: Floats, possible: Bools, airspace: Airspace, camera: Camera, sight: Sight) -> Bools:
    """(windows, aims): of the possible ones, those whose frame at start, middle and end shows only what it may."""
    lawful = possible.copy()
    for w, moment in np.ndindex(where.shape[:2]):
        aims = np.flatnonzero(lawful[w])
        if len(aims):
            lawful[w, aims] = lawful_aims(where[w, moment], points[aims], airspace, camera, sight)
    return lawful


def _look(along: Floats, eye: Floats, point: Floats, which: tuple[int, int], camera: Camera, chance: float) -> Look:
    offset = point - eye
    flat = math.hypot(offset[0], offset[1])
    slant = math.hypot(flat, offset[2])
    depression = math.degrees(math.atan2(-offset[2], flat))
    return Look(float(along[0]), float(along[2]), *which, slant, depression, slant / camera.focal_px, chance)


def noticed_cells(eye: Floats, point: Floats, airspace: Airspace, camera: Camera) -> Ints:
    """The nodes (flat indices) round an aim that are own side and noticed from `eye`."""
    dem = airspace.dem
    nodes = noticed_nodes(eye, point, dem, camera, airspace.looks)
    row, col = np.divmod(nodes, dem.height_hae_m.shape[1])
    x_m, y_m = dem.origin_x_m + col * dem.cell_m, dem.origin_y_m + row * dem.cell_m
    return nodes[airspace.border_about_m(x_m, y_m) > 0.0]


def noticed_nodes(eye: Floats, point: Floats, dem: Dem, camera: Camera, table: LookTable) -> Ints:
    """The nodes (flat indices) round an aim that are inside the frame, in sight from far enough above their slope, and
    noticed with probability >= 0.5, seen from `eye`."""
    rows, cols = dem.height_hae_m.shape
    reach = math.ceil(600.0 / dem.cell_m)
    col = round((point[0] - dem.origin_x_m) / dem.cell_m)
    row = round((point[1] - dem.origin_y_m) / dem.cell_m)
    r_box, c_box = np.meshgrid(
        np.arange(max(row - reach, 0), min(row + reach + 1, rows)),
        np.arange(max(col - reach, 0), min(col + reach + 1, cols)),
        indexing="ij",
    )
    r, c = r_box.ravel(), c_box.ravel()
    nodes = np.column_stack(
        [dem.origin_x_m + c * dem.cell_m, dem.origin_y_m + r * dem.cell_m, dem.height_hae_m[r, c] + BODY_M]
    )
    column, line, depth = project(nodes, eye, aim_axes(eye, point), camera)
    with np.errstate(invalid="ignore"):
        inside = (column >= 0) & (line >= 0) & (column <= camera.width_px - 1) & (line <= camera.height_px - 1)
        inside &= depth / camera.focal_px <= table.coarsest_gsd_m(STARE_S)
    picked = np.flatnonzero(inside)
    if len(picked):
        picked = picked[_above_slope(eye, nodes[picked], dem)]
        picked = picked[line_of_sight(dem, np.broadcast_to(eye, (len(picked), 3)), nodes[picked])]
    return np.asarray(r[picked] * cols + c[picked], dtype=np.int64)


def _above_slope(eye: Floats, nodes: Floats, dem: Dem) -> Bools:
    """(n,) whether rays from `eye` meet the slope at nodes (n, 3) at LOOK_ABOVE_SLOPE_DEG or more."""
    slope_x, slope_y = dem.slope_at(nodes[:, 0], nodes[:, 1])
    ray = nodes - eye
    ray = ray / np.linalg.norm(ray, axis=1, keepdims=True)
    sine = (ray[:, 0] * slope_x + ray[:, 1] * slope_y - ray[:, 2]) / np.sqrt(1.0 + slope_x**2 + slope_y**2)
    return np.asarray(sine >= math.sin(math.radians(LOOK_ABOVE_SLOPE_DEG)))
