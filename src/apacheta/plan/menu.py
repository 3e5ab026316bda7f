"""The menu: the best strips that one kind of aircraft can fly from one base, each different from the others."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..core.aircraft import Aircraft
from ..core.plan import Dropped
from ..core.sector import Base
from .airspace import Airspace
from .layers import Layer
from .looks import view_of
from .performance import flight_at, wind_at
from .routes import LEVELS, Pad, Way, Ways, pad_of
from .sight import Sight
from .strips import AIMS_FULL, Candidates, Strip, candidates_of, turn_m
from .tours import SORTIE_MAX_S, Flown, Why, frame_of, tour_of
from .walkers import Traffic, count_bits

Floats = NDArray[np.float64]

GSD_STEPS_M = (0.33, 0.42)
"""A walker needs 0.33 m; where the lens gives no strip at that, 0.42 m is tried (simulation.md, 'what decides')."""
TRIES_MAX = 160
REPEAT_SHARE = 0.35
"""A walkers' path that the menu has already is worth so much of a new one, again and again."""
KM2_WORTH = 0.05
"""Worth of a watched square kilometre against that of all walkers' paths together (1.0)."""
PAD_S = 300.0
"""Straight up and down, and whole laps where parts would do: for choosing only."""
AIMS_MIN = 5
LOW_M = 500.0
"""Over its base no circle climbs to less."""
TURN_LEVEL_M = 100.0
CIRCLE_STEP_M = 10.0
TURN_SLACK = 1.05
"""A turn a twentieth wider than planned lies within the track's tolerance."""


@dataclass(frozen=True)
class Start:
    """One base and aircraft type, and how many tours the base has already: its tours are numbered through all types."""

    base: Base
    type_name: str
    aircraft: Aircraft
    tours_before: int = 0

    def tour_id(self, index: int) -> str:
        """The id of the index-th tour of this menu, unique in the plan: base names are."""
        return f"{self.base.name}-{self.tours_before + index + 1:02d}"


@dataclass(frozen=True, eq=False)
class Racetracks:
    """All that a menu was chosen from. gsd_m: the resolution that they are made for; far_m (n,): metres of level way to
    each of the strips, about, +inf where there is none; on_station (n,): about which share of the longest sortie that
    leaves for watching. by_lot: whether the camera looks all round (`looks.py`)."""

    start: Start
    airspace: Airspace
    ways: Ways
    gsd_m: float
    strips: tuple[Strip, ...]
    far_m: Floats
    on_station: NDArray[np.float32]
    by_lot: bool = False


@dataclass
class Menu:
    """Tours with their worth, best first by order of choice, what was left out, and what there was to choose from."""

    flown: list[Flown] = field(default_factory=list)
    worth: list[float] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    tracks: Racetracks | None = None


def menu_of(
    start: Start, airspace: Airspace, sight: Sight, traffic: Traffic, size: int, out_of_time: Callable[[], bool]
) -> Menu:
    """Greedy: the candidate with most unwatched paths first; kept when it can be flown and sees enough."""
    for gsd in GSD_STEPS_M:
        menu = _menu_at(start, airspace, sight, traffic, size, gsd, out_of_time)
        if menu.flown or out_of_time():
            return menu
    return menu


def _menu_at(
    start: Start,
    airspace: Airspace,
    sight: Sight,
    traffic: Traffic,
    size: int,
    gsd: float,
    out_of_time: Callable[[], bool],
) -> Menu:
    menu = Menu()
    name = f"{start.base.name}, {start.type_name}"
    circles = Circles(start, airspace)
    ways = circles.ways_to(circles.ground_hae_m + LOW_M)
    if isinstance(ways, Why):
        menu.dropped.append(Dropped(what=name, why=ways.why, text=ways.text))
        return menu
    candidates = candidates_of(airspace, start.aircraft, traffic, gsd)
    tracks = menu.tracks = racetracks_of(start, airspace, ways, gsd, candidates.strips)
    if not len(candidates.strips):
        text = f"no racetrack below the ceiling has ground in sight at {gsd:.2f} m resolution."
        menu.dropped.append(Dropped(what=name, why="no_strip", text=text))
        return menu
    chooser = _Chooser(candidates, traffic, tracks.on_station)
    refused: dict[str, tuple[int, str]] = {}
    for _ in range(TRIES_MAX):
        index = chooser.best()
        if index is None or len(menu.flown) >= size or out_of_time():
            break
        strip = candidates.strips[index]
        found = flown_of(start.tour_id(len(menu.flown)), strip, circles, airspace, sight, gsd)
        if isinstance(found, Why):
            chooser.refuse(index)
            refused[found.why] = (refused.get(found.why, (0, ""))[0] + 1, found.text)
            continue
        crossing = _crossed(found, traffic)
        menu.worth.append(worth_of(found, crossing, traffic))
        menu.flown.append(found)
        chooser.take(index, crossing)
    if not menu.flown and not refused:
        text = f"none of {len(candidates.strips)} strips was tried before the time given was up."
        why = "no_time"
        if not chooser.open():
            text = f"none of {len(candidates.strips)} strips has a level way to it that is in radio sight."
            why = "no_way"
        menu.dropped.append(Dropped(what=name, why=why, text=text))
    for why, (count, text) in sorted(refused.items()):
        menu.dropped.append(Dropped(what=f"{name}: {count} strips", why=why, text=f"The last of them: {text}"))
    return menu


