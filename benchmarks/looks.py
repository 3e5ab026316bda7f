"""What a look is worth: of decoys who pass where the plan looks, how many the simulated chain notices.

A night of a generated pass is planned, and in the middle of each stare of the sorties drawn one decoy (on foot, a
train of mules, a vehicle) goes straight over a node that the plan counts as noticed by it, in any direction. Nobody
else but animals is out. The simulator films him with its own terrain, errors, wind and gimbal; the chain looks at the
video. A decoy is noticed when a confirmed track that is no animal's means him (30 m, or three deviations of its place)
while he is in view. Predicted is what the planner's table (`plan/look_table.csv`) says of one who is in view
so long and so warm, the mean of a bin. How many were in view, and how early or late flights are, stands below.

Each night is kept in benchmarks/results/looks under the hash of the sources that decide it. `--quick`: five minutes.
`--tune` flies other nights, from which the table is made.
"""

import csv
import json
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np
from _common import ROOT, arguments_of, loaded_sha256, row, say
from night import DECIDING

from apacheta.app.calibrate.passing import LEAST_S, PAUSE_S
from apacheta.app.chain import Chain, ChainSettings
from apacheta.app.demo.night import own_side_of, sigmas_of
from apacheta.app.demo.progress import Progress
from apacheta.app.demo.recipe import given_of
from apacheta.app.demo.settings import DemoSettings
from apacheta.app.loading import load_fleet
from apacheta.app.plan import make_plan
from apacheta.app.report.intervals import wilson_95
from apacheta.app.score.score import reach_m_of
from apacheta.app.simulator import has_landed
from apacheta.app.texts import Texts
from apacheta.core.instant import NS
from apacheta.core.plan import sorties_of
from apacheta.core.sight import LOOK_S
from apacheta.plan.game.record import looked_of_plan
from apacheta.plan.noticing import Noticed, default_table
from apacheta.see import Eye, EyeSettings, TrackerSettings
from apacheta.sim.night import Cast, NightSimulator, cast_of
from apacheta.sim.night.ground import Ground
from apacheta.sim.world import World, load_world
from apacheta.sim.world.bodies import body, single_file
from apacheta.sim.world.crowd import Member, Party, Route


@dataclass(frozen=True)
class Night:
    """A night of a generated pass: from that hour on, so many minutes, filmed so wide (pixels)."""

    seed: int
    hour_h: float
    minutes: int = 8
    width_px: int = 640
    warmer_k: tuple[float, float] | None = None
    """Span of how much warmer than the ground decoys are; by default as everybody in the simulator."""

    @property
    def height_px(self) -> int:
        return self.width_px * 4 // 5

    @property
    def name(self) -> str:
        """Of its file."""
        return f"{self.seed}-{self.width_px}"


REPORTED = (Night(101, 0.2), Night(102, 3.0), Night(103, 6.0))
"""What is reported; nobody has looked at a look of these before the table was made."""
TUNED = (
    *(Night(seed, hour_h, warmer_k=(4.0, 16.0)) for seed, hour_h in ((1, 0.2), (2, 3.0))),
    *(Night(seed, hour_h, 8, 320, (4.0, 16.0)) for seed, hour_h in ((3, 1.5), (5, 4.5))),
)
"""What the table is made from (`design/make_look_table.py`)."""
QUICK = Night(1, 0.2, minutes=5)
FLOWN = ROOT / "design" / "looks_flown.csv"
COLUMNS = (
    "seed",
    "hour_h",
    "kind",
    "gsd_m",
    "in_view_s",
    "speed_m_s",
    "contrast_k",
    "boulder_share",
    "noticed_after_s",
)
BINS_M = (0.0, 0.26, 0.30, 0.60)
BESIDE_S = 45.0
"""Decoys go from so long before the middle of their look to so long after it: flights are up to half a minute off."""
GOAL = 0.2
"""Predicted and observed may differ by so much of the predicted."""
Kept = list[dict[str, Any]]
There = tuple[int, float, float, float]
"""UTC (ns), latitude, longitude, and within how many metres of it one is who is meant."""
Line = dict[str, Any]
KINDS = {"walker": 0.5, "mule train": 0.25, "vehicle": 0.25}
"""Shares of the decoys, and"""
NAMES: dict[str, Noticed] = {"walker": "walker", "mule train": "mule", "vehicle": "vehicle"}
"""What the table calls them, and"""
SPEEDS_M_S = {"walker": (0.4, 1.0), "mule train": (0.8, 1.2), "vehicle": (6.0, 11.0)}
"""the span of their speeds: nine in ten of those who cross in the simulator."""


