"""Every node's own line of sight from one eye: exact over bilinear patches. See `kernels.rays` for surface and path.

What hides a node mostly hides its neighbour too. So the patch where the last line was blocked, moved along with the
target, is asked first; only where it lets the line through is the whole of it walked.
"""

import math

import numpy as np
from numba import boolean, float32, float64, int64, njit, types, uint8

from .rays import HEIGHTS, LEVELS, PYRAMID, TOUCH_M, cast
from .sweep import NOTHING

LAST = 1.0 - 1e-9
"""A grid line met so late is that on which the target stands: division has rounded."""
OPTIONS = {"cache": True, "nogil": True, "error_model": "numpy"}


@njit([types.UniTuple(float64, 2)(float64, float64, float64)], **OPTIONS)
def within(start, rate, low):
    """The span of t in which low <= start + rate t <= low + 1; (inf, -inf) when never."""
    if rate == 0.0:
        return (-np.inf, np.inf) if low <= start <= low + 1.0 else (np.inf, -np.inf)
    one, two = (low - start) / rate, (low + 1.0 - start) / rate
    return (one, two) if one <= two else (two, one)


@njit([types.UniTuple(float64, 3)(HEIGHTS, int64, int64, *(float64,) * 4)], **OPTIONS)
def ground_along(height, i, j, u0, v0, du, dv):
    """h0, h1, h2 of the height h0 + h1 t + h2 t^2 over patch [j, i] along u0 + du t, v0 + dv t. NaN with a void."""
    h = float(height[j, i])
    hu, hv = float(height[j, i + 1]) - h, float(height[j + 1, i]) - h
    huv = float(height[j + 1, i + 1]) - h - hu - hv
    fu, fv = u0 - i, v0 - j
    return h + hu * fu + hv * fv + huv * fu * fv, hu * du + hv * dv + huv * (fu * dv + fv * du), huv * du * dv


@njit([boolean(HEIGHTS, int64, int64, *(float64,) * 7)], **OPTIONS)
def is_blocked_in(height, i, j, u0, v0, z0, du, dv, b, c):
    """Whether the line z0 + b t + c t^2, 0 <= t <= 1, touches or enters the ground of patch [j, i]."""
    if i < 0 or j < 0 or i >= height.shape[1] - 1 or j >= height.shape[0] - 1:
        return False
    in_u, out_u = within(u0, du, float(i))
    in_v, out_v = within(v0, dv, float(j))
    t, end = max(0.0, in_u, in_v), min(1.0, out_u, out_v)
    if not t < end:
        return False
    h0, h1, h2 = ground_along(height, i, j, u0, v0, du, dv)
    d0, d1, d2 = h0 - z0, h1 - b, h2 - c
    turn = -d1 / (2.0 * d2) if d2 < 0.0 else -1.0
    at_turn = d0 + 0.5 * d1 * turn >= 0.0 and t < turn < end
    return d0 + (d1 + d2 * t) * t >= 0.0 or d0 + (d1 + d2 * end) * end >= 0.0 or at_turn


@njit([types.void(HEIGHTS, PYRAMID, LEVELS, *(float64,) * 8, int64, int64, uint8[:, ::1])], **OPTIONS)
def see_nodes(height, pyramid, levels, cell, u, v, z, target, reach, radius, refraction, top, left, out):
    """Set `out`, whose first node is [top, left], to 1 at each node within `reach` cells whose point `target` above
    ground the eye sees, else to 0; voids and what lies beyond are left as they are. For each it is as `rays.sees` says.
    """
    rows, cols = height.shape
    curve = 0.5 * (1.0 - refraction) * cell * cell
    for j in range(max(0, math.ceil(v - reach)), min(rows, math.floor(v + reach) + 1)):
        half = math.sqrt(max(reach * reach - (j - v) ** 2, 0.0))
        share = 0.5
        for i in range(max(0, math.ceil(u - half)), min(cols, math.floor(u + half) + 1)):
            ground = float(height[j, i])
            if math.isnan(ground):
                continue
            # from the lower end, as `rays.sees` does it
            au, av, az, bu, bv, bz = u, v, z, float(i), float(j), ground + target
            is_turned = az > bz or (az == bz and (au > bu or (au == bu and av > bv)))
            if is_turned:
                au, av, az, bu, bv, bz = bu, bv, bz, au, av, az
            du, dv, dz = bu - au, bv - av, bz - az
            sag = (dz * dz + curve * (du * du + dv * dv)) / radius
            t = 1.0 - share if is_turned else share
            pi, pj = math.floor(au + t * du), math.floor(av + t * dv)
            if is_blocked_in(height, pi, pj, au, av, az + TOUCH_M, du, dv, dz - sag, sag):
                out[j - top, i - left] = 0
                continue
            t = cast(height, pyramid, levels, au, av, az + TOUCH_M, du, dv, dz - sag, sag, 1.0)
            out[j - top, i - left] = math.isnan(t)
            if t >= 0.0:
                share = 1.0 - t if is_turned else t


