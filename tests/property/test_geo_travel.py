"""Times over ground against scipy's search on the same graph, closed forms, and what must never be crossed."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse import csgraph

from apacheta.geo import Dem, LocalGrid, travel_times
from apacheta.geo.travel import GOINGS
from apacheta.kernels.travel import COLS, ROWS

GRID = LocalGrid(-19.5, -66.8, 4000.0)
CELL = 30.0


def model(height):
    return Dem(GRID, np.asarray(height, np.float32), 0.0, 0.0, CELL, "")


def rough(seed, rows, cols, voids, relief):
    rng = np.random.default_rng(seed)
    height = 4000.0 + relief * rng.standard_normal((rows, cols))
    height[rng.random(height.shape) < voids] = np.nan
    return model(height)


worlds = st.builds(
    rough,
    st.integers(0, 10_000),
    st.integers(2, 14),
    st.integers(2, 14),
    st.sampled_from([0.0, 0.2]),
    st.sampled_from([0.0, 8.0, 20.0]),
)


def searched(dem, start, kind, paths):
    """Times from a start by scipy: every step and its time in plain Python."""
    how, h = GOINGS[kind], dem.height_hae_m.astype(float)
    rows, cols = h.shape
    cost = np.where(paths, 1.0, math.inf if how.beside_share == 0 else 1.0 / how.beside_share)
    tails, heads, times = [], [], []

    def can(a, b):
        slope = (h[b] - h[a]) / (CELL * math.hypot(b[0] - a[0], b[1] - a[1]))
        return abs(slope) <= how.steepest and math.isfinite(cost[a]) and math.isfinite(cost[b])

    for row, col in np.ndindex(h.shape):
        for down, right in zip(ROWS.tolist(), COLS.tolist(), strict=True):
            a, b = (row, col), (row + down, col + right)
            if not (0 <= b[0] < rows and 0 <= b[1] < cols) or not can(a, b):
                continue
            if abs(down * right) == 2:
                ahead = (row + int(down / 2), col + int(right / 2))
                aslant = (row + int(math.copysign(1, down)), col + int(math.copysign(1, right)))
                if not all(can(a, c) and can(c, b) for c in (ahead, aslant)):
                    continue
            length = CELL * math.hypot(down, right)
            speed = how.night_share * how.on_path_m_s((h[b] - h[a]) / length)
            tails.append(row * cols + col)
            heads.append(b[0] * cols + b[1])
            times.append(length / speed * 0.5 * (cost[a] + cost[b]))
    graph = sparse.csr_matrix((times, (tails, heads)), shape=(h.size, h.size))
    found = csgraph.dijkstra(graph, indices=start[0] * cols + start[1]).reshape(h.shape)
    if not math.isfinite(h[start]) or not math.isfinite(cost[start]):
        found[start] = math.inf
    return found


@settings(max_examples=60, deadline=None)
@given(dem=worlds, seed=st.integers(0, 10_000), kind=st.sampled_from(["walker", "mule", "vehicle"]))
def test_times_are_those_of_scipys_search(dem, seed, kind):
    rng = np.random.default_rng(seed)
    rows, cols = dem.height_hae_m.shape
    start, paths = (int(rng.integers(rows)), int(rng.integers(cols))), rng.random((rows, cols)) < 0.4
    times = travel_times(dem, [(start[1] * CELL, start[0] * CELL)], kind, paths=paths)
    np.testing.assert_allclose(times.time_s, searched(dem, start, kind, paths), rtol=2e-6)


@settings(max_examples=40, deadline=None)
@given(dem=worlds, seed=st.integers(0, 10_000))
def test_back_to_the_start_is_the_way_turned_round_and_a_way_takes_its_time(dem, seed):
    rng = np.random.default_rng(seed)
    rows, cols = dem.height_hae_m.shape
    a, b = ((int(rng.integers(rows)), int(rng.integers(cols))) for _ in range(2))
    there = travel_times(dem, [(a[1] * CELL, a[0] * CELL)])
    back = travel_times(dem, [(b[1] * CELL, b[0] * CELL)], to_start=True)
    assert there.time_s[b] == pytest.approx(back.time_s[a]) or (a == b)
    way = there.way(*b)
    if not len(way):
        assert math.isinf(there.time_s[b])
        return
    assert (tuple(way[0]), tuple(way[-1])) == (b, a)
    assert np.all(np.diff(there.time_s[way[:, 0], way[:, 1]]) < 0)
    assert set(map(tuple, np.abs(np.diff(way, axis=0)))) <= {(0, 1), (1, 0), (1, 1), (1, 2), (2, 1)}


def test_on_a_plain_it_is_distance_over_speed():
    """Tobler's 5.04 km/h on the level, 0.6 of it beside a path; 16 directions are 2.8 % too long at the worst."""
    dem = model(np.full((81, 81), 4000.0))
    time = travel_times(dem, [(40 * CELL, 40 * CELL)], by_night=False).time_s
    y, x = np.mgrid[-40:41, -40:41] * CELL
    straight = np.hypot(x, y) / (0.6 * 6 / 3.6 * math.exp(-3.5 * 0.05))
    ratio = time[straight > 0] / straight[straight > 0]
    assert ratio.min() >= 1.0 - 1e-6
    assert ratio.max() <= 1.0 / math.cos(math.atan(0.5) / 2) + 1e-6
    far = travel_times(dem, [(40 * CELL, 40 * CELL)], by_night=False, longest_s=600.0).time_s
    assert np.array_equal(np.isfinite(far), time <= 600.0)


