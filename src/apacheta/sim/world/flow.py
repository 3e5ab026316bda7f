"""Where water runs: priority flood, receivers, drained area and the implicit cut of rivers. Kernels.

Grids are (rows, cols) float64; lists of cells are flat indices row * cols + col.
"""

import numpy as np
from numba import njit

_DIAGONAL = 1.4142135623730951


@njit(["void(float64[::1], int32[::1], int64, float64, int32)"], cache=True, nogil=True, error_model="numpy")
def _push(keys, cells, size, key, cell):
    at = size
    while at > 0:
        up = (at - 1) >> 1
        if keys[up] <= key:
            break
        keys[at] = keys[up]
        cells[at] = cells[up]
        at = up
    keys[at] = key
    cells[at] = cell


@njit(["void(float64[::1], int32[::1], int64)"], cache=True, nogil=True, error_model="numpy")
def _drop_first(keys, cells, size):
    """Remove the least of `size` entries; the heap then has size - 1."""
    last = size - 1
    key = keys[last]
    cell = cells[last]
    at = 0
    while True:
        down = 2 * at + 1
        if down >= last:
            break
        if down + 1 < last and keys[down + 1] < keys[down]:
            down += 1
        if key <= keys[down]:
            break
        keys[at] = keys[down]
        cells[at] = cells[down]
        at = down
    keys[at] = key
    cells[at] = cell


@njit(
    ["Tuple((float64[::1], int32[::1], int32[::1]))(float64[:, ::1], boolean[:, ::1], float64)"],
    cache=True,
    nogil=True,
    error_model="numpy",
)
def flood(height_m, outlet, rise_m):
    """Priority flood (Barnes, Lehman & Mulla 2014, algorithm 1 with epsilon) from the outlet cells.

    Returns the filled surface, the cells in ascending order, and the neighbour from which each was reached.
    """
    rows, cols = height_m.shape
    n = rows * cols
    ground = height_m.ravel()
    mouth = outlet.ravel()
    filled = np.empty(n, np.float64)
    reached = np.zeros(n, np.bool_)
    order = np.empty(n, np.int32)
    parent = np.empty(n, np.int32)
    keys = np.empty(n + 8, np.float64)
    cells = np.empty(n + 8, np.int32)
    size = 0
    for i in range(n):
        if mouth[i]:
            filled[i] = ground[i]
            reached[i] = True
            parent[i] = i
            _push(keys, cells, size, filled[i], i)
            size += 1
    done = 0
    while size > 0:
        i = cells[0]
        _drop_first(keys, cells, size)
        size -= 1
        order[done] = i
        done += 1
        row = i // cols
        col = i - row * cols
        for r in range(max(row - 1, 0), min(row + 2, rows)):
            for c in range(max(col - 1, 0), min(col + 2, cols)):
                j = r * cols + c
                if reached[j]:
                    continue
                reached[j] = True
                parent[j] = i
                filled[j] = max(ground[j], filled[i] + rise_m)
                _push(keys, cells, size, filled[j], j)
                size += 1
    return filled, order, parent


@njit(["float64(int64, int64)"], cache=True, nogil=True, error_model="numpy")
def _chance(cell, salt):
    """A number in [0, 1) that belongs to the cell."""
    h = np.uint32(cell) * np.uint32(2654435761) ^ (np.uint32(salt) * np.uint32(40503))
    h ^= h >> np.uint32(13)
    h *= np.uint32(1274126177)
    h ^= h >> np.uint32(16)
    return np.float64(h & np.uint32(1023)) / 1024.0


@njit(
    ["Tuple((int32[::1], float64[::1]))(float64[::1], boolean[:, ::1], int32[::1], int64)"],
    cache=True,
    nogil=True,
    error_model="numpy",
)
def receivers(filled_m, outlet, parent, salt):
    """The neighbour that each cell drains to, and how far it lies in cells.

    Diagonal slopes are weighed by a number fixed to the cell (Rho8: Fairfield & Leymarie 1991), or rivers run
    straight along the grid.
    """
    rows, cols = outlet.shape
    n = rows * cols
    mouth = outlet.ravel()
    receiver = np.empty(n, np.int32)
    length = np.ones(n, np.float64)
    for i in range(n):
        receiver[i] = parent[i]
        if mouth[i]:
            receiver[i] = i
            continue
        row = i // cols
        col = i - row * cols
        best = 0.0
        for r in range(max(row - 1, 0), min(row + 2, rows)):
            for c in range(max(col - 1, 0), min(col + 2, cols)):
                j = r * cols + c
                fall = filled_m[i] - filled_m[j]
                if fall <= 0.0:
                    continue
                if r != row and c != col:
                    fall /= 2.0 - _chance(i, salt)
                if fall > best:
                    best = fall
                    receiver[i] = j
        j = receiver[i]
        if j // cols != row and j % cols != col:
            length[i] = _DIAGONAL
    return receiver, length


@njit(["float64[::1](int32[::1], int32[::1], float64)"], cache=True, nogil=True, error_model="numpy")
def drained_area(order, receiver, cell_m2):
    """The area that drains through each cell, itself included, m^2."""
    area = np.full(order.size, cell_m2)
    for k in range(order.size - 1, -1, -1):
        i = order[k]
        if receiver[i] != i:
            area[receiver[i]] += area[i]
    return area


@njit(
    [
        "void(float64[:, ::1], float64[::1], int32[::1], int32[::1], float64[::1], float64[::1],"
        " float64[:, ::1], float64[:, ::1], float64)"
    ],
    cache=True,
    nogil=True,
    error_model="numpy",
)
def cut(height_m, filled_m, order, receiver, length, area_m2, uplift_m, erodibility, cell_m):
    """One implicit step of uplift and stream power, dz/dt = U - K A^1/2 S, from the outlets upwards.

    The O(n) scheme of Braun & Willett (2013), n = 1, m = 1/2, unit time step. Lakes fill by a quarter a step.
    """
    ground = height_m.ravel()
    rise = uplift_m.ravel()
    softness = erodibility.ravel()
    for k in range(order.size):
        i = order[k]
        j = receiver[i]
        if i == j:
            continue
        raised = ground[i] + rise[i]
        if raised > ground[j]:
            factor = softness[i] * np.sqrt(area_m2[i]) / (cell_m * length[i])
            ground[i] = (raised + factor * ground[j]) / (1.0 + factor)
        elif filled_m[i] > ground[i]:
            ground[i] = min(raised + 0.25 * (filled_m[i] - ground[i]), ground[j] + 0.01)
        else:
            ground[i] = raised


@njit(["int8[::1](int32[::1], int32[::1], int8[::1])"], cache=True, nogil=True, error_model="numpy")
def label_by_outlet(order, receiver, outlet_label):
    """The label of the outlet that each cell drains to."""
    label = np.zeros(order.size, np.int8)
    for k in range(order.size):
        i = order[k]
        label[i] = outlet_label[i] if receiver[i] == i else label[receiver[i]]
    return label
