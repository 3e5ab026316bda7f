"""The ground between two points, and the line over it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .dem import Dem
from .grid import REFRACTION

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Profile:
    """At equal steps from one point to another, (n,): places in the grid, level distance from the first, ground and
    straight line (bent by refraction, over the round Earth), metres HAE; ground NaN where it is not known."""

    x_m: Floats
    y_m: Floats
    distance_m: Floats
    ground_hae_m: Floats
    line_hae_m: Floats

    @property
    def clearance_m(self) -> Floats:
        """Of the line over the ground."""
        return self.line_hae_m - self.ground_hae_m

    def fresnel_radius_m(self, wavelength_m: float) -> Floats:
        """Of the first zone: sqrt(wavelength d1 d2 / d) (ITU-R P.526-15, equation 2)."""
        length = np.hypot(self.distance_m[-1], self.line_hae_m[-1] - self.line_hae_m[0])
        share = self.distance_m / max(self.distance_m[-1], 1e-9)
        return np.asarray(np.sqrt(wavelength_m * length * share * (1.0 - share)))


def profile(
    dem: Dem, a_xyz: ArrayLike, b_xyz: ArrayLike, step_m: float | None = None, refraction: float = REFRACTION
) -> Profile:
    """The profile from a to b, (3,) grid metres and HAE, every half cell or nearer unless told otherwise."""
    a, b = np.asarray(a_xyz, float), np.asarray(b_xyz, float)
    flat = float(np.hypot(*(b - a)[:2]))
    share = np.linspace(0.0, 1.0, max(2, int(np.ceil(flat / (step_m or dem.cell_m / 2))) + 1))
    x, y, z = (a[k] + share * (b[k] - a[k]) for k in range(3))
    sag = ((b[2] - a[2]) ** 2 + 0.5 * (1.0 - refraction) * flat**2) / dem.grid.radius_m
    return Profile(x, y, flat * share, np.asarray(dem.height_at(x, y)), z - sag * share * (1.0 - share))
