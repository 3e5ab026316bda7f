"""Tours as the game knows them: what each exposes a crosser to, when and where; and the lotteries over them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...kernels.crossing import credits

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SUM_TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class Exposure:
    """What one tour does to whoever is there: value (n,) >= 0 at step (n,) and cell (n,), in order of step, then cell,
    none twice. One who is in a cell for a step is noticed then with probability 1 - exp(-value)."""

    step: Ints
    cell: Ints
    value: Floats

    def __post_init__(self) -> None:
        place = np.column_stack([self.step, self.cell])
        if len(place) > 1:
            later = (place[1:, 0] > place[:-1, 0]) | ((place[1:, 0] == place[:-1, 0]) & (place[1:, 1] > place[:-1, 1]))
            if not later.all():
                raise ValueError("exposures are not in order of step and cell, or one is there twice")
        if not (np.isfinite(self.value).all() and (self.value >= 0.0).all()):
            raise ValueError("an exposure is negative or no number")


def credited(exposure: Exposure, cols: int) -> Floats:
    """What each of a tour's exposures is worth for sure, (n,): summed along any way never more than the probability
    that the tour notices one who takes it, for each takes its share of what those before have left."""
    out = np.empty(len(exposure.value))
    if len(out):
        row, col = np.divmod(exposure.cell, cols)
        row, col = row - row.min(), col - col.min()
        credits(exposure.step, row, col, exposure.value, int(row.max()) + 1, int(col.max()) + 1, out)
    return out


def summed(at: Ints, values: Floats, count: int) -> Floats:
    """(count,): the sum of the values that belong to each number of `at`."""
    return np.asarray(np.bincount(at, weights=values, minlength=count), dtype=np.float64)


def together(exposures: Sequence[Exposure], factors: Sequence[float], cells: int) -> Exposure:
    """The sum of exposures on a lattice of so many cells, each by its factor."""
    place = np.concatenate([*(e.step * cells + e.cell for e in exposures), np.empty(0, np.int64)])
    value = np.concatenate([*(f * e.value for e, f in zip(exposures, factors, strict=True)), np.empty(0)])
    places, at = np.unique(place, return_inverse=True)
    return Exposure(*np.divmod(places, cells), summed(at, value, len(places)))


@dataclass(frozen=True, eq=False)
class Draw:
    """One launch's lottery: tours with their probabilities, which sum to 1 or less (the rest flies nothing)."""

    tours: tuple[Exposure, ...]
    probabilities: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.tours) != len(self.probabilities):
            raise ValueError("tours and probabilities are not as many")
        total = sum(self.probabilities)
        if not (all(p >= 0.0 for p in self.probabilities) and total <= 1.0 + SUM_TOLERANCE):
            raise ValueError(f"probabilities sum to {total}, or one is negative")


Lottery = tuple[Draw, ...]
"""Each launch's draw is independent of the others: what a crosser has seen of earlier ones teaches him nothing."""
