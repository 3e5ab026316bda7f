"""`apacheta terrain tiles`: the ground for the page's map, from any elevation file; whole or not at all."""

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from ...adapters.tiles import TILES_VERSION, Heights, Written, write_relief, write_tiles
from ...core.errors import EnvironmentFault, InputFault
from ...geo.datum import Bounds
from ..answer import DISK_FULL_ERRNOS, Answer, run_to_answer, show
from ..folders import cache_folder, made_whole
from ..texts import Texts
from .files import check_out, sha256_of, unwritable

SCHEMA = "apacheta/terrain-tiles/1"
KEYS = (
    *("interrupted", "dem_sha256", "crs", "vertical_datum", "bounds", "min_zoom", "max_zoom", "tiles", "bytes"),
    *("out", "out_sha256", "cpu_seconds"),
)
Tell = Callable[[float], None]


def command(arguments: argparse.Namespace) -> int:
    """The command line's `terrain tiles`."""
    answer = Answer(SCHEMA, KEYS, {"interrupted": False, "out": arguments.out})
    run_to_answer(answer, lambda a: _work(a, arguments))
    return show(answer, arguments.json, partial(_summary, language=arguments.lang))


def tiles_for(
    dem_path: Path,
    bounds: Bounds | None,
    out: Path,
    *,
    min_zoom: int | None = None,
    max_zoom: int | None = None,
    vertical_datum: str | None = None,
    tell: Tell = lambda share: None,
) -> Written:
    """Write the height tiles of the bounds (None: of all the file); what is in them. Raises InputFault (also
    `bounds_empty`, `zooms_empty`, `out_is_dem`) and EnvironmentFault `out_unwritable`, `disk_full`: nothing is then
    written, and what stood there stands."""
    _check(dem_path, bounds, out, min_zoom, max_zoom)
    with Heights(dem_path) as source:
        try:
            return write_tiles(source, out, bounds, min_zoom, max_zoom, vertical_datum, tell)
        except OSError as error:
            raise _unwritten(out, error) from error


def cached_tiles(
    dem_path: Path, bounds: Bounds | None, vertical_datum: str | None = None, tell: Tell = lambda share: None
) -> Path:
    """The tiles of an elevation file in the user's cache, made on first use: by its hash, our version, the bounds and
    the datum. Raises what `tiles_for` does."""
    with Heights(dem_path) as source:
        key = json.dumps([source.sha256, TILES_VERSION, bounds, vertical_datum])
    out = cache_folder() / "tiles" / f"{TILES_VERSION}-{hashlib.sha256(key.encode()).hexdigest()[:32]}.pmtiles"
    if not out.is_file():
        out.parent.mkdir(parents=True, exist_ok=True)
        tiles_for(dem_path, bounds, out, vertical_datum=vertical_datum, tell=tell)
    return out


def cached_relief(dem_path: Path, bounds: Bounds, tell: Tell = lambda share: None) -> Path:
    """The folder `z/x/y.png` of shaded relief in the user's cache, made on first use. Raises what `Heights` does, and
    OSError."""
    with Heights(dem_path) as source:
        bounds = source.covered(bounds)
        key = json.dumps([source.sha256, TILES_VERSION, bounds])
        out = cache_folder() / "relief" / f"{TILES_VERSION}-{hashlib.sha256(key.encode()).hexdigest()[:32]}"
        if not out.is_dir():
            made_whole(out, lambda new: write_relief(source, new, bounds, tell))
    return out


def _work(answer: Answer, given: argparse.Namespace) -> None:
    cpu, out = time.process_time(), Path(given.out)
    made = tiles_for(Path(given.dem), given.bounds, out, min_zoom=given.min_zoom, max_zoom=given.max_zoom, tell=_tell)
    answer.body |= asdict(made) | {
        "bounds": list(made.bounds),
        "bytes": out.stat().st_size,
        "out_sha256": sha256_of(out),
        "cpu_seconds": round(time.process_time() - cpu, 3),
    }


def _check(dem: Path, bounds: Bounds | None, out: Path, min_zoom: int | None, max_zoom: int | None) -> None:
    """Refuse before the work what cannot come out right."""
    if bounds is not None and not _is_box(*bounds):
        text = "the bounds hold no place: west < east within 180 degrees and south < north within 90"
        raise InputFault("bounds_empty", text, field="--bounds", remedy="Give W,S,E,N in degrees.")
    if min_zoom is not None and max_zoom is not None and min_zoom > max_zoom:
        text = f"zoom {min_zoom} is beyond {max_zoom}"
        raise InputFault("zooms_empty", text, field="--min-zoom", remedy="Give the coarser zoom as --min-zoom.")
    check_out(dem, out)


def _is_box(west: float, south: float, east: float, north: float) -> bool:
    return -180.0 <= west < east <= 180.0 and -90.0 <= south < north <= 90.0


def _unwritten(out: Path, error: OSError) -> EnvironmentFault:
    if error.errno not in DISK_FULL_ERRNOS:
        return unwritable(out, f"it cannot be written: {error.strerror or error}")
    remedy = "Free about twice the tiles' size there, or take a lower --max-zoom."
    return EnvironmentFault("disk_full", "the disk is full.", file=str(out), field="--out", remedy=remedy)


def _tell(share: float) -> None:
    sys.stderr.write(f"\r{share:4.0%}" + ("\n" if share >= 1 else ""))
    sys.stderr.flush()


def _summary(body: dict[str, Any], language: str | None) -> str:
    t = Texts(language)
    mb = t.number(body["bytes"] / 1e6, 1)
    return t("terrain.done", out=body["out"], tiles=body["tiles"], least=body["min_zoom"], most=body["max_zoom"], mb=mb)
