"""The guarantee of a lottery: one exact least exposed way. No solver is in it: anybody may work it out again."""

from dataclasses import dataclass, replace

import numpy as np

from .crossers import Crossers, Ints
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
    credits = [credit_of(draw, crossers) for draw in lottery]
    weights = [replace(c, value=-np.log1p(-np.minimum(c.value, SURELY))) for c in credits]
    return together(weights, [1.0] * len(weights), crossers.cells)


def credit_of(draw: Draw, crossers: Crossers) -> Exposure:
    """Credits of one launch, each tour's by its probability."""
    cols = crossers.starts.shape[1]
    tours = [replace(tour, value=credited(tour, cols)) for tour in draw.tours]
    return together(tours, draw.probabilities, crossers.cells)
