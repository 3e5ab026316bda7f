"""Where a body may come down: the recursion over layers, backwards for the proof and forwards for a picture.

Backwards. V[k](c) is a lower bound of the distance to the border, own side positive, of everything that a body comes
over or rests at, which is over cell c at a height in layer k:

    V[k](c) = least over c' in N[k](c) of: V[k-1](c') where the lowest ground of c' is below layer k, else B(c')

with B the least distance of any point of a cell and N[k] every cell that the body can come to while it sinks through
layer k, from any point of c. Below the lowest ground V = B. Gusts carry the body beside the way that this follows, by
so much in all, whenever they like: c is where it would be without, and its B and its lowest ground are the least of all
cells so near. A body cannot jump over ground that it must go round; in this recursion it may, which only makes more of
its reach. Straight lines play no part.

Forwards. The same relation from the cells of a state's excursion down: the cells that it may come over or rest at.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ...kernels.reach import least_round
from .descent import Air, Descent
from .ground import BEYOND_M, Ground

Floats = NDArray[np.float64]
Array32 = NDArray[np.float32]
Bools = NDArray[np.bool_]
Runs = list[tuple[int, int, int]]
TOUCH_M = 0.001
"""A cell that a disc only just touches is one that it touches, however the last digit falls."""


def runs_of(drift: Floats, cell_m: float) -> Runs:
    """The cells that can be come to from any point of a cell by a displacement within a disc (x, y of its middle, its
    radius, metres): row offset, first and last column offset of each row. The cell itself is always one."""
    x, y, radius = (float(v) for v in drift)
    span = int(np.ceil((np.hypot(x, y) + radius) / cell_m)) + 1
    offset = np.arange(-span, span + 1) * cell_m
    dx = np.maximum(np.abs(offset - x) - cell_m, 0.0)
    dy = np.maximum(np.abs(offset - y) - cell_m, 0.0)
    near = dx[None, :] ** 2 + dy[:, None] ** 2 <= (radius + TOUCH_M) ** 2
    near[span, span] = True
    columns = [np.flatnonzero(row) for row in near]
    return [(i - span, int(c[0]) - span, int(c[-1]) - span) for i, c in enumerate(columns) if len(c)]


def least_over(field: Array32, runs: Runs, outside: float) -> Array32:
    """The least of a field over the runs round each cell; `outside` stands for what lies beyond its edges."""
    rows, cols = field.shape
    up, side = max(abs(r) for r, _, _ in runs), max(max(abs(a), abs(b)) for _, a, b in runs)
    padded = np.pad(field, ((up, up), (side, side)), constant_values=outside)
    windows, out = [padded], np.full_like(field, np.inf)
    for row, first, last in runs:
        size = last - first + 1
        half = size.bit_length() - 1  # the least over a run is that over two windows of 2^half cells
        while len(windows) <= half:
            wide, step = windows[-1], 1 << (len(windows) - 1)
            windows.append(np.minimum(wide[:, :-step], wide[:, step:]))
        part = windows[half][up + row : up + row + rows]
        for start in {side + first, side + last + 1 - (1 << half)}:
            np.minimum(out, part[:, start : start + cols], out=out)
    return out


def fields(ground: Ground, air: Air, descent: Descent | None) -> Iterator[Array32]:
    """V of each layer, from the lowest up; without a descent, B for each: it flies on."""
    if descent is None:
        yield from (ground.border_m for _ in range(air.layers))
        return
    lowest, border = (_least_beside(field, descent, ground) for field in (ground.lowest_m, ground.border_m))
    value = border
    for k in range(air.layers):
        below = np.where(lowest < air.edges_m[k], value, border)
        value = least_over(below, runs_of(descent.drift_m[k], ground.box.cell_m), BEYOND_M)
        yield value


def _least_beside(field: Array32, descent: Descent, ground: Ground) -> Array32:
    """The least of a field wherever gusts may have carried a body beside its way."""
    if descent.beside_m == 0.0:
        return field
    return least_over(field, runs_of(np.array([0.0, 0.0, descent.beside_m]), ground.box.cell_m), BEYOND_M)


def least_distances(ground: Ground, field: Array32, places: Floats, radius_m: Floats) -> Array32:
    """(n,) least of a field over the cells within a radius of each place (n, 2), grid metres."""
    box, out = ground.box, np.empty(len(places), np.float32)
    inside = np.ascontiguousarray(places - [box.west_m, box.south_m])
    least_round(field, inside, np.ascontiguousarray(radius_m), box.cell_m, np.float32(BEYOND_M), out)
    return out


def reached_from(
    ground: Ground, air: Air, descent: Descent | None, place: Floats, layer: int, radius_m: float
) -> Bools:
    """(rows, cols): the cells that one state may come over or rest at, from its excursion on."""
    start = np.zeros(ground.border_m.shape, np.bool_)
    start[_disc(ground, place, radius_m)] = True
    return reached_of(ground, air, descent, {layer: start})


def reached_of(ground: Ground, air: Air, descent: Descent | None, starts: dict[int, Bools]) -> Bools:
    """The same for many states at once: where excursions lead, by layer."""
    reached: Bools = np.zeros(ground.border_m.shape, np.bool_)
    if descent is None or not starts:
        return np.asarray(np.logical_or.reduce([reached, *starts.values()]))
    aloft, lowest = reached.copy(), _least_beside(ground.lowest_m, descent, ground)
    for k in range(max(starts), -1, -1):
        aloft |= starts.get(k, False)
        reached |= aloft
        if aloft.any():
            come = spread(aloft, descent.drift_m[k], ground.box.cell_m)
            reached |= come
            aloft = come & (lowest < air.edges_m[k])
    if descent.beside_m == 0.0:
        return reached
    return spread(reached, np.array([0.0, 0.0, descent.beside_m]), ground.box.cell_m)


def spread(mask: Bools, drift: Floats, cell_m: float) -> Bools:
    """The cells that a displacement in a disc leads to from any cell of the mask: those from which the opposite one
    leads into it."""
    opposite = [(-row, -last, -first) for row, first, last in runs_of(drift, cell_m)]
    return np.asarray(least_over(np.where(mask, np.float32(0.0), np.float32(1.0)), opposite, 1.0) == 0.0)


def _disc(ground: Ground, place: Floats, radius_m: float) -> Bools:
    box = ground.box
    x, y = float(place[0]) - box.west_m, float(place[1]) - box.south_m
    j, i = np.arange(box.cols) * box.cell_m, np.arange(box.rows) * box.cell_m
    dx = np.maximum(np.maximum(j - x, x - j - box.cell_m), 0.0)
    dy = np.maximum(np.maximum(i - y, y - i - box.cell_m), 0.0)
    return np.asarray(dx[None, :] ** 2 + dy[:, None] ** 2 <= radius_m**2)
