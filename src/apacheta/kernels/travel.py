"""Least times over ground: Dijkstra's search over nodes and their sixteen neighbours, with a binary heap.

A step's time is its level length over the speed at its slope, times what the going at both its ends costs. The speeds
come as a table over the slope, so that a kernel knows no walkers. Sixteen neighbours: with eight a field of times is up
to 8 % too long between the directions, with sixteen 2.8 %.
"""

import math

import numpy as np
from numba import boolean, float32, float64, int8, int64, njit, types

from .rays import HEIGHTS

ROWS = np.array([0, 1, 1, 1, 0, -1, -1, -1, 1, 2, 2, 1, -1, -2, -2, -1])
COLS = np.array([1, 1, 0, -1, -1, -1, 0, 1, 2, 1, -1, -2, -2, -1, 1, 2])
"""The neighbours: the eight round a node, and the eight a knight's move away."""
START = -1
OPTIONS = {"cache": True, "nogil": True, "error_model": "numpy"}


@njit([float64(float64, float64[::1], float64)], **OPTIONS)
def pace_at(slope, paces, steepest):
    """Seconds a metre at a slope (metres up per metre), linear in a table from -steepest to steepest; inf beyond."""
    if not abs(slope) <= steepest:
        return np.inf
    place = (slope + steepest) / (2.0 * steepest) * (paces.shape[0] - 1)
    k = min(int(place), paces.shape[0] - 2)
    return paces[k] + (paces[k + 1] - paces[k]) * (place - k)


@njit([boolean(HEIGHTS, float32[:, ::1], float64, float64, *(int64,) * 4)], **OPTIONS)
def is_open(height, going, cell, steepest, row, col, down, right):
    """Whether a knight's move meets neither void nor cliff in the two nodes between which it passes."""
    half_down, half_right = down // 2 if abs(down) == 2 else 0, right // 2 if abs(right) == 2 else 0
    for side in range(2):
        # straight ahead and then aslant, or aslant and then straight ahead
        near_row, near_col = row + half_down, col + half_right
        if side == 1:
            near_row, near_col = row + down - half_down, col + right - half_right
        here, near, there = height[row, col], height[near_row, near_col], height[row + down, col + right]
        first = cell if side == 0 else math.sqrt(2.0) * cell
        second = math.sqrt(2.0) * cell if side == 0 else cell
        # written so that a void (NaN) fails it
        if not (abs(near - here) <= steepest * first and abs(there - near) <= steepest * second):
            return False
        if not math.isfinite(going[near_row, near_col]):
            return False
    return True


@njit([types.void(int64, float64, int64, float64[::1], int64[::1])], **OPTIONS)
def sift_up(at, time, node, times, nodes):
    """Put an entry where the heap's order wants it, from place `at` upwards."""
    while at > 0:
        above = (at - 1) // 2
        if times[above] <= time:
            break
        times[at], nodes[at] = times[above], nodes[above]
        at = above
    times[at], nodes[at] = time, node


@njit([types.void(int64, float64[::1], int64[::1])], **OPTIONS)
def drop_first(count, times, nodes):
    """Take the first of `count` entries away."""
    time, node, at = times[count - 1], nodes[count - 1], 0
    while True:
        below = 2 * at + 1
        if below >= count - 1:
            break
        if below + 1 < count - 1 and times[below + 1] < times[below]:
            below += 1
        if times[below] >= time:
            break
        times[at], nodes[at] = times[below], nodes[below]
        at = below
    times[at], nodes[at] = time, node


@njit(
    [
        types.void(
            *(HEIGHTS, float32[:, ::1], float64, float64[::1], float64, int64[::1], float64, boolean),
            *(float64[:, ::1], int8[:, ::1]),
        )
    ],
    **OPTIONS,
)
def least_times(height, going, cell, paces, steepest, starts, longest, is_back, time, came):
    """Fill `time` (rows, cols) with the seconds from the nearest start (is_back: to it), inf where nobody comes within
    `longest`, and `came` with the neighbour's number from which (to which) the way leads, START where it begins.

    going: what a node costs, 1 for the table's own pace, inf where one cannot go; height NaN likewise. starts: nodes,
    row * cols + col.
    """
    rows, cols = height.shape
    time[:] = np.inf
    came[:] = START
    room = max(4 * starts.shape[0], 1 << 16)
    times, nodes, count = np.empty(room), np.empty(room, np.int64), 0
    for start in starts:
        row, col = start // cols, start % cols
        if math.isfinite(going[row, col]) and not math.isnan(height[row, col]) and time[row, col] > 0.0:
            time[row, col] = 0.0
            sift_up(count, 0.0, start, times, nodes)
            count += 1
    while count > 0:
        now, node = times[0], nodes[0]
        drop_first(count, times, nodes)
        count -= 1
        row, col = node // cols, node % cols
        if now > time[row, col]:
            continue
        if now > longest:
            time[row, col] = np.inf
            continue
        for k in range(16):
            to_row, to_col = row + ROWS[k], col + COLS[k]
            if not (0 <= to_row < rows and 0 <= to_col < cols):
                continue
            if k >= 8 and not is_open(height, going, cell, steepest, row, col, ROWS[k], COLS[k]):
                continue
            length = cell * math.sqrt(ROWS[k] * ROWS[k] + COLS[k] * COLS[k])
            slope = (float(height[to_row, to_col]) - float(height[row, col])) / length
            pace = pace_at(-slope if is_back else slope, paces, steepest)
            then = now + length * pace * 0.5 * (going[row, col] + going[to_row, to_col])
            if then < time[to_row, to_col]:
                time[to_row, to_col], came[to_row, to_col] = then, k
                if count == times.shape[0]:
                    times, nodes = (
                        np.concatenate((times, np.empty(count))),
                        np.concatenate((nodes, np.empty(count, np.int64))),
                    )
                sift_up(count, then, to_row * cols + to_col, times, nodes)
                count += 1
    for row in range(rows):
        for col in range(cols):
            if time[row, col] > longest:
                time[row, col], came[row, col] = np.inf, START


@njit([int64(int8[:, ::1], int64, int64, int64[:, ::1])], **OPTIONS)
def trace(came, row, col, out):
    """Write the nodes (n, 2) rows, columns of the way that leads to a node, that node first; how many."""
    count = 0
    while True:
        out[count, 0], out[count, 1] = row, col
        count += 1
        k = came[row, col]
        if k == START or count == out.shape[0]:
            return count
        row, col = row - ROWS[k], col - COLS[k]
