"""Whole nights over a small pass with a plan by hand: all else, from the mandate to the report, is the demo's own.

    A1           three aircraft a third of a circle apart fly round one party of mules, A2 30 m and A3 100 m
 /      \\        higher than A1, each with its camera on the party from before the first picture to the end
A3  *mules
 \\      /        own side is north
    A2
"""

import functools
import io
import json
import math
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from apacheta.adapters.filelog import FileLogStore
from apacheta.app import exercise
from apacheta.app.answer import Answer, run_to_answer
from apacheta.app.demo import recipe
from apacheta.app.demo.command import KEYS, SCHEMA
from apacheta.app.demo.night import DemoSettings, Night
from apacheta.app.demo.progress import Progress
from apacheta.app.draw import DRAW_FILE, encode_draw
from apacheta.app.report import ink
from apacheta.app.texts import Texts
from apacheta.core.place import AmslM, GeoPoint, HaeM
from apacheta.core.plan import Slot, Stare, Tour, WatchPlan, Waypoint
from apacheta.core.sector import Sector
from apacheta.formats.canonical import sha256_hex
from apacheta.formats.plan_json import encode_plan
from apacheta.plan.draw import blinding, commitment, exercise_seed
from apacheta.sim.night.cast import cast_of
from apacheta.sim.world import CROSSERS_PER_HOUR, World, generate_world, load_world

NS = 1_000_000_000
SEED, PARTY = 3, "mules-02"
DRAW_SEED = exercise_seed(SEED)
MINUTES = 0.4
STATION_S, ALOFT_S = 1800.0, 240.0
"""From the night's begin to the first picture; and from take-off to it."""
RADIUS_M, OVER_M = 380.0, 90.0
HIGHER_M = {"A1": 0.0, "A2": 30.0, "A3": 100.0}


@dataclass(frozen=True)
class Flown:
    """What a night left: its answer, its records, its post."""

    answer: dict[str, Any]
    night: Night | None
    post: Path

    def entries(self, kind: str) -> list[dict[str, Any]]:
        """The bodies of that kind in the post's log."""
        store = FileLogStore(self.post / "log")
        try:
            found = [json.loads(store.entry(n)) for n in range(store.size())]
        finally:
            store.close()
        return [e["body"] for e in found if e["kind"] == kind]

    def truth(self, kind: str) -> list[dict[str, Any]]:
        """The lines of that kind that the simulator wrote apart."""
        lines = (self.post / "truth" / "truth.jsonl").read_text(encoding="utf-8").splitlines()
        return [row for row in map(json.loads, lines) if row["kind"] == kind]

    def page(self) -> str:
        """The watch's report."""
        return Path(self.answer["report"]).read_text(encoding="utf-8")


def fly(
    folder: Path,
    patch: pytest.MonkeyPatch,
    *,
    aircraft: int = 1,
    minutes: float = MINUTES,
    late: tuple[str, ...] = (),
    post: str = "post",
) -> Flown:
    """One night; those that are `late` launch an hour after the others. Exercise and key lie in the folder too."""
    nights: list[Night] = []
    real = recipe.write_report
    patch.setenv("APACHETA_KEY", str(folder / "keys" / "post.pem"))
    patch.setattr(exercise, "cache_folder", lambda: folder / "cache")
    patch.setattr(exercise, "generate_world", functools.partial(generate_world, width_m=8000.0, height_m=6000.0))
    patch.setattr(ink, "DPI", 40)  # the same pictures with fewer pixels: nothing here looks at them
    patch.setattr(recipe, "make_plan", functools.partial(_made_by_hand, late))
    patch.setattr(recipe, "write_report", lambda night, *given: (nights.append(night), real(night, *given))[1])
    settings = DemoSettings(
        headless=True, minutes=minutes, seed=SEED, sector=None, mandate=None, post=folder / post, aircraft=aircraft,
        width_px=320, height_px=256, crossers_per_hour=60.0, keep_video=True, language="en",
    )  # fmt: skip
    answer = Answer(SCHEMA, KEYS, {"interrupted": False})
    with Progress(io.StringIO(), Texts("en")) as progress:
        run_to_answer(answer, lambda a: recipe.run_night(a, settings, progress))
    patch.setattr(recipe, "write_report", real)
    return Flown(answer.as_json(), nights[0] if nights else None, folder / post)


def _made_by_hand(late: tuple[str, ...], sector: Sector, *_: Any, out_dir: Path, **__: Any) -> Any:
    world = load_world(exercise.generated_pass(SEED, lambda *_: None).world)
    plan = _plan(world, sector, late)
    data = encode_plan(plan)
    (out_dir / "plan.json").write_bytes(data)
    (out_dir / DRAW_FILE).write_bytes(encode_draw(sha256_hex(data), DRAW_SEED))
    return SimpleNamespace(plan=plan)


