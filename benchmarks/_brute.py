"""Every node's line of sight, patch by patch, with nothing skipped: what "exact" is held against.

Only the surface (bilinear patches) and the path of light are those of the program; the walk, the patch and the test are
written anew: by columns of patches and, in each, by rows; the ground over the line as a parabola through three points.
"""

import math

from numba import njit

TOUCH_M = 1e-3


@njit(cache=True, nogil=True)
def is_hidden(height, cell, au, av, az, bu, bv, bz, radius, refraction):
    """Whether the line from a to b (columns, rows, metres) touches the ground; from the lower end, 1 mm lifted."""
    if az > bz or (az == bz and (au > bu or (au == bu and av > bv))):
        au, av, az, bu, bv, bz = bu, bv, bz, au, av, az
    du, dv, dz = bu - au, bv - av, bz - az
    sag = (dz * dz + 0.5 * (1.0 - refraction) * (du * du + dv * dv) * cell * cell) / radius
    rows, cols = height.shape
    for i in range(max(0, math.floor(min(au, bu)) - 1), min(cols - 1, math.floor(max(au, bu)) + 1)):
        t0, t1 = 0.0, 1.0
        if du != 0.0:
            one, two = (i - au) / du, (i + 1 - au) / du
            t0, t1 = max(0.0, min(one, two)), min(1.0, max(one, two))
        elif not i <= au <= i + 1:
            continue
        if t0 >= t1:
            continue
        v0, v1 = av + dv * t0, av + dv * t1
        for j in range(max(0, math.floor(min(v0, v1))), min(rows - 1, math.floor(max(v0, v1)) + 1)):
            s0, s1 = t0, t1
            if dv != 0.0:
                one, two = (j - av) / dv, (j + 1 - av) / dv
                s0, s1 = max(t0, min(one, two)), min(t1, max(one, two))
            elif not j <= av <= j + 1:
                continue
            if s0 >= s1:
                continue
            values = [0.0, 0.0, 0.0]
            for k in range(3):
                t = s0 + 0.5 * k * (s1 - s0)
                fu, fv = au + du * t - i, av + dv * t - j
                south = height[j, i] * (1.0 - fu) + height[j, i + 1] * fu
                north = height[j + 1, i] * (1.0 - fu) + height[j + 1, i + 1] * fu
                values[k] = south * (1.0 - fv) + north * fv - (az + TOUCH_M + dz * t - sag * t * (1.0 - t))
            first, middle, last = values
            if math.isnan(first + middle + last):
                continue
            most = max(first, last)
            bend = 2.0 * (first - 2.0 * middle + last)
            slope = -3.0 * first + 4.0 * middle - last
            if bend < 0.0 and 0.0 < -slope / (2.0 * bend) < 1.0:
                most = max(most, first - slope * slope / (4.0 * bend))
            if most >= 0.0:
                return True
    return False


@njit(cache=True, nogil=True)
def count_different(height, cell, u, v, z, target, reach, radius, refraction, every, seen):
    """How many of every `every`-th node within reach are not as in `seen` (rows, cols), and how many were asked."""
    rows, cols = height.shape
    different, asked, number = 0, 0, 0
    for j in range(rows):
        for i in range(cols):
            if (i - u) ** 2 + (j - v) ** 2 > reach * reach or math.isnan(height[j, i]):
                continue
            number += 1
            if number % every:
                continue
            asked += 1
            hidden = is_hidden(height, cell, u, v, z, float(i), float(j), height[j, i] + target, radius, refraction)
            if hidden == (seen[j, i] == 1):
                different += 1
    return different, asked
