"""Clearance: planned nights are flown to the end without pictures; how near do aircraft truly come to anything?

For each seed the generated pass is planned for three aircraft, and every sortie is flown by the simulator in its wind,
gusts and errors, over the truth terrain. Told are the least true height over the ground and distance from the border,
how near two come to each other, and how far beside its planned line an aircraft lies. What lies within 500 m of a base
is left out, as in `apacheta demo`; not for the border. `--quick` flies one seed; it never counts as met.
"""

import json
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from _common import arguments_of, inputs_sha256, row, say

from apacheta.app.demo.figures import flight_figures
from apacheta.app.exercise import generated_pass
from apacheta.app.loading import load_fleet, load_mandate, load_sector, load_world
from apacheta.app.plan import make_plan
from apacheta.app.score import Truth, read_truth
from apacheta.core.plan import Sortie, sorties_of
from apacheta.core.sector import Sector
from apacheta.plan.airspace import TRACK_TOLERANCE_M
from apacheta.sim.night import NightSimulator
from apacheta.sim.world import load_world as load_truth

SEEDS = tuple(range(101, 121))
MINUTES = 180
DECIDING = tuple(f"src/apacheta/{room}" for room in ("core", "kernels", "geo", "plan", "sim", "app/catalogue"))
NEAREST_M = 500.0
Night = dict[str, Any]


def main() -> int:
    """Fly, then print the rows."""
    arguments = arguments_of().parse_args()
    with ProcessPoolExecutor(2) as pool:
        nights = list(pool.map(flown, SEEDS[:1] if arguments.quick else SEEDS))
    say("clearance", rows_of(nights, arguments.quick), not arguments.quick, inputs_sha256(DECIDING), arguments.table)
    return 0


def flown(seed: int) -> Night:
    """The figures of one night's flights."""
    exercise = generated_pass(seed, lambda *step: None)
    sector, mandate = load_sector(exercise.sector), load_mandate(exercise.mandate)
    fleet, ground = load_fleet(sector, exercise.sector), load_world(sector, exercise.sector)
    with tempfile.TemporaryDirectory(prefix="apacheta-clearance-") as folder:
        out = Path(folder)
        plan = make_plan(
            sector, mandate, fleet, ground, sector_path=exercise.sector, policy="strips", seed=seed, max_seconds=None,
            out_dir=out, language="en",
        ).plan  # fmt: skip
        night = NightSimulator(
            world=load_truth(exercise.world), sorties=tuple(sorties_of(plan)), aircraft=fleet, sector=sector,
            from_utc_ns=sector.start_utc_ns, minutes=MINUTES, seed=seed, width_px=320, height_px=256,
        )  # fmt: skip
        truth = _truth_of(night, out / "truth.jsonl")
    waiting = {s.id for crew in night.crews for s in crew.waiting}
    sorties = {n: [s for s in sorties_of(plan) if s.aircraft == n and s.id not in waiting] for n in truth.aircraft}
    beside_m = [_beside_m(rows, sorties[name], sector, ground.dem.grid) for name, rows in truth.aircraft.items()]
    figures = flight_figures(truth, sector, plan, ground.border_line)
    wanted_m = sector.border.standoff_m + sector.border.accuracy_m
    night_figures = {"seed": seed, "sorties": sum(len(s) for s in sorties.values()), "beside_m": max(beside_m)}
    sys.stderr.write(f"{night_figures | figures}\n")
    return night_figures | figures | {"border_margin_m": round(figures["min_border_distance_m"] - wanted_m, 2)}


def _truth_of(night: NightSimulator, path: Path) -> Truth:
    """What truly happened; no picture is made."""
    with path.open("w", encoding="utf-8") as out:
        for tick in night.run(lambda utc_ns: True):
            out.writelines(json.dumps(line) + "\n" for line in tick.truth)
    return read_truth(path)


def _beside_m(rows: np.ndarray, sorties: list[Sortie], sector: Sector, grid: Any) -> float:
    """The greatest distance of an aircraft from the planned line of its sortie, away from the bases."""
    at = np.column_stack(grid.xy(rows[:, 1], rows[:, 2]))
    bases = np.column_stack(grid.xy([b.lat_deg for b in sector.bases], [b.lon_deg for b in sector.bases]))
    away = np.min(np.hypot(*(at[:, None] - bases).transpose(2, 0, 1)), axis=1) > NEAREST_M
    launches = np.array([s.launch_utc_ns / 1e9 for s in sorties])
    which = np.searchsorted(launches, rows[:, 0] + 1.0, side="right") - 1
    greatest = 0.0
    for number, sortie in enumerate(sorties):
        line = shapely.LineString([grid.xy(w.position.lat_deg, w.position.lon_deg) for w in sortie.tour.waypoints])
        mine = at[away & (which == number)]
        greatest = max(greatest, *shapely.distance(shapely.points(mine), line)) if len(mine) else greatest
    return round(float(greatest), 2)


def rows_of(nights: list[Night], quick: bool) -> list[dict[str, Any]]:
    """The least and the greatest of all nights."""

    def told(name: str, unit: str, ours: float, goal: str, is_met: bool) -> dict[str, Any]:
        return row(
            "three aircraft", name, unit, ours, goal=goal, met=None if quick else is_met, quick=quick, runs=len(nights)
        )

    clear_m = min(n["min_terrain_clearance_m"] for n in nights)
    border_m = min(n["border_margin_m"] for n in nights)
    beside_m = max(n["beside_m"] for n in nights)
    near = sum((n["min_separation_m"] or NEAREST_M) < NEAREST_M for n in nights)
    return [
        told("sorties", "", sum(n["sorties"] for n in nights), ">= 100", sum(n["sorties"] for n in nights) >= 100),
        told("terrain clearance, least", "m", clear_m, ">= 60", clear_m >= 60),
        told("border distance beyond what is required, least", "m", border_m, ">= 0", border_m >= 0),
        told(
            "beside the planned line, greatest",
            "m",
            beside_m,
            f"<= {TRACK_TOLERANCE_M:g}",
            beside_m <= TRACK_TOLERANCE_M,
        ),
        told("nights with two nearer than 60 m in height and 500 m in plan", "", near, "0", near == 0),
    ]


if __name__ == "__main__":
    sys.exit(main())
