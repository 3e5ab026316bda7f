"""The patrol game against strips, on the scenarios of `benchmarks/patrol/`: same aircraft, launches, racetracks, looks.

Random strips: so many racetracks of one length, no nearer to each other than a spacing, in one band behind the border,
all drawn as often; the best of 50 settings. Strip lottery: the racetracks of that setting with balanced odds. The
camera is drawn all round for all of them. What is compared is what is certified: w = -ln(1 - p).

--resume goes on from what is in benchmarks/results/patrol; --only NAME asks one scenario.
"""

import json
import math
import os
import re
import shutil
import sys
import time
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from _common import ROOT, arguments_of, inputs_sha256, row, say

from apacheta.app.exercise import TYPE, undulation_of_passes, write_exercise
from apacheta.app.folders import cache_folder, made_whole
from apacheta.app.loading import load_fleet, load_mandate, load_proof_ground, load_sector, load_world
from apacheta.plan.game import Draw, Lottery, balanced, value_of
from apacheta.plan.game.choice import answered, crews_of
from apacheta.plan.game.crossers import Crossers
from apacheta.plan.game.lattice import Lattice, crossers_of, goals_of, lattice_of
from apacheta.plan.game.patrol import TOURS, Crew, Patrol
from apacheta.plan.lottery import launches_of
from apacheta.plan.recipe import setting_of
from apacheta.plan.separation import Tracks
from apacheta.plan.setting import Setting
from apacheta.plan.tours import Flown, Why
from apacheta.sim.world import generate_world

SCENARIOS = ("gorge", "hills", "salt_flat", "wide", "long", "andes")
SEED, RESTARTS, FEW, LOTTERY_ROUNDS = 1, 40, 4, 30
LEGS_M, SPACINGS_M, BANDS_M = (1_500.0, 2_300.0), (400.0, 800.0, 1_200.0, 1_800.0, 2_600.0), (0.2, 0.4, 0.6, 0.8, 1.0)
"""Settings of the strips: length of a leg; least distance of two; depth of the band, of all ground with racetracks."""
TIMES_STRIPS, TIMES_LOTTERY, NARROW, SEARCH_CPU_S = 3.0, 1.05, 0.10, 450.0
NAMES = {"strips": "random strips", "lottery": "the strip lottery"}
SHARED = Path(os.environ.get("APACHETA_SHARED_DATA") or ROOT.parent / "shared" / "data").resolve()


@dataclass(frozen=True, eq=False)
class World:
    """A scenario made: what the planner is given, its lattice, and the crews, who have no racetrack yet."""

    setting: Setting
    lattice: Lattice
    crossers: Crossers
    crews: tuple[Crew, ...]


def main() -> int:
    parser = arguments_of("go on from what is kept")
    parser.add_argument("--only", choices=SCENARIOS)
    given = parser.parse_args()
    sources = inputs_sha256(("src", "benchmarks/patrol.py", "benchmarks/patrol"))
    folder = ROOT / "benchmarks" / "results" / "patrol" / sources[:16]
    names = ("gorge",) if given.quick else (given.only,) if given.only else SCENARIOS
    found = {name: figures for name in names if (figures := _kept(folder, name, given.resume or given.table))}
    for name in () if given.table else names:
        if name not in found and (figures := asked(name, quick=given.quick)):
            found[name] = figures
            if not given.quick:
                folder.mkdir(parents=True, exist_ok=True)
                (folder / f"{name}.json").write_text(json.dumps(figures, indent=1) + "\n")
    say("patrol", rows_of(found), len(found) == len(SCENARIOS), sources, given.table)
    return 0


def _kept(folder: Path, name: str, wanted: bool) -> dict[str, Any] | None:
    path = folder / f"{name}.json"
    return json.loads(path.read_text()) if wanted and path.is_file() else None


