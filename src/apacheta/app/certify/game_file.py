"""`game.npz` beside a plan: all that its certified detection was worked out from (docs/certify.md), as numpy arrays."""

import io
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from ...core.errors import InputFault
from ...plan.game import Crossers, Hints
from ...plan.game.lattice import Worth
from ...plan.game.recheck import Game

FORMAT = "game/2"
FORMS = {
    "format": ("U", 0), "start_utc_ns": ("i", 0), "step_s": ("f", 0), "steps": ("i", 0), "moves": ("i", 3),
    "starts": ("b", 2), "goals": ("b", 2), "lat_deg": ("f", 1), "lon_deg": ("f", 1), "tours": ("U", 1),
    "first": ("i", 1), "after_s": ("f", 1), "cell": ("i", 1), "value": ("f", 1), "below": ("f", 0), "prices": ("f", 2),
}  # fmt: skip
"""Of each array: its kind, as numpy names it, and how many axes it has."""
BROKEN = (
    *(KeyError, ValueError, OSError, EOFError, RuntimeError, struct.error, zlib.error, zipfile.BadZipFile),
    MemoryError,
)
"""What numpy and zipfile raise over bytes that are none of theirs."""
REMEDY = "Plan again, or fetch the folder again."


def encode_game(game: Game) -> bytes:
    """The same game gives the same bytes."""
    names = sorted(game.worths)
    worths = [game.worths[name] for name in names]
    arrays: dict[str, Any] = {
        "format": np.array(FORMAT),
        "start_utc_ns": np.array(game.start_utc_ns),
        "step_s": np.array(game.step_s),
        "steps": np.array(game.steps),
        "moves": game.crossers.moves,
        "starts": game.crossers.starts,
        "goals": game.crossers.goals,
        "lat_deg": game.lat_deg,
        "lon_deg": game.lon_deg,
        "tours": np.array(names, dtype=np.str_),
        "first": np.cumsum([0, *(len(worth.value) for worth in worths)]),
        "after_s": np.concatenate([*(worth.after_s for worth in worths), np.empty(0)]),
        "cell": np.concatenate([*(worth.cell for worth in worths), np.empty(0, np.int64)]),
        "value": np.concatenate([*(worth.value for worth in worths), np.empty(0)]),
        "below": np.array(game.hints.below),
        "prices": game.hints.prices,
    }
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def load_game(path: Path) -> tuple[Game, bytes]:
    """The game, and the file's bytes. Raises InputFault: no such file, or one that holds no game."""
    if not path.is_file():
        text = "beside the plan lies nothing that its certified detection could be worked out from."
        remedy = "Plan again, without --max-seconds; a plan on which nobody can arrive has none."
        raise InputFault("no_game", text, file=str(path), remedy=remedy)
    data = path.read_bytes()
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            held = {name: file[name] for name in FORMS}
        _check(held)
        return _game(held), data
    except BROKEN as wrong:
        raise InputFault("no_game", f"it holds no game: {wrong}", file=str(path), remedy=REMEDY) from None


def _check(held: dict[str, Any]) -> None:
    for name, (kind, axes) in FORMS.items():
        if held[name].dtype.kind != kind or held[name].ndim != axes:
            raise ValueError(f"{name} is not of {axes} axes of kind {kind}.")
    if str(held["format"]) != FORMAT:
        raise ValueError(f"the format is {held['format']}, not {FORMAT}.")
    first, many, cells = held["first"], len(held["value"]), held["starts"].size
    if len(first) != len(held["tours"]) + 1 or first[0] != 0 or first[-1] != many or (np.diff(first) < 0).any():
        raise ValueError("the tours do not part their looks among them.")
    if {len(held[name]) for name in ("after_s", "cell")} != {many} or len(held["lat_deg"]) != cells:
        raise ValueError("arrays that belong together are not as long.")
    if not (np.isfinite(held["after_s"]).all() and np.isfinite(held["value"]).all() and held["step_s"] > 0):
        raise ValueError("a number is none.")
    if ((held["cell"] < 0) | (held["cell"] >= cells)).any() or held["steps"] < 1:
        raise ValueError("a look is at a cell that there is not.")


def _game(held: dict[str, Any]) -> Game:
    moves = np.ascontiguousarray(held["moves"], dtype=np.int16)
    crossers = Crossers(moves, held["starts"], held["goals"], int(held["steps"]))
    worths = {
        str(name): Worth(*(held[key][first:last] for key in ("after_s", "cell", "value")))
        for name, first, last in zip(held["tours"], held["first"][:-1], held["first"][1:], strict=True)
    }
    night = int(held["start_utc_ns"]), float(held["step_s"]), int(held["steps"])
    hints = Hints(float(held["below"]), np.ascontiguousarray(held["prices"], dtype=np.float64))
    return Game(*night, crossers, worths, held["lat_deg"], held["lon_deg"], hints)
