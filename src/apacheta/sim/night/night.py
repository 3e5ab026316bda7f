"""One simulated night: aircraft fly their sorties, cameras look, and what the world would hand out comes out.

Simulated time only: who paces it, and where the bytes go, is `process.py`'s business. Same arguments, same bytes.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...core.aircraft import Aircraft
from ...core.errors import InputFault
from ...core.instant import NS, iso_of
from ...core.plan import Sortie
from ...core.sector import Sector
from ...core.sight import CameraPose, Fix
from ...formats.klv import encode_st0601
from ..world import CROSSERS_PER_HOUR, World
from .attitude import grid_axes
from .cast import Cast, Places, cast_of
from .encode import Stream
from .figures import Figures, Seen
from .flight import Flight
from .gimbal import Gimbal, Sight, aims_of
from .ground import Ground
from .markers import MarkerField, marker_places
from .pose import FrameCentre, Navigation, TruePose, centre_told, fix_of, st0601_items, true_pose
from .render import Renderer, Scene, Sensor, View
from .snapshot import State, resume, snapshot_of
from .truth import Line, Whereabouts, aircraft_line, marker_line, party_lines, view_lines, where_lines
from .warmth import temperatures_of

FIX_NS, VIEW_NS, WHERE_NS, COOLING_NS = NS // 2, NS // 2, 5 * NS, 600 * NS
TURNAROUND_NS = 600 * NS
"""Battery change and checks on the pad."""
STEP_S = 0.1


@dataclass
class Tick:
    """What came out at one instant: transport stream bytes by aircraft, telemetry, lines of truth."""

    utc_ns: int
    streams: dict[str, bytes] = field(default_factory=dict)
    fixes: list[Fix] = field(default_factory=list)
    truth: list[Line] = field(default_factory=list)


@dataclass
class Airborne:
    """One sortie in the air with its camera and its errors."""

    sortie: Sortie
    aircraft: Aircraft
    flight: Flight
    gimbal: Gimbal
    navigation: Navigation
    sight: Sight


class Crew:
    """One aircraft through the night: its sorties one after another, its camera, its stream. `pictures`: how many there
    have been so far, sent or not."""

    def __init__(self, name: str, sorties: list[Sortie], renderer: Renderer, sensor: Sensor, stream: Stream) -> None:
        self.name, self.waiting = name, sorties
        self.renderer, self.sensor, self.stream = renderer, sensor, stream
        self.air: Airborne | None = None
        self.free_utc_ns = self.pictures = 0

    def due(self, utc_ns: int) -> bool:
        """Whether the next sortie is to take off now."""
        return (
            self.air is None and bool(self.waiting) and utc_ns >= max(self.waiting[0].launch_utc_ns, self.free_utc_ns)
        )


class NightSimulator:
    """Runs the night from `from_utc_ns` for `minutes`. `run()` yields ticks at the camera's rate. Between two of them
    `snapshot()` tells what another simulator needs to go on from there, made with the same arguments and `resume`d.

    aircraft: by type (or by id). A sortie that began earlier is flown up to the first instant without pictures, but
    with its fixes and its true places: they come with the first tick.
    exact_pose: the aircraft report the truth, for checks of geometry. width_px, height_px, rate_hz override the
    camera's own.
    """

    def __init__(
        self,
        *,
        world: World,
        sorties: tuple[Sortie, ...],
        aircraft: Mapping[str, Aircraft],
        sector: Sector,
        minutes: float,
        seed: int,
        width_px: int,
        height_px: int,
        crossers_per_hour: float = CROSSERS_PER_HOUR,
        from_utc_ns: int | None = None,
        rate_hz: float | None = None,
        exact_pose: bool = False,
        cast: Cast | None = None,
    ) -> None:
        self.sector, self.seed, self.exact_pose, self.minutes = sector, seed, exact_pose, minutes
        self.from_utc_ns = sector.start_utc_ns if from_utc_ns is None else from_utc_ns
        self.to_utc_ns = self.from_utc_ns + round(minutes * 60 * NS)
        self.width_px, self.height_px = width_px, height_px
        self.ground = Ground(world)
        self.types = {s.aircraft: _type_of(s, aircraft) for s in sorties}
        self.rate_hz = rate_hz or min((a.camera.rate_hz for a in self.types.values()), default=10.0)
        self.cast = cast or cast_of(world, seed, self.from_utc_ns, self.to_utc_ns, crossers_per_hour)
        self.scene = Scene(self.ground, temperatures_of(world, self.from_utc_ns), seed)
        self.whereabouts = Whereabouts(len(self.cast.members))
        self.figures = Figures(self.cast, self.ground)
        aims = tuple(aim for s in sorties for aim in aims_of(s.tour.stares, self.ground))
        self.marker_xy_m: NDArray[np.float64] = marker_places(aims, self.ground, self._rng("markers"))
        self.crews = [self._crew(name, sorties) for name in sorted(self.types)]
        self.fields = {crew.name: MarkerField(self.marker_xy_m, self.ground) for crew in self.crews}
        self.crossers_per_hour = crossers_per_hour
        self.cooled_utc_ns = self.next_utc_ns = self.from_utc_ns
        self._sent_to_utc_ns: int | None = None
        self._first: Tick | None = None

    @property
    def streams(self) -> tuple[str, ...]:
        """The names of the streams: the aircraft's ids."""
        return tuple(crew.name for crew in self.crews)

    def snapshot(self) -> State:
        """The state between two ticks, as JSON values."""
        return snapshot_of(self)

    def resume(self, state: State, sent_to_utc_ns: int) -> None:
        """Go on from a snapshot of the same night. Pictures up to `sent_to_utc_ns` had been sent: they count."""
        resume(self, state)
        self._sent_to_utc_ns = sent_to_utc_ns

    def run(self, is_missed: Callable[[int], bool] = lambda utc_ns: False) -> Iterator[Tick]:
        """The night, instant by instant, from its beginning or from where it is resumed. Of an instant that `is_missed`
        there are fixes and truth, and no picture; nothing that follows is otherwise for it but the camera's gain."""
        step_ns = round(NS / self.rate_hz)
        tick = Tick(self.next_utc_ns)
        if self._sent_to_utc_ns is None:
            tick = self._first or self._flown_up()
        while tick.utc_ns < self.to_utc_ns:
            self._tick(tick, step_ns / NS, is_missed(tick.utc_ns))
            self.next_utc_ns += step_ns
            yield tick
            tick = Tick(self.next_utc_ns)
        utc_ns = tick.utc_ns
        yield Tick(utc_ns, truth=[*self._where(utc_ns, self.cast.at(utc_ns)), self.count_line()])

    def count_line(self) -> Line:
        """Pictures sent so far by stream; and missed: those that were due and never made, for want of time."""
        sent = {crew.name: crew.stream.frames for crew in self.crews}
        missed = {crew.name: max(crew.pictures - crew.stream.frames, 0) for crew in self.crews}
        return {"kind": "frame_count", "utc_ns": str(self.next_utc_ns), "frames": sent, "missed": missed}

    # -- time ---------------------------------------------------------------------------------------------------

    def fly_up(self) -> None:
        """Fly up to the first instant now; else `run` does so when it begins."""
        self._first = self._flown_up()

    def _flown_up(self) -> Tick:
        """The first instant, with all that comes before it."""
        tick = Tick(self.next_utc_ns, truth=[self._night_line(), *party_lines(self.cast)])
        self._fly_up_to_start(tick, round(NS / self.rate_hz))
        return tick

    def _fly_up_to_start(self, tick: Tick, step_ns: int) -> None:
        """Fly sorties that began before the first instant, without pictures."""
        launches = [crew.waiting[0].launch_utc_ns for crew in self.crews if crew.waiting]
        steps = max(0, -(-(self.from_utc_ns - min(launches, default=self.from_utc_ns)) // step_ns))
        for k in range(steps):
            utc_ns = self.from_utc_ns - (steps - k) * step_ns
            for crew in self.crews:
                air = self.advance(tick, crew, utc_ns, step_ns / NS)
                if air is not None and self._every(utc_ns - self.from_utc_ns, FIX_NS, step_ns / NS):
                    self._report(
                        tick, crew, air, utc_ns, air.navigation.report(self.true_pose(air, utc_ns), FIX_NS / NS)
                    )

    def _tick(self, tick: Tick, dt_s: float, missed: bool) -> None:
        self._cool(tick.utc_ns)
        places = self.cast.at(tick.utc_ns)
        since_ns = tick.utc_ns - self.from_utc_ns
        if self._every(since_ns, WHERE_NS, dt_s):
            tick.truth += self._where(tick.utc_ns, places)
        for crew in self.crews:
            air = self.advance(tick, crew, tick.utc_ns, dt_s)
            if air is not None and missed:
                self._pass_over(tick, crew, air, since_ns, dt_s)
            elif air is not None:
                self._look(tick, crew, air, places, since_ns, dt_s)

    def _where(self, utc_ns: int, places: Places) -> list[Line]:
        return where_lines(utc_ns, self.whereabouts.due(utc_ns, places), self.cast, places, self.ground)

    def _every(self, since_ns: int, period_ns: int, dt_s: float) -> bool:
        """True on the first tick of each period."""
        return since_ns // period_ns != (since_ns - round(dt_s * NS)) // period_ns

    def _cool(self, utc_ns: int) -> None:
        """The ground cools: new temperatures every ten minutes."""
        if utc_ns - self.cooled_utc_ns >= COOLING_NS:
            self.scene.temperatures = temperatures_of(self.ground.world, utc_ns)
            self.cooled_utc_ns = utc_ns

    # -- aircraft -----------------------------------------------------------------------------------------------

    def _crew(self, name: str, sorties: tuple[Sortie, ...]) -> Crew:
        mine = sorted((s for s in sorties if s.aircraft == name), key=lambda s: (s.launch_utc_ns, s.id))
        netd_k = self.types[name].camera.netd_k
        sensor = Sensor(self.width_px, self.height_px, netd_k, self._rng("sensor", name))
        stream = Stream(self.width_px, self.height_px, self.rate_hz, self.from_utc_ns)
        return Crew(name, mine, Renderer(self.scene, self.width_px, self.height_px), sensor, stream)

    def advance(self, tick: Tick, crew: Crew, utc_ns: int, dt_s: float) -> Airborne | None:
        """Fly on to `utc_ns`; take off when due; None on the ground, with one last fix of who has landed."""
        if crew.due(utc_ns):
            crew.air = self.take_off(crew.name, crew.waiting.pop(0))
            crew.stream.restart()
            return crew.air
        air = crew.air
        if air is None:
            return None
        steps = max(1, math.ceil(dt_s / STEP_S - 1e-9))
        for _ in range(steps):
            air.flight.step(dt_s / steps)
        if air.flight.done:
            self._report(tick, crew, air, utc_ns, air.navigation.report(self.true_pose(air, utc_ns), dt_s))
            crew.air, crew.free_utc_ns = None, utc_ns + TURNAROUND_NS
            return None
        air.sight = air.gimbal.step(air.flight.motion, self.ground, dt_s)
        return air

    def take_off(self, name: str, sortie: Sortie) -> Airborne:
        """The sortie at its first instant, with chance of its own."""
        aircraft = self.types[name]
        rng = self._rng("sortie", sortie.id)
        flight = Flight(sortie, aircraft, self.ground, self.sector.weather, rng)
        limits = (aircraft.camera.depression_min_deg, aircraft.camera.depression_max_deg)
        gimbal = Gimbal(aims_of(sortie.tour.stares, self.ground), aircraft.camera.slew_deg_s, limits, rng)
        sight = gimbal.step(flight.motion, self.ground, STEP_S)
        return Airborne(sortie, aircraft, flight, gimbal, Navigation(rng, self.exact_pose), sight)

    # -- pictures -----------------------------------------------------------------------------------------------

    def _look(self, tick: Tick, crew: Crew, air: Airborne, places: Places, since_ns: int, dt_s: float) -> None:
        """One frame of one aircraft with its metadata, telemetry and truth."""
        motion = air.flight.motion
        true = self.true_pose(air, tick.utc_ns)
        local = self.ground.local(motion.x_m, motion.y_m)
        axes = grid_axes(true.sight_ned, local.convergence_deg)
        view = View((motion.x_m, motion.y_m, motion.amsl_m), axes, self.focal_px(crew.name))
        crew.renderer.look(view)
        range_m = _middle_range_m(crew.renderer)
        marks = self.fields[crew.name].render(crew.renderer, view)
        seen = self.figures.render(crew.renderer, view, local, places, self.scene.temperatures)
        frame, crew.pictures = crew.pictures, crew.pictures + 1
        pose = air.navigation.report(true, dt_s)
        centre = _centre_of(pose, local.undulation_m, range_m, self.width_px / view.focal_px)
        items = st0601_items(pose, local.undulation_m, centre, air.sortie.id, air.aircraft.name)
        tick.streams[crew.name] = crew.stream.packets(
            tick.utc_ns, crew.sensor.expose(crew.renderer.kelvins), encode_st0601(items)
        )
        if self._every(since_ns, FIX_NS, dt_s):
            self._report(tick, crew, air, tick.utc_ns, pose)
        self._tell(
            tick, crew.name, frame, true, pose, air.sight, marks, seen, places, self._every(since_ns, VIEW_NS, dt_s)
        )

    def _pass_over(self, tick: Tick, crew: Crew, air: Airborne, since_ns: int, dt_s: float) -> None:
        """One frame that nobody gets: chance and telemetry go on as if it had been."""
        pose = air.navigation.report(self.true_pose(air, tick.utc_ns), dt_s)
        crew.sensor.skip()
        crew.pictures += 1
        crew.stream.frames += self._sent_to_utc_ns is not None and tick.utc_ns <= self._sent_to_utc_ns
        if self._every(since_ns, FIX_NS, dt_s):
            self._report(tick, crew, air, tick.utc_ns, pose)

    def _tell(
        self,
        tick: Tick,
        name: str,
        frame: int,
        true: TruePose,
        reported: CameraPose,
        sight: Sight,
        marks: list[tuple[int, float, float]],
        seen: list[Seen],
        places: Places,
        view_due: bool,
    ) -> None:
        """The truth about one picture."""
        if view_due:
            tick.truth += view_lines(tick.utc_ns, name, frame, seen, self.cast, places, self.ground)
        squares = self.fields[name]
        for number, column, row in marks:
            if sight.holding and squares.due(number, tick.utc_ns):
                place = (*(float(v) for v in squares.places[number]), float(squares.amsl_m[number]))
                tick.truth.append(marker_line(true, reported, name, frame, number, column, row, place, self.ground))

    def focal_px(self, name: str) -> float:
        """Of an aircraft's camera, in pixels of its picture."""
        return self.width_px / 2 / math.tan(math.radians(self.types[name].camera.hfov_deg) / 2)

    def true_pose(self, air: Airborne, utc_ns: int) -> TruePose:
        """Where its camera is, and how it looks."""
        hfov_deg, shape = air.aircraft.camera.hfov_deg, self.height_px / self.width_px
        return true_pose(utc_ns, air.flight.motion, air.sight, self.ground, hfov_deg, shape)

    def _report(self, tick: Tick, crew: Crew, air: Airborne, utc_ns: int, pose: CameraPose) -> None:
        """One fix, and where the aircraft truly is."""
        motion = air.flight.motion
        left = 1.0 - motion.used_wh / air.aircraft.battery_wh
        tick.fixes.append(fix_of(crew.name, pose, motion, left))
        tick.truth.append(aircraft_line(utc_ns, crew.name, air.sortie.id, motion, self.ground))

    # -- chance and parameters ----------------------------------------------------------------------------------

    def _rng(self, *names: str) -> np.random.Generator:
        """A generator of its own for each part, so that one more draw here changes nothing there."""
        return np.random.default_rng([self.seed, *b"/".join(name.encode() for name in names)])

    def _night_line(self) -> Line:
        return {
            "kind": "night",
            "from_utc_ns": str(self.from_utc_ns),
            "from_utc": iso_of(self.from_utc_ns),
            "minutes": self.minutes,
            "seed": self.seed,
            "sector": self.sector.name,
            "width_px": self.width_px,
            "height_px": self.height_px,
            "rate_hz": self.rate_hz,
            "with_crossers": self.crossers_per_hour > 0.0,
            "exact_pose": self.exact_pose,
            "refraction": self.ground.refraction,
            "streams": list(self.streams),
        }


def _middle_range_m(renderer: Renderer) -> float | None:
    """From the camera to the ground in the middle of the picture; None for sky."""
    height, width = renderer.ranges.shape
    range_m = float(renderer.ranges[(height - 1) // 2 : height // 2 + 1, (width - 1) // 2 : width // 2 + 1].mean())
    return None if range_m > 1e8 else range_m


def _centre_of(pose: CameraPose, undulation_m: float, range_m: float | None, spread: float) -> FrameCentre | None:
    """The middle of the picture as the aircraft tells it; None where that is sky."""
    return None if range_m is None else centre_told(pose, undulation_m, range_m, spread * range_m)


def _type_of(sortie: Sortie, aircraft: Mapping[str, Aircraft]) -> Aircraft:
    """The aircraft of a sortie, by its type or by its id."""
    for name in (sortie.aircraft_type, sortie.aircraft):
        if name in aircraft:
            return aircraft[name]
    raise InputFault(
        "unknown_aircraft",
        f"Sortie {sortie.id} is for an aircraft of type {sortie.aircraft_type!r}, which is not in the fleet.",
        field="aircraft",
        remedy=f"Known types: {', '.join(sorted(aircraft)) or 'none'}.",
    )
