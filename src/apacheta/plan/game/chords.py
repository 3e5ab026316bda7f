"""A third guarantee, for tours that expose people slightly nearly everywhere.

Credits (`lottery.credited`) take each exposure for what is left after all that anybody there may have met before of the
same tour. Whoever lingers in sight has met much; but then he is noticed. Here only those are asked about who are
noticed less than some candidate: their weight, minus the logarithm of the probability not to be noticed, is less than
`below`. (If there is nobody of that kind, `below` is certified.)

1. Let L be a sum of weights, place by place, that is on each such way no more than its weight. A tour exposes one who
   takes such a way to E in all, and L < below: for each price > 0, E <= price * below + (E - price * L), which is at
   most price * below + the most of E - price * L on any way (`kernels.crossing.most_met`). The least of all prices
   asked for is the tour's bound W. Nor does a tour that is drawn with probability p expose him to more than
   -log(1 - (1 - exp(-below)) / p), for this tour alone would notice him too surely.
2. From 0 to W, 1 - exp(-E) lies above its chord, E * (1 - exp(-W)) / W: a sum along the way. So does the sum of credits
   with no more than W - e met before an exposure e. The greater of the two is taken, tour by tour.
3. Weighed by probability these give a new L: a launch notices him with at least the sum c of its places, and
   1 - sum(c) <= product(1 - c), so that his weight is at least the sum of -log(1 - c) of all launches and places.
4. Places through which no way leads with L < below are nobody's of that kind, and are left out of what follows.

Then 1 again, with the new L. Whatever prices are asked for, everybody's weight is at least min(below, least L): prices
that are of no use make it smaller and nothing else. In optimisation this is known as bound tightening (Gleixner et al.
2017, doi:10.1007/s10898-016-0450-4), over the secant that bounds a concave function from below.
"""

from dataclasses import dataclass, field

import numpy as np

from .crossers import Crossers, Floats
from .lottery import Lottery
from .tightening import Tightening

ROUNDS = 6
"""Bounds are tightened so often at most."""
TRIES = 7
"""Candidates at most."""
CLOSE = 0.01
"""No candidate is tried that is greater by less than this share."""
HOPE = 0.1
"""A round that closes less than this share of what is missing is the last."""
FIRST = 2.0 ** np.arange(-5, 3)
LATER = 2.0 ** np.linspace(-1.0, 1.0, 5)
"""Prices to ask for: over the tour's probability at first, then times the best of before."""
HIGHEST = 1e6
"""Price: with more, rounding would count."""
SMALL = 1e-3
NONE = np.empty(0)
MOST_BYTES = 2**30
"""Of what one has paid at each place and step, and has to pay: where it is more there is no guarantee of this kind."""


@dataclass(frozen=True, eq=False)
class Hints:
    """With what a guarantee is worked out: the candidate, a weight; and prices (rounds, tours of all launches), one to
    ask for in each round, 0: none. With others it is as true, and smaller or as great."""

    below: float = 0.0
    prices: Floats = field(default_factory=lambda: np.zeros((0, 0)))

    def __post_init__(self) -> None:
        if not (np.isfinite(self.below) and self.below >= 0.0):
            raise ValueError(f"a weight of {self.below} is no candidate")
        if self.prices.ndim != 2 or len(self.prices) > ROUNDS:
            raise ValueError(f"prices are not of {ROUNDS} rounds at most")
        if not ((self.prices >= 0.0) & (self.prices <= HIGHEST)).all():
            raise ValueError(f"a price is negative, no number, or above {HIGHEST:.0f}")


@dataclass(frozen=True, eq=False)
class Bound:
    """weight: everybody's is at least this; hints: with which it is worked out again, in less time."""

    weight: float
    hints: Hints

    @property
    def detection(self) -> float:
        """Whoever crosses is noticed with at least this probability."""
        return float(-np.expm1(-self.weight))


def certificate_below(lottery: Lottery, crossers: Crossers, below: float, prices: Floats | None = None) -> Bound:
    """What is certified with the candidate `below`: never more than that. Without prices they are looked for."""
    hints = Hints(below) if prices is None else Hints(below, prices)
    tours = sum(len(draw.tours) for draw in lottery)
    if len(hints.prices) and hints.prices.shape[1] != tours:
        raise ValueError(f"prices are of {hints.prices.shape[1]} tours, not of {tours}")
    if not _has_room(crossers):
        return Bound(0.0, hints)
    bounds = Tightening(lottery, crossers, below)
    return _with_prices_looked_for(bounds) if prices is None else _with_prices(bounds, hints)


def best_below(lottery: Lottery, crossers: Crossers, most: float, least: float = 0.0) -> Bound:
    """The best of some candidates from `least`, which is certified anyhow, to `most`, the weight of some way."""
    best, candidate = Bound(0.0, Hints()), most
    for _ in range(TRIES if 0.0 < most < np.inf else 0):
        found = certificate_below(lottery, crossers, candidate)
        best = max(best, found, key=lambda one: one.weight)
        least, most = max(least, found.weight), most if found.weight >= candidate else candidate
        if most <= least * (1.0 + CLOSE):
            break
        candidate = float(np.sqrt(max(least, SMALL * most) * most))
    return best


def _has_room(crossers: Crossers) -> bool:
    return 16 * (crossers.steps + 1) * crossers.cells <= MOST_BYTES


def _with_prices_looked_for(bounds: Tightening) -> Bound:
    """As long as there is hope."""
    below, weight, rows = bounds.below, bounds.least, list[Floats]()
    prices = [FIRST / max(chance, SMALL) for chance in bounds.chances]
    while weight < below and len(rows) < ROUNDS:
        rows.append(bounds.tighten([p if bounds.is_open(n) else NONE for n, p in enumerate(prices)]))
        prices = [LATER * one if one > 0.0 else p for one, p in zip(rows[-1], prices, strict=True)]
        was, weight = weight, max(weight, bounds.least)
        if weight - was < HOPE * (below - was):
            break
    return Bound(min(below, weight), Hints(below, np.array(rows).reshape(len(rows), len(prices))))


def _with_prices(bounds: Tightening, hints: Hints) -> Bound:
    weight = bounds.least
    for row in hints.prices:
        if weight >= hints.below:
            break
        bounds.tighten([row[n : n + 1] if row[n] > 0.0 and bounds.is_open(n) else NONE for n in range(len(row))])
        weight = max(weight, bounds.least)
    return Bound(min(hints.below, weight), hints)
