"""Watching a simulated night: the simulator's streams through their chains, its fixes into the account."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Protocol

from ...adapters.video import ApartDecoder, VideoDecoder
from ...alert import Watchman, WatchSettings
from ...core.errors import EnvironmentFault, Fault
from ...core.instant import NS
from ...core.plan import sorties_of
from ...core.sight import Fix
from ...ports import StreamSource
from ...see import Eye, EyeSettings, TrackerSettings
from ..chain import Chain, ChainSettings, Keeper
from ..live import Book, Door, Live, Scene
from ..loading import load_fleet
from ..post import Post
from ..simulator import SimulatorSpec
from ..stop import Stop
from .flights import Flights
from .memory import PeakMemory
from .night import TRUTH_FILE, Night, NightFault, on_station_utc_ns, sigmas_of
from .progress import Progress
from .reach import ground_reach_m
from .simulation import start_simulation

CRASHES = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL)
"""Signals by which a process ends itself; any other comes from outside, as when memory runs out."""
STOPPED = NightFault("interrupted", {})


class Telemetry(Protocol):
    """A vehicle link that counts what it could not read."""

    damaged: int

    def fixes(self) -> Iterator[Fix]: ...

    def close(self) -> None: ...


class Simulated(Protocol):
    """A simulator that runs: its streams, its telemetry, and its end."""

    streams: dict[str, StreamSource]

    @property
    def link(self) -> Telemetry: ...

    def pids(self) -> list[int]: ...

    def has_ended(self) -> bool: ...

    def stop(self, telemetry_is_read: bool) -> None: ...

    def wait(self) -> int: ...

    def close(self) -> None: ...


def watch_night(
    night: Night,
    keeper: Keeper,
    progress: Progress,
    door: Door | None = None,
    joined: Callable[[], Simulated] | None = None,
    stop: Stop | None = None,
) -> None:
    """Fly and watch until the simulation ends or a person stops it; what failed of the equipment is in the night's
    `faults`. Whatever else fails, in whichever thread, is raised here when what was watched is written down. With a
    door the night is told as it happens, by its `live`, which is the caller's to close. `joined`: the simulation, where
    it is not ours to start; `stop`: a person's request, where somebody else takes it."""
    _make_chains(night, keeper, Book(night.post.watch) if door is None else door.book)
    if door is not None:
        night.live = _opened(night, keeper, door)
    simulation = _own_simulation(night) if joined is None else joined()
    memory = PeakMemory(lambda: [os.getpid(), *simulation.pids()])
    progress.step("watching")
    started = time.monotonic()
    try:
        _pump_all(night, simulation, keeper, progress, stop)
    finally:
        night.peak_mb = memory.stop()
        simulation.close()
    night.wall_s = (night.last_frame_s or time.monotonic()) - (night.first_frame_s or started)
    _note_end(night, keeper)


def _own_simulation(night: Night) -> Simulated:
    truth = truth_folder(night.post)
    return start_simulation(simulator_spec_of(night, truth), truth, night.fleet)


def truth_folder(post: Post) -> Path:
    """Where the simulator writes what really happens. An older night's truth is taken away first: it tells nothing of
    this one, should this one's simulator never come to write its own."""
    folder = post.folder / "truth"
    folder.mkdir(exist_ok=True)
    (folder / TRUTH_FILE).unlink(missing_ok=True)
    return folder


def _pump_all(
    night: Night, simulation: Simulated, keeper: Keeper, progress: Progress, asked: Stop | None = None
) -> None:
    with nullcontext(asked) if asked is not None else Stop() as stop:
        pumps = Pumps(night, simulation, keeper, stop)
        try:
            code = pumps.run(progress)
        except BaseException as failure:
            night.faults.append(fault_of(failure))
            with suppress(Fault, OSError):  # the first failure is the one to tell
                _note_end(night, keeper)
            raise
    night.interrupted = stop.asked
    night.faults += [STOPPED] * stop.asked
    night.faults += _faults_of(simulation)
    if code != 0 and not night.interrupted:
        _take_death(night, code)


