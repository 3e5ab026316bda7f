"""What a look is worth: of decoys who walk where the plan looks, how many the simulated chain notices, by resolution.

A night of a generated pass is planned, and in the middle of each stare of the sorties drawn one decoy walks over a
node that the plan counts as noticed by it, in any direction. Nobody else but animals is out. The simulator films it
with its own terrain, errors, wind and gimbal; the chain looks at the video. A decoy is noticed when a confirmed track
that is no animal's is within 20 m of him while he is in view. Predicted is what the planner believes
(`notice_probability` in `plan/looks.py`), the mean over the looks of a bin. How early or late the flight is, against
the planned time of the look, stands below.

Each night is kept in benchmarks/results/looks under the hash of the sources that decide it. `--quick`: five minutes.
"""

import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from _common import ROOT, arguments_of, loaded_sha256, row, say
from night import DECIDING

from apacheta.app.chain import Chain, ChainSettings
from apacheta.app.demo.night import own_side_of, sigmas_of
from apacheta.app.demo.progress import Progress
from apacheta.app.demo.recipe import given_of
from apacheta.app.demo.settings import DemoSettings
from apacheta.app.loading import load_fleet
from apacheta.app.plan import make_plan
from apacheta.app.report.intervals import wilson_95
from apacheta.app.simulator import has_landed
from apacheta.app.texts import Texts
from apacheta.core.instant import NS
from apacheta.core.plan import sorties_of
from apacheta.core.sight import LOOK_S
from apacheta.plan.game.lattice import looks_of
from apacheta.plan.looks import STARE_S, notice_probability
from apacheta.see import Eye, EyeSettings, TrackerSettings
from apacheta.sim.night import Cast, NightSimulator, cast_of
from apacheta.sim.night.ground import Ground
from apacheta.sim.world import load_world
from apacheta.sim.world.bodies import body
from apacheta.sim.world.crowd import Party, Route

SEEDS, MINUTES, QUICK_MINUTES = (1, 2, 4), 20, 5
BINS_M = (0.0, 0.28, 0.32, 0.36, 0.40, 0.60)
WALK_M_S, BESIDE_S, NEAR_M = 1.0, 25.0, 20.0
"""A decoy walks from 25 s before the middle of his look to 25 s after it: a flight is some seconds early or late."""
GOAL = 0.2
"""Predicted and observed may differ by so much of the predicted."""
Kept = list[dict[str, Any]]
There = tuple[int, float, float]
"""UTC (ns), latitude, longitude."""


@dataclass(frozen=True)
class Wanted:
    """One look: whose, when (UTC ns), how fine, and the decoy who is there."""

    stream: str
    from_utc_ns: int
    to_utc_ns: int
    gsd_m: float
    slant_range_m: float
    decoy: Party


def main() -> int:
    """Fly what is still missing, then print the rows of what is there."""
    arguments = arguments_of("keep the nights that are there").parse_args()
    inputs = loaded_sha256(DECIDING, ("apacheta.app.demo.recipe", "apacheta.app.simulator"))
    if arguments.quick:
        say("looks", rows_of(flown(1, QUICK_MINUTES), whole=False), False, inputs, arguments.table)
        return 0
    folder = ROOT / "benchmarks" / "results" / "looks" / inputs[:16]
    folder.mkdir(parents=True, exist_ok=True)
    looks: Kept = []
    for seed in SEEDS:
        path = folder / f"{seed}.json"
        if not (arguments.resume and path.exists()):
            path.write_text(json.dumps(flown(seed, MINUTES)))
        looks += json.loads(path.read_text())
    say("looks", rows_of(looks, whole=True), True, inputs, arguments.table)
    return 0


