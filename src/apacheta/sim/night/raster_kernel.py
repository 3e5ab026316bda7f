"""The range image: bilinear terrain patches rasterised into a z-buffer with the exact quadratic of each ray."""

import math

import numpy as np
from numba import float32, float64, int64, njit, types, void

HEIGHTS = types.Array(float32, 2, "C", readonly=True)
"""The world's arrays are read-only; writeable ones fit too."""
_FLOAT, _VECTOR, _MATRIX, _IMAGE = float64, float64[::1], float64[:, ::1], float32[:, ::1]
NARROWED_PX = 5
"""Boxes wider than this are narrowed row by row to the patch itself."""
EMPTY = 1e9
"""Range where a pixel sees no ground."""


@njit(
    ["void(f8[::1],f8[:,::1],f8,i8,i8,f8,f8,f8,f8[:,::1])"],
    cache=True,
    nogil=True,
    error_model="numpy",
)
def _frustum_plan(camera, axes, focal_px, width, height, far_m, lowest_m, highest_m, corners):
    """Plan points (8, 2) that enclose the ground a camera can see between two heights; tangent metres."""
    for a in range(4):
        u = ((-1.0 if a % 2 == 0 else width) - (width - 1) * 0.5) / focal_px
        v = ((-1.0 if a < 2 else height) - (height - 1) * 0.5) / focal_px
        dx = axes[0, 0] * u + axes[1, 0] * v + axes[2, 0]
        dy = axes[0, 1] * u + axes[1, 1] * v + axes[2, 1]
        dz = axes[0, 2] * u + axes[1, 2] * v + axes[2, 2]
        near, far = 0.0, far_m
        if dz < 0.0:
            near = min(max(0.0, (camera[2] - highest_m) / -dz), far_m)
            far = min(far_m, (camera[2] - lowest_m) / -dz)
        corners[a, 0] = near * dx
        corners[a, 1] = near * dy
        corners[a + 4, 0] = far * dx
        corners[a + 4, 1] = far * dy


@njit(["UniTuple(f8,2)(f8[:,::1],f8,f8)"], cache=True, nogil=True, error_model="numpy")
def _hull_span(points, low_y, high_y):
    """Least and greatest x of the hull of `points` within a band of y; empty: least > greatest."""
    lo, hi = 1e9, -1e9
    n = points.shape[0]
    for a in range(n):
        xa, ya = points[a, 0], points[a, 1]
        if low_y <= ya <= high_y:
            lo, hi = min(lo, xa), max(hi, xa)
        for b in range(a + 1, n):
            xb, yb = points[b, 0], points[b, 1]
            for k in range(2):
                y = low_y if k == 0 else high_y
                if (ya - y) * (yb - y) < 0.0:
                    x = xa + (xb - xa) * (y - ya) / (yb - ya)
                    lo, hi = min(lo, x), max(hi, x)
    return lo, hi


@njit([void(float64[:, :, ::1], int64, int64, int64, _MATRIX)], cache=True, nogil=True, error_model="numpy")
def _segments(vertices, south, north, i, segments):
    """The six lines between a patch's projected corners: first row, last row, column at row 0 (least),
    columns a row, column at row 0 (greatest).

    Between the outermost of them on a row lies all that the patch can cover: it stays inside its corners' hull.
    """
    q = 0
    for a in range(4):
        xa = vertices[south if a < 2 else north, i + (a & 1), 0]
        ya = vertices[south if a < 2 else north, i + (a & 1), 1]
        for b in range(a + 1, 4):
            xb = vertices[south if b < 2 else north, i + (b & 1), 0]
            yb = vertices[south if b < 2 else north, i + (b & 1), 1]
            rise = yb - ya
            segments[q, 0] = min(ya, yb) - 0.01
            segments[q, 1] = max(ya, yb) + 0.01
            segments[q, 3] = (xb - xa) / rise if abs(rise) > 0.05 else 0.0
            segments[q, 2] = segments[q, 4] = xa - ya * segments[q, 3]
            if abs(rise) <= 0.05:  # lies along a row: its ends bound that row
                segments[q, 2], segments[q, 4] = min(xa, xb), max(xa, xb)
            q += 1


