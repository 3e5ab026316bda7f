"""Failures flown to the ground by the simulator, which shares nothing with the proof: none leaves what is certified.

A short proxy of `apacheta bench containment`, over two_valleys with the states of a hand-drawn tour.
"""

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from proof_sample import sample
from sectors import heights_amsl_m

from apacheta.app.loading import load_fleet, load_proof_ground, load_sector
from apacheta.core.aircraft import Aircraft
from apacheta.core.sector import Sector, Weather, WindLayer
from apacheta.plan.containment import MODES, PARAMETERS, Ground, excursions_of, reached_from
from apacheta.plan.containment.catalogue import descents_of
from apacheta.plan.containment.proof import air_of, layers_of
from apacheta.sim.failures import Outcome, Setting, Terrain, causes_of, draw, fly

DRAWS = 400
PLACES = ((-19.470, -66.965, 4250.0), (-19.455, -66.955, 4330.0), (-19.440, -66.945, 4500.0))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sector, dict[str, Aircraft], Ground]:
    path = sample(tmp_path_factory.mktemp("flown"))
    sector = load_sector(path)
    return sector, load_fleet(sector, path), load_proof_ground(sector)


def setting_of(aircraft: Aircraft, sector: Sector) -> Setting:
    """The extremes that the catalogue states."""
    return Setting(
        aircraft=aircraft, weather=sector.weather, wind_sigmas=PARAMETERS["wind_sigmas"],
        temperature_c=PARAMETERS["temperature_slack_c"],
        terrain_down_m=PARAMETERS["le90_factor"] * sector.terrain.le90_m,
        terrain_aside_m=PARAMETERS["ce90_factor"] * sector.terrain.ce90_m, drag_least=PARAMETERS["polar_factor"],
        gust_s=PARAMETERS["gust_s"], gust_share=PARAMETERS["gust_share"],
    )  # fmt: skip


def terrain_of(sector: Sector, ground: Ground) -> Terrain:
    """The terrain of two_valleys, by its formula."""
    box = ground.box
    x, y = np.meshgrid(box.west_m + 30.0 * np.arange(2 * box.cols), box.south_m + 30.0 * np.arange(2 * box.rows))
    lat, lon = box.grid.latlon(x.ravel(), y.ravel())
    return Terrain(heights_amsl_m(np.asarray(lat), np.asarray(lon)).reshape(x.shape), box.west_m, box.south_m, 30.0)


def flown(sector: Sector, aircraft: Aircraft, ground: Ground, mode_name: str, seed: int = 1) -> list[Outcome]:
    """Failures of one mode from each place, against what is certified for it."""
    air, box = air_of(sector, ground), ground.box
    mode = next(e for e in excursions_of(aircraft, sector, air) if e.mode == mode_name)
    cause = next(c for c in causes_of(aircraft, sector.weather, PARAMETERS) if c.name == mode_name)
    descent = None if mode.descent is None else descents_of(aircraft, air)[mode.descent]
    outcomes = []
    for lat, lon, height in PLACES:
        place = np.array([*(float(v) for v in box.grid.xy(lat, lon)), height])
        layer = int(layers_of(np.array([height + mode.up_m]), air)[0])
        certified = reached_from(ground, air, descent, place[:2], layer, mode.radius_m[layer] + 1.0)
        setting = setting_of(aircraft, sector)
        figures = draw(cause, setting, DRAWS, np.random.default_rng(seed))
        corner = (box.west_m, box.south_m)
        outcomes.append(fly(place, cause, setting, figures, terrain_of(sector, ground), certified, corner, box.cell_m))
    return outcomes


@pytest.mark.parametrize("mode", MODES)
def test_nothing_gets_out_of_what_is_certified(world: tuple[Sector, dict[str, Aircraft], Ground], mode: str) -> None:
    sector, fleet, ground = world
    for out in flown(sector, fleet["vtol_terminating"], ground, mode):
        assert not out.outside.any()
        assert out.farthest_m.max() > 40.0  # something was flown


@pytest.mark.parametrize("mode", ["engine_loss", "battery_loss"])
def test_a_turning_glide_stays_inside(world: tuple[Sector, dict[str, Aircraft], Ground], mode: str) -> None:
    """Without a parachute: any airspeed, any bank. Its reach is that of the whole small world, so that the certified
    cells are widened by none: only what lands inside the grid can be held against them."""
    sector, fleet, ground = world
    calm = msgspec.structs.replace(
        sector, weather=msgspec.structs.replace(sector.weather, updraft_max_m_s=0.0, gust_m_s=0.0)
    )
    termination = msgspec.structs.replace(fleet["vtol_terminating"].failure.termination, independent=False)
    failure = msgspec.structs.replace(fleet["vtol_terminating"].failure, termination=termination)
    plain = msgspec.structs.replace(fleet["vtol_terminating"], failure=failure)
    box = ground.box
    for out in flown(calm, plain, ground, mode):
        i, j = (out.end_m[:, 1] - box.south_m) // box.cell_m, (out.end_m[:, 0] - box.west_m) // box.cell_m
        inside = (i >= 0) & (j >= 0) & (i < box.rows) & (j < box.cols)
        assert not out.outside[inside].any()
        assert inside.sum() > 50


def test_a_parachute_comes_down_at_its_rate(world: tuple[Sector, dict[str, Aircraft], Ground]) -> None:
    """The simulator's own air: at 4,500 m in standard air the sink is the aircraft file's, so that the drift in a
    steady wind of 10 m/s from 300 m is 10 / 5.5 of the height within the change of density."""
    _, fleet, _ = world
    aircraft = fleet["vtol_terminating"]
    steady = WindLayer(height_amsl_m=4500.0, from_deg=270.0, speed_m_s=10.0, sigma_m_s=0.0)  # type: ignore[arg-type]
    weather = Weather(
        wind=(steady,), gust_m_s=0.0, updraft_max_m_s=0.0, isa_deviation_c=0.0, qnh_hpa=1013.25, icing=False
    )
    setting = Setting(aircraft, weather, 0.0, 0.0, 0.0, 0.0, 1.0, 20.0, 0.25)
    parachute = next(c for c in causes_of(aircraft, weather, PARAMETERS) if c.name == "gnss_loss")
    cause = replace(parachute, beside_m=0.0, above_m=0.0, runs_s=0.0, cas_m_s=0.0)
    plain = Terrain(np.full((80, 80), 4350.0), -2000.0, -2000.0, 100.0)
    certified = np.ones((80, 80), np.bool_)
    figures = {name: np.zeros(1) for name in draw(cause, setting, 1, np.random.default_rng(1))}
    figures |= {"turns_over_s": np.array([np.inf]), "wind_changes_s": np.array([np.inf])}
    out = fly(np.array([0.0, 0.0, 4650.0]), cause, setting, figures, plain, certified, (-2000.0, -2000.0), 100.0)
    assert out.farthest_m[0] == pytest.approx(300.0 * 10.0 / 5.5, rel=0.01)
    assert abs(out.end_m[0, 1]) < 1.0