def flown_of(
    name: str,
    strip: Strip,
    circles: "Circles",
    airspace: Airspace,
    sight: Sight,
    gsd: float,
    by_lot: bool = False,
) -> Flown | Why:
    """The tour round a strip, its camera looking along the strip's line or all round by lot; or why it cannot be flown
    or sees too little."""
    found, aircraft = circles.way_to(strip), circles.start.aircraft
    if isinstance(found, Why):
        return found
    pad, way = found
    if too_tight := _too_tight(strip, way, airspace, aircraft):
        return too_tight
    frame = frame_of(strip, pad, way, airspace, aircraft)
    if isinstance(frame, Why):
        return frame
    amsl, weather = airspace.amsl_m(strip.hae_m), airspace.sector.weather
    flight, wind = flight_at(aircraft, amsl, weather), wind_at(weather, amsl)
    view = view_of(strip, airspace, aircraft, flight, wind, gsd, sight, by_lot)
    if len(view.aims()) < AIMS_MIN or not math.isfinite(view.lap_s):
        return Why(
            "hidden", f"only {len(view.aims())} of {len(view.points)} aims are in sight, near enough and lawful."
        )
    return tour_of(name, strip, view, pad, frame, airspace, aircraft)


def _too_tight(strip: Strip, way: Way, airspace: Airspace, aircraft: Aircraft) -> Why | None:
    """Why the turns cannot be flown: those of the racetrack at any height from the way's down to the strip's, for laps
    lead from one to the other and the way joins its circle; those of the way at its own."""
    turns = [(height, strip.radius_m) for height in _levels(strip.hae_m, way.height_hae_m)]
    for height, room in (*turns, (way.height_hae_m, way.tightest_m)):
        wanted = turn_m(aircraft, airspace, height)
        if wanted > room * TURN_SLACK:
            return Why("turn", f"with that wind its turns need {wanted:.0f} m; on its way they have {room:.0f} m.")
    return None


def _levels(low_m: float, high_m: float) -> list[float]:
    """The heights at which turns between two heights are asked about, both among them."""
    return [*(float(h) for h in np.arange(low_m, high_m, TURN_LEVEL_M)), high_m]


def racetracks_of(
    start: Start, airspace: Airspace, ways: Ways, gsd_m: float, strips: tuple[Strip, ...], by_lot: bool = False
) -> Racetracks:
    """Strips with the way that leads to each from a base, and what it leaves for watching."""
    at = np.array([s.lap()[0] for s in strips]).reshape(-1, 2)
    far, on_station = outlook_of(start, airspace, ways, at, np.array([s.hae_m for s in strips]))
    return Racetracks(start, airspace, ways, gsd_m, strips, far, on_station, by_lot)


def outlook_of(
    start: Start, airspace: Airspace, ways: Ways, at: Floats, hae_m: Floats
) -> tuple[Floats, NDArray[np.float32]]:
    """For places (n, 2) at heights (n,): metres of level way there, about, +inf where there is none; and about which
    share of the longest sortie they leave for watching, 0 where none."""
    if not len(at):
        return np.empty(0), np.empty(0, np.float32)
    height, far = ways.outlook(at[:, 0], at[:, 1], hae_m)
    flight = flight_at(start.aircraft, airspace.amsl_m(float(hae_m.mean())), airspace.sector.weather)
    with np.errstate(invalid="ignore"):
        up = (height - ways.pad.ground_hae_m + (height - hae_m)) / flight.climb_m_s
        down = (height - ways.pad.ground_hae_m + (height - hae_m)) / flight.sink_m_s
        spent = 1.15 * (up + down + 2.0 * far / flight.tas_m_s) + PAD_S
    left = np.clip(1.0 - spent / SORTIE_MAX_S, 0.0, 1.0)
    return far, np.where(np.isfinite(left), left, 0.0).astype(np.float32)


