"""The guarantee of a lottery: one exact least exposed way. No solver is in it: anybody may work it out again."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .crossers import Crossers, Floats
from .lottery import Draw, Lottery, credited

Ints = NDArray[np.int64]


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


def weights_of(lottery: Lottery, crossers: Crossers) -> Floats:
    """(steps, cells): minus the logarithm of the probability not to be noticed there, by credits."""
    weights = np.zeros((crossers.steps, crossers.cells))
    for draw in lottery:
        weights -= np.log1p(-credit_of(draw, crossers))
    return weights


def credit_of(draw: Draw, crossers: Crossers) -> Floats:
    """(steps, cells): credits of one launch, each tour's by its probability."""
    credit = np.zeros((crossers.steps, crossers.cells))
    for tour, probability in zip(draw.tours, draw.probabilities, strict=True):
        if probability > 0.0:
            credit[tour.step, tour.cell] += probability * credited(tour, crossers.starts.shape[1])
    return credit
