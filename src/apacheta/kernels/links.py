"""Radio over a profile: whether the ground stays out of the first Fresnel zone."""

import math

from numba import boolean, float64, njit, types

from .rays import HEIGHTS, POINT, POINTS
from .resample import bilinear


@njit(
    [types.void(HEIGHTS, POINT, float64, POINTS, POINTS, *(float64,) * 3, boolean[::1])],
    cache=True,
    nogil=True,
    error_model="numpy",
)
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
