"""Who gets through unseen: against a plan's own looks, against sight lines one by one, and against what was removed."""

import json
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sectors import SECTOR, changed, two_valleys

from apacheta.app.certify.game_file import encode_game, load_game
from apacheta.app.cli import main
from apacheta.app.loading import load_fleet, load_mandate, load_proof_ground, load_sector, load_world
from apacheta.app.plan import GAME_FILE, run
from apacheta.formats.canonical import sha256_hex
from apacheta.formats.plan_json import decode_plan, encode_plan
from apacheta.geo import Dem, LocalGrid, aim_axes, line_of_sight
from apacheta.geo.grid import REFRACTION
from apacheta.kernels.watching import NOBODY, first_watcher
from apacheta.plan import PlanResult, plan_night
from apacheta.plan.game.allowed import limits_of, watched_by_slots
from apacheta.plan.game.excluded import REASONS, excluded_of
from apacheta.plan.game.lattice import lattice_of
from apacheta.plan.game.openings import Openings, openings_of, watched_by_menu
from apacheta.plan.game.record import looked_of_plan
from apacheta.plan.game.remedies import Remedy, remedies_of
from apacheta.plan.looks import END_SLACK_DEG, STARE_S, camera_of
from apacheta.plan.noticing import default_table
from apacheta.plan.strips import DEPRESSION_MAX_DEG, DEPRESSION_MIN_DEG

pytestmark = pytest.mark.timeout(400)
"""A whole night is planned and asked."""


class Planned:
    """two_valleys planned with the proof, in a weak wind; its goal an hour's walk behind the border."""

    def __init__(self, folder: Path) -> None:
        self.path = two_valleys(folder, sector=changed(SECTOR, "gust_m_s = 6", "gust_m_s = 3"))
        self.sector = load_sector(self.path)
        self.fleet, self.world = load_fleet(self.sector, self.path), load_world(self.sector, self.path)
        self.line = self.world.border_line
        given = self.sector, load_mandate(folder / "mandate.toml"), self.fleet, self.world.dem, self.line, "strips", 1
        self.result = plan_night(*given, proof_ground=load_proof_ground(self.sector))
        weather, dem = self.sector.weather, self.world.dem
        self.looked = looked_of_plan(self.result.plan, weather, self.fleet, dem, default_table())

    def openings(self, result: PlanResult | None = None) -> Openings:
        found = openings_of(result or self.result, self.looked, self.sector, self.line)
        assert found is not None
        return found


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    return Planned(tmp_path_factory.mktemp("openings"))


@pytest.fixture(scope="module")
def openings(planned: Planned) -> Openings:
    return planned.openings()


