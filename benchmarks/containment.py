"""Containment: failures flown to the ground against the certificate, what the proof costs, how long it takes.

Two generated passes and the real tile (examples/libertadores). In each 200 states of a proven plan, half of them among
the twentieth with the least margin; 5,000 failures from each, over all modes, with every parameter between its stated
extremes or at one, flown by `sim.failures`, which shares no code with the proof. None may ever leave the cells that are
certified for its state and mode. Where the real tile's data are absent it is left out, and the run does not count.
`--quick` flies 20 states of one pass with 500 failures each; it never counts as met.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from _common import ROOT, apacheta, arguments_of, inputs_sha256, row, say
from numpy.typing import NDArray
from pyproj import Transformer
from scipy import ndimage

from apacheta.app.exercise import generated_pass
from apacheta.app.loading import (
    load_fleet,
    load_mandate,
    load_proof_ground,
    load_sector,
    load_world,
    rasters_of,
)  # fmt: skip
from apacheta.core.aircraft import Aircraft
from apacheta.core.plan import WatchPlan
from apacheta.core.sector import Sector
from apacheta.formats.plan_json import encode_plan
from apacheta.plan import plan_night
from apacheta.plan.airspace import airspace_of
from apacheta.plan.containment import (
    MODES,
    PARAMETERS,
    Ground,
    ceiling_of,
    excursions_of,
    legs_of,
    pieces_of,
    prove,
    reached_from,
)  # fmt: skip
from apacheta.plan.containment.catalogue import descents_of
from apacheta.plan.containment.ground import Box
from apacheta.plan.containment.proof import air_of, layers_of
from apacheta.plan.menu import GSD_STEPS_M
from apacheta.plan.strips import candidates_of
from apacheta.plan.walkers import traffic_of
from apacheta.sim.failures import Setting, Terrain, causes_of, draw, fly

PASSES = (11, 12)
STATES, FAILURES = 200, 5000
WINDOW_CELLS = 230
"""What a failure leads to lies within 6.9 km; what left the window would count as outside."""
DECIDING = ("src/apacheta/plan", "src/apacheta/app/exercise.py", "src/apacheta/geo", "src/apacheta/kernels",
            "src/apacheta/sim/failures", "src/apacheta/core", "src/apacheta_check")  # fmt: skip
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Case:
    """One sector with its plan and what the proof needs."""

    name: str
    sector: Sector
    path: Path
    fleet: dict[str, Aircraft]
    ground: Ground
    plan: WatchPlan
    watched: tuple[float, float, float]
    could_share: float


def main() -> int:
    """Fly, then print the rows."""
    arguments = arguments_of().parse_args()
    cases = [case_of(f"generated pass {seed}", generated_pass(seed, lambda *_: None).sector)
             for seed in (PASSES[:1] if arguments.quick else PASSES)]  # fmt: skip
    shared = Path(os.environ.get("APACHETA_SHARED_DATA", ROOT.parent / "shared" / "data"))
    whole = not arguments.quick and (shared / "terrain" / "S33W071.tif").is_file()
    if whole:
        cases.append(case_of("Libertadores, real tile", ROOT / "examples" / "libertadores" / "sector.toml"))
    states, failures = (20, 500) if arguments.quick else (STATES, FAILURES)
    rows = [r for case in cases for r in rows_of(case, states, failures, whole)]
    if not arguments.quick:
        rows += rows_of_a_long_night(whole)
    say("containment", rows, whole, inputs_sha256(DECIDING), arguments.table)
    return 0


def case_of(name: str, path: Path) -> Case:
    """The sector's night planned twice: with the proof, and without it."""
    sector, mandate = load_sector(path), load_mandate(path.parent / "mandate.toml")
    fleet, world, ground = load_fleet(sector, path), load_world(sector, path), load_proof_ground(sector)
    given = sector, mandate, fleet, world.dem, world.border_line, "strips", 1
    with_proof, without = (plan_night(*given, proof_ground=g) for g in (ground, None))  # type: ignore[arg-type]
    both = with_proof.watched & without.watched
    watched = tuple(float(m.sum()) * world.dem.cell_m**2 / 1e6 for m in (without.watched, with_proof.watched, both))
    could = [ground_in_view(sector, fleet, world, g) for g in (None, ground)]
    share = len(could[0] & could[1]) / len(could[0])
    return Case(name, sector, path, fleet, ground, with_proof.plan, watched, share)  # type: ignore[arg-type]


