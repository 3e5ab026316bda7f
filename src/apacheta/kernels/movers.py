"""Loops of mover finding: the envelope difference, what hangs together, and what one spot looks like now and before."""

import math

import numpy as np
from numba import njit


@njit(
    ["void(f4[:,::1], f4[:,::1], f4[:,::1], f4[:,::1], f4[:,::1], f4, f4, u1[:,::1], f4[:,::1])"],
    cache=True,
    nogil=True,
    error_model="numpy",
)
def envelope_difference(now, high_1, low_1, high_2, low_2, offset_1, offset_2, usable, out):
    """How far `now` leaves the envelope [low, high] of both older frames on the same side; 0 where not usable.

    All (rows, cols); grey levels. offset: brightness added to an older frame to make it like now.
    """
    rows, cols = now.shape
    for r in range(rows):
        for c in range(cols):
            a = now[r, c]
            above = min(a - high_1[r, c] - offset_1, a - high_2[r, c] - offset_2)
            below = min(low_1[r, c] + offset_1 - a, low_2[r, c] + offset_2 - a)
            d = max(above, below)
            out[r, c] = d if (d > 0 and usable[r, c] != 0) else np.float32(0.0)


@njit(
    ["void(f4[:,::1], f4[:,::1], f4, u1[:,::1])"],
    cache=True,
    nogil=True,
    error_model="numpy",
)
def over_threshold(difference, leak, threshold, out):
    """1 where the difference exceeds threshold times the local leak. leak: (rows // 8, cols // 8), bilinear between
    the centres of its 8 x 8 blocks."""
    rows, cols = difference.shape
    mesh_rows, mesh_cols = leak.shape
    line = np.empty(mesh_cols, np.float32)
    for r in range(rows):
        y = min(max((r - 3.5) / 8.0, 0.0), mesh_rows - 1.0)
        j = min(int(y), mesh_rows - 2)
        q = np.float32(y - j)
        for m in range(mesh_cols):
            line[m] = threshold * (leak[j, m] * (1 - q) + leak[j + 1, m] * q)
        for c in range(cols):
            out[r, c] = 0
            d = difference[r, c]
            if d > 0:
                x = min(max((c - 3.5) / 8.0, 0.0), mesh_cols - 1.0)
                i = min(int(x), mesh_cols - 2)
                p = np.float32(x - i)
                if d > line[i] * (1 - p) + line[i + 1] * p:
                    out[r, c] = 1


@njit(["i8(u1[:,::1], i4[:,::1], i4[:,::1])"], cache=True, nogil=True, error_model="numpy")
def components(mask, label, boxes):
    """Numbers what hangs together (8 neighbours) in `mask` from 1 on, row by row; stops when `boxes` is full.

    label: (rows, cols), all 0 before. boxes: (most, 5): left, top, width, height, pixels of each. Returns how many.
    For the few hundred pixels of a mover mask ten times as fast as labelling and measuring the whole picture.
    """
    rows, cols = mask.shape
    stack = np.empty(256, np.int64)
    count = 0
    for r0 in range(rows):
        for c0 in range(cols):
            if mask[r0, c0] == 0 or label[r0, c0] != 0:
                continue
            if count == boxes.shape[0]:
                return count
            count += 1
            left, right, bottom, area = c0, c0, r0, 0
            label[r0, c0] = count
            stack[0] = r0 * cols + c0
            height = 1
            while height > 0:
                height -= 1
                r, c = stack[height] // cols, stack[height] % cols
                area += 1
                left, right, bottom = min(left, c), max(right, c), max(bottom, r)
                for rr in range(max(r - 1, 0), min(r + 2, rows)):
                    for cc in range(max(c - 1, 0), min(c + 2, cols)):
                        if mask[rr, cc] != 0 and label[rr, cc] == 0:
                            label[rr, cc] = count
                            if height == stack.size:
                                stack = np.concatenate((stack, np.empty_like(stack)))
                            stack[height] = rr * cols + cc
                            height += 1
            boxes[count - 1, 0], boxes[count - 1, 1] = left, r0
            boxes[count - 1, 2], boxes[count - 1, 3] = right - left + 1, bottom - r0 + 1
            boxes[count - 1, 4] = area
    return count


