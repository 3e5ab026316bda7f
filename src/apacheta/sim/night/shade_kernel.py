"""From ranges to kelvins: ground temperature, texture fixed to the ground, bodies, flat markers, the sensor."""

import math

import numpy as np
from numba import float32, float64, njit, void

from .raster_kernel import HEIGHTS

_IMAGE, _MATRIX = float32[:, ::1], float64[:, ::1]


RUN_PX = 4
"""Pixels of a row between whose ends what varies slowly (temperature, roughness, patches) is interpolated."""
RUN_MOST_M = 1.5
"""A run over which the range changes by more, half of a coarse texel, is shaded pixel by pixel."""


@njit(inline="always")
def _on_ground(t, u, ax, ay, az, axes, inverse_scale, stretch, start):
    """Grid metres (x, y) of the ground at depth t, u focal lengths right of the middle of the row (ax, ay, az)."""
    # horizontal scale falls with height: grid = tangent / (scale + scale1 * t * dz), to first order
    along = t * (inverse_scale - stretch * t * (az + axes[0, 2] * u))
    return start[0] + along * (ax + axes[0, 0] * u), start[1] + along * (ay + axes[0, 1] * u)


@njit(inline="always")
def _inside_cell(grid, j, i, p, q):
    """Bilinear value of a grid inside its cell (j, i)."""
    low = grid[j, i] * (1 - p) + grid[j, i + 1] * p
    high = grid[j + 1, i] * (1 - p) + grid[j + 1, i + 1] * p
    return low * (1 - q) + high * q


@njit(inline="always")
def _texel(values, at, mask, fx, fy):
    """Bilinear value of a tiling texture's level, which begins at `at` and is mask + 1 wide; fx, fy >= 0 in texels."""
    i, j = int(fx), int(fy)
    p, q = np.float32(fx - i), np.float32(fy - j)
    i0, i1 = i & mask, (i + 1) & mask
    r0, r1 = at + (j & mask) * (mask + 1), at + ((j + 1) & mask) * (mask + 1)
    low = values[r0 + i0] * (1 - p) + values[r0 + i1] * p
    high = values[r1 + i0] * (1 - p) + values[r1 + i1] * p
    return low * (1 - q) + high * q


@njit(inline="always")
def _slowly(gx, gy, temperature, roughness, grid_dx, grid_dy, inverse_cell, coarse, at, mask, step, gain):
    """What varies slowly from place to place: the temperature with its patches, and the roughness."""
    rows, columns = temperature.shape
    fx, fy = (gx - grid_dx) * inverse_cell, (gy - grid_dy) * inverse_cell
    i, j = min(max(int(fx), 0), columns - 2), min(max(int(fy), 0), rows - 2)
    p, q = np.float32(fx - i), np.float32(fy - j)
    patch = _texel(coarse, at, mask, (gx * 0.8 + gy * 0.6) * step, (gy * 0.8 - gx * 0.6) * step + 65536.0)
    return _inside_cell(temperature, j, i, p, q) + patch * gain, _inside_cell(roughness, j, i, p, q)


