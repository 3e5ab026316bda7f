"""Tours: a whole flight round one strip, with time, battery and every margin, or the reason why it cannot be flown."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.aircraft import Aircraft
from ..core.place import AmslM, GeoPoint, HaeM
from ..core.plan import Choice, Stare, Tour, Waypoint
from ..core.sector import Weather
from ..geo import Camera, amsl_of_hae
from .airspace import LINK_MARGIN_DB, Airspace
from .looks import BODY_M, Look, StripView, camera_of, noticed_cells
from .performance import VERTICAL_SINK_MAX_M_S, Flight, Wind, flight_at, ground_speed_m_s, wind_at
from .routes import BASE_LEFT_OUT_M, Pad, Point, Way, changing_height, homeward, outbound, round_and_round
from .strips import Strip

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SORTIE_MAX_S = 60.0 * 60.0
LAPS_MIN = 3
SLOWEST_M_S = 5.0
CHECK_SPACING_M = 20.0
DESCENT_POWER_SHARE = 0.35
"""Of level power, when coming down at 3 m/s under power."""


@dataclass(frozen=True)
class Why:
    """Why a tour cannot be flown: a stable word, and the figure."""

    why: str
    text: str


@dataclass(frozen=True)
class Flown:
    """A tour with what the planner needs beside the record: its corners and the seconds at each (grid, HAE).

    looks: of each stare, in order of time, all of which one is drawn, or the only one; lap_from_m (stares,): where on
    the route its lap begins. ground: what each look would notice, nodes by window and aim. places: (aims,) aimed at.
    floor_hae_m: (rows, cols) of the elevation model: the lowest planned height for this type of aircraft.
    """

    tour: Tour
    strip: Strip
    view: StripView
    looks: tuple[tuple[Look, ...], ...]
    lap_from_m: tuple[float, ...]
    ground: dict[tuple[int, int], Ints]
    places: tuple[GeoPoint, ...]
    corners: Floats
    seconds: Floats
    margin_m: float
    required_m: float
    station_s: float
    floor_hae_m: Floats

    def cells(self) -> Ints:
        """All the nodes that some look notices, each once."""
        return _union(self.ground)

    def cells_of(self, picks: Sequence[int]) -> Ints:
        """The nodes that the stares notice with these of their looks (stares,), each once."""
        taken = {(lot[k].window, lot[k].aim) for lot, k in zip(self.looks, picks, strict=True)}
        return _union({key: self.ground[key] for key in taken})

    def aims(self) -> Floats:
        """(n, 3) the points aimed at, each once."""
        return self.view.points[sorted({look.aim for lot in self.looks for look in lot})]

    def stares(self, picks: Sequence[int]) -> tuple[Stare, ...]:
        """The stares with these of their looks (stares,)."""
        taken = zip(self.looks, self.lap_from_m, picks, strict=True)
        return tuple(_stare(lot[k], lap_from_m, self.places) for lot, lap_from_m, k in taken)


@dataclass(frozen=True)
class Times:
    """Seconds and watt-hours at each corner of a route; the least speed over ground on it in the worst wind."""

    seconds: Floats
    energy_wh: Floats
    slowest_m_s: float


@dataclass(frozen=True)
class Frame:
    """A flight without its laps: the corners there and back, how many laps fit, how long one takes."""

    out: list[Point]
    home: list[Point]
    laps: int
    cut: int


def frame_of(strip: Strip, pad: Pad, way: Way, airspace: Airspace, aircraft: Aircraft) -> Frame | Why:
    """The way to a strip and home, and the most laps that time and battery allow; or why they allow too few."""
    height = way.height_hae_m
    flight = flight_at(aircraft, airspace.amsl_m(height), airspace.sector.weather)
    if too_high := _above_ceiling(flight, aircraft):
        return too_high
    gradients = flight.climb_m_s / flight.tas_m_s, flight.sink_m_s / flight.tas_m_s
    out = outbound(pad, way.out, height, aircraft, flight)
    out += changing_height(strip, height, strip.hae_m, gradients[1])
    out.pop()  # A0, where the station begins
    home = changing_height(strip, strip.hae_m, height, gradients[0], way.cut)
    cut = 0 if home else way.cut
    home += homeward(pad, way.home, height, aircraft, flight)[1:]  # where the lap ends, again
    rest, lap = _times(out + round_and_round(strip, 0) + home, airspace, aircraft), _lap(strip, airspace, aircraft)
    if isinstance(rest, Why):
        return rest
    if isinstance(lap, Why):
        return lap
    budget_wh = aircraft.battery_wh * (1.0 - aircraft.reserve_fraction)
    by_energy = math.floor((budget_wh - rest.energy_wh[-1]) / lap.energy_wh[-1])
    by_time = math.floor((SORTIE_MAX_S - rest.seconds[-1]) / lap.seconds[-1])
    laps = min(by_energy, by_time)
    if laps < LAPS_MIN:
        text = (
            f"the way there and back takes {rest.seconds[-1] / 60:.0f} of {SORTIE_MAX_S / 60:.0f} min and "
            f"{rest.energy_wh[-1]:.0f} of {budget_wh:.0f} Wh: {max(laps, 0)} laps are left, {LAPS_MIN} are wanted."
        )
        return Why("energy" if by_energy < LAPS_MIN else "time", text)
    return Frame(out, home, laps, cut)


def _above_ceiling(flight: Flight, aircraft: Aircraft) -> Why | None:
    """Why it cannot be flown where the air is thinner than at the ceiling: there it climbs no more."""
    if flight.density_altitude_m <= aircraft.ceiling_amsl_m:
        return None
    text = (
        f"its density altitude of {flight.density_altitude_m:.0f} m is above the ceiling of "
        f"{aircraft.ceiling_amsl_m:.0f} m."
    )
    return Why("ceiling", text)


def tour_of(
    name: str, strip: Strip, view: StripView, pad: Pad, frame: Frame, airspace: Airspace, aircraft: Aircraft
) -> Flown | Why:
    """The flight with all its laps, checked in every state; or why it cannot be flown."""
    points = frame.out + round_and_round(strip, frame.laps, frame.cut) + frame.home
    times = _times(points, airspace, aircraft)
    if isinstance(times, Why):
        return times
    return _checked(name, strip, view, pad, points, frame, times, airspace, aircraft)


def _checked(
    name: str,
    strip: Strip,
    view: StripView,
    pad: Pad,
    points: list[Point],
    frame: Frame,
    times: Times,
    airspace: Airspace,
    aircraft: Aircraft,
) -> Flown | Why:
    corners = np.array([(p.x_m, p.y_m, p.z_hae_m) for p in points])
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(corners, axis=0), axis=1))])
    states = _states(corners)
    border = float(airspace.border_m(states[:, 0], states[:, 1]).min()) - CHECK_SPACING_M / 2
    if border < airspace.wanted_border_m:
        return Why(
            "standoff",
            f"its line comes within {border:.0f} m of the border; {airspace.wanted_border_m:.0f} m are wanted, with "
            "the error of its track.",
        )
    away = np.hypot(states[:, 0] - pad.x_m, states[:, 1] - pad.y_m) > BASE_LEFT_OUT_M
    free = states[away]
    spare = free[:, 2] - airspace.floor_at(free[:, 0], free[:, 1])
    if not len(spare) or spare.min() < -0.01:
        worst = float(spare.min()) if len(spare) else -math.inf
        return Why("clearance", f"it lacks {-worst:.0f} m of height over terrain or crosses a closed zone.")
    high = states[:, 2] - airspace.ceiling_at(states[:, 0], states[:, 1])
    if high.max() > 0.0:
        text = "from a part of its way a failed aircraft could come down beyond the border"
        lower = f", unless it were {high.max():.0f} m lower" if math.isfinite(high.max()) else ""
        return Why("containment", f"{text}{lower}.")
    over = free[:, 2] - _highest_at(airspace, free)
    link = airspace.link_db(
        states[::5, 0], states[::5, 1], np.maximum(states[::5, 2], _ground(airspace, states[::5]) + 2.0)
    )
    if link.min() < LINK_MARGIN_DB:
        share = float((link < LINK_MARGIN_DB).mean())
        return Why(
            "radio", f"on {share:.0%} of its way no mast or relay is in radio sight with {LINK_MARGIN_DB:.0f} dB."
        )
    highest = airspace.amsl_m(float(corners[:, 2].max()))
    flight = flight_at(aircraft, highest, airspace.sector.weather)
    if too_high := _above_ceiling(flight, aircraft):
        return too_high
    station_from = len(frame.out)
    station_to = len(points) - len(frame.home) - 1
    taken = _taken(view, frame.laps, float(along[station_to] - along[station_from]))
    looks, lap_from_m = tuple(lot for _, lot in taken), tuple(float(along[station_from] + start) for start, _ in taken)
    ground = _ground_of(looks, view, airspace, camera_of(aircraft))
    places = _places_of(view, airspace)
    tour = Tour(
        id=name,
        strip=name.partition("/")[0],
        waypoints=tuple(_waypoint(p, float(s), airspace) for p, s in zip(points, along, strict=True)),
        **_watched(looks, lap_from_m, places, view.by_lot),
        length_m=float(along[-1]),
        duration_s=float(times.seconds[-1]),
        laps=frame.laps,
        energy_wh=float(times.energy_wh[-1]),
        reserve_fraction=1.0 - float(times.energy_wh[-1]) / aircraft.battery_wh,
        min_border_distance_m=border,
        min_terrain_clearance_m=float(over.min()),
        max_density_altitude_m=flight.density_altitude_m,
        radio_margin_db=float(link.min()),
        watched_km2=len(_union(ground)) * airspace.dem.cell_m**2 / 1e6,
    )
    wanted = airspace.required_m[_nodes(airspace, free)]
    return Flown(
        tour=tour,
        strip=strip,
        view=view,
        looks=looks,
        lap_from_m=lap_from_m,
        ground=ground,
        places=places,
        corners=corners,
        seconds=times.seconds,
        margin_m=float(spare.min()),
        required_m=float(wanted.min()),
        station_s=frame.laps * view.lap_s,
        floor_hae_m=airspace.floor_hae_m,
    )


def _states(corners: Floats) -> Floats:
    """(n, 3) states no more than CHECK_SPACING_M apart along the route; each different piece once."""
    parts: list[Floats] = []
    known: set[object] = set()
    for a, b in pairwise(corners):
        key = tuple(sorted([tuple(np.round(a, 2)), tuple(np.round(b, 2))]))
        if key not in known:
            known.add(key)
            count = max(1, math.ceil(float(np.linalg.norm(b - a)) / CHECK_SPACING_M))
            parts.append(a + (b - a) * np.linspace(0.0, 1.0, count + 1)[:, None])
    return np.concatenate(parts)


def times_of(
    points: Sequence[Point], amsl_m: Callable[[float], float], weather: Weather, aircraft: Aircraft
) -> Times | Why:
    """Seconds (forecast wind) and watt-hours (one sigma less ground speed) at each point; refused where too slow."""
    seconds, energy, slowest = [0.0], [0.0], math.inf
    known: dict[float, tuple[Flight, Wind]] = {}
    for a, b in pairwise(points):
        flat, rise = math.hypot(b.x_m - a.x_m, b.y_m - a.y_m), b.z_hae_m - a.z_hae_m
        amsl = round(amsl_m((a.z_hae_m + b.z_hae_m) / 2) / 25.0) * 25.0
        if amsl not in known:
            known[amsl] = flight_at(aircraft, amsl, weather), wind_at(weather, amsl)
        flight, wind = known[amsl]
        if flat < 0.5:
            lasts = rise / flight.vertical_climb_m_s if rise > 0 else -rise / VERTICAL_SINK_MAX_M_S
            watts = flight.hover_w + max(rise, 0.0) / max(lasts, 1e-9) * flight.watts_per_m_s_of_climb
            slow = lasts
        else:
            course = (b.x_m - a.x_m) / flat, (b.y_m - a.y_m) / flat
            worst = ground_speed_m_s(flight.tas_m_s, wind, *course, worst=True)
            if not worst > SLOWEST_M_S:
                text = (
                    f"at {amsl:.0f} m the wind of {wind.speed_m_s:.0f} m/s, with two sigmas and the gust, leaves "
                    f"{np.nan_to_num(max(worst, 0.0)):.1f} m/s over ground of {flight.tas_m_s:.1f} m/s true."
                )
                return Why("wind", text)
            slowest = min(slowest, worst)
            speed = ground_speed_m_s(flight.tas_m_s, wind, *course)
            lasts, slow = flat / speed, flat / max(speed - wind.sigma_m_s, SLOWEST_M_S)
            climb = rise / lasts
            share = 1.0 if climb > -1.0 else DESCENT_POWER_SHARE
            watts = flight.level_w * share + max(climb, 0.0) * flight.watts_per_m_s_of_climb
        seconds.append(seconds[-1] + lasts)
        energy.append(energy[-1] + watts * slow / 3600.0)
    return Times(np.array(seconds), np.array(energy), slowest)


def _lap(strip: Strip, airspace: Airspace, aircraft: Aircraft) -> Times | Why:
    return _times(round_and_round(strip, 1), airspace, aircraft)


def _times(points: Sequence[Point], airspace: Airspace, aircraft: Aircraft) -> Times | Why:
    return times_of(points, airspace.amsl_m, airspace.sector.weather, aircraft)


def _taken(view: StripView, laps: int, station_m: float) -> list[tuple[float, tuple[Look, ...]]]:
    """The looks of so many laps with the metres from the station's beginning to their lap's; those that would last
    beyond the station's end are left out."""
    starts = ((lap * view.lap_m, lot) for lap, lot in view.looks(laps))
    return [(start, lot) for start, lot in starts if start + lot[0].to_m <= station_m]


