"""What slopes do: slides above the angle of repose, soil creep, sediment fans, and resampling. Kernels."""

import numpy as np
from numba import njit

_DIAGONAL = 1.4142135623730951


@njit(
    ["void(float64[:, ::1], boolean[:, ::1], float64, float64[:, ::1], int64, float64)"],
    cache=True,
    nogil=True,
    error_model="numpy",
)
def slide(height_m, fixed, cell_m, repose_tan, rounds, rate):
    """Thermal erosion (Musgrave, Kolb & Mace 1989): what is steeper than repose goes to the lower neighbours."""
    rows, cols = height_m.shape
    change = np.zeros_like(height_m)
    excess = np.empty(9)
    for _ in range(rounds):
        change[:] = 0.0
        for r in range(1, rows - 1):
            for c in range(1, cols - 1):
                total = 0.0
                most = 0.0
                for k in range(9):
                    far = cell_m * (_DIAGONAL if k % 2 == 0 else 1.0)
                    over = height_m[r, c] - height_m[r + k // 3 - 1, c + k % 3 - 1] - repose_tan[r, c] * far
                    excess[k] = over if k != 4 and over > 0.0 else 0.0
                    total += excess[k]
                    most = max(most, excess[k])
                if total > 0.0:
                    moved = rate * most
                    change[r, c] -= moved
                    for k in range(9):
                        if excess[k] > 0.0:
                            change[r + k // 3 - 1, c + k % 3 - 1] += moved * excess[k] / total
        for r in range(rows):
            for c in range(cols):
                if not fixed[r, c]:
                    height_m[r, c] += change[r, c]


@njit(
    ["void(float64[:, ::1], boolean[:, ::1], float64, int64)"],
    cache=True,
    nogil=True,
    error_model="numpy",
)
def creep(height_m, fixed, rate, rounds):
    """Linear diffusion by `rate` (<= 0.25) of the discrete Laplacian, `rounds` times."""
    rows, cols = height_m.shape
    new = height_m.copy()
    for _ in range(rounds):
        for r in range(1, rows - 1):
            for c in range(1, cols - 1):
                if not fixed[r, c]:
                    around = height_m[r - 1, c] + height_m[r + 1, c] + height_m[r, c - 1] + height_m[r, c + 1]
                    new[r, c] = height_m[r, c] + rate * (around - 4.0 * height_m[r, c])
        height_m[:] = new


@njit(["void(float64[:, ::1], float64, int64)"], cache=True, nogil=True, error_model="numpy")
def lower_envelope(surface_m, rise_m, rounds):
    """Lower every cell to the cones that rise by `rise_m` a cell from all others (two chamfer sweeps a round)."""
    rows, cols = surface_m.shape
    slant = rise_m * _DIAGONAL
    for _ in range(rounds):
        for r in range(rows):
            for c in range(cols):
                least = surface_m[r, c]
                if c > 0:
                    least = min(least, surface_m[r, c - 1] + rise_m)
                if r > 0:
                    least = min(least, surface_m[r - 1, c] + rise_m)
                    if c > 0:
                        least = min(least, surface_m[r - 1, c - 1] + slant)
                    if c < cols - 1:
                        least = min(least, surface_m[r - 1, c + 1] + slant)
                surface_m[r, c] = least
        for r in range(rows - 1, -1, -1):
            for c in range(cols - 1, -1, -1):
                least = surface_m[r, c]
                if c < cols - 1:
                    least = min(least, surface_m[r, c + 1] + rise_m)
                if r < rows - 1:
                    least = min(least, surface_m[r + 1, c] + rise_m)
                    if c > 0:
                        least = min(least, surface_m[r + 1, c - 1] + slant)
                    if c < cols - 1:
                        least = min(least, surface_m[r + 1, c + 1] + slant)
                surface_m[r, c] = least


@njit(["float64[:, ::1](float64[:, ::1], int64, int64)"], cache=True, nogil=True, error_model="numpy")
def resample(grid, rows, cols):
    """Bilinear resampling of cell-centred values over the same extent."""
    old_rows, old_cols = grid.shape
    new = np.empty((rows, cols))
    for r in range(rows):
        y = (r + 0.5) * old_rows / rows - 0.5
        j = int(np.floor(y))
        v = y - j
        low = min(max(j, 0), old_rows - 1)
        high = min(max(j + 1, 0), old_rows - 1)
        for c in range(cols):
            x = (c + 0.5) * old_cols / cols - 0.5
            i = int(np.floor(x))
            u = x - i
            left = min(max(i, 0), old_cols - 1)
            right = min(max(i + 1, 0), old_cols - 1)
            new[r, c] = (grid[low, left] * (1.0 - u) + grid[low, right] * u) * (1.0 - v) + (
                grid[high, left] * (1.0 - u) + grid[high, right] * u
            ) * v
    return new