def asked(name: str, quick: bool) -> dict[str, Any] | None:
    """The figures of one scenario; None where its terrain is not here."""
    path = sector_of(name)
    if path is None:
        return None
    begun = time.process_time()
    world = world_of(path)
    made_cpu_s = time.process_time() - begun
    lottery = game(world)
    game_cpu_s = time.process_time() - begun
    _tell(f"{name}: game of {[len(d.tours) for d in lottery]} tours after {game_cpu_s:.0f} CPU-s")
    restarts = FEW if quick else RESTARTS
    figures = {
        "game": _valued(lottery, world, restarts) | {"cpu_s": round(game_cpu_s, 1)},
        "made_cpu_s": round(made_cpu_s, 1),
    }
    flown: dict[tuple[str, int], Flown | Why] = {}
    best: tuple[float, Lottery, list[float]] | None = None
    for setting in list(product(LEGS_M, SPACINGS_M, BANDS_M))[: 2 if quick else None]:
        strips = strips_of(world, setting, flown)
        worth = _valued(strips, world, FEW)["certified"] if strips else 0.0
        if strips and (best is None or worth > best[0]):
            best = worth, strips, list(setting)
        _tell(f"{name}: strips {setting}: {100.0 * worth:.2f} %")
    if best is not None:
        figures["strips"] = _valued(best[1], world, restarts) | {"setting": best[2]}
        odds = balanced(best[1], world.crossers, np.random.default_rng(SEED), 2 if quick else LOTTERY_ROUNDS)
        figures["lottery"] = _valued(odds.lottery, world, restarts)
    figures["slots"] = len(lottery)
    return figures


def _valued(lottery: Lottery, world: World, restarts: int) -> dict[str, Any]:
    cpu = time.process_time()
    value = value_of(lottery, world.crossers, np.random.default_rng(SEED), restarts)
    spent = round(time.process_time() - cpu, 1)
    return {"certified": value.certified, "attack": value.attack, "value_cpu_s": spent}


def game(world: World) -> Lottery:
    """The game's racetracks and odds."""
    patrol = _patrol(world, [_Laid(crew, {}) for crew in world.crews])
    odds = answered(patrol, world.setting.sector, np.random.default_rng([SEED, 0]))
    return tuple(
        Draw(patrol.exposures(launch), draw.probabilities)
        for launch, draw in zip(odds.launches, odds.found.lottery, strict=True)
    )


def strips_of(world: World, setting: tuple[float, float, float], flown: dict[tuple[str, int], Flown | Why]) -> Lottery:
    """Racetracks of one leg's length, spaced, in one band, the crews' in turns; all of a crew's as likely."""
    leg_m, spacing_m, share = setting
    crews = [_Laid(crew, flown) for crew in world.crews]
    patrol, taken = _patrol(world, crews), list[tuple[float, float]]()
    rng = np.random.default_rng(SEED)
    left = {n: iter(rng.permutation(_fitting(crew, leg_m, share))) for n, crew in enumerate(crews)}
    while left:
        for n in list(left):
            at = next((at for k in left[n] if (at := _laid(patrol, n, int(k), spacing_m, taken))), None)
            if at is None or len(crews[n].flown) >= TOURS:
                del left[n]
    launches, _ = launches_of(world.setting.sector, [crew.table() for crew in patrol.crews if crew.flown])
    return tuple(Draw(e, (1.0 / len(e),) * len(e)) for e in (patrol.exposures(launch) for launch in launches))


def _fitting(crew: Crew, leg_m: float, share: float) -> np.ndarray:
    """The racetracks of that leg in the band."""
    strips = crew.tracks.strips
    far_m = crew.tracks.airspace.border_m(*np.array([(s.x_m, s.y_m) for s in strips]).reshape(-1, 2).T)
    low, high = far_m.min(initial=math.inf), far_m.max(initial=-math.inf)
    return np.flatnonzero(
        crew.open & np.array([s.leg_m == leg_m for s in strips]) & (far_m <= low + share * (high - low))
    )


