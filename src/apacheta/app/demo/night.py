"""The recipe of a simulated night: exercise, plan, flight and watch, account, verification, score, report."""

import os
import resource
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from ...account import Account
from ...alert import Watchman, WatchSettings
from ...core.errors import InputFault, Refusal
from ...core.instant import NS
from ...core.mandate import Mandate
from ...core.plan import WatchPlan, sorties_of
from ...core.sector import Sector
from ...core.sight import Fix
from ...formats.canonical import sha256_hex
from ...see import Eye, EyeSettings, PoseSigmas
from ..answer import INTERRUPTED, Answer
from ..chain import Chain, ChainSettings, Keeper
from ..exercise import Exercise, generated_pass, world_of_sector
from ..loading import World as Ground
from ..loading import check_mandate, load_fleet, load_mandate, load_sector, load_world
from ..logbook import open_account
from ..plan import make_plan
from ..post import Post, open_post
from ..simulator import SimulatorSpec
from .memory import PeakMemory
from .progress import Progress
from .simulation import Simulation, start_simulation

FRAME_RATE_HZ = 10.0
RESOLVED_GSD_M = 0.35
LE90, CE90 = 1.645, 2.146
"""From 90 % linear and circular errors to one standard deviation on an axis (normal errors)."""


@dataclass(frozen=True)
class DemoSettings:
    """What was asked for; `sector` None is the generated pass."""

    headless: bool
    minutes: float
    seed: int
    sector: Path | None
    mandate: Path | None
    post: Path
    aircraft: int
    width_px: int
    height_px: int
    crossers: bool
    keep_video: bool
    language: str


@dataclass
class Night:
    """Everything that one run holds, for those who report and score it."""

    settings: DemoSettings
    exercise: Exercise
    sector: Sector
    mandate: Mandate
    ground: Ground
    post: Post
    plan: WatchPlan
    fleet: tuple[str, ...]
    chains: dict[str, Chain]
    fixes: dict[str, list[Fix]]
    own_side: np.ndarray
    lines_m: tuple[float, ...] = ()
    wall_s: float = 0.0
    peak_mb: float = 0.0
    interrupted: bool = False
    first_frame_s: float | None = None


def run_night(answer: Answer, settings: DemoSettings, progress: Progress) -> None:
    """Run the whole night; fills the answer's body."""
    night = _prepared(settings, progress)
    if not night.plan.slots:
        raise Refusal("no_sortie", "No sortie can be flown in this night.", remedy="The plan's page says why for each.")
    _say_plan(answer, night)
    account, signer = open_account(night.post)
    try:
        _watch_night(night, account, progress)
    finally:
        checkpoint = account.close()
    progress.step("verifying")
    verified = _verified(night.post)
    progress.step("scoring")
    from .figures import fill_answer

    fill_answer(answer, night, checkpoint, verified)
    progress.step("reporting")
    from .reporting import write_report

    answer.body["report"] = str(write_report(night, answer.body, checkpoint, signer, verified))
    if not verified:
        answer.exit_code = Refusal.exit_code
    if night.interrupted:
        answer.exit_code = INTERRUPTED


def _prepared(settings: DemoSettings, progress: Progress) -> Night:
    """Exercise, sector, post and plan."""
    progress.step("preparing")
    exercise, sector, ground = _exercise(settings, progress)
    mandate = load_mandate(exercise.mandate)
    check_mandate(mandate, sector, sector.start_utc_ns, sector.end_utc_ns, str(exercise.mandate))
    fleet = tuple(m.id for m in sector.fleet)[: settings.aircraft]
    if len(fleet) < settings.aircraft:
        text = f"the sector's fleet has {len(fleet)} aircraft, {settings.aircraft} were asked for."
        raise InputFault(
            "fleet_too_small", text, file=str(exercise.sector), field="fleet.aircraft", remedy="Ask for fewer."
        )
    sector = msgspec.structs.replace(sector, fleet=tuple(m for m in sector.fleet if m.id in fleet))
    post = open_post(settings.post).for_another_watch(fleet)
    post.keep_mandate(exercise.mandate)
    progress.step("planning")
    made = make_plan(
        sector, mandate, load_fleet(sector, exercise.sector), ground, policy="strips", seed=settings.seed,
        max_seconds=None, out_dir=post.plans, language=settings.language,
    )  # fmt: skip
    return Night(
        settings=settings,
        exercise=exercise,
        sector=sector,
        mandate=mandate,
        ground=ground,
        post=post,
        plan=made.plan,
        fleet=fleet,
        chains={},
        fixes={name: [] for name in fleet},
        own_side=own_side_of(ground),
    )


def _exercise(settings: DemoSettings, progress: Progress) -> tuple[Exercise, Sector, Ground]:
    if settings.sector is None:
        exercise = generated_pass(settings.seed, progress.at)
        sector = load_sector(exercise.sector)
        return exercise, sector, load_world(sector, exercise.sector)
    sector = load_sector(settings.sector)
    ground = load_world(sector, settings.sector)
    world = world_of_sector(sector, ground, settings.seed, progress.at)
    mandate = settings.mandate or settings.sector.parent / "mandate.toml"
    return Exercise(settings.sector, mandate, world), sector, ground


