"""The nearest of many segments, for many points: blocks of neighbouring segments are skipped by bounding circles."""

import math

import numpy as np
from numba import float64, int64, njit, types

from .rays import POINTS

BLOCK = 16
"""Segments in one circle."""


@njit([float64(POINTS, POINTS, int64, float64, float64)], cache=True, nogil=True, error_model="numpy")
def distance2(starts, ends, k, x, y):
    """Squared distance from x, y to segment k."""
    ax, ay = starts[k, 0], starts[k, 1]
    dx, dy = ends[k, 0] - ax, ends[k, 1] - ay
    size2 = dx * dx + dy * dy
    t = ((x - ax) * dx + (y - ay) * dy) / size2 if size2 > 0.0 else 0.0
    t = min(max(t, 0.0), 1.0)
    return (ax + t * dx - x) ** 2 + (ay + t * dy - y) ** 2


@njit([types.void(POINTS, POINTS, POINTS, int64[::1])], cache=True, nogil=True, error_model="numpy")
def nearest_segments(starts, ends, points, out):
    """Index (n,) of the segment nearest to each point (n, 2); segments in the order of their chain are fastest."""
    segments = starts.shape[0]
    blocks = -(-segments // BLOCK)
    circle = np.empty((blocks, 3))
    for b in range(blocks):
        first, last = b * BLOCK, min((b + 1) * BLOCK, segments)
        low_x, low_y, high_x, high_y = np.inf, np.inf, -np.inf, -np.inf
        for k in range(first, last):
            low_x, high_x = min(low_x, starts[k, 0], ends[k, 0]), max(high_x, starts[k, 0], ends[k, 0])
            low_y, high_y = min(low_y, starts[k, 1], ends[k, 1]), max(high_y, starts[k, 1], ends[k, 1])
        circle[b, 0], circle[b, 1] = 0.5 * (low_x + high_x), 0.5 * (low_y + high_y)
        circle[b, 2] = 0.5 * math.hypot(high_x - low_x, high_y - low_y)
    best = 0
    for n in range(points.shape[0]):
        x, y = points[n, 0], points[n, 1]
        # The last point's answer is a good first guess: points come in rows.
        least2 = distance2(starts, ends, best, x, y)
        least = math.sqrt(least2)
        for b in range(blocks):
            reach = least + circle[b, 2]
            if (circle[b, 0] - x) ** 2 + (circle[b, 1] - y) ** 2 > reach * reach:
                continue
            for k in range(b * BLOCK, min((b + 1) * BLOCK, segments)):
                d2 = distance2(starts, ends, k, x, y)
                if d2 < least2:
                    least2, least, best = d2, math.sqrt(d2), k
        out[n] = best
