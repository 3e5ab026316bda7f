"""Rays against a surface of bilinear patches: exact, with the curvature of the Earth folded into the patch's quadratic.

The surface: heights at nodes (rows from south to north, columns from west to east, float32 metres, void = NaN);
between four nodes lies a bilinear patch; a patch with a void corner does not exist. All positions are in cells
(u to the east, v to the north, node [0, 0] at 0, 0), heights in metres, the ray's parameter t in any unit:

    u = u0 + du t        v = v0 + dv t        z = z0 + b t + c t^2        c >= 0, 0 <= t <= t_end

On a patch the height is bilinear in u and v, so height minus ray is a quadratic in t whatever c is: curvature costs
nothing and is not approximated inside a cell. Blocks of 2^L x 2^L patches whose highest node lies below the ray are
skipped (maximum mipmaps: Tevs, Ihrke, Seidel, "Maximum mipmaps for fast, accurate, and scalable dynamic height field
rendering", I3D 2008).
"""

import math

import numpy as np
from numba import boolean, float32, float64, int64, njit, types

HEIGHTS = types.Array(float32, 2, "C", readonly=True)
PYRAMID = types.Array(float32, 1, "C", readonly=True)
LEVELS = types.Array(int64, 2, "C", readonly=True)
POINT = types.Array(float64, 1, "C", readonly=True)
POINTS = types.Array(float64, 2, "C", readonly=True)

UNDERGROUND = -1.0
"""Returned when a ray comes out of a void, or into the grid, below the ground: it hit where we know nothing."""
TOUCH_M = 1e-3
"""A line of sight may touch the ground this deep: heights are float32 (0.25-0.5 mm at 4-8 km)."""


@njit([types.void(HEIGHTS, float32[::1], LEVELS)], cache=True, nogil=True, error_model="numpy")
def fill_pyramid(height, pyramid, levels):
    """Fill `pyramid` (flat, all levels) from `height`; `levels` (n, 3) = offset, rows, columns; void = -inf."""
    rows, cols = levels[0, 1], levels[0, 2]
    for j in range(rows):
        for i in range(cols):
            a, b, c, d = height[j, i], height[j, i + 1], height[j + 1, i], height[j + 1, i + 1]
            top = max(max(a, b), max(c, d))
            if math.isnan(a) or math.isnan(b) or math.isnan(c) or math.isnan(d):
                top = -np.inf
            pyramid[j * cols + i] = top
    for level in range(1, levels.shape[0]):
        below, off = levels[level - 1], levels[level, 0]
        for j in range(levels[level, 1]):
            for i in range(levels[level, 2]):
                top = float32(-np.inf)
                for jj in range(2 * j, min(2 * j + 2, below[1])):
                    for ii in range(2 * i, min(2 * i + 2, below[2])):
                        top = max(top, pyramid[below[0] + jj * below[2] + ii])
                pyramid[off + j * levels[level, 2] + i] = top


@njit([float64(float64, float64, float64, float64)], cache=True, nogil=True, error_model="numpy")
def first_root(a, b, c, end):
    """The least s in [0, end] where a s^2 + b s + c crosses zero upwards from c < 0, or NaN."""
    if abs(a) < 1e-300:
        s = -c / b if b > 0.0 else np.nan
        return s if s <= end else np.nan
    disc = b * b - 4.0 * a * c
    if disc < 0.0:
        return np.nan
    q = -0.5 * (b + math.copysign(math.sqrt(disc), b))
    one = q / a
    two = c / q if q != 0.0 else np.inf
    if one > two:
        one, two = two, one
    if 0.0 <= one <= end:
        return one
    if 0.0 <= two <= end:
        return two
    return np.nan


@njit([types.UniTuple(float64, 2)(float64, float64, float64)], cache=True, nogil=True, error_model="numpy")
def slab(start, rate, width):
    """The span of t in which 0 <= start + rate t <= width; (inf, -inf) when never."""
    if rate == 0.0:
        return (-np.inf, np.inf) if 0.0 <= start <= width else (np.inf, -np.inf)
    one, two = -start / rate, (width - start) / rate
    return (one, two) if one <= two else (two, one)