def sigmas_of(sector: Sector) -> PoseSigmas:
    """What the eye must reckon with: a small gimbal's errors, and the terrain's as the sector states them at 90 %."""
    return PoseSigmas(terrain_m=sector.terrain.le90_m / LE90, terrain_shift_m=sector.terrain.ce90_m / CE90)


def own_side_of(ground: Ground) -> np.ndarray:
    """Which cells of the elevation model lie on the own side (rows, cols) bool."""
    dem = ground.dem
    rows, cols = dem.height_hae_m.shape
    x_m = dem.origin_x_m + dem.cell_m * np.arange(cols)
    y_m = dem.origin_y_m + dem.cell_m * np.arange(rows)
    lat, lon = dem.grid.latlon(*(a.ravel() for a in np.meshgrid(x_m, y_m)))
    return np.asarray(ground.border_line.own_side(lat, lon)).reshape(rows, cols)


def _say_plan(answer: Answer, night: Night) -> None:
    answer.body |= {
        "sector": night.sector.name,
        "sector_sha256": night.sector.sha256,
        "post": str(night.post.folder),
        "streams": len(night.fleet),
        "frame_width_px": night.settings.width_px,
        "frame_height_px": night.settings.height_px,
        "frame_rate_hz": FRAME_RATE_HZ,
        "border_standoff_m": night.sector.border.standoff_m,
        "border_line_accuracy_m": night.sector.border.accuracy_m,
        "planned_km2": night.plan.planned_km2,
    }


def _watch_night(night: Night, account: Account, progress: Progress) -> None:
    """Start the simulator, pump its streams through their chains and its fixes into the account until it ends."""
    keeper = Keeper(night.post, account, night.settings.keep_video)
    start_ns = night.sector.start_utc_ns
    keeper.note("mandate", start_ns, _mandate_body(night.mandate))
    keeper.note("plan", start_ns, _plan_body(night), at_once=True)
    truth = night.post.folder / "truth"
    truth.mkdir(exist_ok=True)
    simulation = start_simulation(
        _spec(night, truth), night.post.folder / "truth", night.fleet, not night.settings.headless
    )
    memory = PeakMemory([os.getpid(), simulation.pid])
    progress.step("watching")
    started = time.monotonic()
    try:
        _pump_all(night, simulation, keeper, progress)
    except KeyboardInterrupt:
        night.interrupted = True
    finally:
        night.peak_mb = memory.stop()
        code = simulation.end()
    night.wall_s = time.monotonic() - (night.first_frame_s or started)
    keeper.close_blocks()
    last_ns = max((c.totals.last_utc_ns or start_ns for c in night.chains.values()), default=start_ns)
    if code not in (0, -13) and not night.interrupted:
        keeper.note("fault", last_ns, {"what": "simulator", "text": f"it ended with code {code}"})
    keeper.commit(last_ns)


def _pump_all(night: Night, simulation: Simulation, keeper: Keeper, progress: Progress) -> None:
    watchman = _watchman(night)
    night.lines_m = watchman.lines_m
    lock = threading.Lock()
    for name in night.fleet:
        eye = Eye(night.ground.dem, night.ground.dem.grid, name, EyeSettings(sigmas=sigmas_of(night.sector)))
        settings = ChainSettings(stream=name, live=not night.settings.headless)
        night.chains[name] = Chain(settings, eye, watchman, keeper, night.own_side, lock)
    fixes = threading.Thread(target=_pump_fixes, args=(night, simulation, keeper), daemon=True, name="telemetry")
    fixes.start()
    others = [threading.Thread(target=_pump, args=(night, simulation, n, None), name=n) for n in night.fleet[1:]]
    for thread in others:
        thread.start()
    _pump(night, simulation, night.fleet[0], progress)
    for thread in others:
        thread.join()
    fixes.join()


def _pump(night: Night, simulation: Simulation, name: str, progress: Progress | None) -> None:
    chain = night.chains[name]
    for chunk in simulation.streams[name].chunks():
        if chunk.data:
            night.first_frame_s = night.first_frame_s or time.monotonic()
            chain.feed(chunk.data)
        if progress is not None:
            _tell(night, chain, progress)
        if not chunk.data and simulation.process.poll() is not None:
            break
    chain.end()


def _tell(night: Night, chain: Chain, progress: Progress) -> None:
    totals = chain.totals
    if totals.first_utc_ns is None or totals.last_utc_ns is None:
        return
    done_s = (totals.last_utc_ns - totals.first_utc_ns) / NS
    note = f"{done_s / 60:.1f} min  {len(chain.alerts)} !"
    progress.at(done_s / (night.settings.minutes * 60.0), note)