def _plan(world: World, sector: Sector, late: tuple[str, ...]) -> WatchPlan:
    from_ns = sector.start_utc_ns + round(STATION_S * NS)
    middle = _party_at(world, from_ns)
    tours = {m.id: _tour(world, m.id, middle, 2 * math.pi * n / 3) for n, m in enumerate(sector.fleet)}
    launch_ns = from_ns - round(ALOFT_S * NS)
    slots = tuple(
        Slot(
            id=f"slot-{m.id}", aircraft=m.id, aircraft_type=m.type, base=m.base,
            launch_utc_ns=str(launch_ns + (3600 * NS if m.id in late else 0)), tours=(tours[m.id].id,),
            probabilities=(1.0,), drawn=tours[m.id].id,
        )
        for m in sector.fleet
    )  # fmt: skip
    return WatchPlan(
        format="plan/1", apacheta="0", policy="strips", seed=SEED, sector=sector.name, sector_sha256=sector.sha256,
        mandate_sha256="0" * 64, terrain_sha256="0" * 64, border_sha256="0" * 64, aircraft_sha256={},
        start_utc_ns=str(sector.start_utc_ns), end_utc_ns=str(sector.end_utc_ns),
        border_standoff_m=sector.border.standoff_m, border_line_accuracy_m=sector.border.accuracy_m,
        clearance_required_m=None, tours=tuple(tours.values()), slots=slots, dropped=(), min_border_distance_m=None,
        min_terrain_clearance_m=None, min_separation_m=None, min_energy_reserve_fraction=None, planned_km2=1.0,
        search_rate_km2_h=None, containment="standoff_only", certified_detection=None,
        draw_sha256=commitment(DRAW_SEED), draw_blind=blinding(DRAW_SEED),
    )  # fmt: skip


def _party_at(world: World, from_ns: int) -> tuple[float, float]:
    """Where the middle of the party is in the middle of a night of the usual length."""
    to_ns = from_ns + round(MINUTES * 60 * NS)
    cast = cast_of(world, SEED, from_ns, to_ns, CROSSERS_PER_HOUR)
    places = cast.at((from_ns + to_ns) // 2)
    mine = np.array([name == PARTY for name in cast.party_ids])
    assert places.present[mine].any(), "the party has moved on: the world or its night is another"
    mine &= places.present
    return float(places.x_m[mine].mean()), float(places.y_m[mine].mean())


def _tour(world: World, name: str, middle: tuple[float, float], begin: float) -> Tour:
    """Up, round and round the place with the camera on it, down where it began."""
    turns = begin - np.arange(0.0, 4 * 2 * math.pi, math.pi / 6)
    x, y = middle[0] + RADIUS_M * np.cos(turns), middle[1] + RADIUS_M * np.sin(turns)
    near = np.meshgrid(*(c + np.arange(-600.0, 601.0, 20.0) for c in middle))
    high = float(world.truth_at(*near).max()) + OVER_M + HIGHER_M[name]
    pad = float(world.truth_at(x[0], y[0]))
    route = [(x[0], y[0], pad, "takeoff"), (x[0], y[0], high, "climb")]
    route += [(a, b, high, "station") for a, b in zip(x, y, strict=True)]
    route += [(x[0], y[0], high, "approach"), (x[0], y[0], pad, "land")]
    steps = [math.hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(route)]
    along = np.concatenate([[0.0], np.cumsum(steps)])
    waypoints = tuple(
        Waypoint(position=_geo(world, a, b, h), alt_amsl_m=AmslM(h), kind=kind, along_m=float(s))
        for (a, b, h, kind), s in zip(route, along, strict=True)
    )
    ground = float(world.truth_at(*middle))
    stare = Stare(
        from_along_m=1.0, to_along_m=float(along[-3]), aim=_geo(world, *middle, ground),
        slant_range_m=math.hypot(RADIUS_M, high - ground), depression_deg=30.0, gsd_m=0.3,
    )  # fmt: skip
    return Tour(
        id=f"tour-{name}", strip="by hand", waypoints=waypoints, stares=(stare,), length_m=float(along[-1]),
        duration_s=ALOFT_S * float(along[-1]), laps=4, energy_wh=100.0, reserve_fraction=0.5,
        min_border_distance_m=0.0, min_terrain_clearance_m=60.0, max_density_altitude_m=5000.0, radio_margin_db=10.0,
        watched_km2=0.1,
    )  # fmt: skip


def _geo(world: World, x_m: float, y_m: float, amsl_m: float) -> GeoPoint:
    lon, lat = world.to_lonlat(x_m, y_m)
    hae_m = amsl_m + float(world.undulation_m(x_m, y_m))
    return GeoPoint(lat_deg=float(lat), lon_deg=float(lon), alt_hae_m=HaeM(hae_m))
