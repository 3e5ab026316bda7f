"""Fast visibility: one sweep outwards from an eye, row by row, over heights at nodes.

The ground is swept in four wedges. In the wedges before and behind the eye a row's horizons follow from those of the
row before it: the line of sight to a node crosses that row between two nodes, and the horizon there is taken as linear
between theirs (XDraw: Franklin, Ray, Mehta, "Geometric algorithms for siting of air defense missile batteries", 1994).
A horizon is kept as rise over the number of rows, in which a straight line between two nodes is straight as well, so
that no root is taken and each row is one pass over memory that lies in order. The wedges to the sides are the same on
the transposed heights. The first few rows' horizons are exact. Curvature and refraction are taken off the heights.

Heights are (rows, cols) float32, voids at VOID_M, which hides nothing. Places in cells (v rows, u columns, fractions
allowed); `reach` in cells; `bend` = (1 - refraction) cell^2 / (2 radius) metres for one cell squared.
"""

import math

from numba import boolean, float32, float64, int64, njit, types, uint8, uint32

HEIGHTS = types.Array(float32, 2, "C", readonly=True)
ROW = types.Array(float32, 1, "C", readonly=True)

VOID_M = -1e6
"""Where nothing is known: so low that it never hides anything."""
NOTHING = -1e30
"""The horizon where no ground lies before. It never meets a weight that should be 0 and is 6e-8: edges are copied."""
PAD = 4
"""Horizons beyond the first and the last column, so that a wedge may begin beside the eye's."""
COUNT, SEEN, MARGIN = 0, 1, 2
NEAR = 8
"""Rows from the eye whose horizons are exact: an error there is carried out to the end of the range."""
BLOCK = 64
OPTIONS = {"cache": True, "nogil": True, "error_model": "numpy"}


@njit(
    [types.void(ROW, ROW, ROW, ROW, float32[::1], uint8[::1], *(float32,) * 4)],
    fastmath=True,
    inline="never",
    **OPTIONS,
)
def count_row(z, away, straight, inner, horizon, out, base, lift, inverse, bend):
    """Add 1 to `out` where a node is seen, and set its horizon.

    away: columns from the eye; straight, inner: the horizons of the row before in the same column and in the one next
    to it towards the eye; base: the eye's height and the drop of the row; lift: the target's height over the rows;
    inverse: 1 over the rows from the eye.
    """
    for j in range(z.shape[0]):
        far = abs(away[j])
        before = straight[j] + (inner[j] - straight[j]) * (far * inverse)
        rise = (z[j] - base - bend * (far * far)) * inverse
        out[j] += uint8(rise + lift >= before)
        horizon[j] = max(before, rise)


@njit(
    [types.void(ROW, ROW, ROW, ROW, float32[::1], uint8[::1], *(float32,) * 4)],
    fastmath=True,
    inline="never",
    **OPTIONS,
)
def see_row(z, away, straight, inner, horizon, out, base, lift, inverse, bend):
    """Set `out` to 1 where a node is seen, else 0; the rest as in `count_row`."""
    for j in range(z.shape[0]):
        far = abs(away[j])
        before = straight[j] + (inner[j] - straight[j]) * (far * inverse)
        rise = (z[j] - base - bend * (far * far)) * inverse
        out[j] = uint8(rise + lift >= before)
        horizon[j] = max(before, rise)


@njit(
    [types.void(ROW, ROW, ROW, ROW, float32[::1], float32[::1], *(float32,) * 4)],
    fastmath=True,
    inline="never",
    **OPTIONS,
)
def margin_row(z, away, straight, inner, horizon, out, base, lift, inverse, bend):
    """Set `out` to the metres by which the target clears the horizon; the rest as in `count_row`."""
    for j in range(z.shape[0]):
        far = abs(away[j])
        before = straight[j] + (inner[j] - straight[j]) * (far * inverse)
        rise = (z[j] - base - bend * (far * far)) * inverse
        out[j] = (rise + lift - before) / inverse
        horizon[j] = max(before, rise)


@njit([types.UniTuple(int64, 2)(float64, float64, float64, boolean, int64)], **OPTIONS)
def span(u, rows, reach, is_strict, cols):
    """First and last column of a wedge's row, `rows` from the eye, on the grid; last < first where there is none."""
    half = math.sqrt(max(reach * reach - rows * rows, 0.0))
    first, last = math.ceil(u - min(half, rows)), math.floor(u + min(half, rows))
    if is_strict and half >= rows:  # the diagonal belongs to the other wedge
        first, last = math.floor(u - rows) + 1, math.ceil(u + rows) - 1
    return max(first, 0), min(last, cols - 1)


@njit([types.void(float32, float64, int64, int64, int64, uint8[:, ::1], float32[:, ::1])], **OPTIONS)
def tell(clear, far, kind, row, column, seen, margin):
    """Write what one node's `kind` is, given by how much it clears the horizon over the rows from the eye."""
    if kind == COUNT:
        seen[row, column] += uint8(clear >= 0.0)
    elif kind == SEEN:
        seen[row, column] = uint8(clear >= 0.0)
    else:
        margin[row, column] = clear * float32(far)


