"""Ground and looks on the game's lattice."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from apacheta.core.sector import Place
from apacheta.geo import Dem, LocalGrid
from apacheta.plan.game.lattice import LONGEST_MOVE, Lattice, Looked, crossers_of, exposure_of, goals_of, worth_of
from apacheta.plan.game.remedies import hills_of

NS = 1_000_000_000
START_NS = 1_782_000_000 * NS
UP, ACROSS = 6, 4
"""The moves to the north and to the east."""


def lattice(height_m: np.ndarray, every: int = 3, steps: int = 60, step_s: float = 60.0) -> Lattice:
    """A ground of 30 m nodes whose lowest row of cells is the neighbour's."""
    dem = Dem(LocalGrid(-19.5, -66.8, 4000.0), height_m.astype(np.float32), 0.0, 0.0, 30.0, "0" * 64)
    own = np.ones(height_m.shape, bool)
    own[:every] = False
    return Lattice(dem, own, ~own, every, START_NS, step_s, steps)


def node(row: int, col: int, cols: int = 12) -> int:
    return row * cols + col


def test_a_walker_on_level_ground_takes_toblers_time_rounded_down() -> None:
    ground = lattice(np.full((12, 12), 4000.0))
    who = crossers_of(ground, np.array([node(11, 5)]))
    speed_m_s = 6.0 / 3.6 * math.exp(-3.5 * 0.05) * 0.6 * 0.8
    assert who.moves[UP, 1, 1] == math.floor(90.0 / speed_m_s / 60.0)
    assert who.moves[7, 1, 1] == math.floor(90.0 * math.sqrt(2) / speed_m_s / 60.0)


def test_nobody_walks_up_a_cliff_into_a_void_or_through_the_neighbours_ground() -> None:
    height = np.full((12, 12), 4000.0)
    height[6:9] += 200.0
    height[3:6, 9:12] = np.nan
    ground = lattice(height)
    who = crossers_of(ground, np.array([node(11, 1)]))
    assert not who.moves[UP, 1].any()
    assert who.moves[UP, 2, 0] == 0
    assert who.moves[ACROSS, 1, 2] == 0
    assert not who.moves[:, 0].any()
    assert not who.moves[:3, 1].any()


def test_they_come_in_beside_the_border_and_not_from_the_models_edge() -> None:
    who = crossers_of(lattice(np.full((12, 12), 4000.0)), np.array([node(11, 5), node(0, 0)]))
    assert who.starts.tolist() == [[False] * 4, [True] * 4, [False] * 4, [False] * 4]
    assert who.goals.sum() == 1
    assert who.goals[3, 1]


def test_ground_of_which_nobody_knows_whose_it_is_is_no_border() -> None:
    ground = lattice(np.full((12, 12), 4000.0))
    half = ground.far.copy()
    half[:, 6:] = False
    who = crossers_of(replace(ground, far=half), np.array([node(11, 5)]))
    assert who.starts.tolist() == [[False] * 4, [True, True, True, False], [False] * 4, [False] * 4]


def test_a_void_is_no_border() -> None:
    height = np.full((12, 12), 4000.0)
    height[9:12] = np.nan
    height[3:6, :3] = np.nan
    who = crossers_of(lattice(height), np.array([node(8, 5)]))
    assert who.starts.tolist() == [[False] * 4, [False, True, True, True], [False] * 4, [False] * 4]


def test_a_hill_is_the_highest_known_node_of_the_own_side_about() -> None:
    height = np.full((90, 90), np.nan)
    height[:40] = np.add.outer(np.arange(40) * 2.0, np.arange(90) * 3.0) + 4000.0
    x, y, z = hills_of(lattice(height))[0]
    assert (x, y, z) == (89 * 30.0, 39 * 30.0, 4000.0 + 78.0 + 267.0)
    assert len(hills_of(lattice(height))) == 1


