"""Loops of the patrol game: the least exposed way through space and time, and what looks of one tour are worth.

Cells (rows, cols) in row-major order, rows from south; time in steps. One who crosses is in one cell a step. A move to
one of the eight neighbours (`DOWN`, `RIGHT`) takes as many steps as `moves` says, half of them, rounded up, in the cell
that is left, the others in the next; 0 means that there is no way.
"""

import math

import numpy as np
from numba import float64, int8, int16, int64, njit, types, uint8, uint16

DOWN = np.array([-1, -1, -1, 0, 0, 1, 1, 1])
RIGHT = np.array([-1, 0, 1, -1, 1, -1, 0, 1])
WAITS, BEGINS, NOBODY = 8, -1, -9
OPTIONS = {"cache": True, "nogil": True, "error_model": "numpy"}
MOVES = types.Array(int16, 3, "C", readonly=True)
FLAGS = types.Array(uint8, 1, "C", readonly=True)
SUMS = types.Array(float64, 2, "C", readonly=True), types.Array(uint16, 2, "C", readonly=True)
WHERE = types.Array(int64, 1, "C", readonly=True)
WORTH = types.Array(float64, 1, "C", readonly=True)


@njit([uint8[::1](int64, WHERE, MOVES)], **OPTIONS)
def _quiet(nothing, column, moves):
    """(cells,): 1 where neither a cell nor any to which one moves from it ever has a weight (`nothing`: its column)."""
    rows, cols = moves.shape[1], moves.shape[2]
    found = np.zeros(rows * cols, np.uint8)
    for row in range(rows):
        for col in range(cols):
            cell = row * cols + col
            is_quiet = column[cell] == nothing
            for m in range(8):
                if moves[m, row, col] != 0:
                    is_quiet &= column[cell + DOWN[m] * cols + RIGHT[m]] == nothing
            found[cell] = is_quiet
    return found


@njit(
    [types.Tuple((float64, int64, int64))(s, WHERE, MOVES, FLAGS, FLAGS, WHERE, int8[:, ::1]) for s in SUMS], **OPTIONS
)
def least_exposed(sums, column, moves, starts, goals, latest, came):
    """The least weight with which somebody arrives, and the step and the cell of it; infinite where nobody can.

    sums (steps + 1, n): of the weights of all steps before t; column (cells,): which of the n are a cell's. starts,
    goals (cells,): where one may come in at any step, and where one has arrived; latest (cells,): the last step in
    whose beginning one may be at a cell and still arrive, -1 where never. came[t, cell] becomes the move by which one
    is at the middle of a cell with the least weight when step t begins: one of the eight, WAITS, BEGINS, or NOBODY.
    """
    last, cells = sums.shape[0] - 1, column.shape[0]
    rows, cols = moves.shape[1], moves.shape[2]
    best, best_step, best_cell = np.inf, 0, 0
    layers = max(int64(moves.max()), 1) + 1
    least, before = np.full((layers, cells), np.inf), np.full(cells, np.inf)
    quiet = _quiet(sums.shape[1] - 1, column, moves)
    came[:] = NOBODY
    for t in range(last + 1):
        at = least[t % layers]
        for cell in range(cells):
            if starts[cell] and t <= latest[cell]:
                at[cell], came[t, cell] = 0.0, BEGINS
            if goals[cell] and at[cell] < best:
                best, best_step, best_cell = at[cell], t, cell
        if t < last:
            for row in range(rows):
                for col in range(cols):
                    cell = row * cols + col
                    here, own = at[cell], column[cell]
                    if not here < best or goals[cell]:
                        continue
                    there = here + sums[t + 1, own] - sums[t, own]
                    then = (t + 1) % layers
                    if there < least[then, cell] and t < latest[cell]:
                        least[then, cell], came[t + 1, cell] = there, WAITS
                    if quiet[cell] and here == before[cell]:
                        continue  # who left a step ago, and waited there, did as well
                    before[cell] = here
                    for m in range(8):
                        k = moves[m, row, col]
                        to = cell + DOWN[m] * cols + RIGHT[m]
                        if k == 0 or t + k > latest[to]:
                            continue
                        half, other = t + (k + 1) // 2, column[to]
                        there = here + sums[half, own] - sums[t, own] + sums[t + k, other] - sums[half, other]
                        then = (t + k) % layers
                        if there < least[then, to]:
                            least[then, to], came[t + k, to] = there, m
        at[:] = np.inf
    return best, best_step, best_cell