def ground_in_view(
    sector: Sector, fleet: dict[str, Aircraft], world: Any, ground: Ground | None
) -> set[tuple[int, int]]:
    """Squares of 120 m with an aim of some racetrack of the fleet's first type, whatever way leads there."""
    aircraft = fleet[sector.fleet[0].type]
    ceiling = None if ground is None else ceiling_of(sector, aircraft, ground)
    sigmas = aircraft.nav_sigma_h_m, aircraft.nav_sigma_v_m
    airspace = airspace_of(sector, world.dem, world.border_line, aircraft.radio, *sigmas, ceiling)
    traffic = traffic_of(sector, world.dem, world.border_line, np.random.default_rng(1))
    strips = candidates_of(airspace, aircraft, traffic, GSD_STEPS_M[0]).strips
    return {(int(x), int(y)) for strip in strips for x, y in np.floor(strip.aims() / 120.0)}


def rows_of(case: Case, states: int, failures: int, whole: bool) -> list[dict[str, Any]]:
    """The issue's figures."""
    rows: list[dict[str, Any]] = []

    def figure(
        metric: str, unit: str, ours: float | None, goal: str | None = None, met: Any = None, **more: Any
    ) -> None:
        verdict = None if not whole or met is None or ours is None else bool(met(ours))
        rows.append(row(case.name, metric, unit, ours, goal=goal, met=verdict, quick=not whole, **more))

    without, with_proof, both = case.watched
    figure("ground that the menu watches without the proof", "km2", round(without, 2))
    figure("of that ground, still watched with it", "", round(both / without, 3), ">= 0.6", lambda v: v >= 0.6)
    figure("all that the menu watches with it, over that", "", round(with_proof / without, 3))
    figure("of all ground that some racetrack could watch, with the proof", "", round(case.could_share, 3))
    flown = flown_against(case, states, failures)
    figure("failures flown", "", flown["flown"], ">= 1000000", lambda v: v >= 1e6)
    figure("of them ever outside what is certified", "", flown["outside"], "0", lambda v: v == 0)
    for mode, ratios in flown["ratios"].items():
        middle = round(float(np.median(ratios)), 2)
        spread = [round(float(np.percentile(ratios, p)), 2) for p in (5, 95)]
        figure(f"{mode}: certified over largest observed reach, median", "", middle, "<= 2", lambda v: v <= 2,
               spread=spread, count=len(ratios))  # fmt: skip
    return [*rows, *rows_of_time(case.name, case.plan, case.path, whole)]


def rows_of_a_long_night(whole: bool) -> list[dict[str, Any]]:
    """The first pass with a night of ten hours: 22 slots and more."""
    given = generated_pass(PASSES[0], lambda *_: None).sector
    with tempfile.TemporaryDirectory(prefix="apacheta-long-night-") as folder:
        path = Path(shutil.copytree(given.parent, Path(folder) / "pass")) / given.name
        path.write_text(given.read_text("utf-8").replace("2026-06-22T07:00:00Z", "2026-06-22T09:00:00Z"), "utf-8")
        sector, mandate = load_sector(path), load_mandate(path.parent / "mandate.toml")
        fleet, world, ground = load_fleet(sector, path), load_world(sector, path), load_proof_ground(sector)
        plan = plan_night(sector, mandate, fleet, world.dem, world.border_line, "strips", 1, proof_ground=ground).plan
        return rows_of_time(f"generated pass {PASSES[0]}, ten hours", plan, path, whole)