def _laid(patrol: Patrol, n: int, k: int, spacing_m: float, taken: list[tuple[float, float]]) -> bool:
    """Whether a crew could take the racetrack; not nearer to one taken before than the spacing."""
    strip = patrol.crews[n].tracks.strips[k]
    if any(math.hypot(strip.x_m - x, strip.y_m - y) < spacing_m for x, y in taken) or not patrol.take(n, k):
        return False
    taken.append((strip.x_m, strip.y_m))
    return True


class _Laid(Crew):
    """A crew whose racetracks were flown for another setting already, perhaps."""

    def __init__(self, crew: Crew, known: dict[tuple[str, int], Flown | Why]) -> None:
        super().__init__(crew.timed, crew.tracks, crew.circles, crew.sight, crew.seen)
        self.open, self._known = crew.open.copy(), known

    def fly(self, k: int) -> Flown | Why:
        """As a crew's, but each racetrack only once."""
        key = self.name, k
        if key not in self._known:
            self._known[key] = super().fly(k)
        found = self._known[key]
        if isinstance(found, Why):
            return found
        return replace(found, tour=msgspec.structs.replace(found.tour, id=f"{self.name}-{len(self.flown) + 1:02d}"))


def _patrol(world: World, crews: Sequence[Crew]) -> Patrol:
    tracks = Tracks((), world.setting.bases)
    return Patrol(crews, world.lattice, world.crossers, tracks, world.setting.sector.end_utc_ns)


def world_of(path: Path) -> World:
    """What a scenario's planner is given."""
    sector = load_sector(path)
    ground = load_world(sector, path)
    given = sector, load_mandate(path.parent / "mandate.toml"), load_fleet(sector, path), ground.dem, ground.border_line
    setting = setting_of(*given, np.random.default_rng([SEED, 0]), proof_ground=load_proof_ground(sector))
    lattice = lattice_of(sector, ground.dem, ground.border_line)
    crews, _ = crews_of(setting, lattice)
    return World(setting, lattice, crossers_of(lattice, goals_of(lattice, sector)), tuple(crews))


def sector_of(name: str) -> Path | None:
    """The scenario's sector file, made on first use; None where its terrain is not here."""
    file = f"benchmarks/patrol/{name}.toml"
    scenario = tomllib.loads((ROOT / file).read_text())
    made_by = inputs_sha256((file, "src/apacheta/sim/world", "src/apacheta/app/exercise.py"))
    folder = cache_folder() / "patrol" / f"{name}-{made_by[:16]}"
    if "sector" in scenario and not (SHARED / "terrain").is_dir():
        return None
    if not (folder / "sector.toml").is_file():
        made_whole(folder, lambda new: _write_copy(new, scenario) if "sector" in scenario else _write(new, scenario))
    return folder / "sector.toml"


def _write(folder: Path, scenario: dict[str, Any]) -> None:
    """A generated pass."""
    size_m = 1_000.0 * scenario["width_km"], 1_000.0 * scenario["height_km"]
    low, high = scenario["between_amsl_m"]
    undulation = undulation_of_passes()
    world = generate_world(scenario["seed"], *size_m, undulation=undulation, between_amsl_m=(low, high))
    write_exercise(folder, world)
    _for_scenario(folder / "sector.toml", scenario)


def _write_copy(folder: Path, scenario: dict[str, Any]) -> None:
    """A sector of the checkout with the scenario's goal."""
    source = ROOT / scenario["sector"]
    for path in (*source.parent.glob("*.geojson"), source, source.parent / "mandate.toml"):
        shutil.copy(path, folder)
    path, goal = folder / "sector.toml", scenario["goal"]
    text = path.read_text().replace("${APACHETA_SHARED_DATA}", str(SHARED))
    there = "".join(f"{key} = {value}\n" for key, value in goal.items())
    path.write_text(re.sub(r"(\[\[goals\]\]\nname = .*\n)lat_deg = .*\nlon_deg = .*\n", rf"\g<1>{there}", text))
    _for_scenario(path, scenario)


