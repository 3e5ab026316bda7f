"""The guarantee of a lottery: one exact least exposed way. No solver is in it: anybody may work it out again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from .crossers import Crossers, Floats, Ints
from .lottery import Draw, Exposure, Lottery, credited, together

SURELY = 1.0 - 1e-12
"""No credit is taken for more: weights stay finite."""


@dataclass(frozen=True, eq=False)
class Certificate:
    """detection: whoever crosses, on whatever way and at whatever time, is noticed with at least this probability, even
    one who knows the lottery. way (n, 2): step and cell of one for whom no more is certified; empty where nobody can
    arrive (then detection is 1)."""

    detection: float
    way: Ints


def certificate_of(lottery: Lottery, crossers: Crossers) -> Certificate:
    """Each launch notices one who takes a way with at least the sum of its credits there, so that the probabilities not
    to be noticed multiply to at most the product over launches and places of (1 - credit)."""
    least, way = crossers.least_exposed(weights_of(lottery, crossers))
    return Certificate(float(-np.expm1(-least)), way)


def weights_of(lottery: Lottery, crossers: Crossers) -> Exposure:
    """Minus the logarithm of the probability not to be noticed, place by place, by credits."""
    weights = [_weight_of(*one, crossers.cells) for one in zip(lottery, credits_of(lottery, crossers), strict=True)]
    return together(weights, [1.0] * len(weights), crossers.cells)


def _weight_of(draw: Draw, credits: Sequence[Floats], cells: int) -> Exposure:
    """Of one launch: each tour's credits by its probability."""
    tours = [replace(tour, value=credit) for tour, credit in zip(draw.tours, credits, strict=True)]
    noticed = together(tours, draw.probabilities, cells)
    return replace(noticed, value=-np.log1p(-np.minimum(noticed.value, SURELY)))


def credits_of(lottery: Lottery, crossers: Crossers) -> list[list[Floats]]:
    """Of each launch, each tour's credits (n,). A tour that is launched again has the same."""
    known: dict[tuple[bytes, ...], Floats] = {}
    return [[_credits_of(tour, crossers.starts.shape[1], known) for tour in draw.tours] for draw in lottery]


def _credits_of(tour: Exposure, cols: int, known: dict[tuple[bytes, ...], Floats]) -> Floats:
    key = (tour.step - tour.step[:1]).tobytes(), tour.cell.tobytes(), tour.value.tobytes()
    if key not in known:
        known[key] = credited(tour, cols)
    return known[key]
