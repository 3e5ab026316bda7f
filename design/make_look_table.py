"""Makes `src/apacheta/plan/look_table.csv`, what a look is worth, from looks of the simulated chain.

`python benchmarks/looks.py --tune` flies them into `design/looks_flown.csv`: decoys on foot, with mules, in vehicles,
4 to 16 K warmer than the ground, filmed with 640 and with 320 pixels. The model has two parts and six figures a kind:

- no track is confirmed sooner than the mover finder's baseline and the age that it must have (`see/movers.py`,
  `see/judgement.py`: what they are there is what they are here), and for one who is slow the metres that he must have
  moved: at least `moved_px` pixels of the ground, for his track scatters by some share of one; `early_s` less, for he
  may have been in view before;
- then one waits, without memory, the longer the fainter he is: `wait_s` over the share by which he stands out, which
  rises with the logarithm of his signal (the contrast times the share of a pixel's blur that his outline fills) from
  a half at `half_k`; and `slower` times as long for one who does not go those metres within the shorter of the two
  spans over which a track is asked whether it moves.

The figures of each kind are the likeliest (maximum likelihood; a look that ended before he was noticed says that it
would have taken longer). The table is the mean over the speeds of those who cross.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from apacheta.plan.noticing import KINDS, LookTable, written
from apacheta.see.judgement import ConfirmSettings
from apacheta.see.movers import MoverSettings, baseline_s

HERE = Path(__file__).resolve().parent
FLOWN = HERE / "looks_flown.csv"
TABLE = HERE.parent / "src" / "apacheta" / "plan" / "look_table.csv"
NAMES = {"walker": "walker", "mule train": "mule", "vehicle": "vehicle"}
OUTLINE_M2 = {"walker": 0.7, "mule": 1.6, "vehicle": 6.0}
"""Seen from 30 degrees above."""
BLUR_PX2 = 4.0
"""Pixels over which a point's warmth is spread: a lens of 0.75 px and the finder's own smoothing."""
SPEEDS_M_S = {"walker": (0.4, 1.0), "mule": (0.8, 1.2), "vehicle": (6.0, 11.0)}
"""Of those who cross: nine in ten of the simulator's."""
GSD_M = (0.10, 0.20, 0.25, 0.30, 0.35, 0.40, 0.45, 0.50, 0.55, 0.60, 0.70, 0.85, 1.00, 1.30)
DWELL_S = (5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 12.0, 14.0, 17.0, 20.0, 25.0)
CONTRAST_K = (2.0, 4.0, 6.0, 8.0, 10.0, 14.0)
USUAL, SPREAD = (3.0, 4.0, 1.0, 2.0, 9.0, 3.0), (3.0, 1.4, 2.0, 3.0, 1.5, 2.0)
"""What is reckoned with before any look: half_k, slope, early_s, wait_s, moved_px, slower; and by which factors."""
Floats = np.ndarray


@dataclass(frozen=True)
class Looks:
    """Looks of one kind, (n,) each; after_s NaN where nobody was noticed."""

    gsd_m: Floats
    in_view_s: Floats
    speed_m_s: Floats
    contrast_k: Floats
    after_s: Floats


def main() -> None:
    """Fit each kind, say how well, write the table."""
    flown = looks_flown()
    probability = []
    for kind in KINDS:
        figures = fitted(kind, flown[kind])
        found = figures_said(kind, figures, flown[kind])
        print(found)
        probability.append(grid_of(kind, figures))
    table = LookTable(*(np.array(axis) for axis in (GSD_M, DWELL_S, CONTRAST_K)), np.array(probability))
    TABLE.write_bytes(written(table))


def looks_flown() -> dict[str, Looks]:
    """The looks of each kind in which the decoy was in view at all."""
    with FLOWN.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["contrast_k"]]
    found = {}
    for name, kind in NAMES.items():
        mine = [row for row in rows if row["kind"] == name]
        columns = ("gsd_m", "in_view_s", "speed_m_s", "contrast_k", "noticed_after_s")
        found[kind] = Looks(*(np.array([float(row[c] or "nan") for row in mine]) for c in columns))
    return found


def stands_out(kind: str, gsd_m: Floats, contrast_k: Floats, half_k: float, slope: float) -> Floats:
    """By what share a decoy stands out."""
    outline_px = OUTLINE_M2[kind] / gsd_m**2
    signal_k = np.abs(contrast_k) * outline_px / (outline_px + BLUR_PX2)
    return 1.0 / (1.0 + (half_k / np.maximum(signal_k, 1e-6)) ** slope)