def _for_scenario(path: Path, scenario: dict[str, Any]) -> None:
    """The sector file with the scenario's hours, aircraft and, of its goals, those that the scenario names."""
    text = path.read_text()
    bases = re.findall(r'\[\[bases\]\]\nname = "(.*)"', text)
    homes = [name for name, many in zip(bases, scenario["aircraft"], strict=False) for _ in range(many)]
    fleet = ", ".join(f'{{ id = "A{n}", type = "{TYPE}", base = "{home}" }}' for n, home in enumerate(homes, start=1))
    text = re.sub(r"aircraft = \[\{.*\}\]", f"aircraft = [{fleet}]", text)
    text = "".join(part for part in re.split(r"(?m)^(?=\[)", text) if _is_wanted(part, scenario.get("goals")))
    (start,) = re.findall(r"start_utc = (.*)Z", text)
    end = datetime.fromisoformat(start) + timedelta(hours=scenario["night_h"])
    path.write_text(re.sub(r"end_utc = .*Z", f"end_utc = {end.isoformat()}Z", text))


def _is_wanted(part: str, goals: Sequence[str] | None) -> bool:
    """Whether a part of a sector file stays: all but the goals that the scenario does not name."""
    return goals is None or not part.startswith("[[goals]]") or tomllib.loads(part)["goals"][0]["name"] in goals


def rows_of(found: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Each scenario's figures, and the mean of all."""
    rows = [one for name, figures in found.items() for one in _rows(name, figures)]
    ratios = [r for f in found.values() if (r := _over(f, "lottery")) is not None and math.isfinite(r)]
    if ratios:
        mean = math.exp(sum(map(math.log, ratios)) / len(ratios)) if min(ratios) > 0.0 else 0.0
        said = "w over the strip lottery's, geometric mean where that is not 0"
        rows.append(row("all", said, "", round(mean, 3), goal=">= 1.3", met=mean >= 1.3, runs=len(ratios)))
    return rows


def _rows(name: str, figures: dict[str, Any]) -> Iterator[dict[str, Any]]:
    game = figures["game"]
    yield row(name, "certified", "%", round(100.0 * game["certified"], 3))
    yield row(name, "best attack found", "%", round(100.0 * game["attack"], 3))
    bracket = (game["attack"] - game["certified"]) / game["attack"] if game["attack"] > 0.0 else 0.0
    most = NARROW if figures["slots"] >= 20 else 2.5 * NARROW
    yield row(name, "bracket", "", round(bracket, 4), goal=f"<= {most}", met=bracket <= most and game["attack"] > 0.0)
    whole_s = round(game["cpu_s"] + game["value_cpu_s"], 1)
    asked = {"goal": f"<= {SEARCH_CPU_S:g}", "met": whole_s <= SEARCH_CPU_S} if name == "wide" else {}
    yield row(name, "from sector file to certificate and attack", "CPU-s", whole_s, **asked)
    for peer, times in (("strips", TIMES_STRIPS), ("lottery", TIMES_LOTTERY)):
        if peer in figures:
            ratio, theirs = _over(figures, peer), figures[peer]["certified"]
            shown = None if ratio is None or not math.isfinite(ratio) else round(ratio, 3)
            yield row(
                *(name, f"w over that of {NAMES[peer]}", "", shown), goal=f">= {times}",
                met=ratio is not None and ratio >= times, peer=round(100.0 * theirs, 3), peer_name=NAMES[peer],
                peer_version="certified, %", ratio=shown,
            )  # fmt: skip


def _over(figures: dict[str, Any], peer: str) -> float | None:
    """w over the peer's; infinite where the peer has none, nothing where both have none."""
    if peer not in figures:
        return None
    ours, theirs = (-math.log1p(-figures[who]["certified"]) for who in ("game", peer))
    return ours / theirs if theirs > 0.0 else math.inf if ours > 0.0 else None


def _tell(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
