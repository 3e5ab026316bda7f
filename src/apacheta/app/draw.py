"""The seed of a plan's draw: a secret file beside the plan until nothing flies any more, then an entry of the log."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from ..core.entries import Entry
from ..core.errors import InputFault
from ..formats.canonical import canonical_bytes
from ..formats.strict import record_of
from ..plan.draw import SEED_BYTES, commitment

DRAW_FILE = "draw.json"
KINDS = ("plan", "flight_open", "flight_close", "draw")


class DrawFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """draw.json: the seed of a plan's draw, in hex. Whoever reads it before the flight knows every tour."""

    format: Literal["draw/1"]
    plan_sha256: str
    seed: str


@dataclass(frozen=True)
class Told:
    """An entry that bears on a draw, with its index in the log."""

    index: int
    kind: str
    utc_ns: str
    body: dict[str, Any]


class _Kind(msgspec.Struct):
    kind: str


def encode_draw(plan_sha256: str, draw_seed: bytes) -> bytes:
    """The bytes of draw.json."""
    return canonical_bytes(DrawFile(format="draw/1", plan_sha256=plan_sha256, seed=draw_seed.hex()))


def draw_beside(plan_path: Path) -> Path:
    """Where the draw of a plan lies: plan.json's in draw.json, that of a plan kept as NAME.json in NAME.draw.json."""
    return plan_path.with_name(DRAW_FILE if plan_path.stem == "plan" else f"{plan_path.stem}.{DRAW_FILE}")


def load_draw(path: Path) -> DrawFile:
    """The draw in a file. Raises InputFault where it holds none."""
    try:
        content = msgspec.json.decode(path.read_bytes())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        remedy = "Fetch the file again."
        raise InputFault("not_json", f"not readable as JSON: {wrong}.", file=str(path), remedy=remedy) from None
    return record_of(content, DrawFile, kind="draw", version=1, file=str(path))


def seed_for(draw_sha256: str | None, text: object) -> bytes | None:
    """The seed that a text in hex tells, if that is the one of the commitment; else None."""
    try:
        seed = bytes.fromhex(str(text))
    except ValueError:
        return None
    return seed if len(seed) == SEED_BYTES and commitment(seed) == draw_sha256 else None


def told(entries: Iterable[bytes]) -> Iterator[Told]:
    """The entries of a log, from its first on, that bear on draws."""
    for index, data in enumerate(entries):
        if msgspec.json.decode(data, type=_Kind).kind in KINDS:
            entry = msgspec.json.decode(data, type=Entry)
            yield Told(index, entry.kind, entry.utc_ns, entry.body)


def reveal_of(entries: Iterable[bytes], watch: str, draw_path: Path) -> Entry | None:
    """What the log is to be told of a watch's draw when the watch is over. None while the log holds a flight of it that
    is not closed: then somebody may still fly; where its seed is told already; and where the file tells no seed, or not
    the one that the log committed to, which `apacheta certify` then says."""
    plan, last, aloft = None, None, set[str]()
    for entry in (e for e in told(entries) if e.body.get("watch") == watch):
        if entry.kind == "draw":
            return None
        plan, last = entry if entry.kind == "plan" else plan, entry
        if entry.kind == "flight_open":
            aloft.add(entry.body["aircraft"])
        elif entry.kind == "flight_close":
            aloft.discard(entry.body["aircraft"])
    if plan is None or last is None or aloft or (seed := _seed_in(draw_path, plan.body.get("draw_sha256"))) is None:
        return None
    body = {key: plan.body[key] for key in ("watch", "plan_sha256", "draw_sha256")}
    return Entry(kind="draw", utc_ns=last.utc_ns, body=body | {"seed": seed.hex()})


def _seed_in(path: Path, draw_sha256: str | None) -> bytes | None:
    """The seed in a file, if that is the one of the commitment."""
    try:
        return seed_for(draw_sha256, load_draw(path).seed)
    except (OSError, InputFault):
        return None
