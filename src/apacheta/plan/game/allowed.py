"""What any allowed racetrack could watch: asked of the ground, before any menu is chosen from them.

Every racetrack that the planner may choose is asked, with the places of its stares as the planner sets them. For each
only what must hold is asked: that a node is in sight from a stare's middle, near enough and neither too steep nor too
flat below for any part of the frame. Time on the way is the least, on station the most. So more may count here as
watched than any tour can watch, never less: a way that is unwatched here is truly so.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.aircraft import Aircraft
from ...core.instant import NS
from ...core.plan import Slot
from ...geo import Dem
from ...geo.grid import REFRACTION
from ...kernels.watching import NOBODY, first_watcher
from ..looks import BODY_M, END_SLACK_DEG, STARE_S, camera_of, lap_times, slew_s_of
from ..menu import Racetracks
from ..noticing import LookTable
from ..performance import Flight, flight_at, wind_at
from ..routes import HIGHER_MAX_M
from ..strips import DEPRESSION_MAX_DEG, DEPRESSION_MIN_DEG, Strip
from ..tours import SORTIE_MAX_S
from .crossers import Bools, Floats, Ints
from .lattice import Lattice

STRAIGHT = 0.92
"""A way over the airspace's lattice is at most 1/0.924 of the straight line."""


@dataclass(frozen=True, eq=False)
class Watchable:
    """What one base's aircraft of one type could watch: (rows, cols) of the elevation model, metres of the shortest way
    there, at least; +inf where no racetrack could. quick_m_s: their greatest speed over ground; climb_s: the least
    time that one climbs before it goes."""

    base: str
    aircraft_type: str
    far_m: Floats
    quick_m_s: float
    climb_s: float

    @property
    def nodes(self) -> Bools:
        """(rows, cols): which some racetrack could watch."""
        return np.isfinite(self.far_m)


def watchable_of(tracks: Racetracks) -> Watchable:
    """What the racetracks with a way to them could watch."""
    base, name = tracks.start.base.name, tracks.start.type_name
    order = np.argsort(tracks.far_m, kind="stable")
    order = order[tracks.on_station[order] > 0.0]
    far_m = np.full(tracks.airspace.dem.height_hae_m.shape, np.inf)
    if not len(order):
        return Watchable(base, name, far_m, 1.0, 0.0)
    strips = [tracks.strips[k] for k in order]
    first = _first_watchers(strips, tracks)
    watched = first != NOBODY
    far_m[watched] = STRAIGHT * tracks.far_m[order[first[watched]]]
    quick_m_s = _quickest_m_s(strips, tracks)
    return Watchable(base, name, far_m, quick_m_s, _least_climb_s(strips, tracks, quick_m_s))


def watched_by_slots(lattice: Lattice, watchable: Iterable[Watchable], slots: Sequence[Slot]) -> Bools:
    """(steps, cells): whether any allowed racetrack, flown in one of the slots, could watch some node of a cell."""
    watched = np.zeros((lattice.steps, lattice.cells), dtype=np.bool_)
    for one in watchable:
        away_s = lattice.least_of(one.far_m) / one.quick_m_s
        for slot in slots:
            if (slot.base, slot.aircraft_type) == (one.base, one.aircraft_type):
                launch_s = (int(slot.launch_utc_ns) - lattice.start_utc_ns) / NS
                _mark(watched, lattice.step_s, launch_s + one.climb_s + away_s, launch_s + SORTIE_MAX_S - away_s)
    return watched