def _ground_of(
    looks: Sequence[Sequence[Look]], view: StripView, airspace: Airspace, camera: Camera
) -> dict[tuple[int, int], Ints]:
    """What looks notice, by window and aim: a look that comes again in another lap notices the same."""
    different = {(look.window, look.aim) for lot in looks for look in lot}
    return {(w, a): noticed_cells(view.eyes[w, 1], view.points[a], airspace, camera) for w, a in sorted(different)}


def _union(ground: dict[tuple[int, int], Ints]) -> Ints:
    return np.unique(np.concatenate([*ground.values(), np.empty(0, np.int64)]))


def _places_of(view: StripView, airspace: Airspace) -> tuple[GeoPoint, ...]:
    """The points aimed at, on the ground."""
    x, y, z = view.points.T
    lat, lon = airspace.dem.grid.latlon(x, y)
    at = zip(np.atleast_1d(lat), np.atleast_1d(lon), z - BODY_M, strict=True)
    return tuple(GeoPoint(lat_deg=float(n), lon_deg=float(e), alt_hae_m=HaeM(float(h))) for n, e, h in at)


def _watched(
    looks: Sequence[Sequence[Look]], lap_from_m: Sequence[float], places: Sequence[GeoPoint], by_lot: bool
) -> dict[str, Any]:
    """Where the camera looks, as the tour's record has it."""
    if not by_lot:
        return {"stares": tuple(_stare(lot[0], m, places) for lot, m in zip(looks, lap_from_m, strict=True))}
    used = sorted({look.aim for lot in looks for look in lot})
    index = {aim: n for n, aim in enumerate(used)}
    lots: dict[tuple[int, ...], int] = {}
    which = [lots.setdefault(tuple(index[look.aim] for look in lot), len(lots)) for lot in looks]
    choices = (
        Choice(from_along_m=m + lot[0].from_m, to_along_m=m + lot[0].to_m, lot=n)
        for lot, m, n in zip(looks, lap_from_m, which, strict=True)
    )
    aims = tuple(places[aim] for aim in used)
    return {"stares": (), "aims": aims, "lots": tuple(lots), "choices": tuple(choices)}