@njit([float64(HEIGHTS, PYRAMID, LEVELS, *(float64,) * 9)], **OPTIONS)
def clearance(height, pyramid, levels, cell, au, av, az, bu, bv, bz, radius, refraction):
    """By how many metres b clears the line from a that grazes what stands before it; negative when hidden.

    For the line to touch the ground at t, 0 < t <= 1 (path as in `rays.sees`), b must lie so much above a:
    (h(t) - az) / t + sag (1 - t), on a patch (h0 - az) / t + h1 + sag + (h2 - sag) t
    The greatest of all is the horizon. The last patch is the ground on which b stands: only its beginning counts, and
    what in it hides b. Infinite where nothing stands before b.
    """
    du, dv, dz = bu - au, bv - av, bz - az
    sag = (dz * dz + 0.5 * (1.0 - refraction) * (du * du + dv * dv) * cell * cell) / radius
    rows, cols = levels[0, 1], levels[0, 2]
    if du == 0.0 and dv == 0.0:
        return np.inf
    du_inv, dv_inv = 1.0 / du if du != 0.0 else 0.0, 1.0 / dv if dv != 0.0 else 0.0
    i, j = min(max(math.floor(au), 0), cols - 1), min(max(math.floor(av), 0), rows - 1)
    # on a grid line the patch is that towards b
    if du < 0.0 and au == i and i > 0:
        i -= 1
    if dv < 0.0 and av == j and j > 0:
        j -= 1
    t, horizon, level, top = 0.0, -np.inf, 0, levels.shape[0] - 1
    while True:
        bi, bj = i >> level, j >> level
        t_u, t_v = np.inf, np.inf
        if du > 0.0:
            t_u = (float((bi + 1) << level) - au) * du_inv
        elif du < 0.0:
            t_u = (float(bi << level) - au) * du_inv
        if dv > 0.0:
            t_v = (float((bj + 1) << level) - av) * dv_inv
        elif dv < 0.0:
            t_v = (float(bj << level) - av) * dv_inv
        end = max(t, min(t_u, t_v))
        if end > LAST:
            end = 1.0
        highest = float(pyramid[levels[level, 0] + bj * levels[level, 2] + bi]) - az
        # the most that ground so high can ask for within the block
        most = highest / (end if highest < 0.0 else t) + sag * (1.0 - t) if t > 0.0 or highest < 0.0 else np.inf
        if most > horizon:
            if level > 0:
                level -= 1
                continue
            h0, h1, h2 = ground_along(height, i, j, au, av, du, dv)
            if t > 0.0:
                horizon = max(horizon, (h0 - az) / t + h1 + sag + (h2 - sag) * t)
            if end < 1.0:
                horizon = max(horizon, (h0 - az) / end + h1 + sag + (h2 - sag) * end)
            if h0 < az and h2 < sag:
                turn = math.sqrt((h0 - az) / (h2 - sag))
                asked = (h0 - az) / turn + h1 + sag + (h2 - sag) * turn
                if t < turn < end and (end < 1.0 or dz - asked < -TOUCH_M):
                    horizon = max(horizon, asked)
        if end >= 1.0:
            return dz - horizon
        if t_u <= t_v:
            near = math.floor(av + dv * end)
            if dv > 0.0:
                j = max(j, min(near, ((bj + 1) << level) - 1))
            elif dv < 0.0:
                j = min(j, max(near, bj << level))
            i = ((bi + 1) << level) if du > 0.0 else (bi << level) - 1
        else:
            near = math.floor(au + du * end)
            if du > 0.0:
                i = max(i, min(near, ((bi + 1) << level) - 1))
            elif du < 0.0:
                i = min(i, max(near, bi << level))
            j = ((bj + 1) << level) if dv > 0.0 else (bj << level) - 1
        if i < 0 or j < 0 or i >= cols or j >= rows:
            return dz - horizon
        t, level = end, min(level + 1, top)


@njit([types.void(HEIGHTS, PYRAMID, LEVELS, *(float64,) * 8, int64, int64, float32[:, ::1])], **OPTIONS)
def clear_nodes(height, pyramid, levels, cell, u, v, z, target, reach, radius, refraction, top, left, out):
    """Set `out` to each node's `clearance`, as `see_nodes` says whether it is seen."""
    rows, cols = height.shape
    for j in range(max(0, math.ceil(v - reach)), min(rows, math.floor(v + reach) + 1)):
        half = math.sqrt(max(reach * reach - (j - v) ** 2, 0.0))
        for i in range(max(0, math.ceil(u - half)), min(cols, math.floor(u + half) + 1)):
            ground = float(height[j, i])
            if not math.isnan(ground):
                out[j - top, i - left] = clearance(
                    height, pyramid, levels, cell, u, v, z, float(i), float(j), ground + target, radius, refraction
                )


@njit([types.void(HEIGHTS, PYRAMID, LEVELS, *(float64,) * 6, int64, int64, float32[:, ::1])], **OPTIONS)
def near_horizons(height, pyramid, levels, cell, u, v, z, radius, refraction, top, left, out):
    """Set `out`, whose first node is [top, left], to how high above the eye a point over each node must be to clear
    what stands before it, metres, the drop of the Earth and the bend of light taken off. Off the grid: as it is."""
    rows, cols = height.shape
    bend = 0.5 * (1.0 - refraction) * cell * cell / radius
    for j in range(max(0, top), min(rows, top + out.shape[0])):
        for i in range(max(0, left), min(cols, left + out.shape[1])):
            there = float(height[j, i])
            if math.isnan(there):
                there = z
            clear = clearance(height, pyramid, levels, cell, u, v, z, float(i), float(j), there, radius, refraction)
            drop = bend * ((i - u) ** 2 + (j - v) ** 2)
            out[j - top, i - left] = max(there - z - clear - drop, NOTHING)