def test_up_takes_longer_than_down_and_mules_are_quicker():
    dem = model(4000.0 + 0.2 * CELL * np.arange(21)[:, None] * np.ones((1, 5)))
    up, down = travel_times(dem, [(60.0, 0.0)]), travel_times(dem, [(60.0, 0.0)], to_start=True)
    assert up.time_s[20, 2] == pytest.approx(down.time_s[20, 2] * math.exp(-3.5 * (0.15 - 0.25)), rel=1e-3)
    mule = travel_times(dem, [(60.0, 0.0)], "mule").time_s
    assert mule[20, 2] == pytest.approx(up.time_s[20, 2] / 1.25, rel=1e-3)


@pytest.mark.parametrize("kind", ["walker", "mule"])
@pytest.mark.parametrize("wall", ["cliff", "void"])
def test_nobody_crosses_a_cliff_or_a_void_but_through_its_gap(kind, wall):
    height = np.full((21, 21), 4000.0)
    height[10] = np.nan if wall == "void" else 4100.0
    shut = travel_times(model(height), [(300.0, 0.0)], kind).time_s
    assert np.isinf(shut[11:]).all()
    height[10, 3:5] = 4000.0
    open_ = travel_times(model(height), [(300.0, 0.0)], kind)
    assert np.isfinite(open_.time_s[11:]).all()
    row, col = open_.way(20, 20).T
    assert set(col[row == 10]) <= {3, 4}


def test_a_vehicle_keeps_to_track_and_salt():
    dem = model(np.full((11, 31), 3700.0))
    track, salt = np.zeros((2, 11, 31), bool)
    track[5, :15], salt[:, 15:25] = True, True
    time = travel_times(dem, [(0.0, 150.0)], "vehicle", paths=track, flats=salt).time_s
    assert np.isfinite(time[5, :15]).all()
    assert np.isfinite(time[:, 15:25]).all()
    assert np.isinf(time[:5, :15]).all()
    assert np.isinf(time[:, 25:]).all()
    assert time[5, 14] == pytest.approx(14 * CELL / (30 / 3.6))


def test_a_start_beside_the_model_is_refused():
    with pytest.raises(ValueError, match="beside the elevation model"):
        travel_times(model(np.zeros((3, 3))), [(900.0, 0.0)])
