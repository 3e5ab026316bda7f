"""The integrator: one failed aircraft after the other, step by step, until it stands on the ground."""

import math

import numpy as np
from numba import float64, njit, types, uint8

FIGURES = (
    *("beside_m", "bearing", "above_m", "runs_s", "cas_m_s", "heading", "bank", "turns_from_s", "turns_over_s"),
    *("pitch", "climb_m_s", "wind_from", "wind_share", "wind_turns_rad_s", "wind_changes_s", "blown", "blown_from"),
    *("gust_from_s", "gust_blows_s", "gust_parts", "gust_pause_s"),
    *("updraft_m_s", "warmer_c", "terrain_down_m", "terrain_aside_m", "terrain_to", "glide_share", "drag", "seed"),
)
OPTIONS = {"cache": True, "nogil": True, "error_model": "numpy"}
GRAVITY = 9.80665
STEP_S = 0.25
LONGEST_S = 3600.0


@njit([float64(float64, float64)], **OPTIONS)
def density_of(height_m, warmer_c):
    """Air of the 1976 standard atmosphere's pressure, warmer than its temperature."""
    share = 1.0 - 2.25577e-5 * height_m
    return 101325.0 * share**5.25588 / (287.053 * (288.15 * share + warmer_c))


@njit([types.UniTuple(float64, 3)(float64[:, ::1], float64)], **OPTIONS)
def forecast_at(layers, height_m):
    """East, north and sigma of the forecast's wind."""
    last = layers.shape[0] - 1
    k = 0
    while k < last and height_m > layers[k + 1, 0]:
        k += 1
    below, above = layers[k], layers[min(k + 1, last)]
    gap = above[0] - below[0]
    share = min(max((height_m - below[0]) / gap, 0.0), 1.0) if gap > 0.0 else 0.0
    east = -(1.0 - share) * below[2] * math.sin(below[1]) - share * above[2] * math.sin(above[1])
    north = -(1.0 - share) * below[2] * math.cos(below[1]) - share * above[2] * math.cos(above[1])
    return east, north, (1.0 - share) * below[3] + share * above[3]


@njit([float64(float64[:, ::1], float64, float64, float64, float64, float64)], **OPTIONS)
def ground_at(height_m, west, south, cell, x, y):
    """Bilinear; beyond the edge the edge's own height."""
    rows, cols = height_m.shape
    u = min(max((x - west) / cell, 0.0), cols - 1.001)
    v = min(max((y - south) / cell, 0.0), rows - 1.001)
    j, i = int(u), int(v)
    fu, fv = u - j, v - i
    low = height_m[i, j] * (1.0 - fu) + height_m[i, j + 1] * fu
    return low * (1.0 - fv) + (height_m[i + 1, j] * (1.0 - fu) + height_m[i + 1, j + 1] * fu) * fv


@njit([float64(float64, float64, float64, float64, float64, float64)], **OPTIONS)
def gust_at(t, lasting, starts, blows, parts, pause):
    """How much of the gust blows so long after what bounds the failure has acted: all of it before that, and for so
    many seconds afterwards, in so many parts with pauses between; else what always does."""
    if t < 0.0:
        return 1.0
    part = blows / parts
    number = math.floor((t - starts) / (part + pause))
    on = t >= starts and number < parts and t - starts - number * (part + pause) < part
    return 1.0 if on else lasting


