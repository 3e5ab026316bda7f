"""A raster's heights at the nodes of another grid, found through a coarse mesh of exactly transformed points."""

import math

import numpy as np
from numba import boolean, float32, float64, int64, njit, types

SOURCE = types.Array(float32, 2, "C", readonly=True)
MESH = types.Array(float64, 2, "C", readonly=True)


@njit([types.UniTuple(float64, 4)(float64)], cache=True, nogil=True, error_model="numpy")
def cubic_weights(f):
    """Weights of the four neighbours at -1, 0, 1, 2 for a place 0 <= f < 1 (Keys 1981, a = -1/2: Catmull-Rom)."""
    return (
        ((-0.5 * f + 1.0) * f - 0.5) * f,
        (1.5 * f - 2.5) * f * f + 1.0,
        ((-1.5 * f + 2.0) * f + 0.5) * f,
        (0.5 * f - 0.5) * f * f,
    )


@njit([float64(SOURCE, float64, float64)], cache=True, nogil=True, error_model="numpy")
def bilinear(source, x, y):
    """Height at column x, row y (pixel centres at integers). A void counts only where its weight is not zero.

    Up to half a pixel outside the outermost centres the edge's value holds (the pixel reaches there); beyond: NaN.
    """
    rows, cols = source.shape
    if not (-0.5 <= x <= cols - 0.5 and -0.5 <= y <= rows - 0.5):
        return np.nan
    x, y = min(max(x, 0.0), cols - 1.0), min(max(y, 0.0), rows - 1.0)
    i, j = min(int(x), max(cols - 2, 0)), min(int(y), max(rows - 2, 0))
    fx, fy = x - i, y - j
    total = 0.0
    for m in range(2):
        for n in range(2):
            weight = (fx if n else 1.0 - fx) * (fy if m else 1.0 - fy)
            if weight > 0.0:
                total += weight * float(source[j + m, i + n])
    return total


@njit([float64(SOURCE, float64, float64)], cache=True, nogil=True, error_model="numpy")
def bicubic(source, x, y):
    """Smooth height at column x, row y; bilinear where a void or the edge is among the 16 neighbours."""
    rows, cols = source.shape
    i, j = math.floor(x), math.floor(y)
    if i < 1 or j < 1 or i + 2 >= cols or j + 2 >= rows:
        return bilinear(source, x, y)
    wx, wy = cubic_weights(x - i), cubic_weights(y - j)
    total = 0.0
    for m in range(4):
        for n in range(4):
            total += wy[m] * wx[n] * float(source[j - 1 + m, i - 1 + n])
    return total if not math.isnan(total) else bilinear(source, x, y)


@njit([float64(MESH, float64, float64)], cache=True, nogil=True, error_model="numpy")
def at_mesh(mesh, x, y):
    """Linear value of a mesh at column x, row y, both inside it or less than one beside it."""
    i, j = min(int(x), mesh.shape[1] - 2), min(int(y), mesh.shape[0] - 2)
    fx, fy = x - i, y - j
    south = mesh[j, i] * (1.0 - fx) + mesh[j, i + 1] * fx
    north = mesh[j + 1, i] * (1.0 - fx) + mesh[j + 1, i + 1] * fx
    return south * (1.0 - fy) + north * fy


@njit(
    [types.void(SOURCE, MESH, MESH, MESH, int64, boolean, float32[:, ::1])],
    cache=True,
    nogil=True,
    error_model="numpy",
)
def resample(source, column_mesh, row_mesh, offset_mesh, every, smooth, out):
    """Fill `out` with the source's heights plus an offset.

    The meshes hold, at every `every`-th node of `out`, the node's source column and row (pixel centres at integers)
    and what to add to the height. Between them these are linear: over 16 cells of 30 m the error is under 1 cm.
    """
    for j in range(out.shape[0]):
        for i in range(out.shape[1]):
            mx, my = i / every, j / every
            x, y = at_mesh(column_mesh, mx, my), at_mesh(row_mesh, mx, my)
            height = bicubic(source, x, y) if smooth else bilinear(source, x, y)
            out[j, i] = float32(height + at_mesh(offset_mesh, mx, my))


@njit(
    [types.void(SOURCE, MESH, MESH, MESH, int64, SOURCE, float32[:, ::1])],
    cache=True,
    nogil=True,
    error_model="numpy",
)
def block_tops(source, column_mesh, row_mesh, offset_mesh, every, height, out):
    """Fill `out` with the highest of each node's height and the source's known heights in the cell round the node.

    A pixel is in a cell when its centre lies in the box of columns and rows that holds the cell: a little more than the
    cell where the source is turned. Meshes as in `resample`; a node that is void stays void.
    """
    rows, cols = source.shape
    for j in range(out.shape[0]):
        for i in range(out.shape[1]):
            west, east, top, bottom = np.inf, -np.inf, np.inf, -np.inf
            for m in (-0.5, 0.5):
                for n in (-0.5, 0.5):
                    mx, my = (i + n) / every, (j + m) / every
                    x, y = at_mesh(column_mesh, mx, my), at_mesh(row_mesh, mx, my)
                    west, east, top, bottom = min(west, x), max(east, x), min(top, y), max(bottom, y)
            offset = at_mesh(offset_mesh, i / every, j / every)
            highest = float64(height[j, i])
            for row in range(max(0, math.ceil(top)), min(rows - 1, math.floor(bottom)) + 1):
                for column in range(max(0, math.ceil(west)), min(cols - 1, math.floor(east)) + 1):
                    pixel = float64(source[row, column]) + offset
                    if pixel > highest:
                        highest = pixel
            out[j, i] = float32(highest)


@njit(
    [types.void(SOURCE, float64, float64, float64, MESH, float64[::1])],
    cache=True,
    nogil=True,
    error_model="numpy",
)
def heights_at(height, west, south, cell, points, out):
    """Bilinear heights of a node-centred grid (rows from south to north) at points (n, 2) x, y; NaN outside."""
    rows, cols = height.shape
    for n in range(points.shape[0]):
        u, v = (points[n, 0] - west) / cell, (points[n, 1] - south) / cell
        inside = 0.0 <= u <= cols - 1.0 and 0.0 <= v <= rows - 1.0
        out[n] = bilinear(height, u, v) if inside else np.nan
