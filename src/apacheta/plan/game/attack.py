"""The best that one who knows a lottery is found to do against it: the upper end of what is published.

Minus the logarithm of the probability that a launch does not notice him is concave in what its tours expose him to, so
it lies below its tangent: the least exposed way by the tangent's slopes, which are the tours' probabilities given that
he was not noticed, is never worse than the way at which the tangent was taken (majorise and minimise). What is found is
a local best, from as many beginnings as are asked for; a better attack may exist.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import zoom

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
    mean = _slopes(lottery, crossers, [np.array(d.probabilities) for d in lottery])
    best, best_way = np.inf, np.empty((0, 2), np.int64)
    if not np.isfinite(crossers.least_exposed(mean)[0]):
        return Attack(1.0, best_way, 0)
    for n in range(len(known) + restarts):
        way = known[n] if n < len(known) else crossers.least_exposed(mean * _disturbance(crossers, rng))[1]
        weight, way = _improved(lottery, crossers, way)
        if weight < best:
            best, best_way = weight, way
    return Attack(float(-np.expm1(-best)), best_way, restarts)


def detection_along(lottery: Lottery, crossers: Crossers, way: Ints) -> float:
    """With which probability one who takes a way (n, 2; step and cell) is noticed."""
    return float(-np.expm1(-_weight_and_posteriors(lottery, crossers, way)[0]))


def _improved(lottery: Lottery, crossers: Crossers, way: Ints) -> tuple[float, Ints]:
    """A way and its weight after as many steps downhill as there are."""
    weight, posteriors = _weight_and_posteriors(lottery, crossers, way)
    for _ in range(STEPS_MOST):
        other = crossers.least_exposed(_slopes(lottery, crossers, posteriors))[1]
        other_weight, other_posteriors = _weight_and_posteriors(lottery, crossers, other)
        if not other_weight < weight - BETTER:
            break
        weight, way, posteriors = other_weight, other, other_posteriors
    return weight, way


def _weight_and_posteriors(lottery: Lottery, crossers: Crossers, way: Ints) -> tuple[float, list[Floats]]:
    """Minus the logarithm of the probability not to be noticed along a way; and each launch's tours' probabilities
    given that."""
    places = np.sort(way[:, 0] * crossers.cells + way[:, 1])
    weight, posteriors = 0.0, []
    for draw in lottery:
        met = np.array([_met(tour, places, crossers.cells) for tour in draw.tours])
        missed = np.array(draw.probabilities) * np.exp(-met)
        unseen = float(missed.sum()) + max(0.0, 1.0 - sum(draw.probabilities))
        weight -= float(np.log(unseen)) if unseen > 0.0 else -np.inf
        posteriors.append(missed / unseen if unseen > 0.0 else missed)
    return weight, posteriors


def _met(tour: Exposure, places: Ints, cells: int) -> float:
    """What a tour exposes one to who is at these places (sorted, step * cells + cell)."""
    if not len(places) or not len(tour.step):
        return 0.0
    at = tour.step * cells + tour.cell
    found = np.minimum(np.searchsorted(places, at), len(places) - 1)
    return float(tour.value[places[found] == at].sum())


def _slopes(lottery: Lottery, crossers: Crossers, chances: list[Floats]) -> Floats:
    """(steps, cells): exposure to all tours, each by its chance."""
    slopes = np.zeros((crossers.steps, crossers.cells))
    for draw, by_tour in zip(lottery, chances, strict=True):
        for tour, chance in zip(draw.tours, by_tour, strict=True):
            if chance > 0.0:
                slopes[tour.step, tour.cell] += chance * tour.value
    return slopes


def _disturbance(crossers: Crossers, rng: np.random.Generator) -> Floats:
    """(1, cells) factors about 1 that change slowly over the ground: other beginnings see other ways as the least."""
    rows, cols = crossers.starts.shape
    rough = rng.normal(0.0, DISTURBED, (COARSE, COARSE))
    smooth = zoom(rough, (rows / COARSE, cols / COARSE), order=1, grid_mode=True, mode="nearest")
    return np.asarray(np.exp(smooth[:rows, :cols]).reshape(1, -1))
