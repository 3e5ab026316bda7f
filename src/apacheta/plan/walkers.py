"""How people on foot would come over: least-time paths from the border to goals and roads (Tobler 1993).

Several paths from each start, each over terrain whose going is disturbed at random, stand for what we do not know.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse import csgraph

from ..core.sector import Sector
from ..geo import BorderLine, Dem

WALK_CELL_M = 90.0
START_SPACING_M = 250.0
NIGHT_SHARE = 0.6
"""Off-trail and at night: Tobler's own factor for off-path walking."""
STEEPEST = 1.2
"""No walking above 50 degrees."""
FIELDS = 4

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Traffic:
    """Paths as bits of a grid. bits: (rows, cols, bytes) uint8, one bit a path; rows from south; `paths` how many."""

    origin_x_m: float
    origin_y_m: float
    cell_m: float
    bits: NDArray[np.uint8]
    paths: int

    def crossing(self, x_m: Floats, y_m: Floats) -> NDArray[np.uint8]:
        """The paths that come by any of the points of the last axis: (..., points) to (..., bytes)."""
        rows, cols, _ = self.bits.shape
        row = np.clip(np.rint((y_m - self.origin_y_m) / self.cell_m).astype(np.int64), 0, rows - 1)
        col = np.clip(np.rint((x_m - self.origin_x_m) / self.cell_m).astype(np.int64), 0, cols - 1)
        return np.asarray(np.bitwise_or.reduce(self.bits[row, col], axis=-2))


def count_bits(bits: NDArray[np.uint8]) -> Ints:
    """How many paths each row of bits holds."""
    return np.asarray(np.unpackbits(bits, axis=-1).sum(axis=-1), dtype=np.int64)


def traffic_of(sector: Sector, dem: Dem, line: BorderLine, rng: np.random.Generator) -> Traffic:
    """Paths of walkers from all along the border to the nearest road or goal on the own side."""
    coarse = max(1, round(WALK_CELL_M / dem.cell_m))
    height = dem.height_hae_m[::coarse, ::coarse].astype(np.float64)
    cell = dem.cell_m * coarse
    targets = _targets(sector, dem, line, height.shape, cell)
    starts = _starts(dem, line, height.shape, cell)
    if not len(targets) or not len(starts):
        return Traffic(dem.origin_x_m, dem.origin_y_m, cell, np.zeros((*height.shape, 1), np.uint8), 0)
    bits = np.zeros((height.size, math.ceil(len(starts) * FIELDS / 8)), np.uint8)
    paths = 0
    for _ in range(FIELDS):
        rough = np.exp(0.35 * ndimage.gaussian_filter(rng.standard_normal(height.shape), 4.0) * 14.0)
        before = _fastest_ways(height, cell, rough, targets)
        for start in starts:
            paths += _mark(bits, before, int(start), paths)
    wide = _widened(bits.reshape(*height.shape, -1))
    return Traffic(dem.origin_x_m, dem.origin_y_m, cell, wide, paths)


