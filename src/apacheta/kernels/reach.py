"""The loop of the containment proof that is not one of whole arrays: the least of a field round many places."""

from numba import float32, float64, int64, njit, types

FIELD = types.Array(float32, 2, "C", readonly=True)
OPTIONS = {"cache": True, "nogil": True, "error_model": "numpy"}


@njit([types.void(FIELD, float64[:, ::1], float64[::1], float64, float32, float32[::1])], **OPTIONS)
def least_round(field, places, radius, cell, outside, out):
    """out[n] = least of `field` over the cells that touch the disc round place n (x, y in metres from the array's
    south-west corner)."""
    rows, cols = field.shape
    for n in range(places.shape[0]):
        x, y, r = places[n, 0], places[n, 1], radius[n]
        least = outside if x - r < 0.0 or y - r < 0.0 or x + r > cols * cell or y + r > rows * cell else float32(1e30)
        i0, i1 = max(0, int64((y - r) // cell)), min(rows - 1, int64((y + r) // cell))
        j0, j1 = max(0, int64((x - r) // cell)), min(cols - 1, int64((x + r) // cell))
        for i in range(i0, i1 + 1):
            dy = max(i * cell - y, y - (i + 1) * cell, 0.0)
            for j in range(j0, j1 + 1):
                dx = max(j * cell - x, x - (j + 1) * cell, 0.0)
                if dx * dx + dy * dy <= r * r and field[i, j] < least:
                    least = field[i, j]
        out[n] = least
