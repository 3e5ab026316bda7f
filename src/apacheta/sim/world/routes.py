"""Least-cost paths over terrain: Dijkstra on a grid whose steps cost by length, steepness and ease of the ground."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .flow import _drop_first, _push

WALKER = (3.5, 0.80)
"""Tobler (1993): time grows as exp(3.5 |grade|); beyond 0.8 a wall."""
ROAD = (0.0, 0.07)
"""A road avoids more than 7 %."""


@njit(
    ["Tuple((float64[::1], int32[::1]))(float64[:, ::1], float64[:, ::1], float64, float64, float64, int64)"],
    cache=True,
    nogil=True,
    error_model="numpy",
)
def spread(height_m, ease, cell_m, exponent, wall, source):
    """Cost from the source cell to every cell and the neighbour on the way back (-1 where there is none).

    A step costs length * mean of `ease` * (exp(exponent |grade|) + (|grade| / wall)^4): metres of flat good ground.
    """
    rows, cols = height_m.shape
    n = rows * cols
    ground = height_m.ravel()
    load = ease.ravel()
    cost = np.full(n, np.inf)
    back = np.full(n, np.int32(-1))
    keys = np.empty(8 * n + 8, np.float64)
    cells = np.empty(8 * n + 8, np.int32)
    cost[source] = 0.0
    _push(keys, cells, 0, 0.0, np.int32(source))
    size = 1
    while size > 0:
        i = cells[0]
        key = keys[0]
        _drop_first(keys, cells, size)
        size -= 1
        if key > cost[i]:
            continue
        row = i // cols
        col = i - row * cols
        for r in range(max(row - 1, 0), min(row + 2, rows)):
            for c in range(max(col - 1, 0), min(col + 2, cols)):
                j = r * cols + c
                if j == i:
                    continue
                far = cell_m * (1.4142135623730951 if r != row and c != col else 1.0)
                grade = abs(ground[j] - ground[i]) / far
                steep = grade / wall
                step = far * 0.5 * (load[i] + load[j]) * (np.exp(exponent * grade) + steep * steep * steep * steep)
                if key + step < cost[j]:
                    cost[j] = key + step
                    back[j] = i
                    _push(keys, cells, size, cost[j], np.int32(j))
                    size += 1
    return cost, back


@njit(["int32[::1](int32[::1], int64)"], cache=True, nogil=True, error_model="numpy")
def way_back(back, start):
    """The cells from `start` to the source, both included."""
    count = 1
    i = start
    while back[i] >= 0:
        i = back[i]
        count += 1
    cells = np.empty(count, np.int32)
    i = start
    for k in range(count):
        cells[k] = i
        i = back[i]
    return cells


@njit(
    ["float64(float64[:, ::1], float64, int64, int64, float64, int64[:, ::1], float64)"],
    cache=True,
    nogil=True,
    error_model="numpy",
)
def visible_share(height_m, cell_m, row, col, eye_m, targets, target_m):
    """The share of target cells (n, 2 as row, col) that an eye above a cell sees, sampled once a cell."""
    eye = height_m[row, col] + eye_m
    seen = 0
    for k in range(targets.shape[0]):
        dr = targets[k, 0] - row
        dc = targets[k, 1] - col
        count = max(abs(dr), abs(dc))
        top = height_m[targets[k, 0], targets[k, 1]] + target_m
        clear = True
        for s in range(1, count):
            t = s / count
            r = int(np.rint(row + t * dr))
            c = int(np.rint(col + t * dc))
            if height_m[r, c] > eye + t * (top - eye):
                clear = False
                break
        if clear:
            seen += 1
    return seen / max(targets.shape[0], 1)


def chain_of(
    cells: NDArray[np.int32], cols: int, origin_x_m: float, origin_y_m: float, cell_m: float
) -> NDArray[np.float64]:
    """Cells as points x, y."""
    return np.column_stack([origin_x_m + (cells % cols) * cell_m, origin_y_m + (cells // cols) * cell_m])