@njit(
    [float64(HEIGHTS, PYRAMID, LEVELS, *(float64,) * 8)],
    cache=True,
    nogil=True,
    error_model="numpy",
)
def cast(height, pyramid, levels, u0, v0, z0, du, dv, b, c, t_end):
    """The first t in [0, t_end] at which the ray is at or below the surface.

    0 when it starts there, NaN when it hits nothing (voids and the outside are passed through), UNDERGROUND when it
    comes out of a void or into the grid below the surface.
    """
    if math.isnan(u0 + v0 + z0 + du + dv + b + c):
        return np.nan
    rows, cols = levels[0, 1], levels[0, 2]
    u_in, u_out = slab(u0, du, float(cols))
    v_in, v_out = slab(v0, dv, float(rows))
    t = max(0.0, max(u_in, v_in))
    t_end = min(t_end, min(u_out, v_out))
    if not t <= t_end:
        return np.nan
    du_inv = 1.0 / du if du != 0.0 else 0.0
    dv_inv = 1.0 / dv if dv != 0.0 else 0.0
    i = min(max(math.floor(u0 + du * t), 0), cols - 1)
    j = min(max(math.floor(v0 + dv * t), 0), rows - 1)
    top = levels.shape[0] - 1
    level = min(top, 4)
    z_turn = -np.inf
    t_turn = np.inf
    if c > 0.0 and b < 0.0:
        t_turn = -b / (2.0 * c)
        z_turn = z0 + 0.5 * b * t_turn
    z = z0 + (b + c * t) * t
    while True:
        bi, bj = i >> level, j >> level
        t_u, t_v = np.inf, np.inf
        if du > 0.0:
            t_u = (float((bi + 1) << level) - u0) * du_inv
        elif du < 0.0:
            t_u = (float(bi << level) - u0) * du_inv
        if dv > 0.0:
            t_v = (float((bj + 1) << level) - v0) * dv_inv
        elif dv < 0.0:
            t_v = (float(bj << level) - v0) * dv_inv
        t_out = max(t, min(t_end, min(t_u, t_v)))
        z_out = z0 + (b + c * t_out) * t_out
        low = z_turn if t < t_turn < t_out else min(z, z_out)
        ceiling = pyramid[levels[level, 0] + bj * levels[level, 2] + bi]
        if low <= ceiling:
            if level > 0:
                level -= 1
                continue
            h = float(height[j, i])
            hu = float(height[j, i + 1]) - h
            hv = float(height[j + 1, i]) - h
            huv = float(height[j + 1, i + 1]) - h - hu - hv
            fu, fv = u0 + du * t - i, v0 + dv * t - j
            depth = h + hu * fu + hv * fv + huv * fu * fv - z
            if depth >= 0.0:
                if t == 0.0 or depth <= TOUCH_M:
                    return t
                return UNDERGROUND
            slope = hu * du + hv * dv + huv * (fu * dv + fv * du) - (b + 2.0 * c * t)
            s = first_root(huv * du * dv - c, slope, depth, t_out - t)
            if not math.isnan(s):
                return t + s
        if t_out >= t_end:
            return np.nan
        # Step to the next block; the axis that did not leave keeps its place in the block, and never goes back.
        if t_u <= t_v:
            near = math.floor(v0 + dv * t_out)
            if dv > 0.0:
                j = max(j, min(near, ((bj + 1) << level) - 1))
            elif dv < 0.0:
                j = min(j, max(near, bj << level))
            i = ((bi + 1) << level) if du > 0.0 else (bi << level) - 1
        else:
            near = math.floor(u0 + du * t_out)
            if du > 0.0:
                i = max(i, min(near, ((bi + 1) << level) - 1))
            elif du < 0.0:
                i = min(i, max(near, bi << level))
            j = ((bj + 1) << level) if dv > 0.0 else (bj << level) - 1
        if i < 0 or j < 0 or i >= cols or j >= rows:
            return np.nan
        t, z = t_out, z_out
        level = min(level + 1, top)


@njit(
    [float64(HEIGHTS, PYRAMID, LEVELS, *(float64,) * 11)],
    cache=True,
    nogil=True,
    error_model="numpy",
)
def cast_camera(height, pyramid, levels, cell, u, v, z, dx, dy, dz, scale, radius, refraction, end):
    """One optical ray from (u, v) cells, z metres, along a unit direction; see ray_ranges for the path."""
    bend = (dz * dz + 0.5 * (1.0 - refraction) * (dx * dx + dy * dy)) / radius
    t = cast(height, pyramid, levels, u, v, z, dx / cell, dy / cell, dz / scale, bend, end)
    return t if t >= 0.0 else np.nan