@njit(
    [
        "void(f4[:,::1],f4[:,::1],f8,f8,f8,f8[::1],f8[:,::1],f8,f8,f8,f4[:,::1],f4[::1],i8[::1],f8,f4[::1],i8[::1],f8,f8,f8,f4[:,::1])"
    ],
    cache=True,
    nogil=True,
    error_model="numpy",
    fastmath=True,
)
def shade(
    temperature, roughness, grid_cell_m, grid_dx, grid_dy, origin_to_camera, axes, focal_px, scale, scale1, ranges,
    fine, fine_offsets, fine_texel_m, coarse, coarse_offsets, coarse_texel_m, amplitude_k, sky_c, image,
):  # fmt: skip
    """Fill `image` (H, W) float32 with apparent temperature, degrees C, from `ranges` (see range_image).

    temperature, roughness: (rows, cols) from south; roughness scales the fine texture. Their node [0, 0] lies
    (grid_dx, grid_dy) east and north of the terrain's.
    origin_to_camera: grid metres from the terrain's node [0, 0] to the camera (x, y), so that texture coordinates
    are positive. scale, scale1: tangent metres per grid metre at the camera's height, and per metre of height.
    The level of detail is chosen per run.
    """
    height, width = ranges.shape
    centre_x, centre_y = (width - 1) * 0.5, (height - 1) * 0.5
    inverse_f, inverse_cell = 1.0 / focal_px, 1.0 / grid_cell_m
    inverse_scale, stretch = 1.0 / scale, scale1 / (scale * scale)
    gain_fine, gain_coarse = np.float32(0.9 * amplitude_k), np.float32(1.3 * amplitude_k)
    fine_level, coarse_level = 0.35 - math.log2(fine_texel_m), 1.0 - math.log2(coarse_texel_m)
    for y in range(height):
        v = (y - centre_y) * inverse_f
        ax = axes[1, 0] * v + axes[2, 0]
        ay = axes[1, 1] * v + axes[2, 1]
        az = axes[1, 2] * v + axes[2, 2]
        slow_1 = rough_1 = np.float32(0.0)
        known = -1  # the column whose slow_1 and rough_1 these are
        for x0 in range(0, width, RUN_PX):
            x1 = min(x0 + RUN_PX, width - 1)
            t = ranges[y, (x0 + x1) >> 1]
            log_gsd = math.log2(t * inverse_f) if t < 1e8 else -10.0
            level = min(max(log_gsd + fine_level, 0.0), 6.0)
            k = int(level)
            blend = np.float32(level - k)
            step_a, step_b = 1.0 / (fine_texel_m * (1 << k)), 1.0 / (fine_texel_m * (2 << k))
            mask_a, mask_b = (1024 >> k) - 1, (1024 >> (k + 1)) - 1
            at_a, at_b = fine_offsets[k], fine_offsets[k + 1]
            c = min(max(int(log_gsd + coarse_level), 0), 5)
            step_c = 1.0 / (coarse_texel_m * (1 << c))
            mask_c, at_c = (1024 >> c) - 1, coarse_offsets[c]
            smooth = x1 > x0 and abs(ranges[y, x0] - t) + abs(ranges[y, x1] - t) < RUN_MOST_M and t < 1e8
            slow = rough = slow_step = rough_step = np.float32(0.0)
            if smooth:
                if known != x0:
                    u = (x0 - centre_x) * inverse_f
                    gx, gy = _on_ground(ranges[y, x0], u, ax, ay, az, axes, inverse_scale, stretch, origin_to_camera)
                    slow_1, rough_1 = _slowly(
                        gx, gy, temperature, roughness, grid_dx, grid_dy, inverse_cell, coarse, at_c, mask_c, step_c,
                        gain_coarse,
                    )  # fmt: skip
                slow, rough = slow_1, rough_1
                u = (x1 - centre_x) * inverse_f
                gx, gy = _on_ground(ranges[y, x1], u, ax, ay, az, axes, inverse_scale, stretch, origin_to_camera)
                slow_1, rough_1 = _slowly(
                    gx, gy, temperature, roughness, grid_dx, grid_dy, inverse_cell, coarse, at_c, mask_c, step_c,
                    gain_coarse,
                )  # fmt: skip
                known = x1
                share = np.float32(1.0 / (x1 - x0))
                slow_step, rough_step = (slow_1 - slow) * share, (rough_1 - rough) * share
            for x in range(x0, min(x0 + RUN_PX, width)):
                t = ranges[y, x]
                if t >= 1e8:
                    image[y, x] = sky_c
                    continue
                u = (x - centre_x) * inverse_f
                gx, gy = _on_ground(t, u, ax, ay, az, axes, inverse_scale, stretch, origin_to_camera)
                if not smooth:
                    slow, rough = _slowly(
                        gx, gy, temperature, roughness, grid_dx, grid_dy, inverse_cell, coarse, at_c, mask_c, step_c,
                        gain_coarse,
                    )  # fmt: skip
                d = _texel(fine, at_a, mask_a, gx * step_a, gy * step_a)
                if blend > 0.0:
                    d += (_texel(fine, at_b, mask_b, gx * step_b, gy * step_b) - d) * blend
                image[y, x] = slow + d * gain_fine * rough
                slow += slow_step
                rough += rough_step


