"""Those who may cross, on a lattice of cells and steps: they come in anywhere, at any time, may wait, want a goal."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...kernels.crossing import DOWN, NOBODY, RIGHT, least_exposed, trace_back

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


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

    @property
    def cells(self) -> int:
        """How many there are."""
        return self.starts.size

    def least_exposed(self, weights: Floats) -> tuple[float, Ints]:
        """The least sum of weights (steps, cells) on any way from a start to a goal within the night, and the way:
        (n, 2) of step and cell. Infinite, and empty, where nobody can arrive."""
        sums = np.zeros((self.steps + 1, self.cells))
        np.cumsum(weights, axis=0, out=sums[1:])
        least, came = np.empty_like(sums), np.empty(sums.shape, np.int8)
        least_exposed(sums, self.moves, flags_of(self.starts), flags_of(self.goals), least, came)
        arrived = np.where(flags_of(self.goals).astype(bool) & (came != NOBODY), least, np.inf)
        step, cell = np.unravel_index(int(np.argmin(arrived)), arrived.shape)
        if not np.isfinite(arrived[step, cell]):
            return float("inf"), np.empty((0, 2), np.int64)
        way = np.empty((self.steps, 2), np.int64)
        n = trace_back(self.moves, came, int(step), int(cell), way)
        return float(arrived[step, cell]), way[:n][::-1].copy()


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
