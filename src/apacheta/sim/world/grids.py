"""Small tools on node-centred grids: sampling, slope, the side of a line, chains of points."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

Chain = NDArray[np.float64]


def bilinear(
    grid: NDArray[np.float32], origin_x_m: float, origin_y_m: float, cell_m: float, x_m: ArrayLike, y_m: ArrayLike
) -> NDArray[np.float64]:
    """Values between nodes; NaN outside. Points of any shape."""
    u = (np.asarray(x_m, float) - origin_x_m) / cell_m
    v = (np.asarray(y_m, float) - origin_y_m) / cell_m
    rows, cols = grid.shape
    inside = (u >= 0) & (u <= cols - 1) & (v >= 0) & (v <= rows - 1)
    col = np.clip(np.nan_to_num(u), 0, cols - 2).astype(int)
    row = np.clip(np.nan_to_num(v), 0, rows - 2).astype(int)
    s, t = u - col, v - row
    low = grid[row, col] * (1 - s) + grid[row, col + 1] * s
    high = grid[row + 1, col] * (1 - s) + grid[row + 1, col + 1] * s
    return np.where(inside, low * (1 - t) + high * t, np.nan)


def slope_tan(height_m: NDArray[np.floating], cell_m: float) -> NDArray[np.float64]:
    """Tangent of the steepest slope at the nodes."""
    down, across = np.gradient(np.asarray(height_m, float), cell_m)
    return np.hypot(down, across)


def spaced(chain: Chain, step_m: float) -> Chain:
    """The chain's points at equal steps of about `step_m`, both ends kept."""
    along = distance_along(chain)
    count = max(int(np.ceil(along[-1] / step_m)), 1) + 1
    at = np.linspace(0.0, along[-1], count)
    return np.column_stack([np.interp(at, along, chain[:, 0]), np.interp(at, along, chain[:, 1])])


def smoothed(chain: Chain, sigma_points: float) -> Chain:
    """The chain under a Gaussian over its points, its ends held."""
    soft = ndimage.gaussian_filter1d(chain, sigma_points, axis=0, mode="nearest")
    soft[0], soft[-1] = chain[0], chain[-1]
    return np.asarray(soft)


def distance_along(chain: Chain) -> NDArray[np.float64]:
    """Length of the chain up to each of its points."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(chain, axis=0).T))])


def cells_of_chain(
    chain: Chain, shape: tuple[int, int], origin_x_m: float, origin_y_m: float, cell_m: float
) -> NDArray[np.bool_]:
    """The nodes nearest to the chain: an unbroken (8-connected) line."""
    points = spaced(chain, cell_m / 4)
    col = np.rint((points[:, 0] - origin_x_m) / cell_m).astype(int)
    row = np.rint((points[:, 1] - origin_y_m) / cell_m).astype(int)
    inside = (row >= 0) & (row < shape[0]) & (col >= 0) & (col < shape[1])
    mark = np.zeros(shape, np.bool_)
    mark[row[inside], col[inside]] = True
    return mark


def inside_ring(
    ring: Chain, shape: tuple[int, int], origin_x_m: float, origin_y_m: float, cell_m: float
) -> NDArray[np.bool_]:
    """The nodes inside a ring of points (even-odd rule, row by row)."""
    mark = np.zeros(shape, np.bool_)
    if len(ring) < 3:
        return mark
    x0, y0 = ring[:, 0], ring[:, 1]
    x1, y1 = np.roll(x0, -1), np.roll(y0, -1)
    x = origin_x_m + np.arange(shape[1]) * cell_m
    first = max(int((y0.min() - origin_y_m) // cell_m), 0)
    last = min(int((y0.max() - origin_y_m) // cell_m) + 2, shape[0])
    for row in range(first, last):
        y = origin_y_m + row * cell_m
        crosses = (y0 > y) != (y1 > y)
        at = x0[crosses] + (y - y0[crosses]) / (y1 - y0)[crosses] * (x1 - x0)[crosses]
        mark[row] = (np.searchsorted(np.sort(at), x) % 2) == 1
    return mark


def near_side(barrier: NDArray[np.bool_], row: int, col: int) -> NDArray[np.bool_]:
    """The nodes that a 4-connected flood from (row, col) reaches without stepping on the barrier."""
    parts, _ = ndimage.label(~barrier)
    return np.asarray(parts == parts[row, col])
