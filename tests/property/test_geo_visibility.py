"""Viewsheds against slow ways of saying the same: every patch of every line, and the sweep node by node."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from scipy import ndimage

from apacheta.geo import Dem, LocalGrid, Look, line_of_sight, times_seen, viewshed
from apacheta.geo.visibility import _near, _window
from apacheta.kernels.sweep import NEAR, VOID_M

GRID = LocalGrid(-32.7, -70.25, 4500.0)
CELL = 30.0


def terrain(seed, rows, cols, voids, relief=120.0):
    """Rough random heights about 4,500 m with some void nodes."""
    rng = np.random.default_rng(seed)
    height = (4500.0 + relief * rng.standard_normal((rows, cols))).astype(np.float32)
    height[rng.random(height.shape) < voids] = np.nan
    return Dem(GRID, height, -200.0, 100.0, CELL, "")


sizes = st.integers(2, 19)
reliefs = st.sampled_from([0.0, 5.0, 120.0, 600.0])
worlds = st.builds(terrain, st.integers(0, 10_000), sizes, sizes, st.sampled_from([0.0, 0.0, 0.15, 0.4]), reliefs)
wide_worlds = st.builds(terrain, st.integers(0, 10_000), st.integers(2, 45), st.integers(2, 45), st.just(0.1), reliefs)
whole_worlds = st.builds(terrain, st.integers(0, 10_000), sizes, sizes, st.just(0.0), reliefs)


def eye_over(dem, rng):
    """Somewhere on the model, often on a node, 2 to 300 m above what is there."""
    rows, cols = dem.height_hae_m.shape
    place = np.array([rng.uniform(0, cols - 1), rng.uniform(0, rows - 1)])
    for axis in range(2):
        if rng.random() < 0.4:
            place[axis] = round(place[axis])
    x, y = dem.south_west_m + CELL * place
    ground = dem.height_at(float(x), float(y))
    return np.array([x, y, (4500.0 if math.isnan(ground) else ground) + rng.choice([2.0, 30.0, 300.0])])


def most_needed(dem, eye, x, y, ground, target, refraction):
    """What the rise of the line from the eye to a node must be to clear each patch between, one by one; and the rise.

    Straight from the definition: the line is cut at every grid line, each piece lies on one bilinear patch.
    """
    u0, v0 = (eye[:2] - dem.south_west_m) / CELL
    du, dv = (x - eye[0]) / CELL, (y - eye[1]) / CELL
    rise = ground + target - eye[2]
    sag = (rise**2 + 0.5 * (1 - refraction) * (du**2 + dv**2) * CELL**2) / GRID.radius_m
    cuts = {0.0, 1.0}
    for start, rate in ((u0, du), (v0, dv)):
        if rate:
            cuts |= {t for t in (np.arange(-1, 30) - start) / rate if 1e-9 < t < 1.0 - 1e-9}
    cuts = sorted(cuts)
    needed = [-np.inf]
    for a, b in pairwise(cuts):
        middle = 0.5 * (a + b)
        h = dem.height_hae_m
        i, j = (min(math.floor(p), n - 2) for p, n in ((u0 + du * middle, h.shape[1]), (v0 + dv * middle, h.shape[0])))
        patch = h[j : j + 2, i : i + 2].astype(float)
        if b - a < 1e-12 or np.isnan(patch).any():
            continue
        t = np.linspace(a, b, 500)
        t = t[t > 0.0]
        fu, fv = u0 + du * t - i, v0 + dv * t - j
        south, north = (row[0] * (1 - fu) + row[1] * fu for row in patch)
        asked = (south * (1 - fv) + north * fv - eye[2]) / t + sag * (1 - t)
        # in the last patch the line ends on the ground: its beginning counts, and what hides the target
        is_last = b == 1.0 and asked.max() <= rise + 1e-3
        needed.append((asked[0] if a > 0.0 else -np.inf) if is_last else asked.max())
    return max(needed), rise


@settings(max_examples=40, deadline=None)
@given(dem=worlds, seed=st.integers(0, 10_000), target=st.sampled_from([0.0, 1.5]))
def test_exact_is_every_line_by_itself(dem, seed, target):
    rng = np.random.default_rng(seed)
    eye = eye_over(dem, rng)
    look = Look(target_height_m=target, range_m=float(rng.choice([200.0, np.inf])))
    shed = viewshed(dem, eye, look, "exact").of_model(dem)
    x, y = np.meshgrid(*dem.node_xy())
    near = (np.hypot(x - eye[0], y - eye[1]) <= look.range_m) & ~np.isnan(dem.height_hae_m)
    nodes = np.column_stack([x.ravel(), y.ravel(), dem.height_hae_m.ravel().astype(float) + target])
    assert np.array_equal(shed.seen != 255, near)
    assert np.array_equal(shed.seen[near] == 1, line_of_sight(dem, eye, nodes).reshape(near.shape)[near])


@settings(max_examples=25, deadline=None)
@given(dem=whole_worlds, seed=st.integers(0, 10_000), target=st.sampled_from([0.0, 1.5, 30.0]))
def test_exact_margin_is_the_rise_beyond_what_every_patch_asks_for(dem, seed, target):
    rng = np.random.default_rng(seed)
    eye = eye_over(dem, rng)
    look = Look(target_height_m=target)
    sharp, plain = viewshed(dem, eye, look, "exact", with_margin=True), viewshed(dem, eye, look, "exact")
    margin = sharp.margin_m
    clear_cut = np.abs(np.nan_to_num(margin, nan=1.0)) > 0.01
    under = dem.height_at(*eye[:2]) > eye[2]
    assert under or np.array_equal(sharp.seen[clear_cut], plain.seen[clear_cut])
    x, y = dem.node_xy()
    for j, i in zip(*np.nonzero(np.isfinite(margin)), strict=True):
        ground = float(dem.height_hae_m[j, i])
        needed, rise = most_needed(dem, eye, x[i], y[j], ground, target, look.refraction)
        assert margin[j, i] == pytest.approx(rise - needed, abs=0.02, rel=1e-3)


@settings(max_examples=40, deadline=None)
@given(dem=wide_worlds, seed=st.integers(0, 10_000), target=st.sampled_from([0.0, 1.5]))
def test_fast_is_the_plain_sweep(dem, seed, target):
    rng = np.random.default_rng(seed)
    eye = eye_over(dem, rng)
    look = Look(target_height_m=target, range_m=float(rng.choice([150.0, 700.0, np.inf])))
    wanted = plain_sweep(dem, eye, look)
    margin = viewshed(dem, eye, look, with_margin=True).of_model(dem).margin_m
    np.testing.assert_allclose(margin, wanted, atol=0.05, rtol=1e-3)
    seen = viewshed(dem, eye, look).of_model(dem).seen
    assert np.array_equal(seen == 255, np.isnan(wanted))
    sure = np.abs(wanted) > 0.05
    assert np.array_equal(seen[sure] == 1, wanted[sure] > 0)


def plain_sweep(dem, eye, look):
    """Margins (rows, cols) cell by cell, nearest rows (or columns) first; NaN out of range and in voids."""
    u, v = (eye[:2] - dem.south_west_m) / CELL
    h = np.where(np.isnan(dem.height_hae_m), VOID_M, dem.height_hae_m).astype(float)
    bend = (1 - look.refraction) * CELL**2 / (2 * GRID.radius_m)
    near, near_top, near_left = _near(dem, _window(dem, eye, look), look)
    margin, horizon = np.full(h.shape, np.nan), {}

    def horizon_at(is_side, j, i):
        """Of a node one row (or column) nearer; None where that wedge does not have it."""
        far = abs(i - u) if is_side else abs(j - v)
        if 0.0 < far <= NEAR and 0 <= j < h.shape[0] and 0 <= i < h.shape[1]:
            return max(near[int(j) - near_top, int(i) - near_left] / far, rise_of(j, i, far))
        return horizon.get((is_side and abs(i - u) != abs(j - v), j, i))

    def rise_of(j, i, far):
        return (h[int(j), int(i)] - eye[2] - bend * ((j - v) ** 2 + (i - u) ** 2)) / far

    for far, j, i in sorted((max(abs(j - v), abs(i - u)), j, i) for j, i in np.ndindex(h.shape)):
        dj, di = j - v, i - u
        if far == 0.0:
            margin[j, i] = np.inf
        if far == 0.0 or math.hypot(dj, di) > look.range_m / CELL:
            continue
        is_side = abs(di) > abs(dj)
        aside = abs(dj) if is_side else abs(di)
        # one row (or column) towards the eye, and there the next one towards the eye's own column (or row)
        straight = (j, i - np.sign(di)) if is_side else (j - np.sign(dj), i)
        inner = (j - (1 if dj >= 0 else -1), straight[1]) if is_side else (straight[0], i - (1 if di >= 0 else -1))
        if far <= NEAR:
            before = near[j - near_top, i - near_left] / far
        else:
            there = [x for x in (horizon_at(is_side, *straight), horizon_at(is_side, *inner)) if x is not None]
            before = there[0] + (there[-1] - there[0]) * aside / far
        horizon[is_side, j, i] = max(before, rise_of(j, i, far))
        margin[j, i] = (rise_of(j, i, far) + look.target_height_m / far - before) * far
    return np.where(dem.voids, np.nan, margin)


def smooth(seed, size=161):
    """Mountains: heights of 30 m cells that go together over some 500 m."""
    rng = np.random.default_rng(seed)
    rough = ndimage.gaussian_filter(rng.standard_normal((size, size)), 8.0)
    return Dem(GRID, (4500.0 + 300.0 * rough / rough.std()).astype(np.float32), -200.0, 100.0, CELL, "")


@pytest.mark.parametrize("height_m", [2.0, 50.0, 300.0])
def test_fast_is_nearly_exact_on_mountains(height_m):
    dem = smooth(3)
    x, y = dem.south_west_m + CELL * np.array([80.0, 77.0])
    eye = np.array([x, y, dem.height_at(x, y) + height_m])
    fast, exact = (viewshed(dem, eye, Look(), mode).seen == 1 for mode in ("fast", "exact"))
    assert (fast & exact).sum() / (fast | exact).sum() > 0.93


@settings(max_examples=20, deadline=None)
@given(dem=worlds, seed=st.integers(0, 10_000), threads=st.sampled_from([1, 2, 3]))
def test_a_count_is_the_sum_of_the_rasters(dem, seed, threads):
    rng = np.random.default_rng(seed)
    eyes = np.array([eye_over(dem, rng) for _ in range(7)])
    look = Look(target_height_m=1.5, range_m=400.0)
    each = sum((viewshed(dem, eye, look).of_model(dem).seen == 1).astype(np.uint32) for eye in eyes)
    assert np.array_equal(times_seen(dem, eyes, look, threads=threads), each)


def test_a_count_goes_beyond_what_a_byte_holds():
    dem = terrain(1, 12, 9, 0.1)
    eye = eye_over(dem, np.random.default_rng(5))
    once = (viewshed(dem, eye).seen == 1).astype(np.uint32)
    assert np.array_equal(times_seen(dem, np.tile(eye, (700, 1))), 700 * once)


@pytest.mark.parametrize("mode", ["fast", "exact"])
def test_a_sector_leaves_out_what_lies_beside_it(mode):
    dem = terrain(2, 41, 41, 0.0, relief=5.0)
    x, y = dem.south_west_m + CELL * 20.0
    eye = np.array([x, y, 4800.0])
    gx, gy = np.meshgrid(*dem.node_xy())
    true = np.degrees(np.arctan2(gx - x, gy - y)) + GRID.convergence_deg(*GRID.latlon(x, y))
    seen = viewshed(dem, eye, Look(azimuth_deg=(350.0, 10.0)), mode).seen
    inside = np.abs((true + 180.0) % 360.0 - 180.0) <= 10.0
    assert np.array_equal(seen != 255, inside)
    down = viewshed(dem, eye, Look(elevation_deg=(-90.0, -45.0)), mode).seen
    dip = np.degrees(np.arctan2(dem.height_hae_m - 4800.0, np.hypot(gx - x, gy - y)))
    sure = np.abs(dip + 45.0) > 0.1
    assert np.array_equal((down != 255)[sure], (dip <= -45.0)[sure])


def test_azimuths_are_from_true_north():
    """60 km from the grid's central meridian its north lies 0.35 degrees beside the true one."""
    dem = Dem(GRID, np.full((301, 301), 4500.0, np.float32), 60_000.0, 0.0, CELL, "")
    eye = np.array([*(dem.south_west_m + CELL * 150.0), 4800.0])
    seen = viewshed(dem, eye, Look(azimuth_deg=(30.0, 100.0))).seen
    (lat0, lon0), (lat, lon) = GRID.latlon(*eye[:2]), GRID.latlon(*np.meshgrid(*dem.node_xy()))
    azimuth = Geod(ellps="WGS84").inv(np.full(lat.shape, lon0), np.full(lat.shape, lat0), lon, lat)[0] % 360.0
    sure = (np.minimum(abs(azimuth - 30.0), abs(azimuth - 100.0)) > 0.05) & (
        np.hypot(*(np.indices(lat.shape) - 150)) > 1
    )
    assert np.array_equal((seen != 255)[sure], ((azimuth >= 30.0) & (azimuth <= 100.0))[sure])