class Circles:
    """The ways from one base by the height to which its circle is climbed: the higher, the wider the turns."""

    def __init__(self, start: Start, airspace: Airspace, levels: Layer = LEVELS) -> None:
        self.start, self._airspace, self._levels = start, airspace, levels
        x, y = airspace.dem.grid.xy(start.base.lat_deg, start.base.lon_deg)
        self.ground_hae_m = float(airspace.dem.height_at(x, y))
        self._ways: dict[float, Ways | Why] = {}

    def way_to(self, strip: Strip) -> tuple[Pad, Way] | Why:
        """The way to a strip, from a circle wide enough for every height up to the way's."""
        height = strip.hae_m
        while True:
            ways = self.ways_to(height)
            if isinstance(ways, Why):
                return ways
            way = ways.transit(strip)
            if way is None:
                text = "no level way over the terrain, inside the standoff and in radio sight, leads to it."
                return Why("no_way", text)
            if self._radius_m(way.height_hae_m) <= ways.pad.radius_m:
                return ways.pad, way
            height = way.height_hae_m

    def ways_to(self, height_hae_m: float) -> Ways | Why:
        """The ways from the circle that climbs so high; or why there is none."""
        radius = self._radius_m(height_hae_m)
        if radius not in self._ways:
            pad = pad_of(self.start.base, self._airspace, radius)
            text = f"no circle of {radius:.0f} m radius near base {self.start.base.name} is clear of border and zones."
            self._ways[radius] = Why("no_circle", text) if pad is None else Ways(self._airspace, pad, self._levels)
        return self._ways[radius]

    def _radius_m(self, height_hae_m: float) -> float:
        """The widest turn from the ground up to a height, in steps that let neighbours share a circle."""
        levels = _levels(self.ground_hae_m, height_hae_m)
        widest = max(turn_m(self.start.aircraft, self._airspace, h) for h in levels)
        return math.ceil(widest / CIRCLE_STEP_M) * CIRCLE_STEP_M


def _crossed(flown: Flown, traffic: Traffic) -> NDArray[np.uint8]:
    """The walkers' paths that come through the ground of the aims that are really taken."""
    at = flown.aims()
    return np.asarray(traffic.crossing(at[None, :, 0], at[None, :, 1])[0])


def worth_of(flown: Flown, crossing: NDArray[np.uint8], traffic: Traffic) -> float:
    """Share of walkers' paths met, times the probability of notice there, times the share of the hour on station;
    and a little for ground."""
    chance = float(np.mean([look.chance for lot in flown.looks for look in lot]))
    share = float(count_bits(crossing[None, :])[0]) / max(traffic.paths, 1)
    on_station = flown.station_s / 3600.0
    return (share * chance + KM2_WORTH * flown.tour.watched_km2) * on_station


class _Chooser:
    """Picks the candidate worth most, given what the menu has."""

    def __init__(self, candidates: Candidates, traffic: Traffic, on_station: NDArray[np.float32]) -> None:
        self._met = np.unpackbits(candidates.bits, axis=1)[:, : max(traffic.paths, 1)].astype(np.float32)
        self._weight = np.full(self._met.shape[1], 1.0 / max(traffic.paths, 1), np.float32)
        self._share = np.minimum(1.0, candidates.aims / AIMS_FULL).astype(np.float32)
        area = np.array([s.spacing_m * s.spacing_m for s in candidates.strips], np.float32) * candidates.aims / 1e6
        self._area = KM2_WORTH * area
        self._at = np.array([(s.x_m, s.y_m) for s in candidates.strips])
        self._open = on_station > 0.0
        self._nearness = on_station.copy()

    def open(self) -> bool:
        """Whether a candidate is left to be tried."""
        return bool(self._open.any())

    def best(self) -> int | None:
        """The index of the best open candidate; None when none is left."""
        if not self.open():
            return None
        value = np.where(self._open, (self._met @ self._weight * self._share + self._area) * self._nearness, -1.0)
        return int(np.argmax(value))

    def take(self, index: int, crossing: NDArray[np.uint8]) -> None:
        """It is in the menu: its paths are worth less from now on, and so are its neighbours."""
        met = np.unpackbits(crossing)[: len(self._weight)].astype(np.bool_)
        self._weight[met] *= REPEAT_SHARE
        self._dim(index, 900.0, 0.5)
        self._open[index] = False

    def refuse(self, index: int) -> None:
        """It cannot be flown; what lies close by probably cannot either."""
        self._dim(index, 500.0, 0.8)
        self._open[index] = False

    def _dim(self, index: int, within_m: float, share: float) -> None:
        near = np.hypot(*(self._at - self._at[index]).T) < within_m
        self._nearness[near] *= share