@dataclass(frozen=True)
class Wanted:
    """One look: whose, when (UTC ns), how fine, and the decoy who is there."""

    stream: str
    from_utc_ns: int
    to_utc_ns: int
    gsd_m: float
    slant_range_m: float
    depression_deg: float
    boulder_share: float
    decoy: Party


def main() -> int:
    """Fly what is still missing, then print the rows of what is there."""
    parser = arguments_of("keep the nights that are there")
    parser.add_argument("--tune", action="store_true", help=f"fly what the table is made from, into {FLOWN.name}")
    arguments = parser.parse_args()
    inputs = loaded_sha256(DECIDING, ("apacheta.app.demo.recipe", "apacheta.app.simulator"))
    if arguments.quick:
        say("looks", rows_of(flown(QUICK), whole=False), False, inputs, arguments.table)
        return 0
    folder = ROOT / "benchmarks" / "results" / "looks" / inputs[:16]
    looks = {night: _kept(folder, night, arguments.resume) for night in (TUNED if arguments.tune else REPORTED)}
    if arguments.tune:
        _write_flown(looks)
        return 0
    say("looks", rows_of([one for night in looks.values() for one in night], whole=True), True, inputs, arguments.table)
    return 0


def _kept(folder: Path, night: Night, resume: bool) -> Kept:
    """A night's looks: those that are there, or flown now."""
    path = folder / f"{night.name}.json"
    if not (resume and path.exists()):
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(flown(night)))
    return list(json.loads(path.read_text()))


def _write_flown(looks: dict[Night, Kept]) -> None:
    with FLOWN.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, COLUMNS, extrasaction="ignore", lineterminator="\n")
        table.writeheader()
        for night, kept in looks.items():
            table.writerows({"seed": night.seed, "hour_h": night.hour_h} | one for one in kept)


def rows_of(looks: Kept, whole: bool) -> list[dict[str, Any]]:
    """Predicted against observed, by kind and ground resolution."""
    rows = []
    shown = [one for one in looks if one["in_view_s"] >= LEAST_S]
    for kind, (low, high) in product(KINDS, pairwise(BINS_M)):
        mine = [one for one in shown if one["kind"] == kind and low <= one["gsd_m"] < high]
        if mine:
            predicted = float(np.mean([one["predicted"] for one in mine]))
            observed = float(np.mean([one["noticed"] for one in mine]))
            met = abs(observed - predicted) <= GOAL * predicted if whole else None
            case = f"{kind}, ground resolution {low:.2f}-{high:.2f} m"
            more = {"spread": wilson_95(sum(one["noticed"] for one in mine), len(mine)), "count": len(mine)}
            rows.append(row(case, "noticed share of looks", "1", round(observed, 3), met=met, **more,
                            goal=f"{predicted:.3f} within {GOAL:.0%}"))  # fmt: skip
    off_s = [abs(one["late_s"]) for one in looks if one["late_s"] is not None]
    for kind in KINDS:
        decoys = {one["decoy"] for one in looks if one["kind"] == kind}
        if decoys:
            long = {one["decoy"] for one in looks if one["kind"] == kind and one["in_view_s"] >= LOOK_S}
            share = round(len(long) / len(decoys), 3)
            rows.append(row(kind, f"in view for {LOOK_S:g} s", "1", share, count=len(decoys)))
    rows.append(row("all", "early or late, p95", "s", round(float(np.percentile(off_s, 95)), 1), count=len(off_s)))
    return rows


