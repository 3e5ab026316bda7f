"""A table of looks moved to what decoys showed: one shift of the log-odds for each kind, no further than is sure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize_scalar
from scipy.special import expit

from ...plan.noticing import KINDS, LookTable, Noticed
from .passing import Pass

LEAST_PASSES = 8
"""Fewer say nothing of a kind: the table is left as it was."""
SURE = 1.642
"""Twice the fall of the log-likelihood at which a shift is no longer likely: 90 %, one-sided (chi-square, 1 degree)."""
FARTHEST = 6.0
"""Log-odds: nothing is moved further."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Shift:
    """What the passes of a kind say: likeliest and least shift of the log-odds; None where they are too few."""

    kind: Noticed
    passes: int
    noticed: int
    predicted: float
    likeliest: float | None = None
    least: float | None = None


def shifts_of(passes: Sequence[Pass], table: LookTable) -> list[Shift]:
    """One for each kind that passed."""
    kinds = (kind for kind in KINDS if any(one.kind == kind for one in passes))
    return [_shift_of(kind, [one for one in passes if one.kind == kind], table) for kind in kinds]


def _shift_of(kind: Noticed, passes: Sequence[Pass], table: LookTable) -> Shift:
    chance = predicted_of(passes, table)
    noticed = np.array([one.noticed_after_s is not None for one in passes])
    found = Shift(kind, len(passes), int(noticed.sum()), float(chance.mean()))
    known = (chance > 0.0) & (chance < 1.0)
    if known.sum() < LEAST_PASSES:
        return found
    odds = np.log(chance[known] / (1.0 - chance[known]))

    def unlikely(shift: float) -> float:
        signed = np.where(noticed[known], 1.0, -1.0) * (odds + shift)
        return float(np.logaddexp(0.0, -signed).sum())

    best = minimize_scalar(unlikely, bounds=(-FARTHEST, FARTHEST), method="bounded").x
    level = unlikely(best) + SURE / 2.0
    least = -FARTHEST if unlikely(-FARTHEST) <= level else brentq(lambda s: unlikely(s) - level, -FARTHEST, best)
    return replace(found, likeliest=float(best), least=float(least))


def predicted_of(passes: Sequence[Pass], table: LookTable) -> Floats:
    """What the table believes of each; all of one kind."""
    gsd_m, dwell_s = ([getattr(one, name) for one in passes] for name in ("gsd_m", "dwell_s"))
    return np.asarray(table.chance(gsd_m, dwell_s, passes[0].kind))


def moved(table: LookTable, shifts: Sequence[Shift]) -> LookTable:
    """The table with each kind's odds moved by its least shift; never and surely stay what they are."""
    probability = table.probability.copy()
    for shift in shifts:
        if shift.least is not None:
            mine = probability[KINDS.index(shift.kind)]
            with np.errstate(divide="ignore"):
                odds = np.log(mine) - np.log1p(-mine)
            probability[KINDS.index(shift.kind)] = expit(odds + shift.least)
    return replace(table, probability=probability)
