"""How often to draw each tour, so that whoever knows it is noticed as surely as can be.

For one way, minus the logarithm of the probability not to be noticed is convex in the tours' probabilities: tangents to
it are linear and lie below. A linear program over the ways found so far takes the tangents at the best probabilities
yet; whoever gets past its answer most easily is looked for, and his way comes in. What lies half way between the best
yet and the answer is tried as well (in-out: Ben-Ameur and Neto 2007), for a program's corners swing from one extreme
to the other.

Nothing here is believed. What is published of a lottery is its certificate, and the attack on it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from .attack import improved, least_noticed, weight_of
from .columns import Columns, chances_of, columns_of, lottery_of
from .crossers import Crossers, Floats, Ints
from .lottery import Lottery

ROUNDS = 60
CLOSE = 0.02
"""The program's answer may promise so much more than is found: then no more ways are looked for."""
ELSEWHERE = 8
"""Beginnings, once the ways known are balanced."""
MOST = 1.0
PART, TINY = 0.5, 1e-9
FLOOR = 1e-6
"""A launch is taken to leave at least so much unseen: tangents stay finite."""


@dataclass(frozen=True, eq=False)
class Balance:
    """weight: minus the logarithm of the probability not to be noticed, on the way found to be worst for the lottery;
    ways: all that were found, worst: which of them that is; prices: how often whoever knows the odds would take each;
    rounds: how many programs were solved."""

    lottery: Lottery
    weight: float
    ways: tuple[Ints, ...]
    worst: int
    prices: Floats
    rounds: int


def balanced(
    lottery: Lottery,
    crossers: Crossers,
    rng: np.random.Generator,
    rounds: int = ROUNDS,
    most: float = MOST,
    out_of_time: Callable[[], bool] = lambda: False,
    ways: Sequence[Ints] = (),
) -> Balance:
    """The tours of a lottery with other probabilities; none above `most` where a launch has tours enough. The same
    lottery where nobody can arrive. Once `out_of_time` says yes it is the best found so far. ways: known before."""
    columns, best = columns_of(lottery, crossers.cells), chances_of(lottery)
    known = _Known(columns, crossers, ways)
    if not known.find(best):
        return Balance(lottery, np.inf, (), 0, np.empty(0), 0)
    done, prices = 0, np.empty(0)
    while done < rounds and len(best) and not out_of_time():
        promised, answer, prices = _program(known, best, most)
        if promised <= known.least(best) * (1.0 + CLOSE) + TINY and not known.find_elsewhere(best, rng):
            break
        between = best + PART * (answer - best)
        known.find(between)
        known.find(answer)
        best, done = max((best, between, answer), key=known.least), done + 1
    found = lottery_of([draw.tours for draw in lottery], best)
    worst = known.worst(best)
    prices = np.append(prices, np.zeros(len(known.ways) - len(prices)))
    if not prices.any():
        prices[worst] = 1.0
    return Balance(found, known.least(best), tuple(known.ways), worst, prices, done)


class _Known:
    """Ways found so far, and what they meet of each column."""

    def __init__(self, columns: Columns, crossers: Crossers, ways: Sequence[Ints]) -> None:
        self.columns, self.crossers = columns, crossers
        self.ways: list[Ints] = []
        self.met: list[Floats] = []
        for way in ways:
            self._add(way)

    def find(self, chances: Floats) -> bool:
        """Look for the way that is worst for these probabilities; whether there is any at all."""
        columns, crossers = self.columns, self.crossers
        least, way = crossers.least_exposed(columns.exposure(chances))
        if not np.isfinite(least):
            return False
        begins = [way]
        if self.ways:
            begins.append(self.ways[self.worst(chances)])
        for begin in begins:
            self._add(improved(columns, chances, crossers, begin)[1])
        return True

    def find_elsewhere(self, chances: Floats, rng: np.random.Generator) -> bool:
        """Look from other beginnings; whether somebody gets through more easily than was known."""
        weight, way = least_noticed(self.columns, chances, self.crossers, rng, ELSEWHERE)
        was = self.least(chances)
        self._add(way)
        return weight < was * (1.0 - CLOSE)

    def _add(self, way: Ints) -> None:
        met = self.columns.met(way)
        if not any(np.array_equal(met, other) for other in self.met):
            self.ways.append(way)
            self.met.append(met)

    def worst(self, chances: Floats) -> int:
        """Which of the ways found has the least weight."""
        return int(np.argmin([weight_of(self.columns, chances, met) for met in self.met]))

    def least(self, chances: Floats) -> float:
        """The least weight of all ways found."""
        return min(weight_of(self.columns, chances, met) for met in self.met)


def _program(known: _Known, at: Floats, most: float) -> tuple[float, Floats, Floats]:
    """The greatest least of the tangents at these probabilities, the probabilities that reach it, and the ways'
    prices: 0 for those that decide nothing, 1 in all."""
    columns = known.columns
    noticed = -np.expm1(-np.array(known.met))  # ways, columns
    unseen = np.array([np.maximum(1.0 - columns.by_launch(at * row), FLOOR) for row in noticed])
    slopes = noticed / unseen[:, columns.launch]
    offset = -np.log(unseen).sum(axis=1) - slopes @ at
    scale = np.maximum(slopes.max(initial=0.0), 1e-12)
    rows = np.column_stack([-slopes / scale, np.ones(len(slopes))])
    sums = np.column_stack(
        [columns.launch[None, :] == np.arange(columns.launches)[:, None], np.zeros(columns.launches)]
    )
    flown = np.flatnonzero(np.bincount(columns.launch, minlength=columns.launches))
    many = np.bincount(columns.launch, minlength=columns.launches)
    bound = np.minimum(1.0, np.maximum(most, 1.0 / np.maximum(many, 1)))[columns.launch]
    found = linprog(
        np.append(np.zeros(columns.most), -1.0),
        A_ub=rows,
        b_ub=offset / scale,
        A_eq=sums[flown],
        b_eq=np.ones(len(flown)),
        bounds=[*((0.0, b) for b in bound), (None, None)],
        method="highs",
    )
    if found.x is None:
        return 0.0, at, np.zeros(len(slopes))
    chances = np.clip(found.x[:-1], 0.0, 1.0)
    chances /= np.maximum(columns.by_launch(chances), 1.0)[columns.launch]
    return float(found.x[-1] * scale), chances, np.abs(found.ineqlin.marginals)