@pytest.fixture(scope="module")
def remedies(planned: Planned, openings: Openings) -> tuple[Remedy, ...]:
    """Of sensors that reach so far that some of them close something."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("apacheta.plan.game.remedies.SENSOR_REACH_M", 8_000.0)
        return remedies_of(openings, planned.result, planned.sector, planned.line)


def test_whatever_a_tour_of_the_menu_notices_some_allowed_racetrack_could_watch_there_and_then(
    planned: Planned, openings: Openings
) -> None:
    could = np.any([one.nodes for one in openings.watchable], axis=0)
    assert planned.result.watched.any()
    assert not (planned.result.watched & ~could).any()
    for lattice in (openings.lattice, lattice_of(planned.sector, planned.world.dem, planned.line, 30.0, 15.0)):
        menu = watched_by_menu(planned.result.plan.slots, planned.looked, lattice)
        allowed = watched_by_slots(lattice, openings.watchable, planned.result.plan.slots)
        assert menu.any()
        assert not (menu & ~allowed).any()


def test_a_look_is_when_the_aircraft_is_where_it_looks_from(planned: Planned) -> None:
    for name, looks in planned.looked.items():
        flown = planned.result.flown[name]
        for look, planned_look in zip(looks, chain.from_iterable(flown.looks), strict=True):
            moments = [look.from_s, (look.from_s + look.to_s) / 2.0, look.to_s]
            there = np.column_stack([np.interp(moments, flown.seconds, axis) for axis in flown.corners.T])
            assert there == pytest.approx(flown.view.eyes[planned_look.window], abs=15.0)
            assert look.to_s - look.from_s == pytest.approx(STARE_S, abs=0.5)
            assert look.probability == pytest.approx(planned_look.chance, abs=0.02)
            there = flown.ground[planned_look.window, planned_look.aim]
            assert np.isin(there, look.nodes).mean() > 0.97, "what the search was told, but for a look's rim"


@given(st.integers(0, 10**6))
@settings(max_examples=200, deadline=None)
def test_whatever_is_noticed_in_a_lawful_frame_lies_within_the_limits(planned: Planned, seed: int) -> None:
    """Any pixel of a frame whose middle is aimed at as the planner does it, out to where a walker is still noticed."""
    rng = np.random.default_rng(seed)
    aircraft = planned.fleet["vtol_terminating"]
    camera, (low, high, reach_m) = camera_of(aircraft), limits_of(aircraft, default_table())
    lowest = max(DEPRESSION_MIN_DEG, aircraft.camera.depression_min_deg) - END_SLACK_DEG
    highest = min(DEPRESSION_MAX_DEG, aircraft.camera.depression_max_deg) + END_SLACK_DEG
    down, turn = np.radians(rng.choice([lowest, highest, rng.uniform(lowest, highest)])), rng.uniform(0.0, 2.0 * np.pi)
    aim = np.array([np.cos(down) * np.cos(turn), np.cos(down) * np.sin(turn), -np.sin(down)])
    right, below, ahead = aim_axes(np.zeros(3), aim)
    half = np.array([camera.width_px, camera.height_px]) / 2.0
    column, line = rng.choice([-half, half, half * rng.uniform(-1.0, 1.0, 2)])
    coarsest_m = default_table().coarsest_gsd_m(STARE_S)
    assert default_table().chance(coarsest_m + 0.01, STARE_S) < 0.5
    depth_m = rng.uniform(100.0, coarsest_m * camera.focal_px)
    node = depth_m * (ahead + (column * right + line * below) / camera.focal_px)
    flat_m = float(np.hypot(node[0], node[1]))
    assert low * flat_m <= -node[2] <= high * flat_m
    assert np.linalg.norm(node) <= reach_m


def test_nobody_is_watched_before_an_aircraft_can_be_there_or_after_it_must_be_gone(
    planned: Planned, openings: Openings
) -> None:
    first = planned.result.plan.slots[0]
    watched = watched_by_slots(openings.lattice, openings.watchable, [first])
    away_s = min(float(np.min(one.far_m)) / one.quick_m_s for one in openings.watchable)
    steps = np.flatnonzero(watched.any(axis=1))
    launch_s = (int(first.launch_utc_ns) - openings.lattice.start_utc_ns) / 1e9
    assert away_s > 0.0
    assert (steps[0] + 1) * openings.lattice.step_s > launch_s + away_s
    assert steps[-1] * openings.lattice.step_s < launch_s + 3600.0 - away_s


def test_the_openings_agree_with_each_other(openings: Openings) -> None:
    """What nobody could watch is open tonight too, and one arrives from there."""
    assert not (openings.unwatchable & ~openings.open_tonight).any()
    assert not (openings.open_tonight & ~openings.reaching).any()
    assert openings.unwatchable.any() == (openings.allowed.looks == 0)
    assert openings.open_tonight.any() == (openings.menu.looks == 0)
    assert openings.allowed.looks >= openings.menu.looks
    assert 0.0 <= openings.share(openings.unwatchable) <= openings.share(openings.open_tonight) <= 1.0


def test_without_sorties_everybody_gets_through(planned: Planned) -> None:
    grounded = replace(planned.result, plan=msgspec.structs.replace(planned.result.plan, slots=()))
    found = planned.openings(grounded)
    assert (found.allowed.looks, found.menu.looks) == (0, 0)
    assert found.share(found.unwatchable) == 1.0


def test_without_a_goal_on_the_own_side_nothing_is_said(planned: Planned) -> None:
    beyond = msgspec.structs.replace(planned.sector.goals[0], lon_deg=-67.2)
    for goals in ((), (beyond,)):
        sector = msgspec.structs.replace(planned.sector, goals=goals)
        assert openings_of(planned.result, planned.looked, sector, planned.line) is None


def test_every_node_over_the_own_side_has_one_reason(planned: Planned) -> None:
    (excluded,) = excluded_of(planned.result.tracks)
    own = excluded.airspace.lattice_border_m > 0.0
    assert ((excluded.reason == -2) == ~own).all()
    node_km2 = (8 * planned.world.dem.cell_m) ** 2 / 1e6
    assert sum(excluded.km2.values()) == pytest.approx(own.sum() * node_km2)
    assert excluded.km2["allowed"] > 0.0
    assert excluded.km2["standoff"] > 0.0


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("lattice_free", False, "zone"),
        ("lattice_border_m", 1.0, "standoff"),
        ("lattice_floor_m", 9e3, "height"),
        ("lattice_radio_m", np.inf, "radio"),
        ("lattice_ceiling_m", 0.0, "containment"),
    ],
)
def test_what_closes_all_air_is_the_reason(planned: Planned, field: str, value: float, why: str) -> None:
    (tracks,) = planned.result.tracks
    everywhere = np.full_like(getattr(tracks.airspace, field), value)
    (excluded,) = excluded_of([replace(tracks, airspace=replace(tracks.airspace, **{field: everywhere}, _allowed={}))])
    assert {name for name, km2 in excluded.km2.items() if km2 > 0.0} <= {*REASONS[: REASONS.index(why) + 1]}
    assert excluded.km2[why] > 0.0


def test_no_wind_and_too_much(planned: Planned) -> None:
    (tracks,) = planned.result.tracks
    weather = msgspec.structs.replace(planned.sector.weather, gust_m_s=40.0)
    stormy = replace(tracks.airspace, sector=msgspec.structs.replace(planned.sector, weather=weather), _allowed={})
    (excluded,) = excluded_of([replace(tracks, airspace=stormy)])
    assert excluded.km2["wind"] > 0.0
    assert excluded.km2["allowed"] == 0.0


def test_remedies_are_ranked_and_close_no_more_than_is_open(openings: Openings, remedies: tuple[Remedy, ...]) -> None:
    worth = [(r.closed_share, r.closed_tonight_share or 0.0) for r in remedies]
    assert worth == sorted(worth, reverse=True) != []
    assert all(0.0 <= ever <= 1.0 and 0.0 <= tonight <= 1.0 and ever + tonight > 0.0 for ever, tonight in worth)
    assert all((r.closed_tonight_share is not None) == (r.kind == "sensor") for r in remedies)


def test_remedies_stop_when_the_time_is_up(planned: Planned, openings: Openings) -> None:
    assert remedies_of(openings, planned.result, planned.sector, planned.line, lambda: True) == ()


@pytest.fixture(scope="module")
def answered(planned: Planned, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """The command's answer, and its folder."""
    folder = tmp_path_factory.mktemp("answered")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("apacheta.app.plan.plan_night", lambda *_, **__: planned.result)
        body, code = run(planned.path, folder, policy="strips", seed=1, language="en")
    assert code == 0
    return body, folder


