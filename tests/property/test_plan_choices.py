"""Where the camera looks, drawn by lot: what a lot is worth, what is drawn, and what a whole game of it claims."""

import hashlib
import json
from collections import Counter
from itertools import pairwise, permutations, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import cKDTree
from sectors import SECTOR, changed, two_valleys

from apacheta.app.cli import main
from apacheta.app.loading import load_fleet, load_mandate, load_proof_ground, load_sector, load_world
from apacheta.core.plan import sorties_of
from apacheta.formats.plan_json import encode_plan
from apacheta.plan import plan_night
from apacheta.plan.draw import drawn_index, exercise_seed, picked
from apacheta.plan.game import attack_on, detection_along
from apacheta.plan.game.choice import crews_of
from apacheta.plan.game.lattice import SUREST, Lattice, Looked, crossers_of, goals_of, lattice_of, worth_of
from apacheta.plan.game.night import lottery_of
from apacheta.plan.game.patrol import lap_of
from apacheta.plan.game.recheck import game_of
from apacheta.plan.game.record import looked_of_plan
from apacheta.plan.noticing import default_table
from apacheta.plan.recipe import setting_of
from apacheta.plan.separation import LAYERS_M, SEPARATION_M, Tracks

pytestmark = pytest.mark.timeout(400)
DRAWS = 10_000
ONE = '{ id = "A1", type = "vtol_terminating", base = "Base" }'
BOTH = f"{ONE}, {ONE.replace('A1', 'A2')}"


@given(st.binary(min_size=32, max_size=32), st.integers(0, 300), st.integers(1, 60))
def test_a_stare_takes_one_of_its_lot_by_a_number_of_its_own(seed: bytes, stare: int, many: int) -> None:
    """The rule of docs/certify.md: the number of `slot/stare`, times how many there are, rounded down."""
    told = b"apacheta/draw/1\n" + seed + f"\nslot-01/{stare}".encode()
    number = int(hashlib.sha256(told).hexdigest()[:16], 16)
    assert picked(seed, "slot-01", stare, many) == number * many // 2**64


def test_all_of_a_lot_are_as_likely_and_no_stare_says_anything_of_another() -> None:
    many, seeds = 7, [exercise_seed(n) for n in range(4_000)]
    taken = np.array([[picked(seed, "slot-02", stare, many) for stare in range(2)] for seed in seeds])
    pairs = Counter(map(tuple, taken.tolist()))
    expected = len(seeds) / many**2
    chi_squared = sum((pairs[p] - expected) ** 2 / expected for p in product(range(many), repeat=2))
    assert chi_squared < 93.2, "48 degrees of freedom: one of ten thousand fair lots is above"


def _lattice() -> Lattice:
    """What `worth_of` asks of a lattice: cells of one node, all of them own ground."""

    class Ground(Lattice):
        def __init__(self) -> None:
            object.__setattr__(self, "every", 1)
            object.__setattr__(self, "own", np.ones((3, 4), dtype=np.bool_))

        is_own = np.ones((3, 4), dtype=np.bool_)  # type: ignore[assignment]

    return Ground()


lots = st.lists(
    st.lists(st.tuples(st.sets(st.integers(0, 11), max_size=6), st.floats(0.0, 1.0)), min_size=1, max_size=3),
    min_size=1,
    max_size=4,
)


@given(lots, st.integers(0, 11))
def test_a_cell_is_exposed_as_often_as_all_that_may_be_drawn_together_notice_it(
    lots: list[list[tuple[set[int], float]]], cell: int
) -> None:
    """Against every outcome of the draw, one by one: nobody in the cell is noticed with the product's probability."""
    looks = [
        Looked(20.0 * n, 20.0 * n + 14.0, np.array(sorted(nodes), dtype=np.int64), chance, 1.0 / len(lot))
        for n, lot in enumerate(lots)
        for nodes, chance in lot
    ]
    worth = worth_of(_lattice(), looks)
    unseen = 0.0
    for outcome in product(*lots):
        chances = [min(p, SUREST) for nodes, p in outcome if cell in nodes]
        unseen += float(np.prod(1.0 - np.array(chances))) / float(np.prod([len(lot) for lot in lots]))
    assert np.exp(-worth.value[worth.cell == cell].sum()) == pytest.approx(unseen)
    assert (np.diff(worth.after_s) >= 0.0).all()