def rows_of(looks: Kept, whole: bool) -> list[dict[str, Any]]:
    """Predicted against observed, bin by bin."""
    rows = []
    for low, high in pairwise(BINS_M):
        mine = [one for one in looks if low <= one["gsd_m"] < high]
        if mine:
            predicted = float(np.mean([one["predicted"] for one in mine]))
            observed = float(np.mean([one["noticed"] for one in mine]))
            met = abs(observed - predicted) <= GOAL * predicted if whole else None
            case = f"ground resolution {low:.2f}-{high:.2f} m"
            more = {"spread": wilson_95(sum(one["noticed"] for one in mine), len(mine)), "count": len(mine)}
            rows.append(row(case, "noticed share of looks", "1", round(observed, 3), met=met, **more,
                            goal=f"{predicted:.3f} within {GOAL:.0%}"))  # fmt: skip
    in_view = [one["in_view_s"] >= LOOK_S for one in looks]
    off_s = [abs(one["late_s"]) for one in looks if one["late_s"] is not None]
    rows.append(row("all", f"decoy in view for {LOOK_S:g} s", "1", round(float(np.mean(in_view)), 3), count=len(looks)))
    rows.append(row("all", "early or late, p95", "s", round(float(np.percentile(off_s, 95)), 1), count=len(off_s)))
    return rows


def flown(seed: int, minutes: int) -> Kept:
    """One night's looks with what was predicted and observed."""
    with tempfile.TemporaryDirectory() as folder, Progress(sys.stderr, Texts("en")) as progress:
        settings = DemoSettings(headless=True, minutes=minutes, seed=seed, sector=None, mandate=None,
                                post=Path(folder) / "post", aircraft=3, width_px=640, height_px=512, crossers=False,
                                keep_video=False, language="en", fewer_will_do=True)  # fmt: skip
        given = given_of(settings, progress)
        fleet = load_fleet(given.sector, given.exercise.sector)
        made = make_plan(given.sector, given.mandate, fleet, given.ground, policy="strips", seed=seed,
                         sector_path=given.exercise.sector, max_seconds=None, out_dir=Path(folder))  # fmt: skip
    world, dem = load_world(given.exercise.world), given.ground.dem
    from_ns = min(int(s.launch_utc_ns) for s in made.plan.slots) + 600 * NS
    to_ns = from_ns + minutes * 60 * NS
    rng = np.random.default_rng([seed, 77])
    wanted = [one for one in _wanted(made.result, world, rng, from_ns) if from_ns <= one.from_utc_ns < to_ns]
    animals = tuple(p for p in cast_of(world, seed, from_ns, to_ns, False).parties if not (p.crosser or p.lawful))
    simulator = NightSimulator(
        world=world,
        sorties=tuple(s for s in sorties_of(made.plan) if not has_landed(s, from_ns)),
        aircraft=fleet, sector=given.sector, minutes=minutes, seed=seed, width_px=640, height_px=512, rate_hz=5.0,
        from_utc_ns=from_ns, cast=Cast((*animals, *(one.decoy for one in wanted))),
    )  # fmt: skip
    chains = {}
    for name in simulator.streams:
        eye = Eye(dem, dem.grid, name, EyeSettings(sigmas=sigmas_of(given.sector), tracker=TrackerSettings()))
        chains[name] = Chain(ChainSettings(stream=name), eye, None, None, own_side_of(given.ground))
    return _watched(simulator, chains, wanted)


def _wanted(result: Any, world: Any, rng: np.random.Generator, epoch_ns: int) -> Iterator[Wanted]:
    """Every stare of the sorties drawn, with a decoy."""
    ground, dem = Ground(world), result.dem
    for slot in result.plan.slots:
        tour, launch_ns = result.flown[slot.drawn], int(slot.launch_utc_ns)
        for number, (look, stare) in enumerate(zip(looks_of(tour), tour.tour.stares, strict=True)):
            if not len(look.nodes):
                continue
            row_, col = divmod(int(rng.choice(look.nodes)), dem.height_hae_m.shape[1])
            west_m, south_m = dem.south_west_m
            lat, lon = dem.grid.latlon(west_m + col * dem.cell_m, south_m + row_ * dem.cell_m)
            middle_s = (launch_ns - epoch_ns) / NS + (look.from_s + look.to_s) / 2.0
            decoy = _decoy(
                rng, f"decoy-{slot.id}-{number}", np.array(ground.xy(float(lon), float(lat))), middle_s, epoch_ns
            )
            times = (launch_ns + int(s * NS) for s in (look.from_s, look.to_s))
            yield Wanted(slot.aircraft, *times, stare.gsd_m, stare.slant_range_m, decoy)


