"""The least that anybody who crosses is noticed, by labels: what each tour that may be in the air has exposed him to.

A label is one who is somewhere: the weight of the launches that are over, and whole units of exposure to each tour of
those that are not. Of two labels at one place and time one is needless where the other has no more of anything. Where
there are more than there is room for, two become one that has the least of both: a crosser who is noticed less than
either, so that what is certified stays true.
"""

import math

import numpy as np
from numba import boolean, float64, int16, int64, njit, types, uint8

from .crossing import DOWN, FLAGS, MOVES, RIGHT

OPTIONS = {"cache": True, "nogil": True, "error_model": "numpy"}
MOST_UNITS = 255
WHERE = types.Array(int64, 1, "C", readonly=True)
TOURS = types.Array(int16, 1, "C", readonly=True)
UNITS = types.Array(uint8, 1, "C", readonly=True)
LAUNCHES = types.Array(int64, 2, "C", readonly=True)
CHANCES = types.Array(float64, 1, "C", readonly=True)


@njit([boolean(float64, uint8[::1], float64, uint8[::1])], **OPTIONS)
def has_no_more(weight, units, other_weight, other_units):
    """Whether the first label has no more of anything than the other."""
    if weight > other_weight:
        return False
    return not np.any(units > other_units)


@njit([int64(float64, uint8[::1], int64, float64[::1], uint8[:, ::1])], **OPTIONS)
def put(weight, units, count, weights, labels):
    """Put a label among `count` others at its place and time; how many there are then."""
    for i in range(count):
        if has_no_more(weights[i], labels[i], weight, units):
            return count
    i = 0
    while i < count:
        if has_no_more(weight, units, weights[i], labels[i]):
            count -= 1
            weights[i] = weights[count]
            labels[i] = labels[count]
        else:
            i += 1
    if count < weights.shape[0]:
        weights[count] = weight
        labels[count] = units
        return count + 1
    nearest = 0
    for i in range(1, count):
        if abs(weights[i] - weight) < abs(weights[nearest] - weight):
            nearest = i
    weights[nearest] = min(weights[nearest], weight)
    for j in range(units.shape[0]):
        labels[nearest, j] = min(labels[nearest, j], units[j])
    return count


@njit([types.void(uint8[::1], int64, WHERE, TOURS, UNITS)], **OPTIONS)
def expose(units, place, first, tour, more):
    """Add to a label what it is exposed to at one place of one step; nobody has more than MOST_UNITS."""
    for k in range(first[place], first[place + 1]):
        units[tour[k]] = uint8(min(int64(units[tour[k]]) + int64(more[k]), MOST_UNITS))


@njit([float64(uint8[::1], CHANCES, float64)], **OPTIONS)
def launch_weight(units, chance, unit):
    """Minus the logarithm of the probability that one launch, a unit count and a chance a tour, has not noticed him."""
    noticed = 0.0
    for j in range(units.shape[0]):
        if units[j] > 0:
            noticed -= chance[j] * math.expm1(-unit * units[j])
    return -math.log1p(-noticed) if noticed < 1.0 else np.inf


@njit([types.UniTuple(float64, 2)(uint8[::1], int64, LAUNCHES, CHANCES, float64, int64)], **OPTIONS)
def closed(units, step, launches, chance, unit, longest):
    """What a label weighs at a step: launches that are over, whose units are taken from it, and those that are not."""
    over, still = 0.0, 0.0
    for k in range(launches.shape[0]):
        begins, ends, low, high, at = launches[k]
        if step < begins or step > ends + longest:
            continue
        weight = launch_weight(units[low:high], chance[at : at + high - low], unit)
        if ends <= step:
            over += weight
            units[low:high] = 0
        else:
            still += weight
    return over, still


@njit([float64(MOVES, FLAGS, FLAGS, WHERE, TOURS, UNITS, LAUNCHES, CHANCES, float64, int64, int64, int64)], **OPTIONS)
def least_noticed(moves, starts, goals, first, tour, more, launches, chance, unit, steps, tours, room):
    """The least weight (minus log of the probability not to be noticed) of anybody who arrives within the steps; inf
    where nobody can. Never more than the true least.

    first (steps * cells + 1,), tour, more: what one is exposed to at each step and cell, by place in a label, in units.
    launches (n, 5), in order of time: the step at which one begins and that at which it is over, its tours' places in a
    label from and to, and where its chances begin in `chance`. Two may share places where one is over before the other
    begins by more than the longest move. tours: places in a label. room: labels at one cell and step.
    """
    rows, cols = moves.shape[1], moves.shape[2]
    cells, longest, best = rows * cols, max(int64(moves.max()), 1), np.inf
    layers = longest + 1
    weights, counts = np.empty((layers, cells, room)), np.zeros((layers, cells), np.int64)
    labels = np.empty((layers, cells, room, tours), np.uint8)
    now, then, nothing = np.empty(tours, np.uint8), np.empty(tours, np.uint8), np.zeros(tours, np.uint8)
    for t in range(steps + 1):
        here = t % layers
        for cell in range(cells):
            if starts[cell]:
                counts[here, cell] = put(0.0, nothing, counts[here, cell], weights[here, cell], labels[here, cell])
            for i in range(counts[here, cell]):
                now[:] = labels[here, cell, i]
                over, still = closed(now, t, launches, chance, unit, longest)
                weight = weights[here, cell, i] + over
                if goals[cell]:
                    best = min(best, weight + still)
                if goals[cell] or t == steps or weight >= best:
                    continue
                row, col = cell // cols, cell % cols
                for m in range(9):
                    lasts = 1 if m == 8 else int64(moves[m, row, col])
                    if lasts == 0 or t + lasts > steps:
                        continue
                    to = cell if m == 8 else cell + DOWN[m] * cols + RIGHT[m]
                    then[:] = now
                    for s in range(lasts):
                        at = cell if s < (lasts + 1) // 2 else to
                        expose(then, (t + s) * cells + at, first, tour, more)
                    there = (t + lasts) % layers
                    counts[there, to] = put(weight, then, counts[there, to], weights[there, to], labels[there, to])
            counts[here, cell] = 0
    return best