def fault_of(failure: BaseException) -> NightFault:
    """What ended the night: a Ctrl-C that did not wait, or something that failed."""
    if isinstance(failure, KeyboardInterrupt):
        return STOPPED
    return NightFault("watch_failed", {"why": f"{type(failure).__name__}: {failure}"})


def _make_chains(night: Night, keeper: Keeper, before: Book) -> None:
    """One chain a stream, under one watchman. Their numbers go on after those of the watch so far."""
    watchman, lock = watchman_of(night, before), threading.Lock()
    night.lines_m = watchman.lines_m
    for name in night.fleet:
        eye = eye_of(night, name, before)
        segments = before.segments.get(name, 0)
        settings = ChainSettings(stream=name, live=not night.settings.headless, segments_before=segments)
        decoder = VideoDecoder if night.settings.headless else ApartDecoder
        night.chains[name] = Chain(
            settings, eye, watchman, keeper, night.own_side, lock, decoder_for=decoder.for_stream_type
        )


def _opened(night: Night, keeper: Keeper, door: Door) -> Live:
    """The night's live side, open to readers and told by every chain."""
    scene = Scene(
        watch=night.post.watch,
        sector=night.sector,
        mandate=night.mandate,
        plan=night.plan,
        types=load_fleet(night.sector, night.exercise.sector),
        dem=night.ground.dem,
        border_line=night.ground.border_line,
        own_side=night.own_side,
        lines_m=night.lines_m,
        width_px=night.settings.width_px,
        height_px=night.settings.height_px,
        simulated=True,
        terrain=True,
    )
    live = Live(scene, night.post, keeper, door)
    live.publisher.follow(night.chains)
    live.start()
    return live


class Pumps:
    """The threads of a watch: one for each stream, the first of them this one, and one for the telemetry. The first
    failure in any of them, or a person's stop, ends them all; each stream is then written down to where it came."""

    def __init__(self, night: Night, simulation: Simulated, keeper: Keeper, stop: Stop) -> None:
        self._night, self._simulation, self._keeper, self._stop = night, simulation, keeper, stop
        self._failures: list[BaseException] = []

    def run(self, progress: Progress) -> int:
        """Pump until all is over; the simulator's exit code. Raises the first failure of any thread."""
        first, *rest = self._night.fleet
        telemetry = self._started("telemetry", self._fixes)
        others = [self._started(name, partial(self._stream, name, None)) for name in rest]
        self._guard(partial(self._stream, first, progress))
        for thread in others:
            thread.join()
        if self._is_cut():
            self._simulation.stop(telemetry.is_alive())
        code = self._simulation.wait()
        telemetry.join()
        if self._failures:
            raise self._failures[0]
        return code

    def _started(self, name: str, work: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=self._guard, args=(work,), name=name, daemon=True)
        thread.start()
        return thread

    def _guard(self, work: Callable[[], None]) -> None:
        """Do the work; what it raises is kept for the main thread."""
        try:
            work()
        except BaseException as failure:
            self._failures.append(failure)

    def _is_cut(self) -> bool:
        """Whether the watch ends before the simulation does."""
        return self._stop.asked or bool(self._failures)

    def _stream(self, name: str, progress: Progress | None) -> None:
        chain = self._night.chains[name]
        for chunk in self._simulation.streams[name].chunks():
            if chunk.data:
                self._night.first_frame_s = self._night.first_frame_s or time.monotonic()
            chain.feed(chunk.data, chunk.received_monotonic_ns)
            if chunk.data and self._night.live is not None:
                self._night.last_frame_s = time.monotonic()
            if progress is not None:
                _tell(self._night, chain, progress)
            if self._is_cut() or (not chunk.data and self._simulation.has_ended()):
                break
        chain.end()

    def _fixes(self) -> None:
        """Fixes into the account; a flight is opened with its first fix and closed with the last of its sortie."""
        flights = Flights(self._night, self._keeper)
        for fix in self._simulation.link.fixes():
            self._night.fixes.setdefault(fix.aircraft, []).append(fix)
            flights.fix(fix)
            if self._night.live is not None:
                self._night.live.publisher.fix(fix)
        flights.end()


