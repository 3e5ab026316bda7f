"""The truth's finer relief at 10 m over 30 m heights, and the poorer model that is made of the truth."""

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import ndimage

from .grids import bilinear, slope_tan
from .noise import correlated_error

ERROR_SIGMA_M = 4.0
ERROR_CORRELATION_M = 150.0
SHIFT_MAX_M = 10.0


@njit(["float64(int64, int64, int64)"], cache=True, nogil=True, error_model="numpy")
def _lattice(row, col, salt):
    """A number in [-1, 1) that belongs to the lattice point."""
    h = (row * 73856093 ^ col * 19349663 ^ salt * 83492791) & 0xFFFFFFFF
    h = ((h ^ (h >> 15)) * 0x45D9F3B) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 0x119DE1F3) & 0xFFFFFFFF
    h = h ^ (h >> 16)
    return np.float64(h) / 2147483648.0 - 1.0


@njit(["float64(float64, float64, int64)"], cache=True, nogil=True, error_model="numpy")
def _wave(y, x, salt):
    """Value noise with unit lattice, smooth, about 0.45 in standard deviation."""
    j = int(np.floor(y))
    i = int(np.floor(x))
    v = y - j
    u = x - i
    v = v * v * (3.0 - 2.0 * v)
    u = u * u * (3.0 - 2.0 * u)
    low = _lattice(j, i, salt) * (1.0 - u) + _lattice(j, i + 1, salt) * u
    high = _lattice(j + 1, i, salt) * (1.0 - u) + _lattice(j + 1, i + 1, salt) * u
    return low * (1.0 - v) + high * v


@njit(["float64[:, ::1](float64[:, ::1])"], cache=True, nogil=True, error_model="numpy")
def _thrice_rows(grid):
    """Catmull-Rom interpolation along the rows to a third of the spacing; the nodes keep their values."""
    rows, cols = grid.shape
    fine = np.empty((3 * rows - 2, cols))
    for r in range(3 * rows - 2):
        j = min(r // 3, rows - 2)
        t = r / 3.0 - j
        j0 = max(j - 1, 0)
        j3 = min(j + 2, rows - 1)
        w0 = 0.5 * (-t + 2 * t * t - t * t * t)
        w1 = 0.5 * (2 - 5 * t * t + 3 * t * t * t)
        w2 = 0.5 * (t + 4 * t * t - 3 * t * t * t)
        w3 = 0.5 * (-t * t + t * t * t)
        for c in range(cols):
            fine[r, c] = w0 * grid[j0, c] + w1 * grid[j, c] + w2 * grid[j + 1, c] + w3 * grid[j3, c]
    return fine


@njit(["void(float32[:, ::1], float32[:, ::1], int64)"], cache=True, nogil=True, error_model="numpy")
def _roughen(height_m, rough, salt):
    """Add knolls of 27, 51 and 97 m and, here and there, bands of rock 55 m apart, in place.

    `rough`: 0 on a salt flat, 0.04 on a valley floor, 1 on a slope of 35 degrees.
    """
    rows, cols = height_m.shape
    for r in range(rows):
        for c in range(cols):
            share = rough[r, c]
            if share <= 0.0:
                continue
            broad = _wave(r / 9.7, c / 9.7, salt)
            knoll = 1.6 * broad + _wave(r / 5.1, c / 5.1, salt + 101) + 0.7 * _wave(r / 2.7, c / 2.7, salt + 202)
            height = height_m[r, c] + 1.9 * share * knoll
            ledge = max(share - 0.5, 0.0) * min(max(2.0 * _wave(r / 23.0, c / 23.0, salt + 303), 0.0), 1.0)
            if ledge > 0.0:
                level = height / 55.0 + 2.5 * _wave(r / 41.0, c / 41.0, salt + 404)
                part = level - np.floor(level)
                step = min(max((part - 0.3) / 0.4, 0.0), 1.0)
                step = step * step * (3.0 - 2.0 * step)
                band = max(_lattice(int(np.floor(level)), 7, salt + 505), 0.0)
                height += 55.0 * 0.9 * band * ledge * (step - part)
            height_m[r, c] = height


def refined(height_m: NDArray[np.float64], salt: NDArray[np.bool_], cell_m: float, seed: int) -> NDArray[np.float32]:
    """Heights at a third of the spacing, (3 rows - 2, 3 cols - 2) float32, with relief that grows with the slope.

    Rock steps on steep ground, nearly smooth valley floors (0.1 m), a salt flat as it was.
    """
    fine = _thrice_rows(np.ascontiguousarray(_thrice_rows(np.ascontiguousarray(height_m)).T)).T
    fine = np.ascontiguousarray(fine, dtype=np.float32)
    slope_deg = np.degrees(np.arctan(slope_tan(height_m, cell_m)))
    from_salt = np.clip(ndimage.distance_transform_edt(~salt) - 1, 0, 6) / 6 if salt.any() else 1.0
    rough = (0.04 + np.clip((slope_deg - 8) / 27, 0, 1.2)) * from_salt
    rough = ndimage.zoom(rough.astype(np.float32), 3, order=1, grid_mode=False)
    rough = rough[: fine.shape[0], : fine.shape[1]]
    _roughen(fine, np.ascontiguousarray(rough), seed * 7919 % 2**31)
    if salt.any():
        bed = ndimage.binary_dilation(np.kron(salt, np.ones((3, 3), bool))[1:-1, 1:-1], iterations=1)
        level = np.float32(height_m[salt].mean())
        ripple = np.random.default_rng([seed, 4]).uniform(-0.1, 0.1, int(bed.sum()))
        fine[bed] = level + ripple.astype(np.float32)
    return fine


def degraded(
    truth_m: NDArray[np.float32], truth_cell_m: float, rng: np.random.Generator
) -> tuple[NDArray[np.float32], tuple[float, float, float]]:
    """The 30 m model that the product gets, and by how much it was shifted (x, y) and raised, metres.

    Means of 3 x 3 true heights, moved by up to 10 m, with a bias of a few metres and an error of sigma 4 m
    correlated over 150 m.
    """
    bearing, far = rng.uniform(0, 2 * np.pi), rng.uniform(4.0, SHIFT_MAX_M)
    shift_x, shift_y = far * np.sin(bearing), far * np.cos(bearing)
    bias = float(np.clip(rng.normal(0.0, 2.0), -4.0, 4.0))
    mean = ndimage.uniform_filter(truth_m, 3, mode="nearest")
    rows, cols = (truth_m.shape[0] - 1) // 3 + 1, (truth_m.shape[1] - 1) // 3 + 1
    last_y, last_x = (truth_m.shape[0] - 1) * truth_cell_m, (truth_m.shape[1] - 1) * truth_cell_m
    y = np.clip(np.arange(rows) * 3 * truth_cell_m + shift_y, 0, last_y)
    x = np.clip(np.arange(cols) * 3 * truth_cell_m + shift_x, 0, last_x)
    moved = bilinear(mean, 0.0, 0.0, truth_cell_m, x[None, :], y[:, None])
    error = correlated_error((rows, cols), rng, ERROR_SIGMA_M, ERROR_CORRELATION_M, 3 * truth_cell_m)
    return (moved + error + bias).astype(np.float32), (float(shift_x), float(shift_y), bias)