@njit(
    ["void(f4[:,::1],f4[:,::1],f8[:,::1],f8,f8[:,::1],f8[:,::1])"],
    cache=True,
    nogil=True,
    error_model="numpy",
    fastmath=True,
)
def draw_bodies(image, ranges, axes, focal_px, bodies, result):
    """Draw ellipsoids by 4 x 4 coverage, hidden where the ground is nearer; far ones must come first.

    bodies: (n, 9): centre x, y, up (tangent metres from the camera), half length, half breadth, half height,
    cosine and sine of the length axis from x, temperature C. result: (n, 6): column, row of the centre, whole
    silhouette (pixels, inside the frame), visible part, mean background C in a ring, depth (m; <= 0 behind).
    """
    height, width = image.shape
    centre_x, centre_y = (width - 1) * 0.5, (height - 1) * 0.5
    n = bodies.shape[0]
    box = np.zeros((n, 4), np.int64)
    for k in range(n):
        px, py, pz = bodies[k, 0], bodies[k, 1], bodies[k, 2]
        d = axes[2, 0] * px + axes[2, 1] * py + axes[2, 2] * pz
        result[k, 5] = d
        box[k, 1] = -1
        if d < 5.0:
            result[k, 5] = -1.0
            continue
        column = centre_x + focal_px * (axes[0, 0] * px + axes[0, 1] * py + axes[0, 2] * pz) / d
        row = centre_y + focal_px * (axes[1, 0] * px + axes[1, 1] * py + axes[1, 2] * pz) / d
        result[k, 0], result[k, 1] = column, row
        reach = focal_px * max(max(bodies[k, 3], bodies[k, 4]), bodies[k, 5]) / d + 1.0
        if column + reach < 0.0 or column - reach > width - 1 or row + reach < 0.0 or row - reach > height - 1:
            continue
        box[k, 0], box[k, 1] = max(int(column - reach), 0), min(int(column + reach) + 1, width - 1)
        box[k, 2], box[k, 3] = max(int(row - reach), 0), min(int(row + reach) + 1, height - 1)
        total, count = 0.0, 0
        for y in range(max(box[k, 2] - 2, 0), min(box[k, 3] + 3, height)):
            for x in range(max(box[k, 0] - 2, 0), min(box[k, 1] + 3, width)):
                inside = box[k, 0] <= x <= box[k, 1] and box[k, 2] <= y <= box[k, 3]
                if not inside and ranges[y, x] < 1e8:
                    total += image[y, x]
                    count += 1
        result[k, 4] = total / max(count, 1)
    for k in range(n):
        il, ib, ih = 1.0 / bodies[k, 3], 1.0 / bodies[k, 4], 1.0 / bodies[k, 5]
        c, s = bodies[k, 6], bodies[k, 7]
        px, py, pz = bodies[k, 0], bodies[k, 1], bodies[k, 2]
        ex, ey, ez = -(c * px + s * py) * il, -(c * py - s * px) * ib, -pz * ih
        ee = ex * ex + ey * ey + ez * ez - 1.0
        whole, seen = 0, 0
        for y in range(box[k, 2], box[k, 3] + 1):
            for x in range(box[k, 0], box[k, 1] + 1):
                covered = 0
                for sy in range(4):
                    v = (y + (sy - 1.5) * 0.25 - centre_y) / focal_px
                    for sx in range(4):
                        u = (x + (sx - 1.5) * 0.25 - centre_x) / focal_px
                        dx = axes[0, 0] * u + axes[1, 0] * v + axes[2, 0]
                        dy = axes[0, 1] * u + axes[1, 1] * v + axes[2, 1]
                        dz = axes[0, 2] * u + axes[1, 2] * v + axes[2, 2]
                        fx, fy, fz = (c * dx + s * dy) * il, (c * dy - s * dx) * ib, dz * ih
                        a = fx * fx + fy * fy + fz * fz
                        b = ex * fx + ey * fy + ez * fz
                        discriminant = b * b - a * ee
                        if discriminant > 0.0:
                            whole += 1
                            if (-b - math.sqrt(discriminant)) / a < ranges[y, x] + 0.3:
                                covered += 1
                if covered > 0:
                    weight = np.float32(covered / 16.0)
                    image[y, x] += (np.float32(bodies[k, 8]) - image[y, x]) * weight
                    seen += covered
        result[k, 2], result[k, 3] = whole / 16.0, seen / 16.0