@njit(
    [int64(HEIGHTS, _FLOAT, _FLOAT, _FLOAT, _VECTOR, _MATRIX, *[_FLOAT] * 9, _IMAGE)],
    cache=True,
    nogil=True,
    error_model="numpy",
    fastmath=True,
)
def range_image(
    heights,
    cell_m,
    origin_x,
    origin_y,
    camera,
    axes,
    focal_px,
    far_m,
    scale0,
    scale1,
    drop,
    tilt_x,
    tilt_y,
    lowest_m,
    highest_m,
    ranges,
):
    """Fill `ranges` (H, W) float32 with the depth along the forward axis of the nearest ground; EMPTY is sky.

    heights: (rows, cols) AMSL from south, node [0, 0] at the origin. camera: grid x, y, AMSL. axes: rows right,
    down, forward in the grid-aligned tangent frame. scale0 ... tilt_y: see ground.Local. Returns pixel tests.
    A ray at depth t is at t * (right * u + down * v + forward) from the camera.
    """
    rows, columns = heights.shape
    height, width = ranges.shape
    centre_x, centre_y = (width - 1) * 0.5, (height - 1) * 0.5
    half_w, half_h = (width * 0.5) / focal_px, (height * 0.5) / focal_px
    inverse_f = 1.0 / focal_px
    for y in range(height):
        for x in range(width):
            ranges[y, x] = 1e9
    plan = np.empty((8, 2))
    _frustum_plan(camera, axes, focal_px, width, height, far_m, lowest_m - 5.0, highest_m + 5.0, plan)
    mean_scale = scale0 + scale1 * camera[2]
    low_y, high_y = 1e9, -1e9
    for a in range(8):
        for b in range(2):
            plan[a, b] /= mean_scale
        low_y, high_y = min(low_y, plan[a, 1]), max(high_y, plan[a, 1])
    offset_x, offset_y = origin_x - camera[0], origin_y - camera[1]
    j0 = max(math.floor((low_y - offset_y) / cell_m) - 1, 0)
    j1 = min(math.floor((high_y - offset_y) / cell_m) + 1, rows - 2)
    vertices = np.empty((2, columns, 6))
    segments = np.empty((6, 5))
    filled = np.empty((2, 2), np.int64)
    filled[:, :] = 0
    tests = 0
    for j in range(j0, j1 + 1):
        band = offset_y + j * cell_m
        lo, hi = _hull_span(plan, band - cell_m, band + 2.0 * cell_m)
        if hi < lo:
            filled[(j + 1) & 1, 0] = 0
            filled[(j + 1) & 1, 1] = 0
            continue
        i0 = max(math.floor((lo - offset_x) / cell_m) - 1, 0)
        i1 = min(math.floor((hi - offset_x) / cell_m) + 1, columns - 2)
        if i1 < i0:
            filled[(j + 1) & 1, 0] = 0
            filled[(j + 1) & 1, 1] = 0
            continue
        for k in range(2):
            row = j + k
            slot = row & 1
            for i in range(i0, i1 + 2):
                if k == 0 and filled[slot, 0] <= i < filled[slot, 1]:
                    continue
                z = np.float64(heights[row, i])
                s = scale0 + scale1 * z
                px = (offset_x + i * cell_m) * s
                py = (offset_y + row * cell_m) * s
                pz = z - camera[2] - drop * (px * px + py * py) + tilt_x * px + tilt_y * py
                d = axes[2, 0] * px + axes[2, 1] * py + axes[2, 2] * pz
                a = axes[0, 0] * px + axes[0, 1] * py + axes[0, 2] * pz
                b = axes[1, 0] * px + axes[1, 1] * py + axes[1, 2] * pz
                vertices[slot, i, 2] = d
                vertices[slot, i, 3] = a
                vertices[slot, i, 4] = b
                vertices[slot, i, 5] = pz
                if d > 1.0:
                    vertices[slot, i, 0] = centre_x + focal_px * a / d
                    vertices[slot, i, 1] = centre_y + focal_px * b / d
            filled[slot, 0] = i0
            filled[slot, 1] = i1 + 2
        south, north = j & 1, (j + 1) & 1
        for i in range(i0, i1 + 1):
            d0, d1 = vertices[south, i, 2], vertices[south, i + 1, 2]
            d2, d3 = vertices[north, i, 2], vertices[north, i + 1, 2]
            deepest = max(max(d0, d1), max(d2, d3))
            nearest = min(min(d0, d1), min(d2, d3))
            if deepest < 1.0 or nearest > far_m:
                continue
            if nearest < 1.0:
                left, right, above, below = 0, 0, 0, 0
                for q in range(4):
                    slot = south if q < 2 else north
                    c = i + (q & 1)
                    d = vertices[slot, c, 2]
                    left += vertices[slot, c, 3] < -half_w * d
                    right += vertices[slot, c, 3] > half_w * d
                    above += vertices[slot, c, 4] < -half_h * d
                    below += vertices[slot, c, 4] > half_h * d
                if left == 4 or right == 4 or above == 4 or below == 4:
                    continue
                xa, xb, ya, yb = 0, width - 1, 0, height - 1
            else:
                fa = min(
                    min(vertices[south, i, 0], vertices[south, i + 1, 0]),
                    min(vertices[north, i, 0], vertices[north, i + 1, 0]),
                )
                fb = max(
                    max(vertices[south, i, 0], vertices[south, i + 1, 0]),
                    max(vertices[north, i, 0], vertices[north, i + 1, 0]),
                )
                ga = min(
                    min(vertices[south, i, 1], vertices[south, i + 1, 1]),
                    min(vertices[north, i, 1], vertices[north, i + 1, 1]),
                )
                gb = max(
                    max(vertices[south, i, 1], vertices[south, i + 1, 1]),
                    max(vertices[north, i, 1], vertices[north, i + 1, 1]),
                )
                if fb < -0.1 or fa > width - 0.9 or gb < -0.1 or ga > height - 0.9:
                    continue
                # a hundredth of a pixel of overlap closes the seams that each patch's own scale leaves
                xa, xb = max(math.ceil(fa - 0.01), 0), min(math.floor(fb + 0.01), width - 1)
                ya, yb = max(math.ceil(ga - 0.01), 0), min(math.floor(gb + 0.01), height - 1)
            if xb < xa or yb < ya:
                continue
            tests += (xb - xa + 1) * (yb - ya + 1)
            z00 = vertices[south, i, 5]
            b = vertices[south, i + 1, 5] - z00
            c = vertices[north, i, 5] - z00
            e = vertices[north, i + 1, 5] - vertices[south, i + 1, 5] - c
            s = (scale0 + scale1 * (camera[2] + z00 + 0.5 * (b + c))) * cell_m
            inverse_s = 1.0 / s
            u0, v0 = -(offset_x / cell_m + i), -(offset_y / cell_m + j)
            k0 = z00 + b * u0 + c * v0 + e * u0 * v0
            g1, g2, g3 = (b + e * v0) * inverse_s, (c + e * u0) * inverse_s, e * inverse_s * inverse_s
            narrow = nearest >= 1.0 and xb - xa >= NARROWED_PX
            if narrow:
                _segments(vertices, south, north, i, segments)
            for y in range(ya, yb + 1):
                xs, xe = xa, xb
                if narrow:
                    lo, hi = 1e9, -1e9
                    for q in range(6):
                        if segments[q, 0] <= y <= segments[q, 1]:
                            shift = y * segments[q, 3]
                            lo, hi = min(lo, segments[q, 2] + shift), max(hi, segments[q, 4] + shift)
                    xs, xe = max(int(lo + 0.98), xa), min(int(hi + 0.02), xb)
                v = (y - centre_y) * inverse_f
                ax = axes[1, 0] * v + axes[2, 0]
                ay = axes[1, 1] * v + axes[2, 1]
                az = axes[1, 2] * v + axes[2, 2]
                for x in range(xs, xe + 1):
                    u = (x - centre_x) * inverse_f
                    dx = ax + axes[0, 0] * u
                    dy = ay + axes[0, 1] * u
                    dz = az + axes[0, 2] * u
                    qa = g3 * dx * dy
                    qb = g1 * dx + g2 * dy - dz
                    discriminant = qb * qb - 4.0 * qa * k0
                    if discriminant < 0.0:
                        continue
                    root = math.sqrt(discriminant)
                    t = -2.0 * k0 / (qb + root) if qb > 0.0 else -2.0 * k0 / (qb - root)
                    uu = u0 + t * dx * inverse_s
                    vv = v0 + t * dy * inverse_s
                    hit = t > 0.0 and uu >= -1e-3 and uu <= 1.001 and vv >= -1e-3 and vv <= 1.001
                    if not hit and abs(qa) > 1e-12:
                        t = (-qb - root) / (2.0 * qa) if qb > 0.0 else (-qb + root) / (2.0 * qa)
                        uu = u0 + t * dx * inverse_s
                        vv = v0 + t * dy * inverse_s
                        hit = t > 0.0 and uu >= -1e-3 and uu <= 1.001 and vv >= -1e-3 and vv <= 1.001
                    if hit and t < ranges[y, x] and t <= far_m:
                        ranges[y, x] = t
    return tests
