"""What is proven, what is not, and what is not provable."""

import math
from pathlib import Path

import msgspec
import numpy as np
import pytest
from proof_sample import WAY_A, certificate_of, sample
from scipy.ndimage import map_coordinates
from sectors import SECTOR, changed, two_valleys

from apacheta.app.loading import load_fleet, load_proof_ground, load_sector
from apacheta.app.plan import run
from apacheta.core.aircraft import Aircraft
from apacheta.core.certificate import Certificate
from apacheta.core.errors import InputFault
from apacheta.core.plan import WatchPlan
from apacheta.geo import BorderLine, LocalGrid
from apacheta.plan.containment import MODES, PARAMETERS, ceiling_of, excursions_of, ground_of
from apacheta.plan.containment.catalogue import SOURCES, descents_of
from apacheta.plan.containment.proof import air_of, layers_of
from apacheta.plan.containment.reach import fields, least_distances
from apacheta.ports import HeightGrid

PINNED = (
    *("link_loss", "gnss_loss", "gnss_drag", "engine_loss", "battery_loss", "stuck_control", "fly_away"),
    *("late_fence", "wind_above_forecast", "navigation_error"),
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sample(tmp_path_factory.mktemp("proof"))


@pytest.fixture(scope="module")
def proof(path: Path) -> Certificate:
    return certificate_of(path)


def test_the_catalogue_has_the_pinned_modes_and_a_source_for_each_figure() -> None:
    assert MODES == PINNED
    assert all(len(source) > 20 for _, source in SOURCES.values())


def test_both_tours_of_the_lottery_are_proven_and_no_other(proof: Certificate) -> None:
    assert proof.verdict == "proven"
    assert [t.id for t in proof.tours] == ["A", "B"]
    assert [m.mode for m in proof.modes] == list(PINNED)
    assert all(m.verdict == "proven" and m.worst_margin_m > 0.0 for m in proof.modes)


def test_legs_that_tours_share_are_proven_once(proof: Certificate) -> None:
    a, b = (t.legs for t in proof.tours)
    assert a[:3] == b[:3]
    assert a[0] == a[-1]  # up and down over the pad: the same leg
    assert len(proof.legs) == len(set(a) | set(b))
    assert proof.states == sum(leg.states for leg in proof.legs)


def test_the_wind_that_is_stronger_than_forecast_is_the_worst(proof: Certificate) -> None:
    margins = {m.mode: m.worst_margin_m for m in proof.modes}
    assert margins["wind_above_forecast"] < margins["gnss_loss"] < margins["navigation_error"]


def test_a_higher_tour_has_less_to_spare(tmp_path: Path) -> None:
    margins = []
    for higher_m in (0.0, 50.0, 400.0):
        way = [(n, e, h + higher_m if h > 4100.0 else h) for n, e, h in WAY_A]
        margins.append(certificate_of(sample(tmp_path, ways={"A": way})).modes[MODES.index("fly_away")].worst_margin_m)
    assert margins == sorted(margins, reverse=True)
    assert len(set(margins)) == 3


def test_a_tour_beside_the_border_is_not_proven(tmp_path: Path) -> None:
    way = [(n, e * 3.6, h + 450.0 if h > 4100.0 else h) for n, e, h in WAY_A]
    near = certificate_of(sample(tmp_path, ways={"A": way}))
    assert near.verdict == "not_proven"
    assert next(m for m in near.modes if m.mode == "fly_away").worst_margin_m < 0.0


def test_without_an_independent_termination_a_fly_away_is_not_provable(tmp_path: Path) -> None:
    text = SECTOR.replace("vtol_terminating", "vtol_plain")
    path = sample(tmp_path)
    (tmp_path / "sector.toml").write_text(text, encoding="utf-8")
    sector = load_sector(path)
    aircraft = load_fleet(sector, path)["vtol_plain"]
    ground = load_proof_ground(sector)
    modes = {m.mode: m.why for m in excursions_of(aircraft, sector, air_of(sector, ground))}
    lost = {"gnss_loss", "gnss_drag", "stuck_control", "fly_away"}
    assert {name for name, why in modes.items() if why} >= lost
    assert modes["engine_loss"] is None


def _with(aircraft: Aircraft, **failure: object) -> Aircraft:
    return msgspec.structs.replace(aircraft, failure=msgspec.structs.replace(aircraft.failure, **failure))


def test_an_answer_to_a_lost_link_that_is_no_route_is_not_provable(path: Path) -> None:
    sector = load_sector(path)
    fleet = {"vtol_terminating": _with(load_fleet(sector, path)["vtol_terminating"], link_loss="land")}
    found = certificate_of(path, fleet=fleet)
    assert found.verdict == "not_provable"
    assert found.modes[0].why == "response_is_no_route"
    assert found.modes[0].worst_margin_m is None


def test_where_rising_air_holds_the_parachute_up_nothing_bounds_it(path: Path) -> None:
    sector = load_sector(path)
    rising = msgspec.structs.replace(sector, weather=msgspec.structs.replace(sector.weather, updraft_max_m_s=6.0))
    found = certificate_of(path, sector=rising)
    assert found.verdict == "not_provable"
    assert {m.why for m in found.modes if m.why} == {"rising_air"}


def test_a_glide_in_rising_air_has_no_bound(path: Path) -> None:
    sector = load_sector(path)
    ground = load_proof_ground(sector)
    plain = _with(load_fleet(sector, path)["vtol_terminating"])
    termination = msgspec.structs.replace(plain.failure.termination, independent=False)
    plain = _with(plain, termination=termination)
    for updraft, bounded in ((0.0, True), (3.0, False)):
        weather = msgspec.structs.replace(sector.weather, updraft_max_m_s=updraft)
        air = air_of(msgspec.structs.replace(sector, weather=weather), ground)
        assert (descents_of(plain, air)["glide"] is not None) == bounded


def test_without_the_lines_accuracy_nothing_is_proven(path: Path) -> None:
    sector = load_sector(path)
    exact = msgspec.structs.replace(sector, border=msgspec.structs.replace(sector.border, accuracy_m=0.0))
    with pytest.raises(InputFault) as fault:
        certificate_of(path, sector=exact)
    assert (fault.value.line.code, fault.value.line.field) == ("border_without_accuracy", "border.accuracy_m")


def test_a_parachute_without_a_sink_rate_is_refused(path: Path) -> None:
    sector = load_sector(path)
    aircraft = load_fleet(sector, path)["vtol_terminating"]
    termination = msgspec.structs.replace(aircraft.failure.termination, sink_m_s=None)
    with pytest.raises(InputFault, match="sink rate"):
        certificate_of(path, fleet={"vtol_terminating": _with(aircraft, termination=termination)})


def test_the_lines_accuracy_comes_off_every_margin(tmp_path: Path, proof: Certificate) -> None:
    wider = certificate_of(sample(tmp_path, text=changed(SECTOR, "accuracy_m = 30", "accuracy_m = 130")))
    for exact, vague in zip(proof.modes, wider.modes, strict=True):
        assert exact.worst_margin_m - vague.worst_margin_m == pytest.approx(100.0, abs=0.2)


def test_what_lies_below_the_ceiling_is_proven(tmp_path: Path, path: Path) -> None:
    """The planner's ceiling is never higher than what the proof finds, at random places."""
    sector = load_sector(path)
    ground, aircraft = load_proof_ground(sector), load_fleet(sector, path)["vtol_terminating"]
    ceiling = ceiling_of(sector, aircraft, ground)
    rng = np.random.default_rng(5)
    lat, lon = rng.uniform(-19.49, -19.41, 60), rng.uniform(-66.99, -66.93, 60)
    x, y = ground.box.grid.xy(lat, lon)
    box = ground.box
    i, j = ((y - box.south_m) // box.cell_m).astype(int), ((x - box.west_m) // box.cell_m).astype(int)
    high = ceiling.height_m[i, j]
    ways = {
        f"T{n}": ((float(lat[n]) + 19.475, float(lon[n]) + 66.975, float(high[n]) - 0.1),) * 2
        for n in range(60)
        if math.isfinite(high[n])
    }
    assert len(ways) > 10
    assert certificate_of(sample(tmp_path, ways=ways)).verdict == "proven"


def test_the_parameters_in_the_certificate_are_the_catalogues(proof: Certificate) -> None:
    assert proof.parameters == PARAMETERS
    assert proof.catalogue == "failures/1"


def test_heights_above_another_geoid_than_the_plans_are_not_proven(path: Path) -> None:
    sector = load_sector(path)
    other = msgspec.structs.replace(
        sector, terrain=msgspec.structs.replace(sector.terrain, vertical_datum="amsl_egm2008")
    )
    with pytest.raises(InputFault, match="EGM2008"):
        certificate_of(path, sector=other)


def test_every_point_of_a_leg_has_at_least_its_margin(path: Path, proof: Certificate) -> None:
    """Not only the middles of its pieces: anywhere along it, in every mode, with no length added."""
    sector = load_sector(path)
    ground, aircraft = load_proof_ground(sector), load_fleet(sector, path)["vtol_terminating"]
    air, rng = air_of(sector, ground), np.random.default_rng(4)
    descents = descents_of(aircraft, air)
    for mode in excursions_of(aircraft, sector, air):
        swept = list(fields(ground, air, None if mode.descent is None else descents[mode.descent]))
        for leg in proof.legs:
            a, b = np.array(leg.start), np.array(leg.end)
            for point in a + (b - a) * rng.random((12, 1)):
                layer = int(layers_of(point[2:] + mode.up_m, air)[0])
                radius = np.array([mode.radius_m[layer]])
                found = least_distances(ground, swept[layer], point[None, :2], radius)[0] - sector.border.accuracy_m
                assert found >= leg.margins_m[MODES.index(mode.mode)]


def test_a_plan_without_tours_proves_nothing(path: Path) -> None:
    data = msgspec.json.decode((path.parent / "plan.json").read_bytes(), type=WatchPlan)
    empty = certificate_of(path, plan=msgspec.structs.replace(data, slots=()))
    assert (empty.verdict, empty.legs) == ("not_proven", ())


def test_a_plan_that_is_not_provable_is_not_to_be_flown(tmp_path: Path) -> None:
    """It is made, with its reason; the answer is no."""
    text = changed(SECTOR, "updraft_max_m_s = 1", "updraft_max_m_s = 3").replace("vtol_terminating", "vtol_plain")
    body, code = run(two_valleys(tmp_path, sector=text), tmp_path / "out", policy="strips")
    assert (code, body["containment"]) == (1, "not_provable")
    assert "fly_away" in next(w["text"] for w in body["warnings"] if w["code"] == "not_provable")
    page = (tmp_path / "out" / "plan.html").read_text(encoding="utf-8")
    assert "NO SE PUEDE PROBAR" in page


@pytest.mark.parametrize("turned_deg", [0.0, 30.0, 45.0])
def test_the_lowest_ground_is_lower_than_any_bilinear_height_of_its_cell(path: Path, turned_deg: float) -> None:
    """However the elevation model is turned against the grid."""
    sector, rng = load_sector(path), np.random.default_rng(7)
    sector = msgspec.structs.replace(sector, terrain=msgspec.structs.replace(sector.terrain, ce90_m=0.0, le90_m=0.0))
    grid, turn = LocalGrid(-19.45, -66.9425, 0.0), math.radians(turned_deg)
    rows = cols = 500
    a, b, d, e = 40.0 * math.cos(turn), 40.0 * math.sin(turn), 40.0 * math.sin(turn), -40.0 * math.cos(turn)
    c, f = -(a + b) * cols / 2, -(d + e) * rows / 2
    heights = rng.uniform(4000.0, 4300.0, (rows, cols)).astype(np.float32)
    bounds = (-66.96, -19.46, -66.93, -19.44)
    line = BorderLine(sector.border, LocalGrid(-19.45, -66.945, 0.0), bounds_deg=(-66.998, -19.498, -66.887, -19.402))
    ground = ground_of(sector, bounds, HeightGrid(heights, grid.crs_wkt, (a, b, c, d, e, f), "0"), line, 1.8, 1.4)
    lat, lon = rng.uniform(-19.458, -19.442, 4000), rng.uniform(-66.958, -66.932, 4000)
    x, y = grid.xy(lat, lon)
    det = a * e - b * d
    u, v = (e * (x - c) - b * (y - f)) / det - 0.5, (a * (y - f) - d * (x - c)) / det - 0.5
    true = map_coordinates(heights.astype(float), [v, u], order=1)
    px, py = ground.box.grid.xy(lat, lon)
    i, j = ((py - ground.box.south_m) // 30.0).astype(int), ((px - ground.box.west_m) // 30.0).astype(int)
    assert (ground.lowest_m[i, j] <= true + 1e-3).all()