def test_the_answer_and_the_page_say_it(planned: Planned, answered: tuple[dict[str, Any], Path]) -> None:
    body, folder = answered
    assert body["unwatchable"] == (body["unwatchable_path"] is not None)
    assert (body["open_share"] > 0.0) == (body["open_path"] is not None)
    assert {e["why"] for e in body["excluded"]} == {*REASONS, "allowed"}
    page = (folder / "plan.html").read_text(encoding="utf-8")
    assert "Who would get through unseen" in page
    for path in (p for p in (body["unwatchable_path"], body["open_path"], body["worst_path"]) if p):
        times = [int(place["utc_ns"]) for place in path]
        assert times == sorted(times)
        assert planned.sector.start_utc_ns <= times[0] <= times[-1] <= planned.sector.end_utc_ns


def test_the_answer_and_the_plan_say_what_the_lottery_is_worth(answered: tuple[dict[str, Any], Path]) -> None:
    body, folder = answered
    certified, attack = body["certified_detection"], body["best_attack_detection"]
    assert 0.0 <= certified <= attack <= 1.0
    assert (attack == 0.0) == (body["open_share"] > 0.0)
    assert (body["attack_restarts"] > 0) == (attack > 0.0)
    assert body["bracket"] == pytest.approx((attack - certified) / attack if attack else 0.0)
    assert body["worst_path"]
    assert json.loads((folder / "plan.json").read_bytes())["certified_detection"] == certified


