"""The cells about those that a tour looks at: whoever is not among them meets nothing of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from ...kernels.crossing import DOWN, RIGHT
from .crossers import Crossers, Floats, Ints, flags_of

MARGIN = 2
"""Cells on each side of those that are looked at; 1 at the least. With more, bounds are tighter and take longer."""
EIGHT = np.ones((3, 3), dtype=np.bool_)


@dataclass(frozen=True, eq=False)
class Near:
    """cells (n,) in order; to, lasts (n, 8): which of them a move leads to, and its steps, 0 where it leaves them or
    there is none; edge, goals (n,): flags of those with a neighbour that is none of them, and of goals. at
    (cells of the lattice,): which of them a cell is; -1: none."""

    cells: Ints
    to: Ints
    lasts: NDArray[np.int16]
    edge: NDArray[np.uint8]
    goals: NDArray[np.uint8]
    at: Ints

    def sums_of(self, step: Ints, cell: Ints, value: Floats) -> Floats:
        """(steps of the window + 1, n): of exposures (in order of step), summed over all steps of the window before."""
        sums = np.zeros((int(step[-1] - step[0]) + 2, len(self.cells)))
        sums[step - step[0] + 1, self.at[cell]] = value
        return np.add.accumulate(sums, axis=0, out=sums)


def near_of(looked_at: Ints, crossers: Crossers, margin: int = MARGIN) -> Near:
    """The cells about those that are looked at (any of them as often as may be)."""
    if margin < 1:
        raise ValueError("a move from outside would end in a cell that is looked at")
    mask = np.zeros(crossers.starts.shape, dtype=np.bool_)
    mask.ravel()[looked_at] = True
    inside = binary_dilation(mask, EIGHT, iterations=margin)
    edge = binary_dilation(~inside, EIGHT) & inside
    cells = np.flatnonzero(inside)
    at = np.full(inside.size, -1, np.int64)
    at[cells] = np.arange(len(cells))
    lasts = np.ascontiguousarray(crossers.moves.reshape(8, -1)[:, cells].T)
    to = at[np.where(lasts > 0, cells[:, None] + DOWN * crossers.starts.shape[1] + RIGHT, cells[:, None])]
    lasts[to < 0], to[to < 0] = 0, 0
    return Near(cells, to, lasts, flags_of(edge)[cells], flags_of(crossers.goals)[cells], at)