def flown(night: Night) -> Kept:
    """One night's looks with what was predicted and observed."""
    seed, size = night.seed, {"width_px": night.width_px, "height_px": night.height_px}
    with tempfile.TemporaryDirectory() as folder, Progress(sys.stderr, Texts("en")) as progress:
        settings = DemoSettings(headless=True, minutes=night.minutes, seed=seed, sector=None, mandate=None,
                                post=Path(folder) / "post", aircraft=3, crossers_per_hour=0.0, keep_video=False,
                                language="en", fewer_will_do=True, **size)  # fmt: skip
        given = given_of(settings, progress)
        fleet = load_fleet(given.sector, given.exercise.sector)
        made = make_plan(given.sector, given.mandate, fleet, given.ground, policy="strips", seed=seed,
                         sector_path=given.exercise.sector, max_seconds=None, out_dir=Path(folder))  # fmt: skip
    world, dem = load_world(given.exercise.world), given.ground.dem
    from_ns = min(int(s.launch_utc_ns) for s in made.plan.slots) + int(night.hour_h * 3600 * NS)
    to_ns = from_ns + night.minutes * 60 * NS
    rng = np.random.default_rng([seed, 77])
    looked = looked_of_plan(made.plan, given.sector.weather, fleet, given.ground.dem, default_table())
    wanted = [
        one for one in _wanted(made.result, world, rng, from_ns, night, looked) if from_ns <= one.from_utc_ns < to_ns
    ]
    animals = tuple(p for p in cast_of(world, seed, from_ns, to_ns, 0.0).parties if not (p.crosser or p.lawful))
    simulator = NightSimulator(
        world=world,
        sorties=tuple(s for s in sorties_of(made.plan) if not has_landed(s, from_ns)),
        aircraft=fleet, sector=given.sector, minutes=night.minutes, seed=seed, rate_hz=5.0, **size,
        from_utc_ns=from_ns, cast=Cast((*animals, *(one.decoy for one in wanted))),
    )  # fmt: skip
    chains = {}
    for name in simulator.streams:
        eye = Eye(dem, dem.grid, name, EyeSettings(sigmas=sigmas_of(given.sector), tracker=TrackerSettings()))
        chains[name] = Chain(ChainSettings(stream=name), eye, None, None, own_side_of(given.ground))
    return _watched(simulator, chains, wanted)


def _wanted(
    result: Any, world: Any, rng: np.random.Generator, epoch_ns: int, night: Night, looked: Any
) -> Iterator[Wanted]:
    """Every stare of the sorties drawn, with a decoy."""
    ground, dem = Ground(world), result.dem
    for slot in result.plan.slots:
        launch_ns = int(slot.launch_utc_ns)
        for number, (look, stare) in enumerate(
            zip(looked[slot.drawn], result.plan.tour(slot.drawn).stares, strict=True)
        ):
            if not len(look.nodes):
                continue
            row_, col = divmod(int(rng.choice(look.nodes)), dem.height_hae_m.shape[1])
            west_m, south_m = dem.south_west_m
            lat, lon = dem.grid.latlon(west_m + col * dem.cell_m, south_m + row_ * dem.cell_m)
            middle_s = (launch_ns - epoch_ns) / NS + (look.from_s + look.to_s) / 2.0
            at = np.array(ground.xy(float(lon), float(lat)))
            decoy = _decoy(rng, f"decoy-{slot.id}-{number}", at, middle_s, epoch_ns)
            if night.warmer_k is not None:
                members = [replace(m, temp_excess_c=float(rng.uniform(*night.warmer_k))) for m in decoy.members]
                decoy = replace(decoy, members=tuple(members))
            times = (launch_ns + int(s * NS) for s in (look.from_s, look.to_s))
            geometry = stare.gsd_m * 640 / night.width_px, stare.slant_range_m, stare.depression_deg
            yield Wanted(slot.aircraft, *times, *geometry, _boulder_share(world, at), decoy)


def _boulder_share(world: World, at: Any) -> float:
    """How much of the ground is boulders there."""
    col, row = (round(v / world.product_cell_m) for v in (at[0] - world.origin_x_m, at[1] - world.origin_y_m))
    return float(world.boulder_share[row, col])


def _decoy(rng: np.random.Generator, name: str, at: Any, middle_s: float, epoch_ns: int) -> Party:
    """Who goes straight over a place at that second."""
    kind = str(rng.choice(list(KINDS), p=list(KINDS.values())))
    heading, speed_m_s = float(rng.uniform(0.0, 2.0 * np.pi)), float(rng.uniform(*SPEEDS_M_S[kind]))
    way = np.array([np.sin(heading), np.cos(heading)])
    time_s = np.array([middle_s - BESIDE_S, middle_s + BESIDE_S])
    along = np.array([0.0, 2.0 * BESIDE_S * speed_m_s])
    xy = at + (time_s - middle_s)[:, None] * speed_m_s * way
    route = Route(time_s, along, xy, np.array([way, way]))
    return Party(name, kind, True, False, _members(rng, kind), (route,), epoch_ns, *map(float, time_s))


def _members(rng: np.random.Generator, kind: str) -> tuple[Member, ...]:
    """Who goes: alone, or one man and his mules one behind the other."""
    if kind == "mule train":
        return tuple(single_file(rng, ["person", *["mule"] * int(rng.integers(2, 5))], (2.5, 4.0)))
    return (body(rng, "person" if kind == "walker" else "vehicle"),)


