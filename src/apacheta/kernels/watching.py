"""Which nodes of an elevation model at least one of many eyes can watch, and which of the eyes is the first to."""

import math

from numba import float64, int64, njit, types

from .rays import HEIGHTS, LEVELS, PYRAMID, sees

NOBODY = -1
EYES = types.Array(float64, 2, "C", readonly=True)
MARKS = types.Array(int64, 1, "C", readonly=True)


@njit(
    [types.void(HEIGHTS, PYRAMID, LEVELS, EYES, MARKS, *(float64,) * 7, int64[:, ::1])],
    cache=True,
    nogil=True,
    error_model="numpy",
)
def first_watcher(height, pyramid, levels, eyes, marks, cell, target, low, high, reach, radius, refraction, first):
    """Write each node's first eye's mark into `first` where that is NOBODY: in sight, within reach, at a lawful slope.

    eyes (n, 3): u, v in cells, z in metres. target: metres above ground that are to be seen. low, high: least and
    greatest fall of the line of sight, metres down per metre along. reach: metres along the line.
    """
    rows, cols = height.shape
    far = reach / cell
    for e in range(eyes.shape[0]):
        u, v, z = eyes[e, 0], eyes[e, 1], eyes[e, 2]
        for j in range(max(0, math.ceil(v - far)), min(rows, math.floor(v + far) + 1)):
            half = math.sqrt(max(far * far - (j - v) ** 2, 0.0))
            for i in range(max(0, math.ceil(u - half)), min(cols, math.floor(u + half) + 1)):
                if first[j, i] != NOBODY or math.isnan(height[j, i]):
                    continue
                ground = height[j, i] + target
                flat, fall = math.hypot(i - u, j - v) * cell, z - ground
                if fall < low * flat or fall > high * flat or flat * flat + fall * fall > reach * reach:
                    continue
                if sees(height, pyramid, levels, cell, u, v, z, float(i), float(j), ground, radius, refraction):
                    first[j, i] = marks[e]
