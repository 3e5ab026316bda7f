"""How near two tracks come to each other, whatever the time between their starts."""

import numpy as np
from numba import float64, njit, types

from .rays import POINTS


@njit([types.void(POINTS, POINTS, float64, float64[::1])], cache=True, nogil=True, error_model="numpy")
def nearest_by_lag(one, other, height_m, out):
    """Least squared horizontal distance of two tracks (n, 3), (m, 3) of even steps, over states whose heights differ by
    less than `height_m`; out (n + m - 1,): by the lag i - j of the states, from 1 - m on; +inf where there are none.
    A state with NaN is nowhere."""
    out[:] = np.inf
    behind = other.shape[0] - 1
    for i in range(one.shape[0]):
        x, y, z = one[i, 0], one[i, 1], one[i, 2]
        for j in range(other.shape[0]):
            if abs(other[j, 2] - z) < height_m:
                away = (other[j, 0] - x) ** 2 + (other[j, 1] - y) ** 2
                lag = i - j + behind
                if away < out[lag]:
                    out[lag] = away
