"""`apacheta certify` on small games: what fits is certified again, what does not is refused, by whom it is changed."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apacheta.app.certify.game_file import encode_game, load_game
from apacheta.app.cli import main
from apacheta.app.draw import encode_draw
from apacheta.app.plan import GAME_FILE
from apacheta.core.errors import InputFault
from apacheta.core.plan import Slot, Tour, WatchPlan
from apacheta.formats.canonical import sha256_hex
from apacheta.formats.plan_json import encode_plan
from apacheta.kernels.crossing import DOWN, RIGHT
from apacheta.plan.draw import blinding, commitment, drawn_index
from apacheta.plan.game import Crossers, Hints, credited, value_of
from apacheta.plan.game.lattice import Worth
from apacheta.plan.game.night import lottery_of
from apacheta.plan.game.recheck import Game, credit_violation, first_difference
from apacheta.plan.game.value import guaranteed

NS, START_NS, STEP_S = 1_000_000_000, 1_782_000_000_000_000_000, 60.0
TOURS, LAUNCHES = ("t1", "t2", "t3"), (0, 4)


def game_of(seed: int, rows: int = 4, cols: int = 5, steps: int = 14) -> Game:
    """Three tours that look at much of a small ground, again and again."""
    rng = np.random.default_rng(seed)
    moves = rng.integers(1, 3, (8, rows, cols)).astype(np.int16)
    row, col = np.indices((rows, cols))
    for m in range(8):
        to_row, to_col = row + DOWN[m], col + RIGHT[m]
        moves[m][(to_row < 0) | (to_row >= rows) | (to_col < 0) | (to_col >= cols)] = 0
    who = Crossers(moves, row == 0, row == rows - 1, steps)
    worths = {name: worth_of(rng, who) for name in TOURS}
    return Game(START_NS, STEP_S, steps, who, worths, row.ravel() + 0.5, col.ravel() + 0.5)


def worth_of(rng: np.random.Generator, who: Crossers) -> Worth:
    """A look a minute, each at all of a row but now and then."""
    after_s = np.repeat(np.arange(8) * STEP_S + 20.0, who.cells)
    cell = np.tile(np.arange(who.cells), 8)
    some = rng.random(len(cell)) < 0.7
    return Worth(after_s[some], cell[some], rng.choice([0.2, 0.7, 1.5], int(some.sum())))


def plan_of(game: Game, **changes: Any) -> WatchPlan:
    """A plan that claims what the game is worth."""
    tour = Tour(
        id="", strip="", waypoints=(), stares=(), length_m=1.0, duration_s=1.0, laps=1, energy_wh=1.0,
        reserve_fraction=0.5, min_border_distance_m=1.0, min_terrain_clearance_m=1.0, max_density_altitude_m=1.0,
        radio_margin_db=1.0, watched_km2=0.0,
    )  # fmt: skip
    slots = tuple(
        Slot(id=f"s{k}", aircraft="a", aircraft_type="x", base="b", launch_utc_ns=str(START_NS + int(k * STEP_S) * NS),
             tours=TOURS, probabilities=(0.5, 0.3, 0.2), drawn="t1")
        for k in LAUNCHES
    )  # fmt: skip
    given: dict[str, Any] = {
        "format": "plan/1", "apacheta": "0", "policy": "strips", "seed": 1, "sector": "s", "sector_sha256": "0" * 64,
        "mandate_sha256": "0" * 64, "terrain_sha256": "0" * 64, "border_sha256": "0" * 64, "aircraft_sha256": {},
        "start_utc_ns": str(START_NS), "end_utc_ns": str(START_NS + 14 * 60 * NS), "border_standoff_m": 0.0,
        "border_line_accuracy_m": 0.0, "clearance_required_m": None,
        "tours": tuple(msgspec.structs.replace(tour, id=name) for name in TOURS), "slots": slots, "dropped": (),
        "min_border_distance_m": None, "min_terrain_clearance_m": None, "min_separation_m": None,
        "min_energy_reserve_fraction": None, "planned_km2": 0.0, "search_rate_km2_h": None,
        "containment": "standoff_only", "certified_detection": None, "game_sha256": sha256_hex(encode_game(game)),
    }  # fmt: skip
    plan = WatchPlan(**given)
    detection = guaranteed(lottery_of(slots, game.worths, game), game.crossers, game.hints).detection
    return msgspec.structs.replace(plan, **({"certified_detection": detection} | changes))


def written(folder: Path, game: Game, plan: WatchPlan) -> str:
    (folder / GAME_FILE).write_bytes(encode_game(game))
    (folder / "plan.json").write_bytes(encode_plan(plan))
    return str(folder / "plan.json")


def certified(path: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    code = main(["certify", path, "--json"])
    return code, json.loads(capsys.readouterr().out)


@pytest.fixture(scope="module")
def game() -> Game:
    return game_of(3)


@pytest.fixture(scope="module")
def slight() -> Game:
    """Looks that are worth little, everywhere: chords certify most."""
    game = game_of(3)
    worths = {name: replace(worth, value=0.1 * worth.value) for name, worth in game.worths.items()}
    lottery = lottery_of(plan_of(game).slots, worths, game)
    value = value_of(lottery, game.crossers, np.random.default_rng(1), restarts=4)
    assert 1.5 * guaranteed(lottery, game.crossers).detection < value.certified <= value.attack
    return replace(game, worths=worths, hints=value.hints)


def test_what_is_claimed_is_certified_again(game: Game, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, answer = certified(written(tmp_path, game, plan_of(game)), capsys)
    assert (code, answer["first_failure"], answer["difference"]) == (0, None, 0.0)
    assert 0.05 < answer["certified_detection"] == answer["claimed_detection"] < 1.0
    assert answer["max_credit_violation"] <= 1e-12
    assert (answer["states"], answer["tours"]) == (14 * 20, 3)
    times = [int(place["utc_ns"]) for place in answer["worst_path"]]
    assert times == sorted(times)
    assert main(["certify", str(tmp_path / "plan.json"), "--lang", "en"]) == 0
    assert "It is what the plan claims" in capsys.readouterr().out


def test_beside_a_claim_the_draws_are_asked_when_their_seed_is_there(
    game: Game, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The seed's bytes draw t1 in both slots, or they do not."""
    seeds = [bytes([n] * 32) for n in range(40)]
    first = [[TOURS[drawn_index(seed, f"s{k}", (0.5, 0.3, 0.2))] == "t1" for k in LAUNCHES] for seed in seeds]
    for seed, failure in ((seeds[first.index([True, True])], None), (seeds[first.index([True, False])], "s4 draws")):
        plan = plan_of(game, draw_sha256=commitment(seed), draw_blind=blinding(seed))
        path = written(tmp_path, game, plan)
        assert certified(path, capsys)[1]["draw"] is None
        (tmp_path / "draw.json").write_bytes(encode_draw(sha256_hex(encode_plan(plan)), seed))
        code, answer = certified(path, capsys)
        assert (code, answer["draw"]) == (0 if failure is None else 1, "file")
        assert failure is None or failure in answer["first_failure"]
        (tmp_path / "draw.json").unlink()