def _stare(look: Look, lap_from_m: float, places: Sequence[GeoPoint]) -> Stare:
    return Stare(
        from_along_m=lap_from_m + look.from_m,
        to_along_m=lap_from_m + look.to_m,
        aim=places[look.aim],
        slant_range_m=look.slant_range_m,
        depression_deg=look.depression_deg,
        gsd_m=look.gsd_m,
    )


def _waypoint(point: Point, along_m: float, airspace: Airspace) -> Waypoint:
    lat, lon = (float(v) for v in airspace.dem.grid.latlon(point.x_m, point.y_m))
    return Waypoint(
        position=GeoPoint(lat_deg=lat, lon_deg=lon, alt_hae_m=HaeM(point.z_hae_m)),
        alt_amsl_m=AmslM(float(amsl_of_hae(lat, lon, point.z_hae_m))),
        kind=point.kind,
        along_m=along_m,
    )


def _ground(airspace: Airspace, states: Floats) -> Floats:
    return np.asarray(airspace.dem.height_at(states[:, 0], states[:, 1]), dtype=np.float64)


def _highest_at(airspace: Airspace, states: Floats) -> Floats:
    """(n,) the ground below states (n, 3): the model's there, or the highest that its file has in the cell."""
    dem = airspace.dem
    return np.asarray(np.fmax(dem.height_at(states[:, 0], states[:, 1]), dem.highest_hae_m[_nodes(airspace, states)]))


def _nodes(airspace: Airspace, states: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    row = np.rint((states[:, 1] - airspace.dem.origin_y_m) / airspace.dem.cell_m).astype(np.int64)
    col = np.rint((states[:, 0] - airspace.dem.origin_x_m) / airspace.dem.cell_m).astype(np.int64)
    return row, col
