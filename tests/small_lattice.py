"""Small lattices and lotteries for the game's tests, and every way of everybody who can cross."""

import math
from collections.abc import Iterator

import numpy as np

from apacheta.kernels.crossing import DOWN, RIGHT
from apacheta.plan.game import Crossers, Draw, Exposure, Lottery

Way = list[tuple[int, int]]
NOBODY = Crossers(
    np.zeros((8, 2, 2), np.int16), np.array([[True, True], [False, False]]), np.array([[False, False], [True, True]]), 4
)
"""Of these nobody can arrive: there is no way on."""


def crossers(rng: np.random.Generator, rows: int, cols: int, steps: int, longest: int = 3) -> Crossers:
    """From the lowest row to the highest, moves of random lengths, some of them missing."""
    moves = rng.integers(0, longest + 1, (8, rows, cols)).astype(np.int16)
    row, col = np.indices((rows, cols))
    for m in range(8):
        to_row, to_col = row + DOWN[m], col + RIGHT[m]
        moves[m][(to_row < 0) | (to_row >= rows) | (to_col < 0) | (to_col >= cols)] = 0
    return Crossers(moves, row == 0, row == rows - 1, steps)


def exposure(rng: np.random.Generator, who: Crossers, looks: int) -> Exposure:
    places = np.sort(rng.choice(who.steps * who.cells, size=min(looks, who.steps * who.cells), replace=False))
    step, cell = np.divmod(places, who.cells)
    return Exposure(step, cell, rng.choice([0.0, 0.05, 0.5, 2.0, 30.0], size=len(places)))


def lottery(rng: np.random.Generator, who: Crossers, launches: int, tours: int) -> Lottery:
    def draw() -> Draw:
        chances = rng.dirichlet(np.ones(tours)) * rng.choice([1.0, 0.6])
        return Draw(tuple(exposure(rng, who, 6) for _ in range(tours)), tuple(float(c) for c in chances))

    return tuple(draw() for _ in range(launches))


def ways(who: Crossers) -> Iterator[Way]:
    """Every way of everybody, as the steps and cells in which he is."""

    def onward(step: int, cell: int, was: Way) -> Iterator[Way]:
        if who.goals.ravel()[cell]:
            yield was
            return
        if step < who.steps:
            yield from onward(step + 1, cell, [*was, (step, cell)])
        row, col = divmod(cell, who.goals.shape[1])
        for m in range(8):
            k = int(who.moves[m, row, col])
            if k and step + k <= who.steps:
                to = cell + int(DOWN[m]) * who.goals.shape[1] + int(RIGHT[m])
                yield from onward(step + k, to, was + [(step + i, cell if i < (k + 1) // 2 else to) for i in range(k)])

    for cell in np.flatnonzero(who.starts.ravel()):
        for step in range(who.steps + 1):
            yield from onward(step, int(cell), [])


def met(tour: Exposure, way: Way, values: np.ndarray) -> float:
    """The sum of a tour's values along a way."""
    by_place = {(int(s), int(c)): float(v) for s, c, v in zip(tour.step, tour.cell, values, strict=True)}
    return sum(by_place.get(place, 0.0) for place in way)


def noticed(lots: Lottery, way: Way) -> float:
    """The very probability that one who takes a way is noticed."""
    unseen = 1.0
    for draw in lots:
        missed = sum(p * math.exp(-met(t, way, t.value)) for t, p in zip(draw.tours, draw.probabilities, strict=True))
        unseen *= missed + 1.0 - sum(draw.probabilities)
    return 1.0 - unseen


def worst(lots: Lottery, who: Crossers) -> float:
    """The very least with which anybody who crosses is noticed; 1 where nobody can."""
    return min((noticed(lots, way) for way in ways(who)), default=1.0)


def lined_up(rng: np.random.Generator, who: Crossers, launches: int) -> Lottery:
    """Launches one after another and side by side, of tours in whole halves."""

    def tour(begins: int, lasts: int) -> Exposure:
        places = np.sort(rng.choice(lasts * who.cells, size=min(5, lasts * who.cells), replace=False))
        step, cell = np.divmod(places, who.cells)
        return Exposure(step + begins, cell, rng.choice([0.5, 1.0, 2.0], size=len(places)))

    lots = []
    for _ in range(launches):
        begins = int(rng.integers(0, who.steps - 1))
        lasts = int(rng.integers(1, who.steps - begins + 1))
        chances = rng.dirichlet(np.ones(2)) * rng.choice([1.0, 0.6])
        lots.append(Draw((tour(begins, lasts), tour(begins, lasts)), tuple(float(c) for c in chances)))
    return tuple(lots)