class Night:
    """two_valleys with two aircraft that relieve each other, for five hours; few racetracks."""

    def __init__(self, folder: Path) -> None:
        text = changed(changed(SECTOR, "gust_m_s = 6", "gust_m_s = 3"), ONE, BOTH)
        self.path = two_valleys(folder, sector=changed(text, "2026-06-22T05:00:00Z", "2026-06-22T04:00:00Z"))
        self.sector = load_sector(self.path)
        self.fleet, self.world = load_fleet(self.sector, self.path), load_world(self.sector, self.path)
        self.proof_ground = load_proof_ground(self.sector)
        self.result = self.planned(exercise_seed(1))
        plan, dem = self.result.plan, self.world.dem
        self.looked = looked_of_plan(plan, self.sector.weather, self.fleet, dem, default_table())
        lattice = lattice_of(self.sector, dem, self.world.border_line)
        self.game = game_of(lattice, crossers_of(lattice, goals_of(lattice, self.sector)), self.looked)

    def planned(self, draw_seed: bytes) -> Any:
        """The same search, another draw."""
        mandate, line = load_mandate(self.path.parent / "mandate.toml"), self.world.border_line
        given = self.sector, mandate, self.fleet, self.world.dem, line, "game", 1
        return plan_night(*given, proof_ground=self.proof_ground, draw_seed=draw_seed)


@pytest.fixture(scope="module")
def few() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("apacheta.plan.game.patrol.TOURS", 3)
        patch.setattr("apacheta.plan.game.choice.FIRST", 3)
        patch.setattr("apacheta.plan.game.choice.ROUNDS", 2)
        patch.setattr("apacheta.plan.game.choice.LAST_ROUNDS", 3)
        yield patch


@pytest.fixture(scope="module")
def night(few: Any, tmp_path_factory: pytest.TempPathFactory) -> Night:
    return Night(tmp_path_factory.mktemp("choices"))


def test_what_is_flown_is_what_was_drawn_and_the_camera_can_turn_so_fast(night: Night) -> None:
    plan = night.result.plan
    assert plan.policy == "game"
    assert plan.slots
    for slot, sortie in zip(plan.slots, sorties_of(plan), strict=True):
        tour, flown = plan.tour(slot.drawn), night.result.flown[slot.drawn]
        assert tour.stares == ()
        assert len(sortie.tour.stares) == len(tour.choices) == len(flown.looks) > 0
        for n, (choice, stare) in enumerate(zip(tour.choices, sortie.tour.stares, strict=True)):
            aims = tour.aims_of(choice)
            assert stare.aim == aims[picked(exercise_seed(1), slot.id, n, len(aims))]
        slew_deg_s = night.fleet[slot.aircraft_type].camera.slew_deg_s
        along = np.array([w.along_m for w in tour.waypoints])
        for one, two in pairwise(sortie.tour.stares):
            rest_s = np.diff(np.interp([one.to_along_m, two.from_along_m], along, flown.seconds))[0]
            assert rest_s * slew_deg_s >= 180.0, "from any aim to any other"


def test_another_draw_changes_what_is_drawn_and_nothing_else(night: Night) -> None:
    one, two, again = night.result.plan, night.planned(bytes(32)).plan, night.planned(bytes(32)).plan
    assert [s.probabilities for s in one.slots] == [s.probabilities for s in two.slots]
    assert one.tours == two.tours
    assert [s.stares for s in one.slots] != [s.stares for s in two.slots]
    assert encode_plan(two) == encode_plan(again)


def test_no_tour_of_one_crew_comes_near_one_of_another_whatever_is_drawn(night: Night) -> None:
    """Every pair of tours, at every shift of their launches, with a minute's delay either way."""
    plan, flown = night.result.plan, night.result.flown
    tracks = Tracks(flown.values(), [night.world.dem.grid.xy(b.lat_deg, b.lon_deg) for b in night.sector.bases])
    launched = {s.aircraft: s for s in plan.slots}
    assert set(launched) == {"A1", "A2"}
    for one in (s for s in plan.slots if s.aircraft == "A1"):
        for other in (s for s in plan.slots if s.aircraft == "A2"):
            shift = (int(other.launch_utc_ns) - int(one.launch_utc_ns)) // 2_000_000_000
            near = [tracks.least_m(a, b, shift) for a in one.tours for b in other.tours]
            assert min(near) >= SEPARATION_M


def test_launches_take_turns(night: Night) -> None:
    launches = [(int(s.launch_utc_ns), s.aircraft) for s in night.result.plan.slots]
    assert [name for _, name in sorted(launches)][:4] == ["A1", "A2", "A1", "A2"]
    gaps_min = np.diff([launch for launch, _ in sorted(launches)]) / 60e9
    assert gaps_min == pytest.approx(36.0)
    last_min = (night.sector.end_utc_ns - max(launches)[0]) / 60e9
    assert 60.0 <= last_min < 61.0, "the longest sortie: the last one is home when the night ends"


def test_nobody_circles_where_another_climbs(night: Night) -> None:
    given = night.sector, load_mandate(night.path.parent / "mandate.toml"), night.fleet, night.world.dem
    setting = setting_of(*given, night.world.border_line, np.random.default_rng(1), proof_ground=night.proof_ground)
    crews, _ = crews_of(setting, lattice_of(night.sector, night.world.dem, night.world.border_line))
    for crew, other in permutations(crews, 2):
        pad = other.tracks.ways.pad
        near_m = [
            np.hypot(*(lap_of(strip) - [pad.circle_x_m, pad.circle_y_m]).T).min() - pad.radius_m
            for strip in crew.tracks.strips
        ]
        assert min(near_m) < SEPARATION_M, "some would come too near"
        assert np.array(near_m)[crew.open].min() > SEPARATION_M