def rows_of_time(name: str, plan: WatchPlan, path: Path, whole: bool) -> list[dict[str, Any]]:
    """How long a night takes to prove and to check."""
    times = timed(plan, path)

    def figure(
        metric: str, unit: str, ours: float, goal: str | None = None, *, met: bool | None = None
    ) -> dict[str, Any]:
        return row(name, metric, unit, ours, goal=goal, met=met if whole else None, quick=not whole)

    return [
        figure("slots", "", len(plan.slots)),
        figure("states proven", "", times["states"]),
        figure("time to prove", "s", times["prove_s"], "<= 120", met=times["prove_s"] <= 120),
        figure("time to check", "s", times["check_s"], "<= 60", met=times["check_s"] <= 60),
        figure("checked as valid", "", times["valid"], "1", met=times["valid"] == 1),
    ]


def flown_against(case: Case, states: int, failures: int) -> dict[str, Any]:
    """Failures from so many states, half of them among the twentieth with the least margin."""
    legs, _ = legs_of(case.plan, case.ground.box.grid, case.sector.terrain.vertical_datum == "hae")
    pieces = pieces_of(legs, PARAMETERS["spacing_m"])
    contents = {name: {} for name in case.fleet}
    margins = prove(case.plan, "", case.sector, case.fleet, contents, case.ground).legs
    least = np.array([min(m for m in margins[leg].margins_m if m is not None) for leg in pieces.leg])
    rng = np.random.default_rng(1)
    order = np.argsort(least, kind="stable")
    narrow, wide = order[: max(1, len(order) // 20)], order[max(1, len(order) // 20) :]
    chosen = np.concatenate([rng.choice(part, states // 2, replace=len(part) < states // 2) for part in (narrow, wide)])
    air, heights = air_of(case.sector, case.ground), terrain_of(case)
    found: dict[str, Any] = {"flown": 0, "outside": 0, "ratios": {m: [] for m in MODES}}
    for index in chosen:
        aircraft = case.fleet[legs[pieces.leg[index]].aircraft_type]
        setting = Setting(
            aircraft=aircraft, weather=case.sector.weather, wind_sigmas=PARAMETERS["wind_sigmas"],
            temperature_c=PARAMETERS["temperature_slack_c"],
            terrain_down_m=PARAMETERS["le90_factor"] * case.sector.terrain.le90_m,
            terrain_aside_m=PARAMETERS["ce90_factor"] * case.sector.terrain.ce90_m,
            drag_least=PARAMETERS["polar_factor"],
            gust_s=PARAMETERS["gust_s"], gust_share=PARAMETERS["gust_share"],
        )  # fmt: skip
        excursions = {e.mode: e for e in excursions_of(aircraft, case.sector, air)}
        descents = descents_of(aircraft, air)
        causes = causes_of(aircraft, case.sector.weather, PARAMETERS)
        part, corner = window_of(case.ground, pieces.middle_m[index])
        for cause in causes:
            mode = excursions[cause.name]  # type: ignore[index]
            layer = int(layers_of(np.array([pieces.high_m[index] + mode.up_m]), air)[0])
            radius = pieces.half_m[index] + PARAMETERS["straight_m"] + mode.radius_m[layer]
            descent = None if mode.descent is None else descents[mode.descent]
            certified = reached_from(part, air, descent, pieces.middle_m[index], layer, radius)
            place = np.array([*pieces.middle_m[index], pieces.high_m[index]])
            figures = draw(cause, setting, failures // len(causes), rng)
            out = fly(place, cause, setting, figures, heights, certified, corner, part.box.cell_m)
            found["flown"] += len(out.outside)
            found["outside"] += int(out.outside.sum())
            if out.outside.any():
                say_escape(cause.name, figures, out.outside, out.end_m)
            if out.farthest_m.max() > 1.0:
                found["ratios"][cause.name].append(farthest_m(certified, corner, part.box.cell_m, place)
                                                   / float(out.farthest_m.max()))  # fmt: skip
    found["ratios"] = {m: r for m, r in found["ratios"].items() if r}
    return found


def say_escape(mode: str, figures: dict[str, Any], outside: Bools, end_m: Any) -> None:
    """Name the first failure that got out, so that it can be flown again."""
    n = int(np.flatnonzero(outside)[0])
    drawn = {name: round(float(values[n]), 3) for name, values in figures.items()}
    sys.stderr.write(f"outside: {mode} {drawn} ended at {end_m[n]}\n")


def window_of(ground: Ground, place: NDArray[np.float64]) -> tuple[Ground, tuple[float, float]]:
    """The ground within so many cells of a place, and its south-west corner."""
    box = ground.box
    i, j = int((place[1] - box.south_m) // box.cell_m), int((place[0] - box.west_m) // box.cell_m)
    rows = slice(max(0, i - WINDOW_CELLS), min(box.rows, i + WINDOW_CELLS))
    cols = slice(max(0, j - WINDOW_CELLS), min(box.cols, j + WINDOW_CELLS))
    west, south = box.west_m + cols.start * box.cell_m, box.south_m + rows.start * box.cell_m
    part = Box(box.lat0_deg, box.lon0_deg, west, south, box.cell_m, rows.stop - rows.start, cols.stop - cols.start)
    return Ground(ground.bounds_deg, part, ground.lowest_m[rows, cols], ground.border_m[rows, cols]), (west, south)


def farthest_m(certified: Bools, corner: tuple[float, float], cell_m: float, place: NDArray[np.float64]) -> float:
    """The greatest distance of a certified cell's middle from the place."""
    i, j = np.nonzero(certified)
    x, y = corner[0] + (j + 0.5) * cell_m, corner[1] + (i + 0.5) * cell_m
    return float(np.hypot(x - place[0], y - place[1]).max())


def terrain_of(case: Case) -> Terrain:
    """The elevation model itself, bilinear, at the nodes of a grid of half a cell: the world's ground before its errors
    are drawn."""
    source, _ = rasters_of(case.sector)
    heights = source.read(*source.clipped(*case.ground.bounds_deg))
    box, step = case.ground.box, case.ground.box.cell_m / 2.0
    x, y = np.meshgrid(box.west_m + step * np.arange(2 * box.cols), box.south_m + step * np.arange(2 * box.rows))
    lat, lon = box.grid.latlon(x.ravel(), y.ravel())
    u, v = Transformer.from_crs("EPSG:4326", heights.crs_wkt, always_xy=True).transform(lon, lat)
    a, _, c, _, e, f = heights.transform
    at = (np.asarray(v) - f) / e - 0.5, (np.asarray(u) - c) / a - 0.5
    values = ndimage.map_coordinates(np.asarray(heights.height_m, float), at, order=1, mode="nearest")
    return Terrain(values.reshape(x.shape), box.west_m, box.south_m, step)


def timed(given: WatchPlan, sector: Path) -> dict[str, Any]:
    """Wall seconds of `apacheta prove` and of `apacheta-check`, as a user runs them."""
    with tempfile.TemporaryDirectory(prefix="apacheta-containment-") as folder:
        plan, certificate = Path(folder) / "plan.json", Path(folder) / "certificate.json"
        plan.write_bytes(encode_plan(given))
        since = time.monotonic()
        made = apacheta("prove", str(plan), "--sector", str(sector), "--out", str(certificate))
        proven = time.monotonic()
        words = [sys.executable, "-P", "-m", "apacheta_check", str(certificate)]
        done = subprocess.run([*words, "--plan", str(plan), "--sector", str(sector), "--json"],
                              stdout=subprocess.PIPE, check=False)  # fmt: skip
        checked = time.monotonic()
    check = msgspec.json.decode(done.stdout)
    return {
        "states": made["states"],
        "prove_s": round(proven - since, 1),
        "check_s": round(checked - proven, 1),
        "valid": int(check["verdict"] == "valid"),
    }


if __name__ == "__main__":
    sys.exit(main())