@pytest.mark.parametrize("mode", ["fast", "exact"])
def test_the_earth_is_round_and_air_bends(mode):
    """A plain seen from 10 m: the horizon lies at sqrt(2 R h / (1 - k)), 11.3 km without refraction, 12.2 with."""
    plain = Dem(GRID, np.full((5, 600), 4500.0, np.float32), 0.0, 0.0, CELL, "")
    for refraction in (0.0, 0.142857):
        seen = viewshed(plain, (0.0, 60.0, 4510.0), Look(refraction=refraction), mode).seen[2] == 1
        horizon = math.sqrt(2 * GRID.radius_m * 10.0 / (1 - refraction))
        touching = math.sqrt(2 * GRID.radius_m * 1e-3)  # exact lines may touch the ground 1 mm deep
        assert -2 * CELL < seen.sum() * CELL - horizon < 2 * CELL + touching


def test_an_eye_beside_the_model_is_refused():
    dem = terrain(1, 5, 5, 0.0)
    with pytest.raises(ValueError, match="beside the elevation model"):
        viewshed(dem, (-500.0, 200.0, 5000.0))
    with pytest.raises(ValueError, match="all round"):
        times_seen(dem, [(-150.0, 150.0, 5000.0)], Look(azimuth_deg=(0.0, 90.0)))


@settings(max_examples=25, deadline=None)
@given(dem=whole_worlds, seed=st.integers(0, 10_000))
def test_who_sees_is_seen(dem, seed):
    rng = np.random.default_rng(seed)
    rows, cols = dem.height_hae_m.shape
    a, b = ((int(rng.integers(rows)), int(rng.integers(cols))) for _ in range(2))
    there, back = (
        viewshed(dem, (*(dem.south_west_m + CELL * np.array(p[::-1])), dem.height_hae_m[p] + 1.5), look, "exact").seen[
            q
        ]
        for p, q, look in ((a, b, Look(target_height_m=1.5)), (b, a, Look(target_height_m=1.5)))
    )
    assert there == back


def test_what_lies_on_a_diagonal_is_seen_like_what_lies_beside_it():
    """The horizon of nothing, -1e30, must not meet a weight that should be 0 and is 6e-8 in single precision."""
    plain = Dem(GRID, np.full((401, 401), 4500.0, np.float32), 0.0, 0.0, CELL, "")
    for column, row in ((200.0, 200.0), (200.25, 199.75), (13.5, 380.5)):
        seen = viewshed(plain, (column * CELL, row * CELL, 4600.0)).seen
        assert (seen == 1).all()
