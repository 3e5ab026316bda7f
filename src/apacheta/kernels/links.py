"""Radio over a profile: whether the ground stays out of the first Fresnel zone, and what it costs where it does not."""

import math

import numpy as np
from numba import boolean, float64, njit, types

from .rays import HEIGHTS, POINT, POINTS
from .resample import bilinear

OPTIONS = {"cache": True, "nogil": True, "error_model": "numpy"}
GRAZING = -0.78
"""Diffraction parameter from which on an edge costs something (ITU-R P.526-15, equation 31)."""


@njit([types.void(HEIGHTS, POINT, float64, POINTS, POINTS, *(float64,) * 3, boolean[::1])], **OPTIONS)
def fresnel_clear(height, south_west, cell, a, b, wavelength, share, radius, out):
    """Whether from a[n] to b[n] (x, y, z in metres) `share` of the first Fresnel zone is free of ground.

    Sampled every half cell; radius is the effective Earth's. Ground that is not known (void, outside) is not clear.
    """
    for n in range(a.shape[0]):
        dx, dy, dz = b[n, 0] - a[n, 0], b[n, 1] - a[n, 1], b[n, 2] - a[n, 2]
        flat = math.hypot(dx, dy)
        steps = max(2, math.ceil(2.0 * flat / cell))
        size = math.sqrt(flat * flat + dz * dz)
        clear = not math.isnan(size)
        for k in range(steps + 1):
            t = k / steps
            u = (a[n, 0] + t * dx - south_west[0]) / cell
            v = (a[n, 1] + t * dy - south_west[1]) / cell
            around = t * (1.0 - t)
            path = a[n, 2] + t * dz - flat * flat * around / (2.0 * radius)
            # Written so that an unknown ground (NaN) fails it.
            if not path - share * math.sqrt(wavelength * size * around) >= bilinear(height, u, v):
                clear = False
                break
        out[n] = clear


@njit([float64(float64)], **OPTIONS)
def knife_edge_db(parameter):
    """Loss over one edge, dB, by its diffraction parameter (ITU-R P.526-15, equation 31)."""
    if parameter <= GRAZING:
        return 0.0
    beyond = parameter - 0.1
    return 6.9 + 20.0 * math.log10(math.sqrt(beyond * beyond + 1.0) + beyond)


@njit([float64(POINT, POINT, float64, float64, float64, float64)], **OPTIONS)
def bullington_db(distance, ground, a, b, wavelength, radius):
    """Diffraction loss, dB, over a profile: ITU-R P.526-15, section 4.5.1 (Bullington's part of delta-Bullington).

    distance: from one end, (n,) metres; ground: heights there; a, b: heights of the antennas; radius of the effective
    Earth. The first and the last point are the antennas' feet and obstruct nothing. Infinite where a height is unknown.
    """
    last = distance.shape[0] - 1
    total = distance[last] - distance[0]
    direct = (b - a) / total
    rise_a, rise_b, worst = -np.inf, -np.inf, -np.inf
    for k in range(1, last):
        near = distance[k] - distance[0]
        far = total - near
        height = ground[k] + near * far / (2.0 * radius)
        if math.isnan(height):
            return np.inf
        rise_a, rise_b = max(rise_a, (height - a) / near), max(rise_b, (height - b) / far)
        over = height - (a * far + b * near) / total
        worst = max(worst, over * math.sqrt(2.0 * total / (wavelength * near * far)))
    if rise_a >= direct:  # the two ends' horizons meet over one edge that stands for all
        near = (b - a + rise_b * total) / (rise_a + rise_b)
        far = total - near
        over = a + rise_a * near - (a * far + b * near) / total
        worst = over * math.sqrt(2.0 * total / (wavelength * near * far))
    edge = knife_edge_db(worst)
    return edge + (1.0 - math.exp(-edge / 6.0)) * (10.0 + 0.02 * total / 1000.0)


@njit([types.void(HEIGHTS, POINT, float64, POINTS, POINTS, float64, float64, float64[::1])], **OPTIONS)
def diffraction_db(height, south_west, cell, a, b, wavelength, radius, out):
    """`bullington_db` from a[n] to b[n] (x, y, z in metres), with the ground every half cell between them."""
    for n in range(a.shape[0]):
        dx, dy = b[n, 0] - a[n, 0], b[n, 1] - a[n, 1]
        flat = math.hypot(dx, dy)
        if not flat > 0.0:
            out[n] = 0.0 if flat == 0.0 else np.inf
            continue
        steps = max(2, math.ceil(2.0 * flat / cell))
        distance, ground = np.empty(steps + 1), np.empty(steps + 1)
        for k in range(steps + 1):
            t = k / steps
            distance[k] = t * flat
            u, v = (a[n, 0] + t * dx - south_west[0]) / cell, (a[n, 1] + t * dy - south_west[1]) / cell
            ground[k] = bilinear(height, u, v)
        out[n] = bullington_db(distance, ground, a[n, 2], b[n, 2], wavelength, radius)
