"""All tours of all launches side by side, each a column: what a way meets of each, and what all are worth together."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .lottery import Draw, Exposure, Floats, Ints, Lottery, summed


@dataclass(frozen=True, eq=False)
class Columns:
    """place (n,) in order: step * cells + cell of each exposure of any tour; column (n,): which tour's it is; value
    (n,). launch (m,): whose tour each column is; launches, cells: how many."""

    place: Ints
    column: Ints
    value: Floats
    launch: Ints
    launches: int
    cells: int

    @cached_property
    def most(self) -> int:
        """How many columns."""
        return len(self.launch)

    def met(self, way: Ints) -> Floats:
        """(m,) what each column exposes one to who takes a way (n, 2; step and cell)."""
        at = way[:, 0] * self.cells + way[:, 1]
        low, high = np.searchsorted(self.place, at, "left"), np.searchsorted(self.place, at, "right")
        found = np.concatenate([*(np.arange(a, b) for a, b in zip(low, high, strict=True)), np.empty(0, np.int64)])
        return summed(self.column[found], self.value[found], self.most)

    def exposure(self, chances: Floats) -> Exposure:
        """Exposure to all columns together, each by its chance (m,)."""
        places, at = self._different
        return Exposure(*np.divmod(places, self.cells), summed(at, chances[self.column] * self.value, len(places)))

    @cached_property
    def _different(self) -> tuple[Ints, Ints]:
        places, at = np.unique(self.place, return_inverse=True)
        return places, at

    def by_launch(self, values: Floats) -> Floats:
        """(launches,): sums of the columns' values."""
        return summed(self.launch, values, self.launches)


def columns_of(lottery: Lottery, cells: int) -> Columns:
    """The columns of a lottery, launch by launch, tour by tour."""
    tours = [tour for draw in lottery for tour in draw.tours]
    place = np.concatenate([*(t.step * cells + t.cell for t in tours), np.empty(0, np.int64)])
    column = np.repeat(np.arange(len(tours)), [len(t.step) for t in tours])
    order = np.argsort(place, kind="stable")
    value = np.concatenate([*(t.value for t in tours), np.empty(0)])
    launch = np.repeat(np.arange(len(lottery)), [len(d.tours) for d in lottery])
    return Columns(place[order], column[order], value[order], launch, len(lottery), cells)


def chances_of(lottery: Lottery) -> Floats:
    """(m,) the probability of each column."""
    return np.array([p for draw in lottery for p in draw.probabilities], dtype=np.float64)


def lottery_of(tours: list[tuple[Exposure, ...]], chances: Floats) -> Lottery:
    """The lottery over each launch's tours with these columns' probabilities."""
    ends = np.cumsum([len(one) for one in tours])
    parts = np.split(chances, ends[:-1]) if len(ends) else []
    return tuple(Draw(one, tuple(float(p) for p in part)) for one, part in zip(tours, parts, strict=True))