def _tell(night: Night, chain: Chain, progress: Progress) -> None:
    totals = chain.totals
    if totals.first_utc_ns is None or totals.last_utc_ns is None:
        return
    done_s = (totals.last_utc_ns - totals.first_utc_ns) / NS
    note = f"{done_s / 60:.1f} min  {len(chain.alerts)} !"
    progress.at(done_s / (night.settings.minutes * 60.0), note)


def _faults_of(simulation: Simulated) -> list[NightFault]:
    """What was lost on the way in."""
    damaged = simulation.link.damaged
    lost = {name: source.dropped_bytes for name, source in simulation.streams.items()}
    faults = [NightFault("telemetry_damaged", {"lines": damaged})] if damaged else []
    return faults + [NightFault("bytes_dropped", {"stream": name, "bytes": n}) for name, n in lost.items() if n]


def _take_death(night: Night, code: int) -> None:
    """Note that the simulator ended badly, and whose fault that was: by a crash ours, by a signal the machine's."""
    killed = code < 0 and -code not in CRASHES
    values: dict[str, object] = {"signal": signal.Signals(-code).name} if killed else {"code": code}
    fault = NightFault("simulator_killed" if killed else "simulator_failed", values)
    night.faults.append(fault)
    if killed or code == EnvironmentFault.exit_code:
        remedy = "See whether memory or disk ran out, and run the night again in another post."
        night.dead_simulator = EnvironmentFault(fault.code, fault.text(), remedy=remedy)
    else:
        remedy = "This is our bug: report it with the lines above."
        night.dead_simulator = Fault(fault.code, fault.text(), remedy=remedy)


def _note_end(night: Night, keeper: Keeper) -> None:
    """Write down what still waits, and what failed."""
    last_ns = max((c.totals.last_utc_ns or 0 for c in night.chains.values()), default=0) or night.sector.start_utc_ns
    keeper.close_blocks()
    for fault in night.faults:
        keeper.note("fault", last_ns, {"what": fault.code, "text": fault.text(), **fault.values})
        if night.live is not None:
            night.live.publisher.fault(fault.code, fault.text(), fault.values)
    keeper.commit()


def eye_of(night: Night, stream: str, before: Book) -> Eye:
    """Who looks at a stream; its tracks' numbers go on after those before."""
    tracker = TrackerSettings(before=before.tracks_before(stream))
    settings = EyeSettings(sigmas=sigmas_of(night.sector), tracker=tracker)
    return Eye(night.ground.dem, night.ground.dem.grid, stream, settings)


def watchman_of(night: Night, before: Book) -> Watchman:
    """Who raises the alerts, told the lines that a camera of the plan can resolve a walker at."""
    types, width_px = load_fleet(night.sector, night.exercise.sector), night.settings.width_px
    sorties = sorties_of(night.plan)
    reaches_m = [ground_reach_m(types[s.aircraft_type].camera, width_px, s.tour, night.ground.dem) for s in sorties]
    settings = WatchSettings(
        standoff_m=night.sector.border.standoff_m,
        resolved_range_m=max(reaches_m),
        alerts_before=before.alerts_before,
        incidents_before=before.incidents_before,
    )
    return Watchman(night.ground.border_line, night.sector.zones, night.ground.dem.grid, settings)


def simulator_spec_of(night: Night, truth: Path) -> SimulatorSpec:
    """A headless night's simulator from when the first aircraft is on station; its pipes are still to be made."""
    s = night.settings
    return SimulatorSpec(
        world=str(night.exercise.world),
        sector=str(night.exercise.sector),
        plan=str(night.post.plan),
        truth=str(truth / TRUTH_FILE),
        seed=s.seed,
        from_utc_ns=on_station_utc_ns(night.plan),
        minutes=s.minutes,
        width_px=s.width_px,
        height_px=s.height_px,
        crossers_per_hour=s.crossers_per_hour,
        paced=False,
        fleet=night.fleet,
        stream_fds={},
        udp_ports={},
        fix_fd=-1,
        rate_hz=s.rate_hz,
    )
