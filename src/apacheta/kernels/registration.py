"""Loops of image registration: one Gauss-Newton step of an affine fit with a brightness offset, robustly weighted.

Model, with u and v running from -1 to 1 over the picture:
    now(x, y) = old(x + p0 + p1 u + p2 v, y + p3 + p4 u + p5 v) + p6
Lucas and Kanade 1981 with the template's gradient; Tukey's biweight on the difference in grey levels. Within a run of
samples u counts as constant, which makes the normal matrix cheap and moves no fixed point.
"""

import math

import numpy as np
from numba import njit

RUN_SAMPLES = 16


@njit(
    ["Tuple((float64, int64))(f4[:,::1], f4[:,::1], f4[:,::1], f4[:,::1], f8[::1], f8, i8, f8[:,::1], f8[::1])"],
    cache=True,
    nogil=True,
    error_model="numpy",
    fastmath=True,
)
def affine_normal(now, old, gradient_x, gradient_y, params, cut, stride, matrix, vector):
    """Adds up J'WJ (7, 7) and J'We (7,) of the fit at `params`; returns (sum of |e| inside the cut, pixels used).

    now, old, gradients: (rows, cols) float32, finite, grey levels; old pixels below -1 are void. cut: grey levels.
    stride: rows and columns skipped between samples. matrix and vector are overwritten. The sums over a run are kept
    in single precision and without branches, so that they are done eight at a time.
    """
    rows, cols = now.shape
    matrix[:] = 0.0
    vector[:] = 0.0
    total = 0.0
    used = 0
    zero, one = np.float32(0.0), np.float32(1.0)
    inverse_cut, brighter = np.float32(1.0 / cut), np.float32(params[6])
    for row in range(1, rows - 1, stride):
        v = 2.0 * row / (rows - 1) - 1.0
        for start in range(1, cols - 1, RUN_SAMPLES * stride):
            stop = min(start + RUN_SAMPLES * stride, cols - 1)
            u = (start + stop - 1.0) / (cols - 1) - 1.0
            dx = params[0] + params[1] * u + params[2] * v
            dy = params[3] + params[4] * u + params[5] * v
            y = row + dy
            j = math.floor(y)
            if j < 0 or j >= rows - 1:
                continue
            q = np.float32(y - j)
            offset = math.floor(dx)
            p = np.float32(dx - offset)
            weight_a, weight_b = (one - p) * (one - q), p * (one - q)
            weight_c, weight_d = (one - p) * q, p * q
            skipped = max(0, (-offset - start + stride - 1) // stride)  # samples whose old pixel lies left of all
            first = start + skipped * stride
            samples = (min(stop, cols - 1 - offset) - first + stride - 1) // stride
            xx = xy = yy = xo = yo = oo = xe = ye = oe = off = inside = zero
            for k in range(samples):
                col = first + k * stride
                i = col + offset
                a, b, c, d = old[j, i], old[j, i + 1], old[j + 1, i], old[j + 1, i + 1]
                e = a * weight_a + b * weight_b + c * weight_c + d * weight_d + brighter - now[row, col]
                w = one - (e * inverse_cut) * (e * inverse_cut)
                counts = one if (w > zero) & (min(min(a, b), min(c, d)) >= -one) else zero
                w = w * w * counts
                gx, gy = gradient_x[row, col], gradient_y[row, col]
                wx, wy, we = w * gx, w * gy, w * e
                xx += wx * gx
                xy += wx * gy
                yy += wy * gy
                xo += wx
                yo += wy
                oo += w
                xe += we * gx
                ye += we * gy
                oe += we
                off += counts * abs(e)
                inside += counts
            total += off
            used += int(inside)
            basis = (1.0, u, v)
            for a_ in range(3):
                vector[a_] += basis[a_] * xe
                vector[3 + a_] += basis[a_] * ye
                matrix[a_, 6] += basis[a_] * xo
                matrix[3 + a_, 6] += basis[a_] * yo
                for b_ in range(3):
                    product = basis[a_] * basis[b_]
                    matrix[a_, b_] += product * xx
                    matrix[a_, 3 + b_] += product * xy
                    matrix[3 + a_, 3 + b_] += product * yy
            vector[6] += oe
            matrix[6, 6] += oo
    for a_ in range(7):
        for b_ in range(a_):
            matrix[a_, b_] = matrix[b_, a_]
    for a_ in range(3):
        for b_ in range(3):
            matrix[3 + a_, b_] = matrix[b_, 3 + a_]
    return total, used


@njit(
    ["void(f8[:,::1], f8[:,::1], f8[::1], f8, f8, f8, f4[:,::1], f4[:,::1])"],
    cache=True,
    nogil=True,
    error_model="numpy",
)
def shifted_map(map_x, map_y, params, step_px, cols_px, rows_px, out_x, out_y):
    """The mesh of old pixel positions seen through the affine shift: out(x) = map(x + p(x)), to first order.

    map_x, map_y: (mesh rows, mesh cols) old pixel under each mesh node, node i at step * i + (step - 1) / 2; NaN where
    there is no ground. Slopes of the map are held to [0.5, 2] along and [-0.5, 0.5] across, against ridges.
    """
    rows, cols = map_x.shape
    half = (step_px - 1.0) / 2.0
    for r in range(rows):
        v = 2.0 * (r * step_px + half) / (rows_px - 1.0) - 1.0
        r0 = max(r - 1, 0)
        r1 = min(r + 1, rows - 1)
        for c in range(cols):
            if not math.isfinite(map_x[r, c]):
                out_x[r, c] = -99.0
                out_y[r, c] = -99.0
                continue
            u = 2.0 * (c * step_px + half) / (cols_px - 1.0) - 1.0
            dx = params[0] + params[1] * u + params[2] * v
            dy = params[3] + params[4] * u + params[5] * v
            c0 = max(c - 1, 0)
            c1 = min(c + 1, cols - 1)
            xu = (map_x[r, c1] - map_x[r, c0]) / ((c1 - c0) * step_px)
            yu = (map_y[r, c1] - map_y[r, c0]) / ((c1 - c0) * step_px)
            xv = (map_x[r1, c] - map_x[r0, c]) / ((r1 - r0) * step_px)
            yv = (map_y[r1, c] - map_y[r0, c]) / ((r1 - r0) * step_px)
            xu = min(max(xu, 0.5), 2.0) if math.isfinite(xu) else 1.0
            yv = min(max(yv, 0.5), 2.0) if math.isfinite(yv) else 1.0
            yu = min(max(yu, -0.5), 0.5) if math.isfinite(yu) else 0.0
            xv = min(max(xv, -0.5), 0.5) if math.isfinite(xv) else 0.0
            out_x[r, c] = map_x[r, c] + xu * dx + xv * dy
            out_y[r, c] = map_y[r, c] + yu * dx + yv * dy
