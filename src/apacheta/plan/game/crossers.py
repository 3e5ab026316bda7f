"""Those who may cross, on a lattice of cells and steps: they come in anywhere, at any time, may wait, want a goal."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from ...kernels.crossing import DOWN, RIGHT, least_exposed, trace_back, unseen_starts
from .lottery import Exposure

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
STEPS_MOST = 65_535
"""Looks along a way are counted in sixteen bits."""


@dataclass(frozen=True, eq=False)
class Crossers:
    """One kind of them. moves (8, rows, cols) int16: steps from a cell to its neighbour (`kernels.crossing`), 0 where
    there is no way; starts, goals (rows, cols); steps: of the night."""

    moves: NDArray[np.int16]
    starts: Bools
    goals: Bools
    steps: int

    def __post_init__(self) -> None:
        if self.moves.shape != (8, *self.starts.shape) or self.goals.shape != self.starts.shape:
            raise ValueError("moves, starts and goals are of different grids")
        if (self.moves < 0).any() or _leaves_grid(self.moves):
            raise ValueError("a move leads out of the grid, or takes less than no time")
        if self.steps > STEPS_MOST:
            raise ValueError(f"{self.steps} steps are more than {STEPS_MOST}")

    @property
    def cells(self) -> int:
        """How many there are."""
        return self.starts.size

    @cached_property
    def latest(self) -> Ints:
        """(cells,) the last step in whose beginning one may be there and still arrive within the night; -1: never."""
        m, row, col = np.nonzero(self.moves)
        cols = self.starts.shape[1]
        there = (row + DOWN[m]) * cols + col + RIGHT[m]
        back = sparse.csr_matrix((self.moves[m, row, col], (there, row * cols + col)), shape=(self.cells, self.cells))
        goals = np.flatnonzero(self.goals)
        if not len(goals):
            return np.full(self.cells, -1, np.int64)
        away = csgraph.dijkstra(back, indices=goals, min_only=True)
        return np.where(away <= self.steps, self.steps - np.minimum(away, self.steps), -1).astype(np.int64)

    def least_exposed(self, weights: Exposure | Bools) -> tuple[float, Ints]:
        """The least sum of weights (or of flags: steps, cells) on any way from a start to a goal within the night, and
        the way: (n, 2) of step and cell. Infinite, and empty, where nobody can arrive."""
        came = np.empty((self.steps + 1, self.cells), np.int8)
        given = *self._sums_before(weights), self.moves, flags_of(self.starts), flags_of(self.goals), self.latest
        least, step, cell = least_exposed(*given, came)
        if not np.isfinite(least):
            return float("inf"), np.empty((0, 2), np.int64)
        way = np.empty((self.steps, 2), np.int64)
        n = trace_back(self.moves, came, step, cell, way)
        return least, way[:n][::-1].copy()

    def unseen_starts(self, watched: Bools) -> Bools:
        """(rows, cols): the starts from which somebody arrives, at some step, through places that are never watched
        while he is there. watched (steps, cells)."""
        found = np.zeros(self.cells, np.uint8)
        given = *self._sums_before(watched), self.moves, flags_of(self.starts), flags_of(self.goals)
        unseen_starts(*given, found)
        return found.reshape(self.starts.shape).astype(np.bool_)

    def _sums_before(self, weights: Exposure | Bools) -> tuple[NDArray[Any], Ints]:
        """(steps + 1, n) sums of the weights of all steps before each, for the cells that have any, and none for all
        others; and (cells,) which of the n are each cell's."""
        some = np.unique(weights.cell) if isinstance(weights, Exposure) else np.flatnonzero(weights.any(axis=0))
        column = np.full(self.cells, len(some), np.int64)
        column[some] = np.arange(len(some))
        shape = self.steps + 1, len(some) + 1
        if isinstance(weights, Exposure):
            sums: NDArray[Any] = np.zeros(shape)
            sums[weights.step + 1, column[weights.cell]] = weights.value
        else:
            sums = np.zeros(shape, np.uint16)
            sums[1:, :-1] = weights[:, some]
        return np.add.accumulate(sums, axis=0, out=sums, dtype=sums.dtype), column


def flags_of(mask: Bools) -> NDArray[np.uint8]:
    """As kernels take them."""
    return np.ascontiguousarray(mask, dtype=np.uint8).ravel()


def _leaves_grid(moves: NDArray[np.int16]) -> bool:
    rows, cols = moves.shape[1:]
    row, col = np.indices((rows, cols))
    for m in range(8):
        to_row, to_col = row + DOWN[m], col + RIGHT[m]
        outside = (to_row < 0) | (to_row >= rows) | (to_col < 0) | (to_col >= cols)
        if (moves[m][outside] != 0).any():
            return True
    return False
