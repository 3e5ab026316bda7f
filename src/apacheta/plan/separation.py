"""How near aircraft come to each other by plan, neither of them to the second where it should be."""

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..kernels.apart import nearest_by_lag
from .layers import Layer
from .routes import BASE_LEFT_OUT_M
from .tours import Flown

Floats = NDArray[np.float64]

SEPARATION_M = 500.0
SEPARATION_HEIGHT_M = 60.0
HEIGHT_SLACK_M = 10.0
"""Each swings a metre or two about its planned height, and climbs up to five in half a lapse: planned to exactly 60 m,
two flew 431 m apart at 59.98 m of height."""
LAYERS_M = SEPARATION_HEIGHT_M + HEIGHT_SLACK_M + 10.0
"""From one aircraft's layer to the next."""
LAYERS_MOST = 4
"""The fifth aircraft flies where the first does: it is kept away from it in plan."""
LAPSE_S = 2
SLACK_M = 70.0
"""Two aircraft close by up to 70 m/s: between two samples they come no nearer than by half of two seconds of it."""
LATE_S = 60
"""By how much one may lag behind another against the plan. Flown in simulation each is up to half a minute early or
late (gusts, turns, climbs); held to the second, two aircraft came to 300 m of each other."""


def layers_of(fleet: int) -> list[Layer]:
    """Heights for each aircraft of a fleet, or the first few: so two may be over the same ground at one time."""
    many = min(max(fleet, 1), LAYERS_MOST)
    return [Layer(LAYERS_M * many, LAYERS_M * number) for number in range(many)]


class Tracks:
    """Tours as they are flown, and what is asked of two of them again and again: how near, at which lag."""

    def __init__(self, tours: Iterable[Flown], bases: Sequence[tuple[float, float]]) -> None:
        self._bases = bases
        self._tracks: dict[str, Floats] = {}
        self._known: dict[tuple[str, str], Floats] = {}
        for flown in tours:
            self.add(flown)

    def add(self, flown: Flown) -> None:
        """One more tour; one of the same id takes the place of another."""
        self._tracks[flown.tour.id] = track_of(flown, self._bases)
        self._known = {pair: near for pair, near in self._known.items() if flown.tour.id not in pair}

    def least_m(self, one: str, other: str, shift: int) -> float:
        """Least horizontal distance of two tours while their heights differ by less than 60 m and the slack, `other`
        starting `shift` lapses after `one`, and up to LATE_S before or after that; +inf where that is never."""
        nearest = self._nearest(one, other)
        lag = shift + len(self._tracks[other]) - 1
        inside = min(max(lag, 0), len(nearest) - 1)
        is_over = abs(lag - inside) > LATE_S // LAPSE_S
        return math.inf if is_over else float(nearest[inside])

    def meet(self, one: str, other: str, shifts: Iterable[int]) -> bool:
        """Whether the two could come too near, at any of the shifts."""
        return any(self.least_m(one, other, shift) < SEPARATION_M + SLACK_M for shift in shifts)

    def _nearest(self, one: str, other: str) -> Floats:
        """By lag, the least distance at it or near it."""
        if (one, other) not in self._known:
            a, b = self._tracks[one], self._tracks[other]
            squared = np.empty(len(a) + len(b) - 1)
            nearest_by_lag(a, b, SEPARATION_HEIGHT_M + HEIGHT_SLACK_M, squared)
            near = ndimage.minimum_filter1d(squared, 2 * (LATE_S // LAPSE_S) + 1, mode="constant", cval=np.inf)
            self._known[one, other] = np.sqrt(near)
        return self._known[one, other]


def track_of(flown: Flown, bases: Sequence[tuple[float, float]]) -> Floats:
    """(n, 3) positions every LAPSE_S from the launch; NaN within 500 m of a base."""
    moments = np.arange(0.0, flown.seconds[-1], LAPSE_S)
    track = np.column_stack([np.interp(moments, flown.seconds, flown.corners[:, k]) for k in range(3)])
    for x, y in bases:
        track[np.hypot(track[:, 0] - x, track[:, 1] - y) <= BASE_LEFT_OUT_M] = np.nan
    return track
