"""What each tour exposes those to at most who are noticed less than a candidate, and the weights that follow.

The theory is in `chords`."""

from dataclasses import dataclass

import numpy as np

from ...kernels.crossing import least_through, most_met
from .certificate import SURELY, credits_of
from .columns import chances_of
from .crossers import Bools, Crossers, Floats, Ints, flags_of
from .lottery import Lottery
from .near import near_of

OUTWARDS = 1.0 + 1e-12
"""Bounds are differences of sums: more than their rounding."""


@dataclass(frozen=True, eq=False)
class Exposures:
    """A tour's exposures as far as anybody can meet them who is asked about: step, cell, value (n,) as in
    `lottery.Exposure`, and their credits (n,)."""

    step: Ints
    cell: Ints
    value: Floats
    credit: Floats

    def where(self, kept: Bools) -> "Exposures":
        """Those that are kept (n,)."""
        return Exposures(self.step[kept], self.cell[kept], self.value[kept], self.credit[kept])


class Tightening:
    """Bounds of what each tour (m of them: of all launches, in their order) exposes one to who is noticed less than
    `below`: most (m,). least: the least weight that they leave to anybody of that kind, infinite where there is none.
    """

    def __init__(self, lottery: Lottery, crossers: Crossers, below: float) -> None:
        self.crossers, self.below = crossers, below
        self.chances = chances_of(lottery)
        self.tours = exposures_of(lottery, crossers)
        ends = np.cumsum([len(draw.tours) for draw in lottery], dtype=np.int64)
        self.launches = np.split(np.arange(len(self.tours)), ends[:-1]) if len(ends) else []
        self.most = np.minimum(met_at_most(self.chances, below), [tour.value.sum() for tour in self.tours])
        shape = crossers.steps + 1, crossers.cells
        self.before, self.after = np.zeros(shape), np.empty(shape)
        self._weigh()

    def tighten(self, prices: list[Floats]) -> Floats:
        """Each tour's bound by its prices, none for some; (m,) which were the best, 0 where none was of use."""
        best, most = np.zeros(len(prices)), self.most.copy()
        for n in np.flatnonzero([len(p) > 0 for p in prices]):
            bounds = self._bounds(self.tours[n], prices[n])
            if bounds.min() < most[n]:
                most[n], best[n] = bounds.min(), prices[n][bounds.argmin()]
        self.most = most
        self._weigh()
        return best

    def is_open(self, number: int) -> bool:
        """Whether there is anything to tighten of a tour."""
        return self.chances[number] > 0.0 and self.most[number] > 0.0 and len(self.tours[number].value) > 0

    def _bounds(self, tour: Exposures, prices: Floats) -> Floats:
        most = np.empty(len(prices))
        near = near_of(tour.cell, self.crossers)
        exposed = near.sums_of(tour.step, tour.cell, tour.value)
        given = near.cells, near.to, near.lasts, near.edge, near.goals, self.sums, self.column
        most_met(int(tour.step[0]), exposed, *given, self.before, self.after, prices, most)
        return np.maximum(prices * self.below * OUTWARDS + most, 0.0)

    def _weigh(self) -> None:
        """Weights by the bounds, who is left by them, and what those can meet."""
        who = self.crossers
        self.sums, self.column = self._weight_sums()
        given = self.sums, self.column, who.moves, flags_of(who.starts), flags_of(who.goals)
        self.least = float(least_through(*given, self.below, self.before, self.after))
        for numbers in self.launches:
            self._leave_out(numbers)

    def _weight_sums(self) -> tuple[Floats, Ints]:
        """(steps + 1, n) of the weights in all steps before each, for the cells that have any, and none for all others;
        (cells,) which of the n are a cell's."""
        some = np.zeros(self.crossers.cells, np.bool_)
        for tour in self.tours:
            some[tour.cell] = True
        column = np.where(some, np.cumsum(some) - 1, some.sum())
        sums = np.zeros((self.crossers.steps + 1, int(some.sum()) + 1))
        for numbers in self.launches:
            self._add_launch(sums[1:], column, [n for n in numbers if len(self.tours[n].value)])
        return np.add.accumulate(sums, axis=0, out=sums), column

    def _add_launch(self, weights: Floats, column: Ints, numbers: list[int]) -> None:
        first, end = self._window(numbers)
        noticed = np.zeros((end - first, weights.shape[1]))
        for n in numbers:
            tour = self.tours[n]
            at = (tour.step - first) * weights.shape[1] + column[tour.cell]
            noticed.ravel()[at] += self.chances[n] * shares_of(tour.value, tour.credit, self.most[n])
        # nobody asked about is anywhere with more than `below`; large sums would cost digits of small ones
        weights[first:end] += np.minimum(-np.log1p(-np.minimum(noticed, SURELY)), 2.0 * self.below)

    def _leave_out(self, numbers: Ints) -> None:
        """Exposures in cells in which nobody is left while the launch's tours look; a move may begin before and end
        after. (A tour that looks at less notices less: whatever is left out, what is certified stays true.)"""
        longest = int(self.crossers.moves.max(initial=1))
        first, end = self._window([n for n in numbers if len(self.tours[n].value)])
        somebody = np.asarray(np.isfinite(self.before[max(first - longest, 0) : end + longest + 1]).any(axis=0))
        for n in numbers:
            self.tours[n] = self.tours[n].where(somebody[self.tours[n].cell])

    def _window(self, numbers: list[int]) -> tuple[int, int]:
        """The steps from the first in which any of these looks to the one after the last."""
        first = min((int(self.tours[n].step[0]) for n in numbers), default=0)
        return first, max((int(self.tours[n].step[-1]) + 1 for n in numbers), default=0)


def exposures_of(lottery: Lottery, crossers: Crossers) -> list[Exposures]:
    """All that the tours of all launches expose to."""
    credits = [credit for draw in credits_of(lottery, crossers) for credit in draw]
    tours = [tour for draw in lottery for tour in draw.tours]
    return [Exposures(t.step, t.cell, t.value, credit) for t, credit in zip(tours, credits, strict=True)]


def met_at_most(chances: Floats, below: float) -> Floats:
    """(m,) what tours that are drawn with these probabilities expose one to at most whom each alone notices less than
    `below`; infinite where a tour is so rare that it may notice him for sure."""
    noticed = -np.expm1(-below)
    share = np.divide(noticed, chances, out=np.ones(len(chances)), where=chances > noticed)
    with np.errstate(divide="ignore"):
        return np.asarray(-np.log1p(-share))


def shares_of(value: Floats, credit: Floats, most: float) -> Floats:
    """(n,) of each exposure of a tour: what it adds for sure to the probability that the tour notices one whom it
    exposes to no more than `most` in all. By the chord, or by credits: whichever adds up to more."""
    slope = -np.expm1(-most) / most if most > 0.0 else 1.0
    left = np.exp(-np.maximum(most - value, 0.0))
    return max(slope * value, np.maximum(credit, -np.expm1(-value) * left), key=np.sum)