def test_goals_are_the_sectors_own_nodes() -> None:
    ground = lattice(np.full((12, 12), 4000.0))
    lat, lon = (float(v) for v in ground.dem.grid.latlon(7 * 30.0 + 9.0, 8 * 30.0 - 9.0))
    far_lat, far_lon = (float(v) for v in ground.dem.grid.latlon(-500.0, 0.0))
    goals = [Place(name="hut", lat_deg=lat, lon_deg=lon), Place(name="far", lat_deg=far_lat, lon_deg=far_lon)]
    assert goals_of(ground, SimpleNamespace(goals=goals)).tolist() == [node(8, 7)]


def test_the_least_of_a_cell_is_that_of_its_own_nodes() -> None:
    ground = lattice(np.full((12, 12), 4000.0))
    field = np.arange(144, dtype=float).reshape(12, 12)
    ground.own[3, 3] = False
    least = ground.least_of(field).reshape(4, 4)
    assert (least[0, 0], least[1, 0], least[1, 1]) == (np.inf, 36.0, 40.0)


def test_the_slowest_move_is_no_slower_than_the_longest() -> None:
    height = np.add.outer(np.arange(12) * 33.0, np.zeros(12)) + 4000.0
    who = crossers_of(lattice(height, step_s=5.0), np.array([node(11, 1)]))
    assert who.moves.max() == LONGEST_MOVE


def test_a_look_counts_where_it_notices_at_every_node_in_the_step_that_holds_its_middle() -> None:
    ground = lattice(np.full((12, 12), 4000.0))
    whole = [node(r, c) for r in range(3, 6) for c in range(6, 9)]
    look = Looked(16.0, 30.0, np.array([*whole, node(6, 6), node(11, 11)]), 0.6)
    again = Looked(50.0, 64.0, np.array(whole), 0.5)
    part = Looked(100.0, 114.0, np.array(whole[1:]), 0.9)
    found = exposure_of(ground, worth_of(ground, [again, look, part]), START_NS + 100 * NS)
    assert (found.step.tolist(), found.cell.tolist()) == ([2], [1 * 4 + 2])
    assert found.value == pytest.approx([-math.log(0.4) - math.log(0.5)])


def test_looks_before_and_after_the_night_count_for_nothing() -> None:
    ground = lattice(np.full((12, 12), 4000.0), steps=2)
    whole = np.array([node(r, c) for r in range(3, 6) for c in range(6, 9)])
    worth = worth_of(ground, [Looked(0.0, 14.0, whole, 0.6), Looked(140.0, 154.0, whole, 0.6)])
    assert not len(exposure_of(ground, worth, START_NS - 20 * NS).step)
    assert exposure_of(ground, worth, START_NS - 30 * NS).step.tolist() == [1]
    assert not len(exposure_of(ground, worth, START_NS + 120 * NS).step)


def test_no_look_is_sure() -> None:
    ground = lattice(np.full((12, 12), 4000.0))
    whole = np.array([node(r, c) for r in range(3, 6) for c in range(6, 9)])
    found = exposure_of(ground, worth_of(ground, [Looked(0.0, 14.0, whole, 1.0)]), START_NS)
    assert found.value == pytest.approx([-math.log(0.05)])


def test_nodes_that_are_left_over_belong_to_no_cell() -> None:
    ground = lattice(np.full((13, 12), 4000.0))
    assert ground.shape == (4, 4)
    assert ground.cell_of(np.array([node(12, 0), node(11, 11), node(0, 0)])).tolist() == [-1, 15, 0]


def test_a_cells_middle_is_where_its_height_is_taken() -> None:
    height = np.full((12, 12), 4000.0)
    height[4, 7] = 4321.0
    ground = lattice(height)
    assert ground.height_m[1, 2] == 4321.0
    x, y = ground.xy_of(np.array([1 * 4 + 2]))
    assert (float(x[0]), float(y[0])) == (7 * 30.0, 4 * 30.0)
