"""The map's seen ground never says seen where the terrain model does not, nor later than it was."""

import zlib
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apacheta.app.live.seen_grid import NEVER_S, SeenGrid, changes, deflated, seen_km2
from apacheta.geo import Dem, LocalGrid
from apacheta.see import SeenGround

NS = 1_000_000_000
EPOCH_NS = 1_782_000_000 * NS


def grid_of(lat_deg: float, rows: int, cols: int, cell_m: float, east_m: float) -> SeenGrid:
    """The grid over level ground, so far east of its local grid's centre that the two lie askew."""
    local = LocalGrid(lat_deg, -70.0, 4000.0)
    dem = Dem(local, np.zeros((rows, cols), np.float32), east_m, -100.0, cell_m, "0" * 64)
    made = SeenGrid(dem, EPOCH_NS)
    made.dem = dem  # type: ignore[attr-defined]
    return made


def ground(dem: Dem, last_ns: Any) -> SeenGround:
    """What a stream saw of it, and when last; 0 never."""
    made = SeenGround(dem)
    made.last_seen_ns[:] = last_ns
    return made


def middles_in_cells(grid: SeenGrid) -> list[list[tuple[int, int]]]:
    """The model's nodes by the cell in which they lie, told from the header alone."""
    head, dem = grid.header, grid.dem  # type: ignore[attr-defined]
    xx, yy = np.meshgrid(*dem.node_xy())
    lat, lon = dem.grid.latlon(xx, yy)

    def y_of(degrees: Any) -> Any:
        return np.arctanh(np.sin(np.radians(degrees)))

    row = (y_of(head["north"]) - y_of(lat)) / (y_of(head["north"]) - y_of(head["south"])) * head["rows"]
    col = (lon - head["west"]) / (head["east"] - head["west"]) * head["cols"]
    found: list[list[tuple[int, int]]] = [[] for _ in range(head["rows"] * head["cols"])]
    for (j, i), r, c in zip(np.ndindex(xx.shape), row.ravel(), col.ravel(), strict=True):
        assert 0 <= r < head["rows"]
        assert 0 <= c < head["cols"]
        found[int(r) * head["cols"] + int(c)].append((j, i))
    return found


PLACES = st.tuples(
    st.sampled_from([-45.0, -32.7, -19.5, 0.0, 36.0, 60.0]), st.integers(8, 14), st.integers(8, 14),
    st.sampled_from([10.0, 30.0]), st.sampled_from([-150.0, 0.0, 20_000.0, 90_000.0]),
)  # fmt: skip


@given(PLACES, st.integers(0, 2**32 - 1), st.floats(0.0, 1.0), st.integers(1, 3))
def test_no_cell_is_seen_that_holds_unseen_ground(
    where: tuple[float, int, int, float, float], seed: int, share: float, streams: int
) -> None:
    grid = grid_of(*where)
    dem, rng = grid.dem, np.random.default_rng(seed)  # type: ignore[attr-defined]
    shape = dem.height_hae_m.shape
    times_ns = [
        np.where(rng.random(shape) < share, EPOCH_NS + rng.integers(-NS, 4_000 * NS, shape), 0) for _ in range(streams)
    ]
    seconds = grid.seconds([ground(dem, t) for t in times_ns])
    newest_ns = np.maximum.reduce(times_ns)
    for value, nodes in zip(seconds, middles_in_cells(grid), strict=True):
        if value == NEVER_S:
            continue
        assert nodes
        assert all(newest_ns[n] >= EPOCH_NS + int(value) * NS for n in nodes)
        assert min(newest_ns[n] for n in nodes) < EPOCH_NS + (int(value) + 1) * NS


@given(PLACES)
def test_where_all_is_seen_only_the_rim_is_not(where: tuple[float, int, int, float, float]) -> None:
    """Each whole cell holds a middle, however the grids lie to each other: there are no holes."""
    grid = grid_of(*where)
    dem = grid.dem  # type: ignore[attr-defined]
    seconds = grid.seconds([ground(dem, EPOCH_NS + 7 * NS)]).reshape(grid.rows, grid.cols)
    seen = np.argwhere(seconds == 7)
    assert set(np.unique(seconds)) <= {NEVER_S, 7}
    holes = [
        (r, c)
        for r, c in np.ndindex(seconds.shape)
        if seconds[r, c] == NEVER_S and (seen[:, 0] < r).any() and (seen[:, 0] > r).any()
        if (seconds[r, :c] == 7).any() and (seconds[r, c:] == 7).any()
    ]
    assert len(seen)
    assert holes == []


def test_a_cell_that_reaches_out_of_the_model_is_never_seen() -> None:
    grid = grid_of(-32.7, 10, 10, 30.0, 0.0)
    dem, head = grid.dem, grid.header  # type: ignore[attr-defined]
    seconds = grid.seconds([ground(dem, EPOCH_NS)]).reshape(grid.rows, grid.cols)
    north_y, south_y = np.arctanh(np.sin(np.radians([head["north"], head["south"]])))
    y = np.linspace(north_y, south_y, grid.rows + 1)
    lat = np.degrees(np.arcsin(np.tanh(y)))
    lon = np.linspace(head["west"], head["east"], grid.cols + 1)
    west, south, east, north = dem.bounds
    for r, c in np.argwhere(seconds != NEVER_S):
        x_m, y_m = dem.grid.xy(np.array([lat[r], lat[r + 1]]), np.array([lon[c], lon[c + 1]]))
        assert west - 15.1 <= x_m.min() <= x_m.max() <= east + 15.1
        assert south - 15.1 <= y_m.min() <= y_m.max() <= north + 15.1


@given(st.lists(st.integers(-1, 5), min_size=1, max_size=40), st.lists(st.integers(0, 5), min_size=40, max_size=40))
def test_increments_make_the_new_grid_of_the_old(before: list[int], more: list[int]) -> None:
    old = np.array(before, np.int32)
    new = np.maximum(old, np.array(more[: len(before)], np.int32))
    told = old.copy()
    for second, cells in changes(old, new):
        told[cells] = second
    assert told.tolist() == new.tolist()
    assert sum(len(cells) for _, cells in changes(old, new)) == np.count_nonzero(old != new)


def test_the_body_is_what_the_contract_says() -> None:
    body = zlib.decompress(deflated(np.array([-1, 0, 258], np.int32)))
    assert body == b"\xff\xff\xff\xff\x00\x00\x00\x00\x02\x01\x00\x00"


def test_seen_ground_is_counted_on_the_own_side_and_once() -> None:
    dem = grid_of(-32.7, 10, 10, 30.0, 0.0).dem  # type: ignore[attr-defined]
    half = np.zeros((10, 10), np.int64)
    half[:5] = EPOCH_NS
    own = np.zeros((10, 10), bool)
    own[:, :4] = True
    grounds = [ground(dem, half), ground(dem, half)]
    assert seen_km2(grounds, None) == pytest.approx(50 * 0.0009)
    assert seen_km2(grounds, own) == pytest.approx(20 * 0.0009)
    assert seen_km2([], own) == 0.0
    assert SimpleNamespace(**grid_of(0.0, 8, 8, 30.0, 0.0).header).epoch_utc_ns == str(EPOCH_NS)