def _pump_fixes(night: Night, simulation: Simulation, keeper: Keeper) -> None:
    """Fixes into the account; a flight is opened with its first fix and closed with the last of its sortie."""
    flights = Flights(night, keeper)
    for fix in simulation.link.fixes():
        night.fixes.setdefault(fix.aircraft, []).append(fix)
        flights.fix(fix)
    flights.end()


class Flights:
    """Opens and closes flights in the account as the fixes tell: every sortie is one flight, numbered per aircraft."""

    def __init__(self, night: Night, keeper: Keeper) -> None:
        self._keeper = keeper
        self._sorties = {name: [s for s in sorties_of(night.plan) if s.aircraft == name] for name in night.fleet}
        self._open: dict[str, tuple[int, Fix, int]] = {}
        self._count: dict[str, int] = {}

    def fix(self, fix: Fix) -> None:
        """One position of an aircraft in the air, or its word that it stands on the ground again."""
        if fix.phase == "ground":
            self._close(fix.aircraft)
            return
        if fix.aircraft not in self._open:
            self._begin(fix)
        number, _, count = self._open[fix.aircraft]
        self._open[fix.aircraft] = (number, fix, count + 1)
        self._keeper.fix(fix)

    def end(self) -> None:
        for name in list(self._open):
            self._close(name)

    def _begin(self, fix: Fix) -> None:
        number = self._count[fix.aircraft] = self._count.get(fix.aircraft, 0) + 1
        sorties = self._sorties.get(fix.aircraft, [])
        due = [s for s in sorties if s.launch_utc_ns <= fix.utc_ns + 60 * NS]
        body = {
            "aircraft": fix.aircraft,
            "number": number,
            "sortie": due[-1].id if due else None,
            "tour": due[-1].tour.id if due else None,
        }
        self._open[fix.aircraft] = (number, fix, 0)
        self._keeper.note("flight_open", fix.utc_ns, body)

    def _close(self, name: str) -> None:
        opened = self._open.pop(name, None)
        if opened is None:
            return
        number, last, count = opened
        self._keeper.close_blocks()
        body = {
            "aircraft": name,
            "number": number,
            "fixes": count,
            "phase": last.phase,
            "battery_fraction": round(last.battery_fraction, 4),
        }
        self._keeper.note("flight_close", last.utc_ns, body)


def _watchman(night: Night) -> Watchman:
    sector = night.sector
    cameras = [a.camera for a in load_fleet(sector, night.exercise.sector).values()]
    reach_m = max(RESOLVED_GSD_M * c.width_px / 2 / np.tan(np.radians(c.hfov_deg) / 2) for c in cameras)
    settings = WatchSettings(standoff_m=sector.border.standoff_m, resolved_range_m=float(reach_m))
    return Watchman(night.ground.border_line, sector.zones, night.ground.dem.grid, settings)


def _spec(night: Night, truth: Path) -> SimulatorSpec:
    s = night.settings
    return SimulatorSpec(
        world=str(night.exercise.world),
        sector=str(night.exercise.sector),
        plan=str(night.post.plans / "plan.json"),
        truth=str(truth / "truth.jsonl"),
        seed=s.seed,
        from_utc_ns=on_station_utc_ns(night.plan),
        minutes=s.minutes,
        width_px=s.width_px,
        height_px=s.height_px,
        with_crossers=s.crossers,
        paced=not s.headless,
        fleet=night.fleet,
        stream_fds={},
        udp_ports={},
        fix_fd=-1,
    )


def on_station_utc_ns(plan: WatchPlan) -> int:
    """When the first aircraft is planned to reach its first look: the watch opens there."""
    first = sorties_of(plan)[0]
    share = first.tour.stares[0].from_along_m / first.tour.length_m if first.tour.stares else 0.0
    return first.launch_utc_ns + int(share * first.tour.duration_s * NS)


def _mandate_body(mandate: Mandate) -> dict[str, Any]:
    body = msgspec.to_builtins(mandate)
    return body | {k: str(body[k]) for k in ("from_utc_ns", "to_utc_ns")}


def _plan_body(night: Night) -> dict[str, Any]:
    plan = night.plan
    slots = [{"slot": s.id, "launch_utc_ns": s.launch_utc_ns, "drawn": s.drawn} for s in plan.slots]
    sha256 = sha256_hex((night.post.plans / "plan.json").read_bytes())
    return {
        "video": f"video/{night.post.watch}".rstrip("/"),
        "plan_sha256": sha256,
        "policy": plan.policy,
        "seed": plan.seed,
        "sector_sha256": plan.sector_sha256,
        "slots": slots,
    }


def _verified(post: Post) -> bool:
    """Whether the stand-alone verifier, in a fresh process, accepts the closed log."""
    command = [sys.executable, "-m", "apacheta_verify", str(post.folder), "--json"]
    return subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0


def cpu_seconds() -> float:
    """CPU time of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)