@njit(
    [
        types.void(
            *(HEIGHTS, ROW, *(float64,) * 6, boolean, int64, float32[::1], float32[::1]),
            *(HEIGHTS, int64, int64, int64, int64, uint8[:, ::1], float32[:, ::1]),
        )
    ],
    **OPTIONS,
)
def sweep_wedges(
    z,
    away,
    v,
    u,
    eye,
    target,
    reach,
    bend,
    is_strict,
    kind,
    one,
    two,
    near,
    near_top,
    near_left,
    top,
    left,
    seen,
    margin,
):
    """The wedges of later and of earlier rows: what each node's `kind` is, into `seen` or `margin`, whose first node is
    [top, left] of the heights. near: exact horizons of the first rows (`sightlines.near_horizons`), from [near_top,
    near_left] on.

    away (cols,): columns from the eye. is_strict: the diagonals are the other wedges', and only their horizons are
    kept, for the nodes beside them. one, two: (cols + 2 PAD,) to work in.
    """
    rows, cols = z.shape
    middle = math.floor(u) + PAD
    for way in (1, -1):
        for k in range(max(0, middle - 3), min(cols + 2 * PAD, middle + 5)):
            one[k] = two[k] = float32(NOTHING)
        before, now = one, two
        row = math.floor(v) + 1 if way > 0 else math.ceil(v) - 1
        while 0 <= row < rows and way * (row - v) <= reach:
            far = way * (row - v)
            first, last = span(u, far, reach, is_strict, cols)
            if first > last:
                row += way
                continue
            base, lift = float32(eye + bend * far * far), float32(target / far)
            inverse, curve = float32(1.0 / far), float32(bend)
            if far <= NEAR:
                for column in range(max(first - 1, 0), min(last + 2, cols)):
                    asked = near[row - near_top, column - near_left] * inverse
                    rise = (z[row, column] - base - curve * (away[column] * away[column])) * inverse
                    now[column + PAD] = max(asked, rise)
                    if first <= column <= last:
                        tell(rise + lift - asked, far, kind, row - top, column - left, seen, margin)
                before, now = now, before
                row += way
                continue
            split = min(max(math.ceil(u), first), last + 1)
            for side in range(2):
                a, b, inner = (first, split, 1) if side == 0 else (split, last + 1, -1)
                if a >= b:
                    continue
                heights, columns, horizon = z[row, a:b], away[a:b], now[a + PAD : b + PAD]
                straight, beside = before[a + PAD : b + PAD], before[a + PAD + inner : b + PAD + inner]
                line, c, d = row - top, a - left, b - left
                if kind == COUNT:
                    count_row(heights, columns, straight, beside, horizon, seen[line, c:d], base, lift, inverse, curve)
                elif kind == SEEN:
                    see_row(heights, columns, straight, beside, horizon, seen[line, c:d], base, lift, inverse, curve)
                else:
                    margin_row(
                        heights, columns, straight, beside, horizon, margin[line, c:d], base, lift, inverse, curve
                    )
            for side, edge in ((-1, first), (1, last)):
                on = u + side * far
                column = int(on)
                now[edge + side + PAD] = now[edge + PAD]
                if is_strict and column == on and 0 <= column < cols and column == edge + side:
                    rise = (z[row, column] - base - curve * float32(far * far)) * inverse
                    now[column + PAD] = max(before[column + PAD - side], rise)
            before, now = now, before
            row += way


@njit(
    [
        types.void(uint8[:, ::1], *(float64,) * 3, uint8[:, ::1]),
        types.void(float32[:, ::1], *(float64,) * 3, float32[:, ::1]),
    ],
    **OPTIONS,
)
def bring_home(turned, v, u, reach, out):
    """Copy the nodes of the side wedges from the transposed array `turned` (cols, rows), block by block; v, u: the eye
    in rows and columns of `out`."""
    rows, cols = out.shape
    top, bottom = max(0, math.ceil(v - reach)), min(rows - 1, math.floor(v + reach))
    left, right = max(0, math.ceil(u - reach)), min(cols - 1, math.floor(u + reach))
    for row0 in range(top, bottom + 1, BLOCK):
        for column0 in range(left, right + 1, BLOCK):
            for row in range(row0, min(row0 + BLOCK, bottom + 1)):
                far = abs(row - v)
                half = math.sqrt(max(reach * reach - far * far, 0.0))
                a, b = max(column0, math.ceil(u - half)), min(column0 + BLOCK - 1, right, math.floor(u + half))
                for column in range(a, min(b, math.ceil(u - far) - 1) + 1):
                    out[row, column] = turned[column, row]
                for column in range(max(a, math.floor(u + far) + 1), b + 1):
                    out[row, column] = turned[column, row]


@njit([types.void(uint8[:, ::1], uint8[:, ::1], uint32[:, ::1])], **OPTIONS)
def empty_into(counts, turned, total):
    """Add `counts` (rows, cols) and the transposed `turned` (cols, rows) to `total`, and leave both at 0."""
    rows, cols = total.shape
    for row0 in range(0, rows, BLOCK):
        for column0 in range(0, cols, BLOCK):
            for row in range(row0, min(row0 + BLOCK, rows)):
                for column in range(column0, min(column0 + BLOCK, cols)):
                    total[row, column] += uint32(counts[row, column]) + uint32(turned[column, row])
                    turned[column, row] = 0
    counts[:] = 0