def test_each_aircraft_has_heights_of_its_own_and_the_tours_keep_off_where_others_climb(night: Night) -> None:
    flown = {name: [f for f in night.result.flown.values() if f.tour.id.startswith(name)] for name in ("A1", "A2")}
    layers = [{f.strip.hae_m % (2 * LAYERS_M) for f in flown[name]} for name in ("A1", "A2")]
    assert sorted(layers, key=min) == [{0.0}, {LAYERS_M}]
    for mine, theirs in (("A1", "A2"), ("A2", "A1")):
        climbing = [
            f.corners[n, :2] for f in flown[theirs] for n, w in enumerate(f.tour.waypoints) if w.kind == "climb"
        ]
        laps = np.vstack([lap_of(f.strip) for f in flown[mine]])
        assert cKDTree(laps).query(np.array(climbing))[0].min() > SEPARATION_M


def test_ten_thousand_draws_notice_one_on_the_worst_way_as_often_as_is_said(night: Night) -> None:
    """Tours and aims drawn as the plan draws them, looks from the plan's record, one who takes the best attack."""
    plan, game = night.result.plan, night.game
    lottery = lottery_of(plan.slots, game.worths, game)
    way = attack_on(lottery, game.crossers, np.random.default_rng(1), 4).way
    assert len(way), "somebody arrives"
    told = detection_along(lottery, game.crossers, way)
    busiest = _way_met_most(lottery, game)
    for taken, said in ((way, told), (busiest, detection_along(lottery, game.crossers, busiest))):
        unseen = np.array([_unseen(night, taken, n) for n in range(DRAWS)])
        error = max(float(unseen.std()) / np.sqrt(DRAWS), 1e-9)
        assert abs((1.0 - unseen.mean()) - said) < 4.0 * error + 1e-9
    assert 0.02 < said < 0.9999, "of this way much is seen, and not all"


def _way_met_most(lottery: Any, game: Any) -> np.ndarray:
    """One who stands in the cell that is looked at most, all night."""
    met = np.zeros(game.cells)
    for draw in lottery:
        for tour, chance in zip(draw.tours, draw.probabilities, strict=True):
            np.add.at(met, tour.cell, chance * tour.value)
    steps = np.arange(game.steps)
    return np.column_stack([steps, np.full(len(steps), int(np.argmax(met)))])


def _unseen(night: Night, way: np.ndarray, number: int) -> float:
    """The probability that nobody notices him, after one draw of all tours and aims."""
    known = night.__dict__.setdefault("chances", {})
    left, seed = 1.0, exercise_seed(number)
    for slot in night.result.plan.slots:
        name = slot.tours[drawn_index(seed, slot.id, slot.probabilities)]
        key = slot.id, name, way.tobytes()
        if key not in known:
            known[key] = _noticing(night, name, int(slot.launch_utc_ns), way)
        for n, chances in known[key]:
            left *= 1.0 - chances[picked(seed, slot.id, n, len(chances))]
    return left


def _noticing(night: Night, name: str, launch_utc_ns: int, way: np.ndarray) -> list[tuple[int, list[float]]]:
    """Of each stare that may notice one on the way: its number, and how surely each look of its lot does."""
    lattice = lattice_of(night.sector, night.world.dem, night.world.border_line)
    where = dict(way.tolist())
    found, lots = [], {}
    for look in night.looked[name]:
        lots.setdefault((look.from_s, look.to_s), []).append(look)
    for n, lot in enumerate(lots.values()):
        middle_s = (lot[0].from_s + lot[0].to_s) / 2.0
        step = int(((launch_utc_ns - lattice.start_utc_ns) / 1e9 + middle_s) // lattice.step_s)
        chances = [min(one.probability, SUREST) * _is_whole(lattice, one, where.get(step)) for one in lot]
        if any(chances):
            found.append((n, chances))
    return found


def _is_whole(lattice: Lattice, look: Looked, cell: int | None) -> bool:
    """Whether every node of the cell is noticed."""
    return cell is not None and int((lattice.cell_of(look.nodes) == cell).sum()) == lattice.every**2


@pytest.mark.slow
def test_a_plan_of_the_game_is_certified_again_also_from_terrain(
    few: Any, night: Night, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["plan", str(night.path), "--out", str(tmp_path / "out"), "--policy", "game", "--seed", "1", "--json"]
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["policy"], told["containment"]) == ("game", "proven")
    assert main(["certify", str(tmp_path / "out" / "plan.json"), "--from-terrain", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["draw"], answer["first_failure"], answer["difference"]) == ("file", None, 0.0)
