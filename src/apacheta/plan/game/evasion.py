"""A second guarantee, for tours that come back to the same ground: what launches notice of anybody, by labels.

Credits (`lottery.credited`) are sums along a way, so that a later look at one place is worth only what is left by all
looks that somebody who lingered there may have met. A tour that circles over one place earns with all its laps not much
more than with the first. Here each tour's exposure of a crosser is kept beside his place, in whole units rounded down.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...kernels.evasion import MOST_UNITS, least_noticed
from .crossers import Crossers, Ints, flags_of
from .lottery import Lottery, together

UNIT = 0.35
"""Of exposure: 30 %. A look that is worth less counts as none."""
ROOM = 8
MOST_BYTES = 2**30
"""Labels take no more: on a large ground there is room for fewer."""


@dataclass(frozen=True, eq=False)
class _Packed:
    """A lottery as the kernel wants it."""

    launches: Ints
    chances: NDArray[np.float64]
    first: Ints
    tour: NDArray[np.int16]
    units: NDArray[np.uint8]
    places: int


def detection_by_labels(lottery: Lottery, crossers: Crossers, unit: float = UNIT, room: int = ROOM) -> float:
    """Whoever crosses is noticed with at least this probability. room: labels kept for one cell and step; more make the
    answer larger or leave it, and take longer. Exact where `room` suffices and all exposures are whole units."""
    if not lottery:
        return 0.0 if np.isfinite(crossers.least_exposed(together((), (), crossers.cells))[0]) else 1.0
    packed = _packed(lottery, crossers, unit)
    of_one = (int(crossers.moves.max()) + 1) * crossers.cells * (packed.places + 8)
    room = max(1, min(room, MOST_BYTES // of_one))
    least = least_noticed(
        *(crossers.moves, flags_of(crossers.starts), flags_of(crossers.goals), packed.first, packed.tour),
        *(packed.units, packed.launches, packed.chances, unit, crossers.steps, packed.places, room),
    )
    return float(-np.expm1(-least))


def _packed(lottery: Lottery, crossers: Crossers, unit: float) -> _Packed:
    order = sorted(range(len(lottery)), key=lambda k: _span(lottery, k))
    launches, free, at = np.zeros((len(lottery), 5), np.int64), _Places(int(crossers.moves.max(initial=1))), 0
    places, tours, units = [], [], []
    for n, k in enumerate(order):
        draw, (begins, ends) = lottery[k], _span(lottery, k)
        low = free.taken(len(draw.tours), begins, ends)
        launches[n] = begins, ends, low, low + len(draw.tours), at
        at += len(draw.tours)
        for j, tour in enumerate(draw.tours):
            places.append(tour.step * crossers.cells + tour.cell)
            tours.append(np.full(len(tour.step), low + j, np.int16))
            units.append(np.minimum(np.floor(tour.value / unit + 1e-9), MOST_UNITS).astype(np.uint8))
    place, tour_at, unit_at = (np.concatenate(parts) for parts in (places, tours, units))
    by_place = np.argsort(place, kind="stable")
    by_place = by_place[unit_at[by_place] > 0]
    first = np.searchsorted(place[by_place], np.arange(crossers.steps * crossers.cells + 1))
    chances = np.array([p for k in order for p in lottery[k].probabilities])
    return _Packed(launches, chances, first.astype(np.int64), tour_at[by_place], unit_at[by_place], free.count)


def _span(lottery: Lottery, launch: int) -> tuple[int, int]:
    """The steps from the first exposure of any of its tours to the one after the last."""
    steps = [s for t in lottery[launch].tours for s in (t.step[:1].tolist() + t.step[-1:].tolist())]
    return (min(steps), max(steps) + 1) if steps else (0, 0)


class _Places:
    """Places in a label for one launch after another, taken again when nobody can have any of the last one's left."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._used: list[tuple[int, int, int]] = []
        self.count = 1

    def taken(self, many: int, begins: int, ends: int) -> int:
        """Where so many begin."""
        busy = sorted((low, high) for low, high, until in self._used if until + self._longest >= begins)
        at = 0
        for low, high in busy:
            if at + many <= low:
                break
            at = max(at, high)
        self._used.append((at, at + many, ends))
        self.count = max(self.count, at + many)
        return at