@njit(
    [
        void(
            _IMAGE,
            _IMAGE,
            HEIGHTS,
            *[float64] * 3,
            float64[::1],
            _MATRIX,
            *[float64] * 6,
            _MATRIX,
            float64,
            float64,
            _MATRIX,
        )
    ],
    cache=True,
    nogil=True,
    error_model="numpy",
    fastmath=True,
)
def draw_markers(
    image,
    ranges,
    heights,
    cell_m,
    origin_x,
    origin_y,
    camera,
    axes,
    focal_px,
    scale0,
    scale1,
    drop,
    tilt_x,
    tilt_y,
    markers,
    half_m,
    warmer_k,
    result,
):
    """Paint flat squares that lie on the ground, each inside one terrain cell, by exact 4 x 4 sub-pixel rays.

    markers: (n, 2) grid x, y of the centres; half_m half a side, in grid metres. result: (n, 6): coverage that is
    seen, coverage with nothing in front, column and row of the seen coverage's centroid, 1 if wholly in the frame,
    sine of the angle at which the line of sight meets the square.
    """
    height, width = image.shape
    centre_x, centre_y = (width - 1) * 0.5, (height - 1) * 0.5
    for k in range(markers.shape[0]):
        result[k, :] = 0.0
        mx, my = (markers[k, 0] - origin_x) / cell_m, (markers[k, 1] - origin_y) / cell_m
        i, j = int(mx), int(my)
        if i < 0 or j < 0 or i > heights.shape[1] - 2 or j > heights.shape[0] - 2:
            continue
        corner = np.empty(4)
        for q in range(4):
            z = np.float64(heights[j + (q >> 1), i + (q & 1)])
            s = scale0 + scale1 * z
            px = (origin_x + (i + (q & 1)) * cell_m - camera[0]) * s
            py = (origin_y + (j + (q >> 1)) * cell_m - camera[1]) * s
            corner[q] = z - camera[2] - drop * (px * px + py * py) + tilt_x * px + tilt_y * py
        p, q2 = mx - i, my - j
        b, c = corner[1] - corner[0], corner[2] - corner[0]
        e = corner[3] - corner[1] - c
        up = corner[0] + b * p + c * q2 + e * p * q2
        s = scale0 + scale1 * (camera[2] + up)
        px, py = (markers[k, 0] - camera[0]) * s, (markers[k, 1] - camera[1]) * s
        d = axes[2, 0] * px + axes[2, 1] * py + axes[2, 2] * up
        if d < 20.0:
            continue
        column = centre_x + focal_px * (axes[0, 0] * px + axes[0, 1] * py + axes[0, 2] * up) / d
        row = centre_y + focal_px * (axes[1, 0] * px + axes[1, 1] * py + axes[1, 2] * up) / d
        slope_x, slope_y = (b + e * q2) / (cell_m * s), (c + e * p) / (cell_m * s)
        facing = slope_x * px + slope_y * py - up
        facing /= math.sqrt((1.0 + slope_x**2 + slope_y**2) * (px * px + py * py + up * up))
        steep = math.sqrt(b * b + c * c) / cell_m + 1.0
        reach = focal_px * half_m * 1.5 * steep / d + 1.5
        if column - reach < 0.0 or column + reach > width - 1 or row - reach < 0.0 or row + reach > height - 1:
            continue
        result[k, 4] = 1.0
        result[k, 5] = facing
        u0 = (camera[0] - origin_x) / cell_m - i
        v0 = (camera[1] - origin_y) / cell_m - j
        inverse_s = 1.0 / (s * cell_m)
        k0 = corner[0] + b * u0 + c * v0 + e * u0 * v0
        half = half_m / cell_m
        whole, seen, sum_x, sum_y = 0, 0, 0.0, 0.0
        for y in range(int(row - reach), int(row + reach) + 1):
            for x in range(int(column - reach), int(column + reach) + 1):
                covered = 0
                for sy in range(4):
                    suby = y + (sy - 1.5) * 0.25
                    v = (suby - centre_y) / focal_px
                    for sx in range(4):
                        subx = x + (sx - 1.5) * 0.25
                        u = (subx - centre_x) / focal_px
                        dx = axes[0, 0] * u + axes[1, 0] * v + axes[2, 0]
                        dy = axes[0, 1] * u + axes[1, 1] * v + axes[2, 1]
                        dz = axes[0, 2] * u + axes[1, 2] * v + axes[2, 2]
                        gx, gy = dx * inverse_s, dy * inverse_s
                        qa = e * gx * gy
                        qb = (b + e * v0) * gx + (c + e * u0) * gy - dz
                        discriminant = qb * qb - 4.0 * qa * k0
                        if discriminant < 0.0:
                            continue
                        root = math.sqrt(discriminant)
                        steepest = qb + root if qb > 0.0 else qb - root
                        t = -2.0 * k0 / steepest
                        far_off = abs(u0 + t * gx - mx + i) > half or abs(v0 + t * gy - my + j) > half
                        if far_off and abs(qa) > 1e-12:
                            t = -0.5 * steepest / qa
                            far_off = abs(u0 + t * gx - mx + i) > half or abs(v0 + t * gy - my + j) > half
                        if t <= 0.0 or far_off:
                            continue
                        whole += 1
                        if t < ranges[y, x] + 2.0:
                            covered += 1
                            sum_x += subx
                            sum_y += suby
                seen += covered
                if covered > 0:
                    image[y, x] += np.float32(warmer_k * covered / 16.0)
        result[k, 0], result[k, 1] = seen / 16.0, whole / 16.0
        if seen > 0:
            result[k, 2], result[k, 3] = sum_x / seen, sum_y / seen


@njit(
    ["void(f4[:,::1],f4[:,::1],f4[:,::1],i8,i8,f4,f4,f4,u1[:,::1])"],
    cache=True,
    nogil=True,
    error_model="numpy",
    fastmath=True,
)
def digitise(kelvins, fixed, noise, noise_row, noise_column, netd_k, low_c, gain, counts):
    """Add the fixed pattern and a window of the noise field (unit variance), map to 8 bits with rounding."""
    height, width = kelvins.shape
    for y in range(height):
        for x in range(width):
            value = kelvins[y, x] + fixed[y, x] + noise[noise_row + y, noise_column + x] * netd_k
            level = (value - low_c) * gain + np.float32(0.5)
            counts[y, x] = np.uint8(min(max(level, np.float32(0.0)), np.float32(255.0)))
