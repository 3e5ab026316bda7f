"""The best that one who knows a lottery is found to do against it: the upper end of what is published.

Minus the logarithm of the probability that a launch does not notice him is concave in what its tours expose him to, so
it lies below its tangent: the least exposed way by the tangent's slopes, which are the tours' probabilities given that
he was not noticed, is never worse than the way at which the tangent was taken (majorise and minimise). What is found is
a local best, from as many beginnings as are asked for; a better attack may exist.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import zoom

from .columns import Columns, chances_of, columns_of
from .crossers import Crossers, Floats, Ints
from .lottery import Exposure, Lottery

RESTARTS = 40
STEPS_MOST = 20
BETTER = 1e-9
COARSE = 5
"""Points of the disturbance along each axis of the ground, in a beginning."""
DISTURBED = 1.0


@dataclass(frozen=True, eq=False)
class Attack:
    """detection: with which probability one who takes the way (n, 2; step and cell) is noticed, exactly; restarts: how
    many beginnings were tried. Without a way nobody can arrive."""

    detection: float
    way: Ints
    restarts: int


def attack_on(
    lottery: Lottery,
    crossers: Crossers,
    rng: np.random.Generator,
    restarts: int = RESTARTS,
    known: tuple[Ints, ...] = (),
) -> Attack:
    """The best way found. known: ways to begin from besides, such as the certificate's."""
    columns, chances = columns_of(lottery, crossers.cells), chances_of(lottery)
    weight, way = least_noticed(columns, chances, crossers, rng, restarts, known)
    return Attack(float(-np.expm1(-weight)), way, restarts if len(way) else 0)


def least_noticed(
    columns: Columns,
    chances: Floats,
    crossers: Crossers,
    rng: np.random.Generator,
    restarts: int,
    known: tuple[Ints, ...] = (),
) -> tuple[float, Ints]:
    """The weight of the best way found, and the way; infinite, and empty, where nobody can arrive."""
    mean = columns.exposure(chances)
    best, best_way = np.inf, np.empty((0, 2), np.int64)
    if not np.isfinite(crossers.least_exposed(mean)[0]):
        return best, best_way
    for n in range(len(known) + restarts):
        way = known[n] if n < len(known) else crossers.least_exposed(_disturbed(mean, crossers, rng))[1]
        weight, way = improved(columns, chances, crossers, way)
        if not len(best_way) or weight < best:
            best, best_way = weight, way
    return best, best_way


def detection_along(lottery: Lottery, crossers: Crossers, way: Ints) -> float:
    """With which probability one who takes a way (n, 2; step and cell) is noticed."""
    columns = columns_of(lottery, crossers.cells)
    return float(-np.expm1(-weight_of(columns, chances_of(lottery), columns.met(way))))


def improved(columns: Columns, chances: Floats, crossers: Crossers, way: Ints) -> tuple[float, Ints]:
    """A way's weight, and the way, after as many steps downhill as there are."""
    met = columns.met(way)
    weight = weight_of(columns, chances, met)
    for _ in range(STEPS_MOST):
        slopes = columns.exposure(posteriors_of(columns, chances, met))
        other = crossers.least_exposed(slopes)[1]
        other_met = columns.met(other)
        other_weight = weight_of(columns, chances, other_met)
        if not other_weight < weight - BETTER:
            break
        weight, way, met = other_weight, other, other_met
    return weight, way


def weight_of(columns: Columns, chances: Floats, met: Floats) -> float:
    """Minus the logarithm of the probability not to be noticed by one whom the columns expose to so much (m,)."""
    with np.errstate(divide="ignore"):
        return float(-np.log(_unseen(columns, chances, met)).sum()) + 0.0


def posteriors_of(columns: Columns, chances: Floats, met: Floats) -> Floats:
    """(m,) the columns' probabilities, given that he was not noticed."""
    unseen = np.maximum(_unseen(columns, chances, met), np.finfo(float).tiny)
    return chances * np.exp(-met) / unseen[columns.launch]


def _unseen(columns: Columns, chances: Floats, met: Floats) -> Floats:
    return np.clip(1.0 + columns.by_launch(chances * np.expm1(-met)), 0.0, 1.0)


def _disturbed(mean: Exposure, crossers: Crossers, rng: np.random.Generator) -> Exposure:
    """By factors about 1 that change slowly over the ground: other beginnings see other ways as the least."""
    rows, cols = crossers.starts.shape
    rough = rng.normal(0.0, DISTURBED, (COARSE, COARSE))
    smooth = zoom(rough, (rows / COARSE, cols / COARSE), order=1, grid_mode=True, mode="nearest")
    return replace(mean, value=mean.value * np.exp(smooth[:rows, :cols].ravel()[mean.cell]))