def _watched(simulator: NightSimulator, chains: dict[str, Chain], wanted: list[Wanted]) -> Kept:
    """Fly and watch; then who was noticed."""
    views: dict[tuple[str, str], list[Line]] = defaultdict(list)
    notes = {name: _Notes() for name in chains}
    for name, chain in chains.items():
        chain.tap = notes[name]
    decoys = {one.decoy.id for one in wanted}
    for tick in simulator.run():
        for line in tick.truth:
            if line["kind"] == "view" and line["party"] in decoys:
                views[line["stream"], line["party"]].append(line)
        for name, chain in chains.items():
            chain.feed(tick.streams.get(name, b""))
    for chain in chains.values():
        chain.end()
    return [row for one in wanted for row in _judged(one, views[one.stream, one.decoy.id], notes[one.stream])]


class _Notes:
    """Notes where confirmed tracks are that are no animals', and why looks could find no mover."""

    def __init__(self) -> None:
        self.tracks: list[There] = []
        self.blind: list[tuple[int, str]] = []

    def unit(self, unit: Any, newest: Any) -> None:
        """Of no interest."""

    def alert(self, alert: Any) -> None:
        """Of no interest."""

    def look(self, frame: Any, sighting: Any, incidents: Any) -> None:
        for track in sighting.tracks:
            if track.confirmed and track.kind != "animal":
                place = track.position.lat_deg, track.position.lon_deg, reach_m_of(track.position_cov_m2)
                self.tracks.append((int(track.utc_ns), *place))
        if sighting.looked and frame.pose is not None:
            self.blind.append((int(frame.pose.utc_ns), sighting.why_not))


def _judged(one: Wanted, lines: list[Line], notes: _Notes) -> Kept:
    """Each time that a decoy was in view, what was predicted of it, and whether he was noticed; one row without a time
    where he never was."""
    clear = [line for line in lines if line["los_half"]]
    breaks = [n for n, (a, b) in enumerate(pairwise(clear), start=1) if _utc_ns(b) - _utc_ns(a) > PAUSE_S * NS]
    edges = [0, *breaks, len(clear)]
    parts = [clear[a:b] for a, b in pairwise(edges)]
    return [_judged_part(one, part, notes) for part in parts]


def _judged_part(one: Wanted, lines: list[Line], notes: _Notes) -> dict[str, Any]:
    views = [(_utc_ns(line), line["lat"], line["lon"], 0.0) for line in lines]
    first_ns, last_ns = (views[0][0], views[-1][0]) if views else (one.from_utc_ns, one.from_utc_ns)
    then = [t for t in notes.tracks if first_ns <= t[0] <= last_ns + NS]
    noticed_ns = min((t[0] for t in then if any(_near(t, view) for view in views)), default=None)
    in_view_s, contrast_k = (last_ns - first_ns) / NS, _median(lines, "contrast_k")
    return {
        "stream": one.stream,
        "decoy": f"{one.decoy.epoch_utc_ns}-{one.decoy.id}",
        "kind": one.decoy.kind,
        "gsd_m": one.gsd_m,
        "slant_range_m": one.slant_range_m,
        "depression_deg": one.depression_deg,
        "boulder_share": one.boulder_share,
        "predicted": _predicted(one, in_view_s, contrast_k),
        "in_view_s": in_view_s,
        "late_s": (first_ns - one.from_utc_ns) / NS if views else None,
        "noticed": noticed_ns is not None,
        "noticed_after_s": None if noticed_ns is None else (noticed_ns - first_ns) / NS,
        "contrast_k": contrast_k,
        "area_px": _median(lines, "area_px"),
        "speed_m_s": _median(lines, "speed_m_s"),
        "blind": Counter(why for at_ns, why in notes.blind if first_ns <= at_ns <= last_ns),
    }


def _utc_ns(line: Line) -> int:
    return int(line["utc_ns"])


def _predicted(one: Wanted, in_view_s: float, contrast_k: float | None) -> float:
    """What the planner's table says of one who is in view so long and so warm."""
    return float(default_table().chance(one.gsd_m, in_view_s, NAMES[one.decoy.kind], abs(contrast_k or 0.0)))


def _median(lines: list[Line], key: str) -> float | None:
    return float(np.median([line[key] for line in lines])) if lines else None


def _near(track: There, view: There) -> bool:
    """Whether the two are of one time and place."""
    return abs(track[0] - view[0]) <= NS // 4 and _apart_m(track, view) <= track[3]


def _apart_m(track: There, view: There) -> float:
    north_m = (track[1] - view[1]) * 110_600.0
    east_m = (track[2] - view[2]) * 111_300.0 * np.cos(np.radians(view[1]))
    return float(np.hypot(north_m, east_m))


if __name__ == "__main__":
    sys.exit(main())
