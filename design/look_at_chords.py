"""What chords certify on a made ground, and how long it takes: the constants in plan/game/chords.py and near.py.

    python design/look_at_chords.py [--value 0.03] [--cells 50 60] [--launches 8] [--tours 40]

130 x 120 cells, 360 steps, from the south edge to some cells of the north edge. Each tour looks for 60 steps at half of
the places in a rectangle of cells, at its middle more than at its rim; the rectangles cover the ground several times.
"""

import argparse
import time

import numpy as np
from scipy.ndimage import gaussian_filter

from apacheta.kernels.crossing import DOWN, RIGHT
from apacheta.plan.game import Crossers, Draw, Exposure, Lottery, attack_on, certificate_below, certificate_of
from apacheta.plan.game.chords import CLOSE, TRIES

ROWS, COLS, STEPS, WINDOW, APART, ACROSS = 130, 120, 360, 60, 40, 5


def ground(rng: np.random.Generator) -> Crossers:
    """One to four steps a move; here and there nobody gets on."""
    rough = gaussian_filter(rng.normal(size=(ROWS, COLS)), 4)
    rough /= rough.std()
    row, col = np.indices((ROWS, COLS))
    moves = np.zeros((8, ROWS, COLS), np.int16)
    for m in range(8):
        to_row, to_col = row + DOWN[m], col + RIGHT[m]
        inside = (to_row >= 0) & (to_row < ROWS) & (to_col >= 0) & (to_col < COLS)
        steps = np.clip(np.floor(1.6 * np.hypot(DOWN[m], RIGHT[m]) * np.exp(0.35 * np.abs(rough))), 1, 4)
        moves[m] = np.where(inside & (rough < 2.2), steps, 0)
    return Crossers(moves, row == 0, (row == ROWS - 1) & (col % 7 == 0), STEPS)


def tour(rng: np.random.Generator, south: int, west: int, shape: tuple[int, int], value: float) -> Exposure:
    """One tour's exposures, launched at the first step."""
    rows, cols = shape
    row, col = np.divmod(np.arange(rows * cols), cols)
    rim = np.minimum(np.minimum(row, rows - 1 - row) / rows, np.minimum(col, cols - 1 - col) / cols)
    step, at = np.nonzero(rng.random((WINDOW, rows * cols)) < 0.5)
    strength = value * rng.uniform(0.5, 1.5, WINDOW)[step] * np.clip(3.0 * rim[at] + 0.15, 0.0, 1.0)
    return Exposure(step, (south + row[at]) * COLS + west + col[at], strength)


def lottery(rng: np.random.Generator, launches: int, tours: int, shape: tuple[int, int], value: float) -> Lottery:
    """The same tours in each launch, each as likely."""
    souths = np.linspace(0, ROWS - shape[0], ACROSS).astype(int)
    wests = np.linspace(0, COLS - shape[1], max(tours // ACROSS, 1)).astype(int)
    flown = [tour(rng, int(souths[n % ACROSS]), int(wests[n // ACROSS]), shape, value) for n in range(tours)]
    return tuple(
        Draw(tuple(Exposure(*_later(t, APART * k)) for t in flown), (1.0 / tours,) * tours) for k in range(launches)
    )


def _later(one: Exposure, steps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    inside = one.step + steps < STEPS
    return one.step[inside] + steps, one.cell[inside], one.value[inside]


def say(text: str, cpu: float, *figures: float) -> None:
    """A line, with the CPU time since `cpu`."""
    print(f"{text.format(*figures)}  ({time.process_time() - cpu:.1f} CPU-s)", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--value", type=float, default=0.03)
    parser.add_argument("--cells", type=int, nargs=2, default=(50, 60))
    parser.add_argument("--launches", type=int, default=8)
    parser.add_argument("--tours", type=int, default=40)
    given = parser.parse_args()
    rng = np.random.default_rng(1)
    who = ground(rng)
    lots = lottery(rng, given.launches, given.tours, tuple(given.cells), given.value)
    print(f"{np.mean([len(t.step) for t in lots[0].tours]):.0f} exposures a tour")
    cpu = time.process_time()
    credits = certificate_of(lots, who)
    say("credits: {:.3%}", cpu, credits.detection)
    cpu = time.process_time()
    attack = attack_on(lots, who, rng, restarts=8, known=(credits.way,))
    say("best attack: {:.3%}", cpu, attack.detection)
    least, most = (-np.log1p(-d) for d in (credits.detection, attack.detection))
    candidate = most
    for _ in range(TRIES):  # as plan/game/chords.py does it
        cpu = time.process_time()
        found = certificate_below(lots, who, candidate)
        say("candidate {:.5f}: {:.5f} after {} rounds", cpu, candidate, found.weight, len(found.hints.prices))
        cpu = time.process_time()
        again = certificate_below(lots, who, candidate, found.hints.prices)
        say("    with hints the same but for {:g}", cpu, again.weight - found.weight)
        least, most = max(least, found.weight), most if found.weight >= candidate else candidate
        if most <= least * (1.0 + CLOSE):
            break
        candidate = float(np.sqrt(max(least, 1e-3 * most) * most))
    print(f"chords: {-np.expm1(-least):.3%}")


if __name__ == "__main__":
    main()