def _decoy(rng: np.random.Generator, name: str, at: Any, middle_s: float, epoch_ns: int) -> Party:
    """Who walks straight over a place at that second."""
    heading = float(rng.uniform(0.0, 2.0 * np.pi))
    way = np.array([np.sin(heading), np.cos(heading)])
    time_s = np.array([middle_s - BESIDE_S, middle_s + BESIDE_S])
    along = np.array([0.0, 2.0 * BESIDE_S * WALK_M_S])
    xy = at + (time_s - middle_s)[:, None] * WALK_M_S * way
    route = Route(time_s, along, xy, np.array([way, way]))
    return Party(name, "walker", True, False, (body(rng, "person"),), (route,), epoch_ns, *map(float, time_s))


def _watched(simulator: NightSimulator, chains: dict[str, Chain], wanted: list[Wanted]) -> Kept:
    """Fly and watch; then who was noticed."""
    views: dict[tuple[str, str], list[There]] = defaultdict(list)
    tracks: dict[str, list[There]] = defaultdict(list)
    for name, chain in chains.items():
        chain.tap = _Notes(tracks[name])
    decoys = {one.decoy.id for one in wanted}
    for tick in simulator.run():
        for line in tick.truth:
            if line["kind"] == "view" and line["party"] in decoys:
                views[line["stream"], line["party"]].append((int(line["utc_ns"]), line["lat"], line["lon"]))
        for name, chain in chains.items():
            chain.feed(tick.streams.get(name, b""))
    for chain in chains.values():
        chain.end()
    return [_judged(one, views[one.stream, one.decoy.id], tracks[one.stream]) for one in wanted]


class _Notes:
    """Notes where confirmed tracks are that are no animals'."""

    def __init__(self, tracks: list[There]) -> None:
        self._tracks = tracks

    def unit(self, unit: Any, newest: Any) -> None:
        """Of no interest."""

    def alert(self, alert: Any) -> None:
        """Of no interest."""

    def look(self, frame: Any, sighting: Any, incidents: Any) -> None:
        for track in sighting.tracks:
            if track.confirmed and track.kind != "animal":
                self._tracks.append((int(track.utc_ns), track.position.lat_deg, track.position.lon_deg))


def _judged(one: Wanted, views: list[There], tracks: list[There]) -> dict[str, Any]:
    """What was predicted of a look, and whether its decoy was noticed."""
    then = [t for t in tracks if views and views[0][0] - NS <= t[0] <= views[-1][0] + NS]
    near = any(_near(track, view) for view in views for track in then)
    return {
        "stream": one.stream,
        "gsd_m": one.gsd_m,
        "slant_range_m": one.slant_range_m,
        "predicted": float(notice_probability(one.gsd_m, STARE_S)),
        "in_view_s": (views[-1][0] - views[0][0]) / NS if views else 0.0,
        "late_s": (views[0][0] - one.from_utc_ns) / NS if views else None,
        "noticed": near,
    }


def _near(track: There, view: There) -> bool:
    """Whether the two are of one time and place."""
    if abs(track[0] - view[0]) > NS // 4:
        return False
    north_m = (track[1] - view[1]) * 110_600.0
    east_m = (track[2] - view[2]) * 111_300.0 * np.cos(np.radians(view[1]))
    return bool(np.hypot(north_m, east_m) <= NEAR_M)


if __name__ == "__main__":
    sys.exit(main())
