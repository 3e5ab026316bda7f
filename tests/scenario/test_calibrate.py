"""`apacheta calibrate` on a simulated film of decoys, from the command line to the plan that takes its table."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from apacheta.app.cli import main
from apacheta.app.demo.progress import Progress
from apacheta.app.demo.recipe import Given, given_of
from apacheta.app.demo.settings import DemoSettings
from apacheta.app.loading import load_fleet
from apacheta.app.texts import Texts
from apacheta.core.instant import NS
from apacheta.core.plan import Sortie, sorties_of
from apacheta.plan import plan_night
from apacheta.sim.night import Cast, NightSimulator
from apacheta.sim.world import load_world
from apacheta.sim.world.bodies import body
from apacheta.sim.world.crowd import Party, Route

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
MINUTES, WALK_M_S, LONG_S = 5.0, 1.0, 60.0


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Given:
    settings = DemoSettings(headless=True, minutes=2, seed=1, sector=None, mandate=None,
                            post=tmp_path_factory.mktemp("post") / "post", aircraft=1, width_px=640, height_px=512,
                            crossers_per_hour=0.0, keep_video=False, language="en", fewer_will_do=True)  # fmt: skip
    with Progress(io.StringIO(), Texts("en")) as progress:
        return given_of(settings, progress)


@pytest.fixture(scope="module")
def film(given: Given, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Some minutes of the first sortie's stares with a walker at each aim, and where they walked."""
    fleet = load_fleet(given.sector, given.exercise.sector)
    result = plan_night(given.sector, given.mandate, fleet, given.ground.dem, given.ground.border_line, "strips", 1)
    sortie = sorties_of(result.plan)[0]
    middles_s = middles_of(sortie, result.flown[sortie.tour.id].seconds)
    from_ns = sortie.launch_utc_ns + int((middles_s[0] - LONG_S) * NS)
    world = load_world(given.exercise.world)
    decoys = decoys_of(sortie, middles_s, given, from_ns)
    simulator = NightSimulator(
        world=world, sorties=(sortie,), aircraft=fleet, sector=given.sector, minutes=MINUTES, seed=1, width_px=640,
        height_px=512, rate_hz=5.0, from_utc_ns=from_ns, cast=Cast(tuple(party for party, _ in decoys)),
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("film")
    with (folder / "film.ts").open("wb") as file:
        for tick in simulator.run():
            for data in tick.streams.values():
                file.write(data)
    rows = [row for _, rows in decoys for row in rows]
    (folder / "walks.csv").write_text("\n".join(["walk,kind,utc,lat_deg,lon_deg", *rows, ""]))
    return folder / "film.ts", folder / "walks.csv"


def middles_of(sortie: Sortie, seconds: np.ndarray) -> np.ndarray:
    """(n,) seconds after the launch of the middles of the stares."""
    middle_m = [(stare.from_along_m + stare.to_along_m) / 2 for stare in sortie.tour.stares]
    return np.interp(middle_m, [w.along_m for w in sortie.tour.waypoints], seconds)


def decoys_of(sortie: Sortie, middles_s: np.ndarray, given: Given, epoch_ns: int) -> list[tuple[Party, list[str]]]:
    """A walker over each stare's aim, from before it until after it, and the rows of his logger."""
    rng, world, found = np.random.default_rng(5), load_world(given.exercise.world), []
    for number, (stare, after_s) in enumerate(zip(sortie.tour.stares, middles_s, strict=True)):
        middle_s = float(after_s) + (sortie.launch_utc_ns - epoch_ns) / NS
        if not 0.0 < middle_s < MINUTES * 60.0:
            continue
        heading = rng.uniform(0.0, 2.0 * np.pi)
        way = np.array([np.sin(heading), np.cos(heading)])
        at = np.array(world.to_xy(stare.aim.lon_deg, stare.aim.lat_deg), dtype=float)
        time_s = middle_s + np.array([-LONG_S / 2, LONG_S / 2])
        xy = at + (time_s - middle_s)[:, None] * WALK_M_S * way
        route = Route(time_s, np.array([0.0, LONG_S * WALK_M_S]), xy, np.array([way, way]))
        member = (body(rng, "person"),)
        party = Party(f"d{number}", "foot", True, False, member, (route,), epoch_ns, *map(float, time_s))
        fixes = np.arange(time_s[0], time_s[1] + 0.1, 5.0)
        lon, lat = world.to_lonlat(*(at + (fixes - middle_s)[:, None] * WALK_M_S * way).T)
        utc = [datetime.fromtimestamp(epoch_ns / NS + s, UTC).isoformat() for s in fixes]
        rows = [f"d{number},walker,{t},{a:.7f},{o:.7f}" for t, a, o in zip(utc, lat, lon, strict=True)]
        found.append((party, rows))
    return found


def test_decoys_become_a_table_and_the_planner_takes_it(
    film: tuple[Path, Path], given: Given, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    video, walks = film
    terrain, table = given.sector.terrain.file, tmp_path / "looks.csv"
    words = ["calibrate", str(video), "--walks", str(walks), "--terrain", terrain, "--out", str(table), "--json"]
    assert main(words) == 0
    answer = json.loads(capsys.readouterr().out)
    (walker,) = answer["kinds"]
    assert answer["passes"] >= 8
    assert walker["noticed"] >= 0.5 * walker["passes"]
    assert walker["least"] < walker["likeliest"]
    assert sum(row["passes"] for row in answer["rows"]) == answer["passes"]
    sector = str(given.exercise.sector)
    assert main(
        ["plan", sector, "--out", str(tmp_path / "plan"), "--looks", str(table), "--policy", "strips", "--json"]
    ) in (0, 1)
    planned = json.loads(capsys.readouterr().out)
    assert planned["look_table_sha256"] == answer["out_sha256"]
    assert planned["sweep_width_m"] > 0
