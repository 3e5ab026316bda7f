"""What a look is worth: the probability that one notices who is there. A table, so that anybody may put his own.

The table that comes with the program is made by `design/make_look_table.py` from looks of the simulated chain;
`apacheta calibrate` makes one from a user's own decoys.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import RegularGridInterpolator

from ..core.errors import InputFault
from ..formats.canonical import sha256_hex

Floats = NDArray[np.float64]
Noticed = Literal["walker", "mule", "vehicle"]
"""Who is noticed: one on foot, a train of mules with its driver, a vehicle."""
KINDS: tuple[Noticed, ...] = get_args(Noticed)
COLUMNS = ("kind", "gsd_m", "dwell_s", "contrast_k", "probability")
CONTRAST_K = 8.0
"""What plans reckon with: the least by which clothed people are warmer than the ground around them in a cold night."""
REMEDY = "Make it with `apacheta calibrate`, or take the one that comes with the program."


@dataclass(frozen=True, eq=False)
class LookTable:
    """probability (kinds, gsd, dwell, contrast) that a look notices who is in it, on a grid of three axes, each in
    rising order: gsd_m metres a pixel, dwell_s seconds in view, contrast_k kelvins over the ground around."""

    gsd_m: Floats
    dwell_s: Floats
    contrast_k: Floats
    probability: Floats

    def chance(
        self, gsd_m: ArrayLike, dwell_s: ArrayLike, kind: Noticed = "walker", contrast_k: ArrayLike = CONTRAST_K
    ) -> Any:
        """Between the table's nodes linear; 0 where it is coarser, shorter or colder than the table knows, and no
        better than its best where it is finer, longer or warmer."""
        axes = self.gsd_m, self.dwell_s, self.contrast_k
        given = np.broadcast_arrays(*(np.asarray(v, dtype=np.float64) for v in (gsd_m, dwell_s, contrast_k)))
        known = (given[0] <= axes[0][-1]) & (given[1] >= axes[1][0]) & (given[2] >= axes[2][0])
        held = np.stack(
            [np.clip(np.nan_to_num(v), axis[0], axis[-1]) for v, axis in zip(given, axes, strict=True)], axis=-1
        )
        found = RegularGridInterpolator(axes, self.probability[KINDS.index(kind)])(held)
        return np.where(known, found.reshape(given[0].shape), 0.0)

    def coarsest_gsd_m(self, dwell_s: float, kind: Noticed = "walker") -> float:
        """Up to which ground resolution half of them are noticed; 0 where nowhere."""
        return _coarsest_gsd_m(self, dwell_s, kind)

    @property
    def sha256(self) -> str:
        """Of the table as it is written."""
        return sha256_hex(written(self))


@cache
def _coarsest_gsd_m(table: LookTable, dwell_s: float, kind: Noticed) -> float:
    gsd_m = np.linspace(0.0, table.gsd_m[-1], 4_000)
    return float(gsd_m[table.chance(gsd_m, dwell_s, kind) >= 0.5].max(initial=0.0))


@cache
def default_table() -> LookTable:
    """The table that comes with the program."""
    file = files(__package__) / "look_table.csv"
    return read_table(file.read_bytes(), file.name)


def written(table: LookTable) -> bytes:
    """The table as CSV."""
    axes = table.gsd_m, table.dwell_s, table.contrast_k
    lines = [",".join(COLUMNS)]
    for k, kind in enumerate(KINDS):
        for at in np.ndindex(*(len(axis) for axis in axes)):
            place = (f"{axis[i]:g}" for axis, i in zip(axes, at, strict=True))
            lines.append(",".join([kind, *place, f"{table.probability[(k, *at)]:.4f}"]))
    return "\n".join([*lines, ""]).encode()


def read_table(data: bytes, file: str) -> LookTable:
    """Raises InputFault: not such a table, a row that is no row of it, a grid that is not whole, or odds that rise
    where they must fall."""
    rows = _rows(data, file)
    at = np.array([row[1:4] for row in rows]).reshape(-1, 3)
    axes = [np.unique(at[:, n]) for n in range(3)]
    shape = (len(KINDS), *map(len, axes))
    probability = np.full(shape, np.nan)
    if len(rows) != probability.size or min(shape) < 2:
        text = f"there are {len(rows)} rows; a grid of its resolutions, dwells and contrasts has {probability.size}."
        raise InputFault("look_table", text, file=file, field="kind", remedy=REMEDY)
    places = (KINDS.index(row[0]) for row in rows), *(np.searchsorted(axes[n], at[:, n]) for n in range(3))
    probability[tuple(np.fromiter(p, dtype=np.int64) for p in places)] = [row[4] for row in rows]
    if not np.isfinite(probability).all():
        raise InputFault("look_table", "a row is there twice.", file=file, field="kind", remedy=REMEDY)
    _check_order(probability, file)
    return LookTable(axes[0], axes[1], axes[2], probability)


def _rows(data: bytes, file: str) -> Sequence[tuple[Noticed, float, float, float, float]]:
    try:
        lines = list(csv.reader(data.decode("utf-8").splitlines()))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputFault("look_table", f"no text of rows: {error}.", file=file, remedy=REMEDY) from None
    if not lines or tuple(lines[0]) != COLUMNS:
        raise InputFault("look_table", f"the columns are not {', '.join(COLUMNS)}.", file=file, remedy=REMEDY)
    return [_row(number, line, file) for number, line in enumerate(lines[1:], start=2)]


def _row(number: int, line: Sequence[str], file: str) -> tuple[Noticed, float, float, float, float]:
    try:
        kind, *numbers = line
        gsd_m, dwell_s, contrast_k, probability = map(float, numbers)
    except ValueError:
        text = f"line {number} is no row."
        raise InputFault("look_table", text, file=file, field=str(number), remedy=REMEDY) from None
    if kind not in KINDS or not (gsd_m > 0 and dwell_s > 0 and contrast_k > 0 and 0.0 <= probability <= 1.0):
        text = f"line {number} is of no known kind, or a number in it cannot be."
        raise InputFault("look_table", text, file=file, field=str(number), remedy=REMEDY)
    if not np.isfinite((gsd_m, dwell_s, contrast_k)).all():
        raise InputFault("look_table", f"line {number} holds no number.", file=file, field=str(number), remedy=REMEDY)
    return kind, gsd_m, dwell_s, contrast_k, probability


def _check_order(probability: Floats, file: str) -> None:
    """A coarser look notices no more; a longer or a warmer one no less."""
    for axis, name, sign in ((1, "gsd_m", -1.0), (2, "dwell_s", 1.0), (3, "contrast_k", 1.0)):
        if (sign * np.diff(probability, axis=axis) < -1e-9).any():
            text = f"with greater {name} the probability goes the wrong way."
            raise InputFault("look_table", text, file=file, field=name, remedy=REMEDY)