def _mark(watched: Bools, step_s: float, from_s: Floats, to_s: Floats) -> None:
    """Set the steps of each cell that begin before `to_s` and end after `from_s`."""
    known = np.isfinite(from_s)
    if known.any():
        begin, end = max(0, int(from_s[known].min() // step_s)), math.ceil(to_s[known].max() / step_s)
        for step in range(begin, min(end, len(watched))):
            watched[step] |= (from_s < (step + 1) * step_s) & (to_s > step * step_s)


def _first_watchers(strips: Sequence[Strip], tracks: Racetracks) -> Ints:
    """(rows, cols): the first of the strips that could watch each node, or NOBODY."""
    eyes, marks = _eyes(strips, tracks)
    low, high, reach_m = limits_of(tracks.start.aircraft, tracks.airspace.looks)
    dem = tracks.airspace.dem
    tree = dem.pyramid
    first = np.full(dem.height_hae_m.shape, NOBODY, dtype=np.int64)
    first_watcher(
        *(dem.height_hae_m, tree.top_m, tree.levels, _in_cells(eyes, dem), marks, float(dem.cell_m), BODY_M),
        *(low, high, reach_m, dem.grid.radius_m, REFRACTION, first),
    )
    return first


def _in_cells(eyes: Floats, dem: Dem) -> Floats:
    west_m, south_m = dem.south_west_m
    at = (eyes[:, :2] - np.array([west_m, south_m])) / dem.cell_m
    return np.ascontiguousarray(np.column_stack([at, eyes[:, 2]]))


def _eyes(strips: Sequence[Strip], tracks: Racetracks) -> tuple[Floats, NDArray[np.int64]]:
    """(n, 3) where the camera is in the middles of a lap's stares, grid metres and HAE; (n,) of which strip."""
    airspace, aircraft = tracks.airspace, tracks.start.aircraft
    weather = airspace.sector.weather
    slew_s = slew_s_of(aircraft, tracks.by_lot)
    known: dict[float, Flight] = {}
    eyes, marks = [], []
    for k, strip in enumerate(strips):
        amsl = airspace.amsl_m(strip.hae_m)
        flight = known.setdefault(strip.hae_m, flight_at(aircraft, amsl, weather))
        lap = strip.lap()
        metres, seconds = lap_times(lap, flight, wind_at(weather, amsl))
        if not np.isfinite(seconds[-1]):
            continue
        count = int(seconds[-1] // (STARE_S + slew_s))
        along = np.interp(np.arange(count) * (STARE_S + slew_s) + slew_s + STARE_S / 2, seconds, metres)
        x, y = np.interp(along, metres, lap[:, 0]), np.interp(along, metres, lap[:, 1])
        eyes.append(np.column_stack([x, y, np.full(count, strip.hae_m)]))
        marks.append(np.full(count, k, dtype=np.int64))
    return np.concatenate([*eyes, np.empty((0, 3))]), np.concatenate([*marks, np.empty(0, np.int64)])


def limits_of(aircraft: Aircraft, table: LookTable) -> tuple[float, float, float]:
    """(least fall, greatest fall, reach in metres) of a line of sight to any part of any lawful frame in which half of
    all walkers are noticed: no node that is coarser counts as noticed."""
    lens, camera = aircraft.camera, camera_of(aircraft)
    half_deg = math.degrees(math.atan(math.hypot(camera.width_px, camera.height_px) / 2.0 / camera.focal_px))
    low = max(DEPRESSION_MIN_DEG, lens.depression_min_deg) - END_SLACK_DEG - half_deg
    high = min(DEPRESSION_MAX_DEG, lens.depression_max_deg) + END_SLACK_DEG + half_deg
    steep = math.tan(math.radians(high)) if high < 90.0 else math.inf
    along = table.coarsest_gsd_m(STARE_S) * camera.focal_px / math.cos(math.radians(half_deg))
    return math.tan(math.radians(low)), steep, along


def _quickest_m_s(strips: Sequence[Strip], tracks: Racetracks) -> float:
    """True airspeed where the air is thinnest, with the strongest forecast wind from behind."""
    weather = tracks.airspace.sector.weather
    amsl = tracks.airspace.amsl_m(max(s.hae_m for s in strips) + HIGHER_MAX_M)
    return flight_at(tracks.start.aircraft, amsl, weather).tas_m_s + max(w.speed_m_s for w in weather.wind)


def _least_climb_s(strips: Sequence[Strip], tracks: Racetracks, quick_m_s: float) -> float:
    """Up to the lowest strip, as steeply as at the base and as fast as ever."""
    airspace, base = tracks.airspace, tracks.start.base
    ground = float(airspace.dem.height_at(*airspace.dem.grid.xy(base.lat_deg, base.lon_deg)))
    flight = flight_at(tracks.start.aircraft, airspace.amsl_m(ground), airspace.sector.weather)
    return max(min(s.hae_m for s in strips) - ground, 0.0) / (flight.climb_m_s / flight.tas_m_s * quick_m_s)