@njit(
    ["f8[::1](f4[:,::1], i8, i8, i8, i8, f8)"],
    cache=True,
    nogil=True,
    error_model="numpy",
)
def spot_of(image, row, col, reach, ring, sign):
    """The strongest spot within `reach` of (row, col) and the shape of what stands out there.

    image: (rows, cols) grey levels, void < -1. ring: half-width of the square whose border gives the background
    (median). sign: +1 warm, -1 cold. Returns [contrast at the best pixel, background, signal (sum of contrast),
    row variance, column variance (px^2, weighted by
    contrast, of what hangs together above a quarter of the peak), covered, best row, best col];
    covered is the share of the window that is not void.
    """
    rows, cols = image.shape
    out = np.zeros(8)
    border = np.empty(8 * ring)
    n = 0
    for k in range(-ring, ring + 1):
        for side in range(4):
            if side < 2:
                r = row + (ring if side == 0 else -ring)
                c = col + k
            else:
                if k == -ring or k == ring:
                    continue
                r = row + k
                c = col + (ring if side == 2 else -ring)
            if 0 <= r < rows and 0 <= c < cols and image[r, c] >= -1.0:
                border[n] = image[r, c]
                n += 1
    out[5] = n / border.size
    if n < 4:
        return out
    background = np.median(border[:n])
    out[1] = background
    best = -1e9
    best_r = row
    best_c = col
    for r in range(max(row - reach, 0), min(row + reach + 1, rows)):
        for c in range(max(col - reach, 0), min(col + reach + 1, cols)):
            if image[r, c] >= -1.0:
                value = sign * (image[r, c] - background)
                if value > best:
                    best = value
                    best_r = r
                    best_c = c
    out[0] = best
    out[6] = best_r
    out[7] = best_c
    total = sum_r = sum_c = sum_rr = sum_cc = 0.0
    floor = 0.25 * best
    side_px = 2 * ring + 1
    visited = np.zeros((side_px, side_px), np.uint8)
    stack = np.empty((side_px * side_px, 2), np.int64)
    stack[0, 0] = best_r
    stack[0, 1] = best_c
    visited[ring, ring] = 1
    height = 1
    while height > 0:
        height -= 1
        r = stack[height, 0]
        c = stack[height, 1]
        value = sign * (image[r, c] - background)
        total += value
        sum_r += value * (r - best_r)
        sum_c += value * (c - best_c)
        sum_rr += value * (r - best_r) ** 2
        sum_cc += value * (c - best_c) ** 2
        for k in range(4):
            rr = r + (1 if k == 0 else (-1 if k == 1 else 0))
            cc = c + (1 if k == 2 else (-1 if k == 3 else 0))
            a = rr - best_r + ring
            b = cc - best_c + ring
            if a < 0 or b < 0 or a >= side_px or b >= side_px or rr < 0 or cc < 0 or rr >= rows or cc >= cols:
                continue
            if visited[a, b] == 0 and image[rr, cc] >= -1.0 and sign * (image[rr, cc] - background) > floor:
                visited[a, b] = 1
                stack[height, 0] = rr
                stack[height, 1] = cc
                height += 1
    if total > 0:
        mean_r = sum_r / total
        mean_c = sum_c / total
        out[2] = total
        out[3] = max(sum_rr / total - mean_r * mean_r, 0.0)
        out[4] = max(sum_cc / total - mean_c * mean_c, 0.0)
    return out


@njit(["f8[:,::1](f8[:,::1], f8[::1], f8[:,::1], f8, f8, f8)"], cache=True, nogil=True, error_model="numpy")
def projected(points, position, axes, focal_px, centre_col, centre_row):
    """(n, 3) grid points as (n, 2) column, row of a camera; NaN behind it."""
    out = np.empty((points.shape[0], 2))
    for k in range(points.shape[0]):
        x = points[k, 0] - position[0]
        y = points[k, 1] - position[1]
        z = points[k, 2] - position[2]
        depth = axes[2, 0] * x + axes[2, 1] * y + axes[2, 2] * z
        if depth > 1.0:
            out[k, 0] = focal_px * (axes[0, 0] * x + axes[0, 1] * y + axes[0, 2] * z) / depth + centre_col
            out[k, 1] = focal_px * (axes[1, 0] * x + axes[1, 1] * y + axes[1, 2] * z) / depth + centre_row
        else:
            out[k, 0] = math.nan
            out[k, 1] = math.nan
    return out
