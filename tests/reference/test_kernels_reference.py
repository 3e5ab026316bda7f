"""Fast kernels against the plain way of saying the same."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apacheta.kernels.movers import components
from apacheta.kernels.registration import RUN_SAMPLES, affine_normal
from apacheta.sim.night import shade_kernel


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), density=st.sampled_from([0.0, 0.01, 0.2, 0.45, 0.8, 1.0]))
def test_components_are_those_of_opencv(seed: int, density: float) -> None:
    mask = (np.random.default_rng(seed).random((37, 53)) < density).astype(np.uint8)
    label, boxes = np.zeros(mask.shape, np.int32), np.empty((2000, 5), np.int32)
    count = components(mask, label, boxes)
    theirs_count, theirs, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    assert count == theirs_count - 1
    assert sorted(map(tuple, boxes[:count])) == sorted(map(tuple, stats[1:]))
    pairs = set(zip(label.ravel().tolist(), theirs.ravel().tolist(), strict=True))
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})


def test_components_stop_when_there_are_too_many() -> None:
    mask = np.zeros((20, 20), np.uint8)
    mask[::2, ::2] = 1
    label, boxes = np.zeros(mask.shape, np.int32), np.empty((7, 5), np.int32)
    assert components(mask, label, boxes) == 7
    assert label.max() == 7


def _plain(now, old, gx, gy, params, cut, stride):
    """J'WJ, J'We, sum of |e| and the count, pixel by pixel in double precision."""
    rows, cols = now.shape
    matrix, vector, total, used = np.zeros((7, 7)), np.zeros(7), 0.0, 0
    for row in range(1, rows - 1, stride):
        v = 2 * row / (rows - 1) - 1
        for start in range(1, cols - 1, RUN_SAMPLES * stride):
            stop = min(start + RUN_SAMPLES * stride, cols - 1)
            u = (start + stop - 1) / (cols - 1) - 1
            dx, dy = (params[k] + params[k + 1] * u + params[k + 2] * v for k in (0, 3))
            for col in range(start, stop, stride):
                i, j = math.floor(col + dx), math.floor(row + dy)
                if not (0 <= i < cols - 1 and 0 <= j < rows - 1) or old[j : j + 2, i : i + 2].min() < -1:
                    continue
                p, q = col + dx - i, row + dy - j
                sample = np.array([1 - q, q]) @ old[j : j + 2, i : i + 2] @ np.array([1 - p, p])
                e = sample + params[6] - now[row, col]
                if abs(e) >= cut:
                    continue
                w = (1 - (e / cut) ** 2) ** 2
                slope = np.array([gx[row, col] * b for b in (1, u, v)] + [gy[row, col] * b for b in (1, u, v)] + [1.0])
                matrix += w * np.outer(slope, slope)
                vector += w * e * slope
                total, used = total + abs(e), used + 1
    return matrix, vector, total, used


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("shift", [(0.3, -0.4), (-7.6, 2.5), (9.2, -11.7)])
def test_the_normal_equations_are_those_of_the_plain_sum(stride: int, shift: tuple[float, float]) -> None:
    rng = np.random.default_rng(3)
    now, old = (cv2.GaussianBlur(rng.normal(120, 60, (48, 75)).astype(np.float32), (0, 0), 1.5) for _ in range(2))
    old[5:14, 20:31] = -1e4
    gx, gy = (cv2.Sobel(now, cv2.CV_32F, a, 1 - a, ksize=3, scale=0.125) for a in (1, 0))
    params = np.array([shift[0], 0.4, -0.7, shift[1], 0.2, 0.5, 1.5])
    matrix, vector = np.empty((7, 7)), np.empty(7)
    total, used = affine_normal(now, old, gx, gy, params, 30.0, stride, matrix, vector)
    wanted = _plain(now, old, gx, gy, params, 30.0, stride)
    assert used == wanted[3]
    assert total == pytest.approx(wanted[2], rel=1e-5)
    np.testing.assert_allclose(matrix, wanted[0], rtol=1e-4, atol=1e-4 * np.abs(wanted[0]).max())
    np.testing.assert_allclose(vector, wanted[1], rtol=1e-4, atol=1e-4 * np.abs(wanted[1]).max())


def _shade_arguments(height: int = 40, width: int = 83):
    """A camera 700 m over a bent slope, 30 degrees down, over fields that vary as in a night."""
    rng = np.random.default_rng(5)
    smooth = [cv2.GaussianBlur(rng.normal(0, 40, (120, 120)).astype(np.float32), (0, 0), 4) for _ in range(2)]
    temperature, roughness = smooth[0] - 5, np.abs(smooth[1]) / 4 + 0.5
    sizes = [1024 >> k for k in range(8)]
    offsets = np.cumsum([0, *(s * s for s in sizes[:-1])]).astype(np.int64)
    texture = [rng.normal(0, 1, sum(s * s for s in sizes)).astype(np.float32) for _ in range(2)]
    down = math.radians(30.0)
    axes = np.array([[1.0, 0, 0], [0, -math.sin(down), -math.cos(down)], [0, math.cos(down), -math.sin(down)]])
    focal_px = 320 / math.tan(math.radians(6.25))
    rows = np.arange(height, dtype=np.float32)[:, None]
    columns = np.arange(width, dtype=np.float32)[None]
    ranges = (900 - 3 * rows + 0.2 * columns + 0.4 * np.sin(columns / 5)).astype(np.float32)
    ranges[:9, 30:41] = 1e9  # sky
    ranges[20:, 50:] += 80.0  # an edge
    return [
        temperature, roughness, 30.0, 0.0, 0.0, np.array([1500.0, 900.0]), axes, focal_px, 1.0, 1e-7, ranges,
        texture[0], offsets, 0.406, texture[1], offsets, 3.14, 1.0, -40.0, np.zeros((height, width), np.float32),
    ]  # fmt: skip


def test_what_is_interpolated_along_a_row_differs_little_from_what_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """RUN_MOST_M below 0 shades each pixel by itself; the compiled function holds its own, so the plain one is run."""
    arguments = _shade_arguments()
    shade_kernel.shade(*arguments)
    quick = arguments[-1].copy()
    monkeypatch.setattr(shade_kernel, "RUN_MOST_M", -1.0)
    shade_kernel.shade.py_func(*arguments)
    whole = arguments[-1]
    np.testing.assert_array_equal(quick == -40.0, arguments[10] > 1e8)
    off = np.abs(quick - whole)
    assert off[:, 48:52].max() < 0.5
    assert float(np.sqrt((off**2).mean())) < 0.1 * float(whole[whole > -40].std())