def _widened(bits: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A path is where it is or one cell beside it: an aim sees about 200 m."""
    wide = bits.copy()
    for axis in (0, 1):
        here = wide.copy()
        lead = [slice(None)] * 3
        lag = [slice(None)] * 3
        lead[axis], lag[axis] = slice(1, None), slice(None, -1)
        wide[tuple(lead)] |= here[tuple(lag)]
        wide[tuple(lag)] |= here[tuple(lead)]
    return wide


def _mark(bits: NDArray[np.uint8], before: NDArray[np.int32], start: int, path: int) -> int:
    """Mark the cells from a start to its target; 0 when there is no way, else 1."""
    if before[start] < 0:
        return 0
    node = start
    byte, bit = path >> 3, np.uint8(128 >> (path & 7))
    while node >= 0:
        bits[node, byte] |= bit
        node = int(before[node])
    return 1


def _fastest_ways(height: Floats, cell: float, rough: Floats, targets: Ints) -> NDArray[np.int32]:
    """For each cell the next cell on its fastest way to a target, negative where there is none or at a target."""
    rows, cols = height.shape
    index = np.arange(height.size).reshape(rows, cols)
    tails, heads, times = [], [], []
    for dr, dc in ((0, 1), (1, 0), (1, 1), (1, -1)):
        here = (slice(0, rows - dr), slice(max(0, -dc), cols - max(0, dc)))
        there = (slice(dr, rows), slice(max(0, dc), cols + min(0, dc)))
        length = cell * math.hypot(dr, dc)
        rise = (height[there] - height[here]) / length
        effort = length * (rough[here] + rough[there]) / 2
        for a, b, up in ((here, there, rise), (there, here, -rise)):
            ok = (np.abs(up) < STEEPEST) & np.isfinite(up)
            tails.append(index[a][ok])
            heads.append(index[b][ok])
            times.append((effort / tobler_m_s(up))[ok])
    # walked from the target backwards: the graph's arcs are turned round
    graph = sparse.csr_matrix(
        (np.concatenate(times), (np.concatenate(heads), np.concatenate(tails))), shape=(height.size, height.size)
    )
    _, before, _ = csgraph.dijkstra(graph, indices=targets, min_only=True, return_predecessors=True)
    return np.asarray(before, dtype=np.int32)


def tobler_m_s(rise: Floats) -> Floats:
    """Walking speed on a slope (metres up per metre), Tobler 1993: 6 exp(-3.5 |rise + 0.05|) km/h, off-path share."""
    return np.asarray(NIGHT_SHARE * 6.0 / 3.6 * np.exp(-3.5 * np.abs(rise + 0.05)))


def _targets(sector: Sector, dem: Dem, line: BorderLine, shape: tuple[int, int], cell: float) -> Ints:
    """The cells of goals and roads on the own side."""
    places = [(g.lon_deg, g.lat_deg) for g in sector.goals]
    for road in sector.roads:
        for chain in road.chains:
            places += _densified(np.array(chain), cell)
    if not places:
        return np.empty(0, np.int64)
    lon, lat = np.array([p[0] for p in places]), np.array([p[1] for p in places])
    own = np.asarray(line.signed_distance_m(lat, lon)) > 0.0
    return _cells(dem, shape, cell, *dem.grid.xy(lat[own], lon[own]))


def _starts(dem: Dem, line: BorderLine, shape: tuple[int, int], cell: float) -> Ints:
    points = []
    for chain in line.xy_chains:
        points += _densified(np.asarray(chain, dtype=np.float64), START_SPACING_M)
    if not points:
        return np.empty(0, np.int64)
    return _cells(dem, shape, cell, np.array([p[0] for p in points]), np.array([p[1] for p in points]))


def _densified(chain: Floats, spacing_m: float) -> list[tuple[float, float]]:
    """Points along a chain, in its own units; degrees are told from metres by their size."""
    scale = 111_000.0 if np.abs(chain).max() <= 360.0 else 1.0
    steps = np.hypot(*np.diff(chain, axis=0).T) * scale
    found: list[tuple[float, float]] = []
    for a, b, length in zip(chain[:-1], chain[1:], steps, strict=True):
        count = max(1, math.ceil(length / spacing_m))
        found += [
            (float(a[0] + (b[0] - a[0]) * i / count), float(a[1] + (b[1] - a[1]) * i / count)) for i in range(count)
        ]
    return found


def _cells(dem: Dem, shape: tuple[int, int], cell: float, x_m: Floats, y_m: Floats) -> Ints:
    col = np.rint((x_m - dem.origin_x_m) / cell).astype(np.int64)
    row = np.rint((y_m - dem.origin_y_m) / cell).astype(np.int64)
    inside = (row >= 0) & (col >= 0) & (row < shape[0]) & (col < shape[1])
    known = row[inside] * shape[1] + col[inside]
    finite = np.isfinite(dem.height_hae_m[:: max(1, round(cell / dem.cell_m)), :: max(1, round(cell / dem.cell_m))])
    return np.unique(known[finite.ravel()[known]])
