"""The decoys' walks: where who was when, as their GNSS loggers wrote it down."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...core.errors import InputFault
from ...core.instant import NS, utc_ns_of
from ...plan.noticing import KINDS, Noticed

COLUMNS = ("walk", "kind", "utc", "lat_deg", "lon_deg")
FARTHEST_APART_S = 15.0
"""Between two fixes that are further apart nobody knows where he was."""
REMEDY = f"Write rows of {', '.join(COLUMNS)}: utc as 2026-06-21T23:06:42Z, kind one of {', '.join(KINDS)}."
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Walk:
    """One decoy's way: utc_ns (n,) rising, degrees (n,)."""

    name: str
    kind: Noticed
    utc_ns: NDArray[np.int64]
    lat_deg: Floats
    lon_deg: Floats

    def at(self, utc_ns: int) -> tuple[float, float] | None:
        """Latitude and longitude then; None before, after, and between fixes that are too far apart."""
        after = int(np.searchsorted(self.utc_ns, utc_ns))
        if after == 0 or after == len(self.utc_ns):
            return None
        before_ns, after_ns = (int(v) for v in self.utc_ns[after - 1 : after + 1])
        if after_ns - before_ns > FARTHEST_APART_S * NS:
            return None
        share = (utc_ns - before_ns) / (after_ns - before_ns)
        lat, lon = (v[after - 1] + share * (v[after] - v[after - 1]) for v in (self.lat_deg, self.lon_deg))
        return float(lat), float(lon)


def load_walks(path: Path) -> tuple[Walk, ...]:
    """The walks of a file. Raises InputFault: what is no such file, a row that is none, times that do not rise."""
    try:
        lines = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
    except FileNotFoundError:
        raise InputFault("file_missing", "there is no such file.", file=str(path), field="--walks") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputFault("walks", f"it cannot be read: {error}.", file=str(path), remedy=REMEDY) from None
    if not lines or tuple(lines[0]) != COLUMNS:
        raise InputFault("walks", f"the columns are not {', '.join(COLUMNS)}.", file=str(path), remedy=REMEDY)
    fixes: dict[str, list[tuple[int, float, float]]] = {}
    kinds: dict[str, str] = {}
    for number, line in enumerate(lines[1:], start=2):
        name, kind, *fix = _row(number, line, path)
        if kinds.setdefault(name, kind) != kind:
            text = f"line {number}: walk {name} is of kind {kinds[name]} above, and {kind} here."
            raise InputFault("walks", text, file=str(path), field=f"line {number}", remedy="Name them apart.")
        fixes.setdefault(name, []).append(tuple(fix))
    return tuple(_walk(name, kinds[name], fixes[name], path) for name in fixes)


def _row(number: int, line: Sequence[str], path: Path) -> tuple[str, str, int, float, float]:
    try:
        name, kind, utc, lat, lon = line
        moment = datetime.fromisoformat(utc)
        utc_ns, lat_deg, lon_deg = utc_ns_of(moment), float(lat), float(lon)
        if moment.tzinfo is None or kind not in KINDS or not (abs(lat_deg) <= 90.0 and abs(lon_deg) <= 180.0):
            raise ValueError
    except ValueError:
        text = f"line {number} is no fix of a walk."
        raise InputFault("walks", text, file=str(path), field=f"line {number}", remedy=REMEDY) from None
    return name, kind, utc_ns, lat_deg, lon_deg


def _walk(name: str, kind: str, fixes: list[tuple[int, float, float]], path: Path) -> Walk:
    utc_ns = np.array([fix[0] for fix in fixes], dtype=np.int64)
    if len(fixes) < 2 or (np.diff(utc_ns) <= 0).any():
        text = f"walk {name} has fewer than two fixes, or their times do not rise."
        raise InputFault("walks", text, file=str(path), field=name, remedy="Sort the rows of each walk by utc.")
    degrees = np.array([fix[1:] for fix in fixes])
    return Walk(name, kind, utc_ns, degrees[:, 0], degrees[:, 1])  # type: ignore[arg-type]  # _row has looked at it