@njit([types.void(s, WHERE, MOVES, FLAGS, FLAGS, uint8[::1]) for s in SUMS], **OPTIONS)
def unseen_starts(sums, column, moves, starts, goals, found):
    """Set `found` (cells,) to 1 at each start from which, at some step, somebody arrives with no weight at all."""
    last, cells = sums.shape[0] - 1, column.shape[0]
    rows, cols = moves.shape[1], moves.shape[2]
    layers = max(int64(moves.max()), 1) + 1
    arrives = np.zeros((layers, cells), np.uint8)
    for t in range(last, -1, -1):
        at = arrives[t % layers]
        for row in range(rows):
            for col in range(cols):
                cell = row * cols + col
                own = column[cell]
                at[cell] = goals[cell]
                if t < last and not at[cell] and sums[t + 1, own] == sums[t, own]:
                    at[cell] = arrives[(t + 1) % layers, cell]
                for m in range(8):
                    k = moves[m, row, col]
                    if at[cell] or k == 0 or t + k > last:
                        continue
                    to = cell + DOWN[m] * cols + RIGHT[m]
                    half, other = t + (k + 1) // 2, column[to]
                    if arrives[(t + k) % layers, to] and sums[half, own] == sums[t, own]:
                        at[cell] = sums[t + k, other] == sums[half, other]
                if starts[cell] and at[cell]:
                    found[cell] = 1


@njit([float64(SUMS[0], WHERE, MOVES, FLAGS, FLAGS, float64, float64[:, ::1], float64[:, ::1])], **OPTIONS)
def least_through(sums, column, moves, starts, goals, below, before, after):
    """The least weight with which somebody arrives; infinite where nobody does with less than `below`.

    sums, column, starts, goals: as for `least_exposed`. before (steps + 1, cells) becomes the least weight with which
    one is at the middle of a cell when a step begins, after (alike) the least with which he goes on from there until
    he arrives; both are infinite where the two together are not less than `below`, and where `before` was infinite.
    """
    last, cells = sums.shape[0] - 1, column.shape[0]
    rows, cols = moves.shape[1], moves.shape[2]
    layers, best = max(int64(moves.max()), 1) + 1, np.inf
    least = np.full((layers, cells), np.inf)
    for t in range(last + 1):
        at = least[t % layers]
        for row in range(rows):
            for col in range(cols):
                cell = row * cols + col
                here, own = 0.0 if starts[cell] else at[cell], column[cell]
                at[cell] = np.inf
                if before[t, cell] == np.inf or not here < below:
                    before[t, cell] = np.inf
                    continue
                before[t, cell] = here
                if goals[cell]:
                    best = min(best, here)
                if goals[cell] or t == last:
                    continue
                then = (t + 1) % layers
                least[then, cell] = min(least[then, cell], here + sums[t + 1, own] - sums[t, own])
                for m in range(8):
                    k = moves[m, row, col]
                    if k == 0 or t + k > last:
                        continue
                    to = cell + DOWN[m] * cols + RIGHT[m]
                    half, other = t + (k + 1) // 2, column[to]
                    there = here + sums[half, own] - sums[t, own] + sums[t + k, other] - sums[half, other]
                    then = (t + k) % layers
                    least[then, to] = min(least[then, to], there)
    for t in range(last, -1, -1):
        for row in range(rows):
            for col in range(cols):
                cell = row * cols + col
                here, own, rest = before[t, cell], column[cell], np.inf
                if here < np.inf and goals[cell]:
                    rest = 0.0
                elif here < np.inf and t < last:
                    rest = after[t + 1, cell] + sums[t + 1, own] - sums[t, own]
                    for m in range(8):
                        k = moves[m, row, col]
                        if k == 0 or t + k > last:
                            continue
                        to = cell + DOWN[m] * cols + RIGHT[m]
                        half, other = t + (k + 1) // 2, column[to]
                        weight = sums[half, own] - sums[t, own] + sums[t + k, other] - sums[half, other]
                        rest = min(rest, weight + after[t + k, to])
                if not here + rest < below:
                    before[t, cell], rest = np.inf, np.inf
                after[t, cell] = rest
    return best