@njit(
    [
        types.void(
            float64[::1], float64[:, ::1], float64[::1], float64[:, ::1], float64[:, ::1], float64[::1],
            types.Array(uint8, 2, "C", readonly=False), float64[:, ::1], float64[::1], uint8[::1],
        )
    ],
    **OPTIONS,
)  # fmt: skip
def fall_to_ground(place, drawn, fixed, layers, height_m, frame, mask, end, farthest, outside):
    """Fly every draw. The order of the figures is FIGURES', of `fixed` that of flight.fly."""
    coming, sink, sink_height, deviation, gust, sigmas, mass, area, cd0, induced, stall, fastest, gust_share = fixed
    west, south, cell, corner_x, corner_y, mask_cell = frame
    for n in range(drawn.shape[0]):
        beside, bearing, above, runs, cas, heading, bank, turns_from, turns_over = drawn[n, :9]
        pitch, climb, wind_from, wind_share, wind_turns, wind_changes, blown, blown_from = drawn[n, 9:17]
        gust_from, gust_blows, gust_parts, gust_pause = drawn[n, 17:21]
        updraft, warmer, down, aside, aside_to, glide, drag, seed = drawn[n, 21:]
        x = place[0] + beside * math.sin(bearing)
        y = place[1] + beside * math.cos(bearing)
        z = place[2] + above
        aside_x, aside_y = aside * math.sin(aside_to), aside * math.cos(aside_to)
        speed = cas * math.sqrt(1.225 / density_of(z, deviation + warmer))
        energy = z + speed * speed / (2.0 * GRAVITY)
        t, far = 0.0, 0.0
        left_mask = False
        np.random.seed(int(seed * 2147483647))  # noqa: NPY002 numba has no Generator of its own
        next_turn, next_wind = turns_over, wind_changes
        came_down = coming == 0.0
        while t < LONGEST_S:
            if t >= next_turn:
                bank, next_turn = -bank, next_turn + turns_over
            if t >= next_wind:
                wind_from = np.random.uniform(0.0, 2.0 * math.pi)  # noqa: NPY002
                next_wind += wind_changes
            wind_from += wind_turns * STEP_S
            east, north, sigma = forecast_at(layers, z)
            mean = math.hypot(east, north)
            gusty = max(gust - mean, 0.0) * gust_at(t - runs, gust_share, gust_from, gust_blows, gust_parts, gust_pause)
            spread = wind_share * (sigmas * sigma + gusty)
            more = blown * (mean + sigmas * sigma + gusty)
            wind_x = east - spread * math.sin(wind_from) - more * math.sin(blown_from)
            wind_y = north - spread * math.cos(wind_from) - more * math.cos(blown_from)
            density = density_of(z, deviation + warmer)
            if t < runs:
                vertical = speed * math.sin(pitch) + climb + updraft
                flat = speed * math.cos(pitch)
                if t >= turns_from:
                    heading += GRAVITY * math.tan(bank) / max(speed, 8.0) * STEP_S
                if pitch != 0.0:
                    # what it climbs or dives comes out of its speed, or goes into it up to its fastest
                    energy += (climb + updraft) * STEP_S
                    speed = math.sqrt(max(2.0 * GRAVITY * (energy - z - vertical * STEP_S), 0.0))
                    speed = min(speed, cas * math.sqrt(1.225 / density))
            elif coming == 0.0:
                break
            elif coming == 1.0:
                flat, vertical = 0.0, -sink * math.sqrt(density_of(sink_height, 0.0) / density) + updraft
            elif coming == 3.0:
                flat, vertical = 0.0, -min(GRAVITY * (t - runs) + 1.0, 25.0) + updraft
            else:
                air = (stall + glide * (fastest - stall)) * math.sqrt(1.225 / density)
                load = 1.0 / math.cos(bank)
                lift = load * mass * GRAVITY / (0.5 * density * air * air * area)
                heading += GRAVITY * math.tan(bank) / air * STEP_S
                flat, vertical = air, -air * drag * (cd0 + induced * lift * lift) / (lift / load) + updraft
            x += (flat * math.sin(heading) + wind_x) * STEP_S
            y += (flat * math.cos(heading) + wind_y) * STEP_S
            z += vertical * STEP_S
            t += STEP_S
            far = max(far, math.hypot(x - place[0], y - place[1]))
            i, j = math.floor((y - corner_y) / mask_cell), math.floor((x - corner_x) / mask_cell)
            if i < 0 or j < 0 or i >= mask.shape[0] or j >= mask.shape[1] or mask[i, j] == 0:
                left_mask = True
            if z <= ground_at(height_m, west, south, cell, x + aside_x, y + aside_y) + down:
                came_down = True
                break
        end[n, 0], end[n, 1], end[n, 2] = x, y, z
        farthest[n] = max(far, beside)
        outside[n] = 1 if left_mask or not came_down else 0