def moved_m(gsd_m: Floats, moved_px: float) -> Floats:
    """How far one must have gone."""
    return np.maximum(ConfirmSettings().moved_m, moved_px * gsd_m)


def soonest_s(gsd_m: Floats, speed_m_s: Floats, moved_px: float) -> Floats:
    """Seconds before which no track can be confirmed."""
    confirm, movers = ConfirmSettings(), MoverSettings()
    first = np.vectorize(lambda gsd: baseline_s(float(gsd), movers))(gsd_m)
    return first + np.maximum(confirm.age_s, moved_m(gsd_m, moved_px) / np.maximum(speed_m_s, 0.1))


def by_then(
    kind: str, gsd_m: Floats, speed_m_s: Floats, contrast_k: Floats, dwell_s: Floats, figures: Floats
) -> Floats:
    """The probability to be noticed by then."""
    half_k, slope, early_s, wait_s, moved_px, slower = figures
    late_s = np.maximum(dwell_s - soonest_s(gsd_m, speed_m_s, moved_px) + early_s, 0.0)
    is_slow = speed_m_s * ConfirmSettings().windows_s[0] < moved_m(gsd_m, moved_px)
    rate = stands_out(kind, gsd_m, contrast_k, half_k, slope) / wait_s / np.where(is_slow, slower, 1.0)
    return -np.expm1(-late_s * rate)


def fitted(kind: str, looks: Looks) -> Floats:
    """(half_k, slope, early_s, wait_s, moved_px, slower) of a kind, the likeliest; each is taken to be less likely the
    further its logarithm lies from that of `USUAL`, by `SPREAD`."""
    noticed = np.isfinite(looks.after_s)
    step = 0.5

    def unlikely(v: Floats) -> float:
        until = np.where(noticed, looks.after_s, looks.in_view_s)
        given = kind, looks.gsd_m, looks.speed_m_s, looks.contrast_k
        share, before = by_then(*given, until, np.exp(v)), by_then(*given, until - step, np.exp(v))
        likely = np.where(noticed, share - before, 1.0 - share)
        odd = ((v - np.log(USUAL)) / np.log(SPREAD)) ** 2
        return -float(np.log(np.maximum(likely, 1e-4)).sum()) + 0.5 * float(odd.sum())

    starts = [
        np.log([half, 4.0, 1.0, wait, px, 3.0]) for half in (1.0, 4.0) for wait in (1.0, 3.0) for px in (9.0, 12.0)
    ]
    best = min(
        (minimize(unlikely, s, method="Nelder-Mead", options={"maxiter": 8000, "maxfev": 8000}) for s in starts),
        key=_fun,
    )
    return np.exp(best.x)


def _fun(found: object) -> float:
    return float(found.fun)  # type: ignore[attr-defined]


def grid_of(kind: str, figures: Floats) -> Floats:
    """Probability (gsd, dwell, contrast), the mean over the speeds; never better when coarser, shorter or colder."""
    gsd, dwell, contrast, speed = np.meshgrid(
        GSD_M, DWELL_S, CONTRAST_K, np.linspace(*SPEEDS_M_S[kind], 15), indexing="ij"
    )
    share = by_then(kind, gsd, speed, contrast, dwell, figures)
    share = np.minimum.accumulate(share.mean(axis=3), axis=0)
    return np.maximum.accumulate(np.maximum.accumulate(share, axis=1), axis=2)


def figures_said(kind: str, figures: Floats, looks: Looks) -> str:
    """The figures, and how many were noticed against how many should have been."""
    should = by_then(kind, looks.gsd_m, looks.speed_m_s, looks.contrast_k, looks.in_view_s, figures)
    half_k, slope, early_s, wait_s, moved_px, slower = figures
    return (
        f"{kind}: half at {half_k:.2f} K, slope {slope:.1f}, {early_s:.1f} s sooner, wait {wait_s:.1f} s, "
        f"{moved_px:.0f} px moved, {slower:.1f} times slower; "
        f"{len(should)} looks, {np.isfinite(looks.after_s).sum()} noticed, {should.sum():.1f} by the model"
    )


if __name__ == "__main__":
    main()
