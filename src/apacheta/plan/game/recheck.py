"""All that a certificate rests on, and what it is held against: no solver, no search."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ...kernels.crossing import DOWN, RIGHT
from .chords import Hints
from .crossers import Crossers, Ints
from .lattice import Lattice, Looked, Worth, worth_of
from .lottery import Exposure, Lottery, credited

WALKS = 3
"""Random ways held against each tour's credits."""


@dataclass(frozen=True, eq=False)
class Game:
    """The night's steps, who may cross where, and what each tour's looks are worth. lat_deg, lon_deg (cells,) of the
    cells' middles. hints: with which the guarantee by chords is worked out."""

    start_utc_ns: int
    step_s: float
    steps: int
    crossers: Crossers
    worths: Mapping[str, Worth]
    lat_deg: np.ndarray
    lon_deg: np.ndarray
    hints: Hints = field(default_factory=Hints)

    @property
    def cells(self) -> int:
        """How many."""
        return self.crossers.cells


def game_of(lattice: Lattice, crossers: Crossers, looked: Mapping[str, Sequence[Looked]]) -> Game:
    """The game on a lattice."""
    worths = {name: worth_of(lattice, looks) for name, looks in looked.items()}
    lat, lon = (
        np.asarray(v, dtype=np.float64) for v in lattice.dem.grid.latlon(*lattice.xy_of(np.arange(lattice.cells)))
    )
    return Game(lattice.start_utc_ns, lattice.step_s, lattice.steps, crossers, worths, lat, lon)


def first_difference(told: Game, found: Game) -> str | None:
    """Where a game is not what was worked out anew; None where it is the same to the last digit. Hints are not asked
    about: wrong ones make less of it."""
    night = (told.start_utc_ns, told.step_s, told.steps), (found.start_utc_ns, found.step_s, found.steps)
    if night[0] != night[1]:
        return "the night's steps are others."
    for name in ("moves", "starts", "goals"):
        one, two = getattr(told.crossers, name), getattr(found.crossers, name)
        if one.shape != two.shape or (one != two).any():
            return f"who may cross is not what terrain and sector say ({name})."
    if told.worths.keys() != found.worths.keys():
        return "the tours are not those of the plan's slots."
    for tour, worth in told.worths.items():
        if text := _other(worth, found.worths[tour]):
            return f"tour {tour}: {text}"
    return None


def _other(told: Worth, found: Worth) -> str | None:
    if len(told.value) != len(found.value):
        return f"{len(told.value)} cells are said to be looked at, {len(found.value)} are."
    for name in ("after_s", "cell", "value"):
        wrong = np.flatnonzero(getattr(told, name) != getattr(found, name))
        if len(wrong):
            n = int(wrong[0])
            return f"{name} number {n} is {getattr(told, name)[n]}, worked out {getattr(found, name)[n]}."
    return None


def credit_violation(lottery: Lottery, crossers: Crossers, way: Ints, rng: np.random.Generator) -> float:
    """By how much the credits of any tour, summed along a way, were more than the probability that it notices who
    takes it: the most on the given way and on random ones that begin where the tour looks. Never more than rounding."""
    most = -np.inf
    tours = [
        tour for draw in lottery for tour, chance in zip(draw.tours, draw.probabilities, strict=True) if chance > 0.0
    ]
    for tour in tours:
        if not len(tour.value):
            continue
        credit = credited(tour, crossers.starts.shape[1])
        for one in (way, *(_walk(crossers, tour, rng) for _ in range(WALKS))):
            met = np.isin(tour.step * crossers.cells + tour.cell, one[:, 0] * crossers.cells + one[:, 1])
            most = max(most, float(credit[met].sum() + np.expm1(-tour.value[met].sum())))
    return max(most, 0.0)


def _walk(crossers: Crossers, tour: Exposure, rng: np.random.Generator) -> Ints:
    """(n, 2) steps and cells of one who wanders about from where a tour looks until it looks no more."""
    first = int(rng.integers(len(tour.step)))
    step, cell, last = int(tour.step[first]), int(tour.cell[first]), int(tour.step[-1])
    cols, way = crossers.starts.shape[1], []
    while step <= min(last, crossers.steps - 1):
        row, col = divmod(cell, cols)
        m = int(rng.integers(12))
        lasts = int(crossers.moves[m, row, col]) if m < 8 else 0
        if not lasts:
            way.append((step, cell))
            step += 1
            continue
        there = cell + int(DOWN[m]) * cols + int(RIGHT[m])
        half = (lasts + 1) // 2
        way += [(step + n, cell if n < half else there) for n in range(lasts)]
        step, cell = step + lasts, there
    return np.array(way, dtype=np.int64).reshape(-1, 2)
