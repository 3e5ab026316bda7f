"""Where a body may come down. With B(c) the least distance to the border of any point of cell c, own side positive, and
V[k](c) what a body over c in layer k can come to at the least:

    V[k](c) = least over c' in N[k](c) of: V[k-1](c') where the lowest ground of c' is below layer k, else B(c')

N[k](c): every cell that can be come to from any point of c while the body sinks through layer k. Gusts carry it beside
this way, by so much in all: c is where it would be without them, and its B and its lowest ground are the least of all
cells so near. By induction from the ground up no body comes nearer to the border than V says: in layer k it
is over some cell of N[k](c), has come to rest there, or goes on into layer k-1 above it, where the ground of that cell
must lie below.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .ground import BEYOND_M

Array = NDArray[np.float64]
Array32 = NDArray[np.float32]
TOUCH_M = 0.001


def neighbours(drift: Array, cell: float) -> list[tuple[int, int]]:
    """Row and column offsets of the cells that a displacement in a disc leads to from any point of a cell."""
    x, y, radius = drift
    span = int(np.ceil((np.hypot(x, y) + radius) / cell)) + 1
    i, j = np.mgrid[-span : span + 1, -span : span + 1]
    gap = np.maximum(np.abs(j * cell - x) - cell, 0) ** 2 + np.maximum(np.abs(i * cell - y) - cell, 0) ** 2
    near = gap <= (radius + TOUCH_M) ** 2
    near[span, span] = True
    return [(int(a), int(b)) for a, b in np.argwhere(near) - span]


def least(field: Array32, offsets: list[tuple[int, int]]) -> Array32:
    """The least of a field over the offsets of each cell; BEYOND_M beyond its edges."""
    up, side = max(abs(i) for i, _ in offsets), max(abs(j) for _, j in offsets)
    wide = np.pad(field, ((up, up), (side, side)), constant_values=BEYOND_M)
    rows, cols = field.shape
    out = np.full_like(field, np.inf)
    for row in sorted({i for i, _ in offsets}):
        part = wide[up + row : up + row + rows]
        mine = [j for i, j in offsets if i == row]  # a row of a disc has no gaps
        first, count, size = min(mine), max(mine) - min(mine) + 1, 1
        while 2 * size <= count:
            part, size = np.minimum(part[:, :-size], part[:, size:]), 2 * size
        for start in (side + first, side + first + count - size):
            out = np.minimum(out, part[:, start : start + cols])
    return out


def fields(
    border: Array32, lowest: Array32, edges: Array, coming_down: tuple[Array, float] | None, cell: float
) -> Iterator[Array32]:
    """V of each layer from the lowest up; B for each where nothing comes down. `coming_down`: the disc of each layer,
    and how far beside gusts may carry it."""
    if coming_down is not None and coming_down[1] > 0:
        near = neighbours(np.array([0.0, 0.0, coming_down[1]]), cell)
        border, lowest = least(border, near), least(lowest, near)
    value = border
    for k in range(len(edges) - 1):
        if coming_down is not None:
            below = np.where(lowest < edges[k], value, border)
            value = least(below, neighbours(coming_down[0][k], cell))
        yield value


def least_round(field: Array32, x: float, y: float, radius: float, cell: float) -> float:
    """The least of a field over the cells that touch a disc; x, y from its south-west corner."""
    rows, cols = field.shape
    if x - radius < 0 or y - radius < 0 or x + radius > cols * cell or y + radius > rows * cell:
        return BEYOND_M
    i = np.arange(int((y - radius) // cell), min(rows - 1, int((y + radius) // cell)) + 1)
    j = np.arange(int((x - radius) // cell), min(cols - 1, int((x + radius) // cell)) + 1)
    dy = np.maximum(np.maximum(i * cell - y, y - (i + 1) * cell), 0)
    dx = np.maximum(np.maximum(j * cell - x, x - (j + 1) * cell), 0)
    near = dx[None, :] ** 2 + dy[:, None] ** 2 <= radius * radius
    return float(field[i[0] : i[-1] + 1, j[0] : j[-1] + 1][near].min())
