"""The border of a generated pass: the drainage divide as one clean, simple polyline from west to east."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .grids import Chain, smoothed

Mask = NDArray[np.bool_]
_EIGHT = np.ones((3, 3), bool)


def _connected_to(mask: Mask, row: int, structure: NDArray[np.bool_] | None = None) -> Mask:
    """The parts of the mask that touch that row."""
    parts, _ = ndimage.label(mask, structure)
    touching = np.unique(parts[row])
    return np.asarray(np.isin(parts, touching[touching > 0]))


def clean_south(drains_north: Mask, blur_cells: float = 2.0) -> Mask:
    """The ground beyond the divide without fingers and islands: both sides are in one piece."""
    south = ndimage.gaussian_filter((~drains_north).astype(float), blur_cells) > 0.5
    south[0], south[-1] = True, False
    south = ~_connected_to(~south, -1, _EIGHT)
    return _connected_to(south, 0)


def _crack_path(south: Mask) -> Chain:
    """The boundary between the two sides as (col, row) corners of cells, walked from west to east, south on the right.

    Corner (c, r) is the south-west corner of cell [r, c].
    """
    rows, cols = south.shape
    row = int(np.argmin(south[:, 0]))
    col, step = 0, (1, 0)
    path = [(col, row)]

    def is_south(r: int, c: int) -> bool:
        return r < 0 or (r < rows and bool(south[r, min(max(c, 0), cols - 1)]))

    while col < cols:
        col, row = col + step[0], row + step[1]
        path.append((col, row))
        # the cells ahead of the corner, left and right of the direction of travel
        dx, dy = step
        ahead_left = is_south(row + (dy - 1 + dx) // 2, col + (dx - 1 - dy) // 2)
        ahead_right = is_south(row + (dy - 1 - dx) // 2, col + (dx - 1 + dy) // 2)
        if not ahead_right:
            step = (dy, -dx)
        elif ahead_left:
            step = (-dy, dx)
    return np.array(path, float)


def _simplified(chain: Chain, tolerance: float) -> Chain:
    """Douglas & Peucker (1973)."""
    keep = np.zeros(len(chain), bool)
    keep[[0, -1]] = True
    spans = [(0, len(chain) - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        a, b = chain[first], chain[last]
        ab = b - a
        rest = chain[first + 1 : last] - a
        along = np.clip(rest @ ab / max(float(ab @ ab), 1e-12), 0, 1)
        off = np.hypot(*(rest - along[:, None] * ab).T)
        worst = int(np.argmax(off))
        if off[worst] > tolerance:
            middle = first + 1 + worst
            keep[middle] = True
            spans += [(first, middle), (middle, last)]
    return chain[keep]


def is_simple(chain: Chain) -> bool:
    """Whether no two segments that are not neighbours meet."""
    a, b = chain[:-1], chain[1:]

    def turn(p: Chain, q: Chain, r: Chain) -> NDArray[np.float64]:
        pq, pr = q - p, r - p
        return np.asarray(pq[..., 0] * pr[..., 1] - pq[..., 1] * pr[..., 0])

    p, q, r, s = a[:, None], b[:, None], a[None], b[None]
    meet = (turn(p, q, r) * turn(p, q, s) <= 0) & (turn(r, s, p) * turn(r, s, q) <= 0)
    return not bool(np.triu(meet, 2).any())


def divide(drains_north: Mask, origin_x_m: float, origin_y_m: float, cell_m: float) -> Chain:
    """The divide in metres, from the west edge of the nodes to the east edge; never crosses itself.

    Corners of cells are smoothed over some 150 m and thinned to 12 m; where that would make the line cross itself,
    the blur is widened.
    """
    for blur in (2.0, 3.0, 5.0, 8.0):
        corners = _crack_path(clean_south(drains_north, blur))
        chain = _simplified(smoothed(corners, 2.5), 0.4)
        if is_simple(chain):
            break
    x = origin_x_m + (chain[:, 0] - 0.5) * cell_m
    y = origin_y_m + (chain[:, 1] - 0.5) * cell_m
    return np.column_stack([x, y])
