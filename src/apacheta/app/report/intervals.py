"""How sure a figure is: intervals of proportions and rates, the radius of a position."""

import math

from scipy.special import gammaincinv

_CHI2_90_2D = 4.605170185988092
"""90 % point of chi-squared with two degrees of freedom: -2 ln 0.1."""


def radius_90_m(covariance_m2: tuple[float, float, float]) -> float:
    """Longer half axis of the 90 % ellipse of a covariance (east-east, east-north, north-north), metres."""
    ee, en, nn = covariance_m2
    largest = (ee + nn) / 2 + math.hypot((ee - nn) / 2, en)
    return math.sqrt(_CHI2_90_2D * max(0.0, largest))


def wilson_95(hits: int, tries: int) -> tuple[float, float]:
    """95 % interval of a proportion (Wilson 1927, J. Am. Stat. Assoc. 22, 209-212); 0-1 when nothing was tried."""
    if tries == 0:
        return 0.0, 1.0
    z2 = 1.959963984540054**2
    middle = (hits + z2 / 2) / (tries + z2)
    half = math.sqrt(z2 * (hits * (tries - hits) / tries + z2 / 4)) / (tries + z2)
    return max(0.0, middle - half), min(1.0, middle + half)


def poisson_95(count: int) -> tuple[float, float]:
    """Exact 95 % interval of a Poisson mean from one count (Garwood 1936, Biometrika 28, 437-442)."""
    low = float(gammaincinv(count, 0.025)) if count else 0.0
    return low, float(gammaincinv(count + 1, 0.975))