@njit(
    [
        types.void(
            *(int64, types.Array(float64, 2, "C", readonly=True), WHERE, types.Array(int64, 2, "C", readonly=True)),
            *(types.Array(int16, 2, "C", readonly=True), FLAGS, FLAGS, SUMS[0], WHERE),
            *(float64[:, ::1], float64[:, ::1], WORTH, float64[::1]),
        )
    ],
    **OPTIONS,
)
def most_met(first, exposed, cells, to, lasts, edge, goals, sums, column, before, after, prices, most):
    """For each price, the most of a tour's exposure less the price times his weight that anybody who slips through has.

    first: the step in which the tour begins to look; exposed (steps of its window + 1, n): sums of its exposures in
    all steps of the window before, at the cells (n,) among which are all that it looks at and their neighbours. to,
    lasts (n, 8): which of the cells a move leads to, and its steps, 0 where there is no move or it leaves them. edge
    (n,): whether a neighbour is none of them. goals (n,). sums, column, before, after: as in `least_through`. prices
    (p,) above 0. most (p,) becomes the answer, minus infinity where nobody slips through these cells meanwhile.

    Whoever is at a place for the first time has the weight `before` at least. Whoever leaves the cells meets nothing of
    the tour outside, and pays at least the difference of `before` until he is back at another edge; in this, and in
    nothing else, the answer may be too high.
    """
    window, n, p = exposed.shape[0] - 1, cells.shape[0], prices.shape[0]
    last, end = before.shape[0] - 1, first + window
    longest = max(int64(lasts.max()), 1)
    layers = longest + 1
    met, now = np.full((layers, n, p), -np.inf), np.empty(p)
    left, leaving = np.zeros(p), np.zeros(p)
    most[:] = -np.inf
    for t in range(max(first - longest + 1, 0), end):
        here = met[t % layers]
        for i in range(n):
            paid = before[t, cells[i]]
            if paid == np.inf:
                continue
            rest, own = after[t, cells[i]], column[cells[i]]
            for j in range(p):
                base = left[j] if edge[i] else 0.0
                now[j] = max(here[i, j], base - prices[j] * paid)
                most[j] = max(most[j], now[j] - prices[j] * rest)
                if edge[i]:
                    leaving[j] = max(leaving[j], now[j] + prices[j] * paid)
            if goals[i]:
                continue
            begun = max(t - first, 0)
            for m in range(9):
                k = 1 if m == 8 else int64(lasts[i, m])
                if k == 0 or t + k > last or t + k <= first:
                    continue
                a = i if m == 8 else to[i, m]
                half, other = t + (k + 1) // 2, column[cells[a]]
                middle, done = min(max(half - first, 0), window), min(t + k - first, window)
                gain = exposed[middle, i] - exposed[begun, i] + exposed[done, a] - exposed[middle, a]
                weight = sums[half, own] - sums[t, own] + sums[t + k, other] - sums[half, other]
                if t + k < end:
                    then = met[(t + k) % layers, a]
                    for j in range(p):
                        then[j] = max(then[j], now[j] + gain - prices[j] * weight)
                else:
                    rest = after[t + k, cells[a]]
                    for j in range(p):
                        most[j] = max(most[j], now[j] + gain - prices[j] * (weight + rest))
        left[:] = leaving
        here[:] = -np.inf


@njit([int64(MOVES, types.Array(int8, 2, "C", readonly=True), int64, int64, int64[:, ::1])], **OPTIONS)
def trace_back(moves, came, step, cell, out):
    """Write the cells, (step, cell) a row, last first, of one who is at `cell` when `step` begins; how many."""
    cols, n = moves.shape[2], 0
    while came[step, cell] != BEGINS:
        m = came[step, cell]
        if m == WAITS:
            step -= 1
            out[n, 0], out[n, 1] = step, cell
            n += 1
            continue
        before = cell - DOWN[m] * cols - RIGHT[m]
        k = moves[m, before // cols, before % cols]
        for i in range(k - 1, -1, -1):
            out[n, 0], out[n, 1] = step - k + i, before if i < (k + 1) // 2 else cell
            n += 1
        step, cell = step - k, before
    return n


@njit([types.void(WHERE, WHERE, WHERE, WORTH, int64, int64, float64[::1])], **OPTIONS)
def credits(step, row, col, exposure, rows, cols, out):
    """What each look of one tour is worth for sure: (1 - exp(-exposure)) exp(-the most that anybody who is there may
    have been exposed to by this tour before). Sums of it along any way never exceed 1 - exp(-sum of exposures).

    step, row, col (n,): when and where, in order of step, no place twice in one. rows, cols: of the box that holds all.
    Before a look one may have come from any neighbour in each step: no slower than any walker of the lattice.
    """
    most, spread = np.zeros((rows, cols)), np.zeros((rows, cols))
    k = 0
    while k < step.shape[0]:
        now, first = step[k], k
        while k < step.shape[0] and step[k] == now:
            out[k] = -math.expm1(-exposure[k]) * math.exp(-most[row[k], col[k]])
            k += 1
        for j in range(first, k):
            most[row[j], col[j]] += exposure[j]
        until = step[k] if k < step.shape[0] else now
        for _ in range(until - now):
            for r in range(rows):
                for c in range(cols):
                    best = most[r, c]
                    for rr in range(max(r - 1, 0), min(r + 2, rows)):
                        for cc in range(max(c - 1, 0), min(c + 2, cols)):
                            best = max(best, most[rr, cc])
                    spread[r, c] = best
            most, spread = spread, most
