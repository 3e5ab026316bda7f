"""What the simulator wrote apart: who was where, and what was truly in the picture."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ...core.errors import InputFault


@dataclass(frozen=True)
class Party:
    """One party: a group, a mule train, a convoy with its scout, a herd."""

    id: str
    kind: str
    crosser: bool
    lawful: bool


@dataclass
class Truth:
    """where[(party, member)]: rows of utc_s, lat, lon, alt_hae_m, speed; views[party]: view lines in order of time;
    aircraft[id]: rows of utc_s, lat, lon, alt_hae_m, alt_amsl_m, agl_m; markers: marker lines."""

    parties: dict[str, Party] = field(default_factory=dict)
    where: dict[tuple[str, str], np.ndarray] = field(default_factory=dict)
    views: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    aircraft: dict[str, np.ndarray] = field(default_factory=dict)
    markers: list[dict[str, Any]] = field(default_factory=list)
    frames_sent: int | None = None
    frames_missed: int | None = None

    def present(self, from_utc_s: float, to_utc_s: float) -> list[Party]:
        """Parties that were somewhere in that time."""
        seen = {
            p for (p, _), rows in self.where.items() if ((rows[:, 0] >= from_utc_s) & (rows[:, 0] <= to_utc_s)).any()
        }
        return [party for name, party in self.parties.items() if name in seen]

    def positions_of(self, party: str, utc_s: float) -> Iterator[tuple[float, float, float]]:
        """Latitude, longitude and speed of each member at that time, linear between rows; absent members left out."""
        for (name, _), rows in self.where.items():
            if name == party and rows[0, 0] <= utc_s <= rows[-1, 0]:
                lat, lon, speed = (float(np.interp(utc_s, rows[:, 0], rows[:, k])) for k in (1, 2, 4))
                yield lat, lon, speed


def read_truth(path: Path) -> Truth:
    """Read truth.jsonl. A torn last line (the simulator was killed) is left out."""
    if not path.is_file():
        raise InputFault("no_truth", "The simulator left no truth to score against.", file=path.name)
    truth = Truth()
    where: dict[tuple[str, str], list[list[float]]] = defaultdict(list)
    aircraft: dict[str, list[list[float]]] = defaultdict(list)
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            continue
        _take(truth, where, aircraft, row)
    truth.where = {key: np.array(rows) for key, rows in where.items()}
    truth.aircraft = {key: np.array(rows) for key, rows in aircraft.items()}
    return truth


def _take(truth: Truth, where: dict, aircraft: dict, row: dict[str, Any]) -> None:
    kind = row.get("kind")
    if kind == "party":
        truth.parties[row["party"]] = Party(row["party"], row["class"], row["crosser"], row["lawful"])
    elif kind == "where":
        place = [_utc_s(row), row["lat"], row["lon"], row["alt_hae_m"], row["speed_m_s"]]
        where[(row["party"], str(row["member"]))].append(place)
    elif kind == "view":
        truth.views[row["party"]].append(row)
    elif kind == "aircraft":
        aircraft[row["aircraft"]].append(
            [_utc_s(row), *(row[k] for k in ("lat", "lon", "alt_hae_m", "alt_amsl_m", "agl_m"))]
        )
    elif kind == "marker":
        truth.markers.append(row)
    elif kind == "frame_count":
        truth.frames_sent, truth.frames_missed = sum(row["frames"].values()), sum(row["missed"].values())


def _utc_s(row: dict[str, Any]) -> float:
    return int(row["utc_ns"]) / 1e9