def test_a_claim_of_more_is_refused(game: Game, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = plan_of(game).certified_detection + 1e-6  # type: ignore[operator]
    code, answer = certified(written(tmp_path, game, plan_of(game, certified_detection=more)), capsys)
    assert code == 1
    assert answer["difference"] == pytest.approx(1e-6, rel=1e-3)
    assert "is claimed" in answer["first_failure"]


def test_a_game_that_was_changed_is_refused_by_its_hash_and_where_that_was_changed_too_by_what_it_is_worth(
    game: Game, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blind = replace(game, worths=game.worths | {"t1": replace(game.worths["t1"], value=game.worths["t1"].value * 0.1)})
    path = written(tmp_path, blind, plan_of(game))
    code, answer = certified(path, capsys)
    assert (code, answer["first_failure"]) == (1, f"{GAME_FILE} is not the one that the plan names.")
    rehashed = plan_of(game, game_sha256=sha256_hex(encode_game(blind)))
    code, answer = certified(written(tmp_path, blind, rehashed), capsys)
    assert code == 1
    assert answer["difference"] > 1e-3


def test_a_plan_that_claims_nothing_is_not_certified(
    game: Game, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, answer = certified(written(tmp_path, game, plan_of(game, certified_detection=None)), capsys)
    assert (code, answer["difference"]) == (1, None)


def test_without_a_game_or_a_plan_or_a_tour_it_is_said_which(
    game: Game, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert certified(str(tmp_path / "plan.json"), capsys)[1]["errors"][0]["code"] == "missing_file"
    path = written(tmp_path, game, plan_of(game))
    (tmp_path / GAME_FILE).unlink()
    assert certified(path, capsys)[1]["errors"][0]["code"] == "no_game"
    less = replace(game, worths={"t1": game.worths["t1"], "t2": game.worths["t2"]})
    code, answer = certified(written(tmp_path, less, plan_of(game)), capsys)
    assert code == 3
    assert "t3" in answer["errors"][0]["text"]


def test_what_chords_certify_is_certified_again_and_other_hints_certify_less(
    slight: Game, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = plan_of(slight)
    code, answer = certified(written(tmp_path, slight, plan), capsys)
    assert (code, answer["first_failure"], answer["difference"]) == (0, None, 0.0)
    below, prices, codes = slight.hints.below, slight.hints.prices, list[int]()
    for hints in (Hints(), Hints(1.3 * below, prices), Hints(0.7 * below, prices), Hints(below, 1e3 * prices)):
        other = replace(slight, hints=hints)
        rehashed = msgspec.structs.replace(plan, game_sha256=sha256_hex(encode_game(other)))
        code, answer = certified(written(tmp_path, other, rehashed), capsys)
        assert answer["certified_detection"] <= answer["claimed_detection"] + 1e-12
        assert code == (0 if answer["difference"] <= 1e-9 else 1)
        codes.append(code)
    assert codes[0] == codes[2] == 1


def test_prices_of_other_tours_are_refused(slight: Game, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = replace(slight, hints=Hints(slight.hints.below, np.ones((1, 5))))
    code, answer = certified(written(tmp_path, other, plan_of(slight)), capsys)
    assert (code, answer["errors"][0]["code"]) == (3, "no_game")
    assert "of 5 tours, the slots may draw 6" in answer["errors"][0]["text"]


@pytest.mark.parametrize("hints", [{"below": -0.1}, {"below": np.nan}, {"prices": np.full((1, 6), -1.0)},
                                   {"prices": np.ones((99, 6))}, {"prices": np.ones(6)}, {"below": 1}])  # fmt: skip
def test_hints_that_are_none_are_no_game(slight: Game, tmp_path: Path, hints: dict[str, Any]) -> None:
    (tmp_path / "whole.npz").write_bytes(encode_game(slight))
    with np.load(tmp_path / "whole.npz") as file:
        np.savez(tmp_path / "other.npz", **(dict(file) | hints))
    with pytest.raises(InputFault, match="holds no game"):
        load_game(tmp_path / "other.npz")


def test_hints_are_read_as_they_were_written(slight: Game, tmp_path: Path) -> None:
    (tmp_path / GAME_FILE).write_bytes(encode_game(slight))
    after, data = load_game(tmp_path / GAME_FILE)
    assert after.hints.below == slight.hints.below > 0.0
    assert np.array_equal(after.hints.prices, slight.hints.prices)
    assert encode_game(after) == data


@settings(max_examples=40)
@given(st.integers(0, 10**6))
def test_a_game_is_read_as_it_was_written(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    path, before = tmp_path_factory.mktemp("game") / GAME_FILE, game_of(seed)
    path.write_bytes(encode_game(before))
    after, data = load_game(path)
    assert first_difference(before, after) is None
    assert encode_game(after) == data == encode_game(before)


@settings(max_examples=60)
@given(st.data())
def test_a_damaged_file_is_refused_or_the_same(
    game: Game, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Cut off anywhere, or one byte changed: the archive's checksums find it, unless nothing that counts was meant."""
    held, path = bytearray(encode_game(game)), tmp_path_factory.mktemp("damaged") / GAME_FILE
    at = data.draw(st.integers(0, len(held) - 1))
    if data.draw(st.booleans()):
        held[at] ^= data.draw(st.integers(1, 255))
    else:
        del held[at:]
    path.write_bytes(held)
    found, refused = None, None
    try:
        found, _ = load_game(path)
    except InputFault as fault:
        refused = fault.line
    if found is not None:
        assert first_difference(game, found) is None
    else:
        assert refused is not None
        assert (refused.code, bool(refused.remedy)) == ("no_game", True)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"start_utc_ns": 5}, "steps"),
        ({"worths": {}}, "tours"),
        ({"value": 1}, "value number 0"),
        ({"cell": 1}, "cell number 0"),
        ({"moves": 1}, "moves"),
    ],
)
def test_the_first_difference_is_named(game: Game, change: dict[str, Any], says: str) -> None:
    ((name, _),) = change.items()
    if name in ("value", "cell"):
        worth = replace(game.worths["t1"], **{name: getattr(game.worths["t1"], name) + 1})
        other = replace(game, worths=game.worths | {"t1": worth})
    elif name == "moves":
        other = replace(game, crossers=replace(game.crossers, moves=np.minimum(game.crossers.moves, 1)))
    else:
        other = replace(game, **change)
    assert says in str(first_difference(other, game))
    assert first_difference(game, game) is None


@settings(max_examples=30)
@given(st.integers(0, 10**6))
def test_credits_never_claim_more_than_a_tour_notices_and_more_would_be_seen(seed: int) -> None:
    game = game_of(seed)
    lottery = lottery_of(plan_of(game).slots, game.worths, game)
    rng, way = np.random.default_rng(seed), guaranteed(lottery, game.crossers).way
    assert credit_violation(lottery, game.crossers, way, rng) <= 1e-12
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("apacheta.plan.game.recheck.credited", lambda tour, cols: 1.5 * credited(tour, cols) + 0.3)
        assert credit_violation(lottery, game.crossers, way, rng) > 0.01