def test_what_is_claimed_is_certified_again_from_the_numbers_and_from_terrain(
    planned: Planned, answered: tuple[dict[str, Any], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    _, folder = answered
    for more in ([], ["--from-terrain"]):
        assert main(["certify", str(folder / "plan.json"), "--json", *more]) == 0
        answer = json.loads(capsys.readouterr().out)
        assert answer["from_terrain"] == bool(more)
        assert (answer["difference"], answer["first_failure"], answer["draw"]) == (0.0, None, "file")
        assert answer["max_credit_violation"] <= 1e-12


def sector_beside(folder: Path) -> Path:
    return (folder / json.loads((folder / "inputs.json").read_bytes())["sector"]).resolve()


def test_one_exposure_that_was_changed_with_its_hash_is_found_from_terrain_only(
    answered: tuple[dict[str, Any], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, folder = answered
    for name in ("plan.json", "inputs.json", "looks.csv"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    (tmp_path / "inputs.json").write_text(json.dumps({"format": "inputs/1", "sector": str(sector_beside(folder))}))
    game, _ = load_game(folder / GAME_FILE)
    tour = max(game.worths, key=lambda name: len(game.worths[name].value))
    value = game.worths[tour].value.copy()
    value[len(value) // 2] += 0.01
    changed_game = replace(game, worths=dict(game.worths) | {tour: replace(game.worths[tour], value=value)})
    (tmp_path / GAME_FILE).write_bytes(encode_game(changed_game))
    plan = decode_plan((tmp_path / "plan.json").read_bytes(), "plan.json")
    rehashed = msgspec.structs.replace(plan, game_sha256=sha256_hex(encode_game(changed_game)))
    (tmp_path / "plan.json").write_bytes(encode_plan(rehashed))
    assert main(["certify", str(tmp_path / "plan.json"), "--json"]) == 0
    capsys.readouterr()
    assert main(["certify", str(tmp_path / "plan.json"), "--from-terrain", "--json"]) == 1
    assert tour in json.loads(capsys.readouterr().out)["first_failure"]


@given(st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_the_first_watcher_is_the_first_eye_with_a_line_of_sight_within_its_limits(seed: int) -> None:
    rng = np.random.default_rng(seed)
    height = (rng.random((14, 12)) * 120.0 + 4000.0).astype(np.float32)
    height[rng.random(height.shape) < 0.1] = np.nan
    dem = Dem(LocalGrid(-19.5, -66.8, 4000.0), height, 0.0, 0.0, 30.0, "0" * 64)
    eyes = np.column_stack([rng.random((3, 2)) * 11.0, 4150.0 + 100.0 * rng.random(3)])
    low, high, reach_m = 0.2, 1.2, 280.0
    first = np.full(height.shape, NOBODY, dtype=np.int64)
    first_watcher(
        *(dem.height_hae_m, dem.pyramid.top_m, dem.pyramid.levels, eyes, np.array([7, 8, 9]), 30.0, 0.85),
        *(low, high, reach_m, dem.grid.radius_m, REFRACTION, first),
    )
    for j, i in np.ndindex(height.shape):
        node = np.array([i * 30.0, j * 30.0, height[j, i] + 0.85])
        seers = [n for n, eye in enumerate(eyes) if watches(dem, eye, node, low, high, reach_m)]
        assert first[j, i] == (7 + seers[0] if seers else NOBODY)


def watches(dem: Dem, eye: np.ndarray, node: np.ndarray, low: float, high: float, reach_m: float) -> bool:
    at = np.array([eye[0] * 30.0, eye[1] * 30.0, eye[2]])
    flat, fall = float(np.hypot(*(node - at)[:2])), float(at[2] - node[2])
    lawful = low * flat <= fall <= high * flat and flat * flat + fall * fall <= reach_m * reach_m
    return bool(lawful and line_of_sight(dem, at, node)[0])