@njit(
    [
        types.void(
            HEIGHTS, PYRAMID, LEVELS, POINT, float64, POINT, POINTS, float64, float64, float64, float64, float64[::1]
        )
    ],
    cache=True,
    nogil=True,
    error_model="numpy",
)
def ray_ranges(height, pyramid, levels, south_west, cell, origin, directions, scale, radius, refraction, end, out):
    """Range in grid metres of the first hit of each ray; NaN = none.

    Path of a straight optical ray in the grid, to second order in range / radius (derived in docs/frames.md):
    x, y = origin + range * direction
    z = origin + range dz / scale + range^2 (dz^2 + (1 - refraction) dh^2 / 2) / radius
    where scale is grid metres per ground metre at the origin.
    """
    u, v = (origin[0] - south_west[0]) / cell, (origin[1] - south_west[1]) / cell
    for n in range(directions.shape[0]):
        dx, dy, dz = directions[n, 0], directions[n, 1], directions[n, 2]
        out[n] = cast_camera(height, pyramid, levels, cell, u, v, origin[2], dx, dy, dz, scale, radius, refraction, end)


@njit(
    [types.void(HEIGHTS, PYRAMID, LEVELS, POINT, float64, POINT, POINTS, *(float64,) * 7, int64, float64[:, ::1])],
    cache=True,
    nogil=True,
    error_model="numpy",
)
def camera_ranges(
    height,
    pyramid,
    levels,
    south_west,
    cell,
    origin,
    axes,
    focal,
    column0,
    row0,
    scale,
    radius,
    refraction,
    end,
    step,
    out,
):
    """Ranges (mesh rows, mesh columns) of a camera's rays at pixels step * index + (step - 1) / 2; NaN = none.

    axes: rows right, down, forward; focal in pixels; column0, row0 the principal point.
    """
    u, v = (origin[0] - south_west[0]) / cell, (origin[1] - south_west[1]) / cell
    for m in range(out.shape[0]):
        down = (step * m + 0.5 * (step - 1) - row0) / focal
        for n in range(out.shape[1]):
            right = (step * n + 0.5 * (step - 1) - column0) / focal
            size = 1.0 / math.sqrt(1.0 + right * right + down * down)
            dx = (axes[2, 0] + right * axes[0, 0] + down * axes[1, 0]) * size
            dy = (axes[2, 1] + right * axes[0, 1] + down * axes[1, 1]) * size
            dz = (axes[2, 2] + right * axes[0, 2] + down * axes[1, 2]) * size
            out[m, n] = cast_camera(
                height, pyramid, levels, cell, u, v, origin[2], dx, dy, dz, scale, radius, refraction, end
            )


@njit(
    [boolean(HEIGHTS, PYRAMID, LEVELS, *(float64,) * 9)],
    cache=True,
    nogil=True,
    error_model="numpy",
)
def sees(height, pyramid, levels, cell, au, av, az, bu, bv, bz, radius, refraction):
    """Whether nothing stands between a and b (u, v in cells, z in metres); symmetric to the last bit.

    The path over the chord, t from 0 to 1:
    z = az + (bz - az) t - (dz^2 + (1 - refraction) dh^2 / 2) / radius t (1 - t).
    """
    # The lower end first: what hides the ground mostly stands near it. The order also makes the answer symmetric.
    if az > bz or (az == bz and (au > bu or (au == bu and av > bv))):
        au, av, az, bu, bv, bz = bu, bv, bz, au, av, az
    du, dv, dz = bu - au, bv - av, bz - az
    sag = (dz * dz + 0.5 * (1.0 - refraction) * (du * du + dv * dv) * cell * cell) / radius
    t = cast(height, pyramid, levels, au, av, az + TOUCH_M, du, dv, dz - sag, sag, 1.0)
    return math.isnan(t)


@njit(
    [types.void(HEIGHTS, PYRAMID, LEVELS, POINT, float64, POINTS, POINTS, float64, float64, boolean[::1])],
    cache=True,
    nogil=True,
    error_model="numpy",
)
def lines_of_sight(height, pyramid, levels, south_west, cell, a, b, radius, refraction, out):
    """Whether a[n] sees b[n], both (n, 3) x, y, z in metres. NaN in a point gives False."""
    x0, y0 = south_west[0], south_west[1]
    for n in range(a.shape[0]):
        au, av, bu, bv = (a[n, 0] - x0) / cell, (a[n, 1] - y0) / cell, (b[n, 0] - x0) / cell, (b[n, 1] - y0) / cell
        known = not math.isnan(au + av + bu + bv + a[n, 2] + b[n, 2])
        out[n] = known and sees(height, pyramid, levels, cell, au, av, a[n, 2], bu, bv, b[n, 2], radius, refraction)
